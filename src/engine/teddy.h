// The loop that finds candidates for windows, at the speed of memory: one for each kind of processor.
#pragma once
#include "engine/windows.h"

namespace fieldstrip::teddy {

enum class Isa {
    Plain,
    Ssse3,
    Avx2,
    Avx512  // with VBMI
};
/// The best that this processor has.
Isa best();

/// How many bytes behind p[n - 1] are read: they must be there. A block of 64 may begin with it, and a window with the last of these.
constexpr size_t kBeyond = 63 + Windows::kWidth - 1;
constexpr size_t kMost = 4096;        // looked through at a time
constexpr size_t kRoom = kMost + 16;  // as many may be written behind the last

/// What was seen in one pass over the bytes.
struct Swept {
    size_t end;    // they were looked through up to here: n, or where 64 bytes of one value begin
    size_t count;  // of the places
    u64 filled;    // which of the blocks of 64 bytes have a pair 00 00 or FF FF, as has_filler says; the first is the lowest bit
};

/// Writes the offsets of places in p[0 … n) where a window may begin, by place. `places` has kRoom; n is kMost at most.
Swept sweep(const Windows&, const u8* p, size_t n, u32* places, Isa = best());

}  // namespace fieldstrip::teddy
