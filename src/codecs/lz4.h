// LZ4 in blocks without a frame.
#pragma once
#include "model/context.h"

namespace fieldstrip::lz4 {

/// At most `limit` bytes. Damaged: it is no LZ4 block, does not end with `in`, or holds more. Spends `decoded`.
Result<Bytes> decode(ByteView in, u64 limit, Context&);
/// `level` 0: LZ4_compress_default; 1 … 12: LZ4_compress_HC with it.
Result<Bytes> encode(ByteView in, int level, Context&);

}  // namespace fieldstrip::lz4
