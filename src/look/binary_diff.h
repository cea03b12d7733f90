// How two runs of bytes that are no text differ: where, in which sections of a program, in which strings.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// A section of a program, a library, a kernel module.
struct SectionChange {
    std::string name;
    std::optional<u64> before, after;  // sizes; none: not there
    bool code = false;                 // what is executed
};

struct BinaryChange {
    std::vector<Extent> ranges;           // where they differ, near ones as one, at most some; where sizes differ: one range of the second
    u64 differing = 0;                    // bytes that are not the same; 0 where sizes differ
    bool executable = false;              // both are ELF with sections: `sections` says which are not the same
    std::vector<SectionChange> sections;  // in the order of the second
    std::vector<std::string> removed, added;  // printable runs of 6 bytes and more that are only in one of them; at most some, cut
    u64 more_removed = 0, more_added = 0;     // that are left out
    bool code() const;                        // some of what is executed is not the same
};

/// What is looked for, and how much is kept.
struct BinaryBounds {
    size_t ranges = 64, strings = 100, string_bytes = 200;
    bool look_for_strings = true;
};
BinaryChange binary_change(ByteView a, ByteView b, const BinaryBounds&);
bool is_elf(ByteView);
/// Whether its bytes are so evenly spread that runs of letters in it say nothing.
bool is_dense(ByteView);

}  // namespace fieldstrip
