// How bytes that look like nothing might be read: with a key, in another order, at an address. A hint, only given where it is clear.
#pragma once
#include "look/likeness.h"

namespace fieldstrip {

struct Hint {
    enum class Kind {
        Xor,      // with a key that repeats
        Swapped,  // bytes of 16 or 32-bit words the other way round
        Base      // the address that code was linked for
    } kind;
    std::string what;       // one line for people
    double confidence = 0;  // 0 … 1
    Bytes key = {};         // Xor: of the byte at the run's begin on
    unsigned width = 0;     // Swapped: bytes a word
    u64 base = 0;           // Base
};

std::string_view name_of(Hint::Kind);
/// Of a run and what it looks like.
std::vector<Hint> hints_for(ByteView, const Likeness&);

}  // namespace fieldstrip
