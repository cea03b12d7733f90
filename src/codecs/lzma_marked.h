// LZMA that ends with a marker, as lzip holds it: read in pieces, with an exact end.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzma_marked {

struct Read {
    enum class End {
        Whole,   // the marker was read
        Cut,     // the input ended first
        Wrong,   // no LZMA from `used` on
        Stopped  // by the taker
    } end = End::Wrong;
    u64 used = 0, made = 0;  // bytes of input, and of output that were delivered
};
/// One stream at the beginning of `in`, with lc 3, lp 0, pb 2. Spends `decoded`, whatever is delivered; an Error is a limit, nothing else.
Result<Read> read(ByteView in, u32 dictionary, const std::function<bool(ByteView)>& take, Context&);

}  // namespace fieldstrip::lzma_marked
