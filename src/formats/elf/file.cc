#include "formats/elf/file.h"

#include <bit>

namespace fieldstrip::elf {
namespace {

constexpr u64 kMostSegments = 1 << 16, kMostSections = 1 << 17;
constexpr u64 kFar = u64{1} << 48;  // no file is as long

/// Reads numbers of one class and byte order one after the other.
struct Numbers {
    ByteView b;
    bool wide;
    Endian endian;
    u64 at = 0;
    u64 next(unsigned width) {
        const u64 v = load(b.subspan(at, width), width, endian);
        at += width;
        return v;
    }
    u64 word() { return next(wide ? 8 : 4); }
};

Segment segment_at(ByteView b, const Header& h) {
    Numbers n{b, h.wide, h.endian};
    Segment s{};
    s.type = u32(n.next(4));
    if (h.wide) s.flags = u32(n.next(4));
    s.offset = n.word(), s.address = n.word();
    n.word();  // its physical address
    s.file_size = n.word(), s.memory_size = n.word();
    if (!h.wide) s.flags = u32(n.next(4));
    return s;
}

Section section_at(ByteView b, const Header& h) {
    Numbers n{b, h.wide, h.endian};
    Section s{};
    s.name = u32(n.next(4)), s.type = u32(n.next(4));
    s.flags = n.word(), s.address = n.word(), s.offset = n.word(), s.size = n.word();
    s.link = u32(n.next(4));
    return s;
}

bool far(const Extent& e) { return e.offset >= kFar || e.size >= kFar; }

/// A segment whose bytes the section table knows nothing of: a file of debug information keeps the program's segments and not their bytes.
bool is_elsewhere(const Segment& s, const std::vector<Section>& sections, u64& work) {
    constexpr u64 kMostWork = 1 << 22;
    if ((work += sections.size()) > kMostWork) return false;
    for (auto& c : sections) {
        const bool within = c.address >= s.address && c.address - s.address < s.file_size;
        if (within && c.size && c.type == kNoBits && (c.flags & kAlloc) && (s.type == kThreads || !(c.flags & kThread))) return true;
    }
    return false;
}

/// Whether what the header calls its section table is one; then it is in `f`.
Table read_sections(ByteView there, File& f, u64 segments_end) {
    auto& h = f.header;
    if (!h.sections_at || !h.section_count) return Table::None;
    if (h.section_count > kMostSections || h.sections_at >= kFar || h.sections_at < h.length()) return Table::Wrong;
    const Extent table{h.sections_at, h.section_count * h.section_length()};
    if (h.segment_count && table.meets({h.segments_at, h.segment_count * h.segment_length()})) return Table::Wrong;
    if (table.end() > there.size()) {
        // The table stands at the end. Numbers of chance are rarely on its grid, and not so near behind the segments.
        constexpr u64 kMostBehind = 64;
        const bool likely = h.sections_at % 4 == 0 && h.sections_at / kMostBehind <= std::max<u64>(segments_end, 4096);
        return likely && !f.segments.empty() ? Table::Cut : Table::Wrong;
    }
    auto bytes = there.subspan(table.offset, table.size);
    if (section_at(bytes, h).type != 0) return Table::Wrong;
    std::vector<Section> sections;
    for (u64 i = 0; i < h.section_count; i++) sections.push_back(section_at(bytes.subspan(i * h.section_length()), h));
    for (auto& s : sections)
        if ((s.type > 0xFF && s.type < 0x60000000) || (s.has_bytes() && far(s.extent()))) return Table::Wrong;
    if (h.names_index) {
        if (h.names_index >= h.section_count) return Table::Wrong;
        auto& names = sections[h.names_index];
        if (names.type != kStrings) return Table::Wrong;
        for (auto& s : sections)
            if (s.type && s.name >= names.size) return Table::Wrong;
        if (names.offset < there.size() && names.size && there[names.offset]) return Table::Wrong;
    }
    f.sections = std::move(sections);
    return Table::Whole;
}

}  // namespace

std::optional<Header> header_of(ByteView there) {
    if (there.size() < 52 || !starts_with(there,
                                          "\x7f"
                                          "ELF"))
        return {};
    if (there[4] < 1 || there[4] > 2 || there[5] < 1 || there[5] > 2 || there[6] != 1) return {};
    Header h{.wide = there[4] == 2, .endian = there[5] == 1 ? Endian::Little : Endian::Big};
    if (there.size() < h.length()) return {};
    Numbers n{there, h.wide, h.endian, 16};
    h.type = u16(n.next(2)), h.machine = u16(n.next(2));
    const u64 version = n.next(4);
    n.word();  // the entry
    h.segments_at = n.word(), h.sections_at = n.word();
    n.next(4);  // flags
    const u64 length = n.next(2), segment_length = n.next(2);
    h.segment_count = n.next(2);
    const u64 section_length = n.next(2);
    h.section_count = n.next(2), h.names_index = n.next(2);
    if (version != 1 || length != h.length() || (h.type > 4 && h.type < 0xFE00) || !h.machine) return {};
    if (!h.segments_at) h.segment_count = 0;
    if (h.segment_count && (segment_length != h.segment_length() || h.segments_at < h.length() || h.segments_at >= kFar)) return {};
    if (h.sections_at && h.section_count && section_length != h.section_length()) h.sections_at = 0, h.section_count = 0;
    // What does not fit into 16 bits stands in section 0.
    const bool more = h.segment_count == 0xFFFF || (h.sections_at && !h.section_count) || h.names_index == 0xFFFF;
    if (more && section_length == h.section_length() && h.sections_at >= h.length() && h.sections_at < there.size() &&
        there.size() - h.sections_at >= h.section_length()) {
        Numbers zero{there.subspan(h.sections_at), h.wide, h.endian, 8};
        zero.word(), zero.word(), zero.word();
        const u64 size = zero.word(), link = zero.next(4), info = zero.next(4);
        if (!h.section_count) h.section_count = size;
        if (h.names_index == 0xFFFF) h.names_index = link;
        if (h.segment_count == 0xFFFF) h.segment_count = info;
    }
    if (h.segment_count > kMostSegments || (!h.segment_count && (!h.sections_at || !h.section_count))) return {};
    return h;
}

std::expected<File, std::string_view> read(ByteView there, const Header& h) {
    // The magic; class, byte order, type; the version twice; the lengths of the header and of a table's entry.
    File f{.header = h, .table = Table::None, .size = h.length(), .bits = 32 + 7 + 7 + 8 + 8 + 32 + 16 + 16};
    const Extent table{h.segments_at, h.segment_count * h.segment_length()};
    u64 furthest = 0;
    bool some = false;
    if (h.segment_count) {
        for (u64 at = table.offset; at < table.end() && at <= there.size() && there.size() - at >= h.segment_length();
             at += h.segment_length()) {
            auto s = segment_at(there.subspan(at), h);
            if (far(s.extent()) || (s.type == kLoad && s.file_size > s.memory_size)) return std::unexpected("its segments can't be");
            if (s.type > 0xFF && s.type < 0x60000000) return std::unexpected("its segments are of no type that there is");
            // An unused one (type 0) means nothing, but some vendors keep hashes and signatures in such.
            if (!s.type && s.extent().end() > there.size()) s.file_size = 0;
            furthest = std::max(furthest, s.file_size ? s.extent().end() : 0);
            some = some || (s.type == kLoad && s.file_size && s.offset < there.size());
            f.segments.push_back(s);
        }
        f.bits += unsigned(std::min<size_t>(f.segments.size(), 100)) * 16;
        f.size = std::max(f.size, table.end());
        if (f.segments.empty()) return std::unexpected("its segments are not there");
    }
    f.table = read_sections(there, f, furthest);
    if (f.table == Table::Whole) {
        f.bits += 16 + unsigned(std::min<size_t>(f.sections.size(), 100)) * 8;
        for (auto& s : f.sections) {
            if (s.has_bytes()) f.size = std::max(f.size, s.extent().end());
            some = some || (s.has_bytes() && s.offset < there.size());
        }
        f.size = std::max(f.size, h.sections_end());
    }
    if (f.table == Table::Cut) f.size = std::max(f.size, h.sections_end());
    u64 work = 0;
    for (auto& s : f.segments) {
        if (is_elsewhere(s, f.sections, work)) s.file_size = 0;
        if (s.file_size) f.size = std::max(f.size, s.extent().end());
    }
    if (!some) return std::unexpected("nothing is behind its header");
    return f;
}

std::optional<u64> File::offset_of(u64 address) const {
    for (auto& s : segments)
        if (s.type == kLoad && address >= s.address && address - s.address < s.file_size) return s.offset + (address - s.address);
    return {};
}

std::string File::name_of(const Section& s, ByteView there) const {
    if (!header.names_index) return "";
    auto& names = sections[header.names_index];
    const u64 at = names.offset + s.name;
    if (at >= there.size() || s.name >= names.size) return "";
    constexpr u64 kLongest = 255;
    auto text = as_text(there.subspan(at, std::min({there.size() - at, names.size - s.name, kLongest})));
    return std::string(text.substr(0, text.find('\0')));
}

}  // namespace fieldstrip::elf
