// What bytes look like by their statistics alone: how random they are, whether they are text or code, and of which instruction set. A
// likeness is a hint and never a proof; no more is said than docs/likeness.md shows to hold.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Likeness {
    enum class Kind {
        Filler,  // one value, or a short pattern repeated
        Text,
        Code,        // `isa` says of which processor
        Data,        // structured: tables, pictures, what is neither of the others
        Compressed,  // near to random, and not quite
        Random,      // no test tells it from random bytes: encrypted, or well compressed
    } kind;
    double entropy = 0;         // Shannon's, bits a byte, over all of it
    double chi_square = 0;      // over byte values, 255 degrees of freedom: near 255 for random bytes
    std::string_view isa = {};  // "ARM", "Thumb", "AArch64", "MIPS big-endian" …; "" where it is no code
    double confidence = 0;      // 0 … 1, of `kind` and `isa` together
    double share = 0;           // 0 … 1, of the blocks looked at that are of this kind; blocks of filler are left out
};

/// Of a whole run; of one longer than 128 KiB 32 samples of 4 KiB spread over it, the statistics too.
Likeness likeness_of(ByteView);
std::string_view name_of(Likeness::Kind);
/// One line for people: "ARM code", "random or compressed", "text".
std::string words_for(const Likeness&);
/// Shannon's, bits a byte, of the bytes that likeness_of looks at.
double entropy_of(ByteView);
/// Entropy (bits a byte) of `points` equal parts of it, in order; of each at most 64 KiB spread over the part are read. Fewer where parts
/// would have less than 256 bytes: so few can't have 8 bits a byte.
std::vector<float> entropy_curve(ByteView, size_t points);

}  // namespace fieldstrip
