// zlib streams as Linux's JFFS2 and mkfs.jffs2 make them: into a space that is given, as much content as goes in, flushed on the way.
// Source: mtd-utils jffsX-utils/compr_zlib.c, Linux fs/jffs2/compr_zlib.c (level 3, Z_PARTIAL_FLUSH, 12 bytes left for the end).
#pragma once
#include "base/base.h"

namespace fieldstrip::zlib {

struct Flushed {
    Bytes stream;
    u64 consumed;  // of the content
};
/// Nothing where nothing is won.
std::optional<Flushed> encode_flushed(ByteView in, u64 space, int level = 3);

}  // namespace fieldstrip::zlib
