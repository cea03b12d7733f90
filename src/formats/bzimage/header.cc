#include "formats/bzimage/header.h"

namespace fieldstrip::bzimage {
namespace {

constexpr u64 kLongest = u64{1} << 30;

std::optional<Pe> pe_of(ByteView b, u64 setup) {
    if (b.size() < 0x40 || !starts_with(b, "MZ")) return {};
    const u64 at = le32(b, 0x3C), within = std::min<u64>(b.size(), setup), optional = at + 24;
    if (at < 0x40 || at + 24 + 160 > within || !starts_with(b.subspan(at), std::string_view("PE\0\0", 4))) return {};
    const u16 magic = le16(b, optional);
    if (magic != 0x10B && magic != 0x20B) return {};
    const u64 directories = optional + (magic == 0x20B ? 112 : 96), count = le32(b, directories - 4);
    Pe pe{.checksum_at = optional + 64};
    constexpr u64 kCertificates = 4;
    if (count > kCertificates && directories + 8 * (kCertificates + 1) <= kSetupAt) {
        pe.certificates_at = directories + 8 * kCertificates;
        pe.certificates = {le32(b, pe.certificates_at), le32(b, pe.certificates_at + 4)};
    }
    return pe;
}

}  // namespace

std::expected<Header, std::string_view> header_of(ByteView b) {
    if (b.size() < 0x270) return std::unexpected("too little is there");
    if (!starts_with(b.subspan(kMagicAt), "HdrS") || le16(b, 0x1FE) != 0xAA55) return std::unexpected("no magic, or no boot sector");
    if (b[0x200] != 0xEB || b[0x201] < 0x0E) return std::unexpected("no jump over its header");
    Header h;
    h.version = le16(b, 0x206);
    if (h.version < 0x0200 || h.version > 0x02FF) return std::unexpected("no version of the boot protocol");
    // Before, its upper half was not said to mean anything.
    if (h.version < 0x0204) return std::unexpected("a boot protocol before 2.04, which does not say how long it is");
    h.setup = (b[kSetupAt] ? b[kSetupAt] + u64{1} : 5) * 512;
    h.code = u64{le32(b, 0x1F4)} * 16;
    if (!h.code || h.code > kLongest) return std::unexpected("its size can't be");
    if (h.since(0x0208)) {
        const u64 offset = le32(b, 0x248), size = le32(b, 0x24C);
        if (offset > h.code || size > h.code - offset) return std::unexpected("its payload lies outside of it");
        if (size) h.payload = {h.setup + offset, size};
    }
    if (const u64 text = le16(b, 0x20E); text && text + 0x200 < h.setup) h.version_text = text + 0x200;
    h.pe = pe_of(b, h.setup);
    return h;
}

}  // namespace fieldstrip::bzimage
