#include "formats/pe/file.h"

#include <bit>

namespace fieldstrip::pe {
namespace {

constexpr u64 kFarthestHeader = 1 << 16;  // stubs are small
constexpr u64 kMostSections = 1024;       // Windows takes 96

}  // namespace

std::optional<Header> header_of(ByteView there) {
    if (there.size() < 64 || !starts_with(there, "MZ")) return {};
    Header h{.pe_at = le32(there, 60)};
    // The headers may lie over the old one's, as in the smallest programs that people make by hand: those are not for us.
    if (h.pe_at < 64 || h.pe_at > kFarthestHeader || h.pe_at + kCoffLength + 96 > there.size()) return {};
    auto coff = there.subspan(h.pe_at);
    if (!starts_with(coff, {"PE\0\0", 4})) return {};
    h.machine = le16(coff, 4), h.section_count = le16(coff, 6);
    h.symbols_at = le32(coff, 12), h.symbol_count = le32(coff, 16);
    h.optional_size = le16(coff, 20), h.characteristics = le16(coff, 22);
    if (!h.section_count || h.section_count > kMostSections) return {};
    auto optional = there.subspan(h.optional_at());
    const u16 magic = le16(optional);
    if (magic != 0x10B && magic != 0x20B) return {};
    h.wide = magic == 0x20B;
    const u64 fixed = h.directories_at() - h.optional_at();
    if (h.optional_size < fixed || h.sections_end() > there.size()) return {};
    const u32 section_align = le32(optional, 32), file_align = le32(optional, 36);
    if (!std::has_single_bit(file_align) || !std::has_single_bit(section_align) || file_align > section_align) return {};
    h.headers_size = le32(optional, 60);
    h.checksum = le32(optional, 64), h.subsystem = le16(optional, 68);
    h.directory_count = le32(optional, fixed - 4);
    if (h.directory_count > 16 || fixed + 8 * h.directory_count > h.optional_size) return {};
    if (h.directory_count > kCertificates) {
        auto entry = there.subspan(h.directories_at() + 8 * kCertificates);
        h.certificates = {le32(entry), le32(entry, 4)};
        if (!h.certificates.offset || !h.certificates.size) h.certificates = {};
    }
    return h;
}

std::expected<File, std::string_view> read(ByteView there, const Header& h) {
    // Both magics and where the second is; the optional header's magic, size and number of directories; alignments.
    File f{.header = h, .sections = {}, .strings_size = 0, .size = h.sections_end(), .bits = 16 + 32 + 16 + 15 + 12 + 28 + 24};
    bool some = false;
    for (u64 i = 0; i < h.section_count; i++) {
        auto b = there.subspan(h.sections_at() + i * kSectionLength, kSectionLength);
        Section s{as_text(b.first(8)), {le32(b, 20), le32(b, 16)}};
        s.name = s.name.substr(0, s.name.find('\0'));
        if (!s.data.offset || !s.data.size) s.data = {};
        if (s.data.size && s.data.offset < h.sections_end()) return std::unexpected("a section lies over its headers");
        some = some || (s.data.size && s.data.offset < there.size());
        f.size = std::max(f.size, s.data.end());
        f.bits += 8;
        f.sections.push_back(s);
    }
    if (!some) return std::unexpected("nothing is behind its headers");
    if (const u64 size = h.symbols_size()) {
        const u64 end = h.symbols_at + size;
        if (h.symbols_at < h.sections_end()) return std::unexpected("its symbols lie over its headers");
        // The length of the strings counts itself.
        if (end <= there.size() && there.size() - end >= 4 && le32(there, end) >= 4) f.strings_size = le32(there, end);
        f.size = std::max(f.size, end + f.strings_size);
    }
    if (h.certificates.size) {
        if (h.certificates.offset < h.sections_end()) return std::unexpected("its certificates lie over its headers");
        f.size = std::max(f.size, h.certificates.end());
    }
    return f;
}

}  // namespace fieldstrip::pe
