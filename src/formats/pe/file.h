// What the headers of a PE file say. Source: Microsoft, PE Format; Authenticode_PE.docx for its checksum and its signatures.
#pragma once
#include "base/base.h"

namespace fieldstrip::pe {

constexpr u64 kCoffLength = 24, kSectionLength = 40;  // with the signature "PE\0\0" before it
constexpr u64 kCertificates = 4;                      // of the data directories

struct Section {
    std::string_view name;  // up to its NULs
    Extent data;            // in the file; of size 0 where it has none
};

struct Header {
    u64 pe_at;
    bool wide;  // PE32+
    u16 machine, subsystem, characteristics;
    u64 section_count, optional_size, directory_count;
    u64 symbols_at, symbol_count;
    u64 headers_size;  // that it says
    u32 checksum;
    Extent certificates;  // of size 0 where there are none

    u64 optional_at() const { return pe_at + kCoffLength; }
    u64 directories_at() const { return optional_at() + (wide ? 112 : 96); }
    u64 sections_at() const { return optional_at() + optional_size; }
    u64 sections_end() const { return sections_at() + section_count * kSectionLength; }
    u64 symbols_size() const { return symbols_at && symbol_count ? symbol_count * 18 : 0; }
};

struct File {
    Header header;
    std::vector<Section> sections;
    u64 strings_size;  // behind the symbols
    u64 size;          // to the furthest end of all that it says; may lie behind what is there
    unsigned bits;     // of proof
};

/// Nothing where its headers can't be. Allocates nothing.
std::optional<Header> header_of(ByteView there);
/// Headers and sections, held against each other; a text that says why not otherwise. `there`: from its begin on, perhaps cut.
std::expected<File, std::string_view> read(ByteView there, const Header&);

}  // namespace fieldstrip::pe
