// The structure block of a flattened devicetree: a list of tokens on a grid of 4 bytes that opens and closes nodes and gives properties.
// Source: Devicetree Specification v0.4, chapter 5 (Flattened Devicetree (DTB) Format).
#pragma once
#include "base/base.h"

namespace fieldstrip::dtb {

constexpr u32 kMagic = 0xD00DFEED;

struct Header {
    u64 size, structure, strings, reserved;  // of the whole; where the blocks begin
    u64 structure_size, strings_size;        // version 16 does not say the first: up to where its END token stands
    u64 reservations;                        // pairs of 8 bytes before the one that is zero
    u32 version, compatible;
    u64 length() const { return version >= 17 ? 40 : 36; }
};
/// Nothing where a number of it can't be: its blocks lie within its size, on their grids, none over another, and it is of a version that is
/// read (16 and 17, and later ones that say that readers of those can read them). `there`: from its begin on, perhaps cut.
std::optional<Header> header_of(ByteView there);

struct Property {
    std::string_view name;  // "": it stands outside of the strings
    Extent value;           // in the devicetree
};
struct Visitor {
    std::function<void(std::string_view name)> open;
    std::function<void()> close;
    std::function<void(const Property&)> property;
};
enum class End {
    Whole,  // its END token was reached, all nodes closed
    Cut,    // all is well up to where the bytes end
    Wrong
};
struct Walked {
    End end;
    u64 at;         // behind END, or where it is wrong
    u64 nodes = 0;  // and tokens of properties
    u64 properties = 0;
};
/// From the structure block's begin to its END. The visitor's functions may be empty.
Walked walk_tokens(ByteView there, const Header&, const Visitor& = {});

}  // namespace fieldstrip::dtb
