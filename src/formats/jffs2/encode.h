// Content into the data of nodes, as mkfs.jffs2 and Linux choose among their compressors.
// Source: mtd-utils jffsX-utils/compr.c, compr_lzo.c; Linux fs/jffs2/compr.c.
#pragma once
#include "formats/jffs2/disk.h"
#include "model/context.h"

namespace fieldstrip::jffs2 {

struct Method {
    bool smallest = false;        // the one that makes least of it, else the first that wins anything
    std::vector<u8> codecs = {};  // in the order in which they are tried; none: all is stored
    bool operator==(const Method&) const = default;
};

struct Coded {
    u8 compr;
    Bytes data;
    u64 consumed;  // of the content
};
/// As much of the content as goes into `space` bytes of data.
Result<Coded> encode(const Method&, ByteView content, u64 space, Context&);

}  // namespace fieldstrip::jffs2
