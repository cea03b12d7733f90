// rtime, JFFS2's run-length code: each byte is followed by how many more come out as they did behind its last occurrence.
// Source: Linux fs/jffs2/compr_rtime.c (which says how it decodes, and that it gives up where nothing is won).
#pragma once
#include "base/base.h"

namespace fieldstrip::rtime {

/// Exactly the bytes of `out`; false where `in` does not hold them.
bool decode(ByteView in, std::span<u8> out);
/// As Linux and mkfs.jffs2 encode; nothing where it comes to no less than `in`, or to more than `most`.
std::optional<Bytes> encode(ByteView in, u64 most = kUnbounded);

}  // namespace fieldstrip::rtime
