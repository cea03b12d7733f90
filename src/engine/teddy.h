// The loop that finds candidates for windows, at the speed of memory: one for each kind of processor.
#pragma once
#include "engine/windows.h"

namespace fieldstrip::teddy {

enum class Isa {
    Plain,
    Ssse3,
    Avx2
};
/// The best that this processor has.
Isa best();

/// How many bytes behind p[n - 1] are read: they must be there.
constexpr size_t kBeyond = 64;

/// Writes the offsets of places in p[0 … n) where a window may begin, by place; how many. `out` has room for n.
size_t candidates(const Windows&, const u8* p, size_t n, u32* out, Isa = best());

}  // namespace fieldstrip::teddy
