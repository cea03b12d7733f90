// Zstandard (RFC 8878): whole frames in memory.
#pragma once
#include "model/context.h"

namespace fieldstrip::zstd {

/// At most `limit` bytes, of one frame or several. Damaged: it is none, does not end with `in`, or holds more. Spends `decoded`.
Result<Bytes> decode(ByteView in, u64 limit, Context&);
/// One frame with its content's size in front, as ZSTD_compressCCtx makes it. Other releases of the library may make other bytes.
Result<Bytes> encode(ByteView in, int level, Context&);
/// The highest level there is.
int most();

}  // namespace fieldstrip::zstd
