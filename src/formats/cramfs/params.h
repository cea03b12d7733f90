// How an image was made: what its superblock says, and what no field says but its bytes show.
#pragma once
#include "codecs/deflate.h"
#include "formats/cramfs/volume.h"

namespace fieldstrip::cramfs {

struct Params {
    Endian endian = Endian::Little;
    Super super = {};    // flags, future, edition, signature, name; of version 1 all of its numbers
    u64 boot = 0;        // bytes before the superblock
    u64 inserted = 0;    // bytes between superblock and lists (mkcramfs -i)
    u64 block = kPage;   // content in a block
    u64 align = kPage;   // the image is filled up to a multiple of it; 0: to no power of two
    bool share = true;   // equal data lies there once
    bool ranks = false;  // data is in the order that entries keep, not that of a walk through the tree
    deflate::Params zlib = {};
    bool zlib_known = true;  // these parameters make the blocks that were tried
    bool exact = true;       // this is all it takes to make the same bytes
};

Params layout_of(const Volume&);
/// As layout_of, and zlib's parameters, and whether equal data is shared: what costs decoding and encoding.
Result<Params> params_of(const Volume&, Context&);
Recipe recipe_of(const Params&);
Result<Params> params_of(const Recipe&);

/// What two files with the same data have in common: their size, where their blocks end, counted from the pointers' begin, and the blocks.
/// Nothing of data that can't be read through.
std::optional<Bytes> data_digest(const Image&, const Inode&);
Bytes data_digest(u64 size, std::span<const u64> ends, ByteView blocks);

/// The tree that is wanted, as an image. `old`: what it was made of; without, all from parameters.
Result<Rope> write(const Params&, std::span<const Wanted>, const Volume* old, std::span<const Entry> was, Context&);
/// "mkfs.cramfs -N little -z".
std::string made_by(const Recipe&);

}  // namespace fieldstrip::cramfs
