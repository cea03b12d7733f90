// rtime, JFFS2's run-length code: each byte is followed by how many more come out as they did behind its last occurrence.
// Source: Linux fs/jffs2/compr_rtime.c (which says how it decodes, and that it gives up where nothing is won).
#pragma once
#include "base/base.h"

namespace fieldstrip::rtime {

/// Exactly the bytes of `out`; false where `in` does not hold them.
bool decode(ByteView in, std::span<u8> out);
struct Encoded {
    Bytes code;
    u64 consumed;  // of the content: what went into the space
};
/// As Linux and mkfs.jffs2 encode; nothing where nothing is won.
std::optional<Encoded> encode(ByteView in, u64 space);

}  // namespace fieldstrip::rtime
