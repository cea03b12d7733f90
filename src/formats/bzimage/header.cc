#include "formats/bzimage/header.h"

namespace fieldstrip::bzimage {
namespace {

constexpr u64 kLongest = u64{1} << 30;

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
    h.pe = pe_extent(b);
    if (h.pe && h.pe->certificates_at + 8 > kSetupAt) h.pe.reset();  // its fields lie before the boot protocol's
    return h;
}

}  // namespace fieldstrip::bzimage
