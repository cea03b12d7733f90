// Where whoever wrote a deflate stream had zlib flush it: what was fed is encoded to its last byte then, and an empty block follows.
#pragma once
#include "codecs/deflate.h"

namespace fieldstrip::deflate {

/// The content between flushes, and all kinds of flush that leave such blocks. Nothing where there is none, or where they are too many, or
/// of several kinds.
struct Flushes {
    std::vector<Run> after = {};
    std::vector<Flush> kinds = {};
};
Flushes flushes_of(ByteView encoded, Context&);

}  // namespace fieldstrip::deflate
