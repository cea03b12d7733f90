// Source: Microsoft, PE Format (headers, section table, attribute certificate table).
#include "codecs/pe_extent.h"

namespace fieldstrip {
namespace {

constexpr u64 kPointer = 0x3C, kCoff = 24, kSection = 40, kMostSections = 96;  // as many as Windows loads
constexpr u64 kCertificates = 4;                                               // the directory of them

}  // namespace

std::optional<PeExtent> pe_extent(ByteView there) {
    if (there.size() < kPointer + 4 || !starts_with(there, "MZ")) return {};
    const u64 at = le32(there, kPointer);
    if (at > there.size() || there.size() - at < kCoff || !starts_with(there.subspan(at), std::string_view("PE\0\0", 4))) return {};
    const u64 sections = le16(there, at + 6), optional = le16(there, at + 20);
    const u64 table = at + kCoff + optional, table_end = table + sections * kSection;
    if (!sections || sections > kMostSections || table_end > there.size() || optional < 2) return {};
    PeExtent out{.machine = le16(there, at + 4), .headers = {at, table_end - at}};
    const auto header = there.subspan(at + kCoff, optional);
    const u16 kind = le16(header);
    if (kind != 0x10B && kind != 0x20B) return {};
    const u64 directories = kind == 0x20B ? 112 : 96;
    if (optional < directories) return {};
    const u64 headers_size = le32(header, 60);
    out.checksum_at = at + kCoff + 64;
    out.data_end = std::max(headers_size, table_end);
    for (u64 i = 0; i < sections; i++) {
        auto s = there.subspan(table + i * kSection, kSection);
        const u64 size = le32(s, 16), begin = le32(s, 20);
        if (size && begin) out.data_end = std::max(out.data_end, begin + size);
    }
    const u64 entry = directories + 8 * kCertificates;
    if (le32(header, directories - 4) > kCertificates && optional >= entry + 8) {
        out.certificates_at = at + kCoff + entry;
        Extent c{le32(header, entry), le32(header, entry + 4)};
        if (c.size && c.offset >= out.data_end && c.offset - out.data_end < 4096) out.certificates = c;
    }
    return out;
}

}  // namespace fieldstrip
