// What an ELF file's header and its two tables say, for either class and byte order.
// Source: System V ABI, gABI chapters 4 and 5 (ELF header, sections, program header); Linux, include/uapi/linux/elf.h.
#pragma once
#include "base/base.h"

namespace fieldstrip::elf {

enum : u32 {
    kLoad = 1,  // types of segments
    kDynamicSegment = 2,
    kInterpreter = 3,
    kThreads = 7,
    kProgbits = 1,  // types of sections
    kSymbols = 2,
    kStrings = 3,
    kDynamic = 6,
    kNote = 7,
    kNoBits = 8,
    kAlloc = 2,       // flags of sections
    kThread = 0x400,  // .tbss takes no place among what it lies between
};

struct Header {
    bool wide;  // 64 bits
    Endian endian;
    u16 type, machine;
    u64 segments_at, sections_at;
    u64 segment_count, section_count, names_index;  // as the header says them, or section 0 where they did not fit

    u64 length() const { return wide ? 64 : 52; }
    u64 segment_length() const { return wide ? 56 : 32; }
    u64 section_length() const { return wide ? 64 : 40; }
    u64 sections_end() const { return sections_at + section_count * section_length(); }
};

struct Segment {
    u32 type, flags;
    u64 offset, address, file_size, memory_size;
    Extent extent() const { return {offset, file_size}; }
};

struct Section {
    u32 name, type;
    u64 flags, address, offset, size;
    u32 link;
    bool has_bytes() const { return type && type != kNoBits && size; }
    Extent extent() const { return {offset, size}; }
};

enum class Table {
    None,   // the header says that there is none
    Whole,  // it holds together
    Cut,    // it lies behind the end of what is there
    Wrong   // what the header calls so is none
};

struct File {
    Header header;
    std::vector<Segment> segments;
    std::vector<Section> sections;  // of a whole table
    Table table;
    u64 size;       // to the furthest end of all that it says; may lie behind what is there
    unsigned bits;  // of proof

    /// Where an address lies in the file; none where no loaded segment holds it.
    std::optional<u64> offset_of(u64 address) const;
    /// Up to its NUL; "" where there is none.
    std::string name_of(const Section&, ByteView there) const;
};

/// Nothing where the header can't be: sizes of its parts, places, versions. Allocates nothing.
std::optional<Header> header_of(ByteView there);
/// Header and tables, held against each other; a text that says why not otherwise. `there`: from its begin on, perhaps cut.
std::expected<File, std::string_view> read(ByteView there, const Header&);

}  // namespace fieldstrip::elf
