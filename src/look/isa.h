// Of which instruction set code is, by the statistics of its bytes alone. The weights are learnt (isa_table.cc); how well they do is in
// docs/likeness.md.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Isa {
    std::string_view name;  // "ARM", "MIPS big-endian"
    double confidence;
};
/// Of a block of 512 bytes to 4 KiB; none where it is no code, or not clearly. Instructions of four bytes begin at a multiple of 4 in it.
std::optional<Isa> isa_of(ByteView block);

}  // namespace fieldstrip
