// Metadata: tables packed in blocks of 8 KiB, each behind 2 bytes that say how long it is and whether it is stored as it is.
#pragma once
#include "formats/squashfs/compressor.h"
#include "formats/squashfs/disk.h"

namespace fieldstrip::squashfs {

/// A table as plain bytes. A block that does not decode leaves a hole of zeros, and what lies in it can't be had.
struct Table {
    struct Block {
        Extent stored;  // with its 2 bytes
        bool packed = false, good = false;
        u64 at = 0, size = 0;  // in `plain`
        u64 good_until = 0;    // so far it goes on in good blocks
    };
    std::vector<Block> blocks = {};
    Bytes plain = {};
    bool whole = true;  // every block is good

    /// Where in `plain` that is which a place in it says: 48 bits of where a block begins, counted from `begin`, then 16 of an offset in
    /// it.
    std::optional<u64> find(u64 begin, u64 place) const;
    /// So many bytes; nothing where they are not there or in a hole.
    std::optional<ByteView> get(u64 at, u64 size) const;
    /// All bytes from there on that are there in one piece.
    ByteView from(u64 at) const;
    /// The block that holds it.
    const Block* holder(u64 at) const;
};

struct Packing {
    ByteView bytes;  // the file system
    Endian endian = Endian::Little;
    Codec codec = Codec::Gzip;
    unsigned header = 2;  // bytes before each block; old versions have one more under a flag
};

/// Blocks one behind the other.
Result<Table> read_chain(const Packing&, Extent where, Context&);
/// Blocks that a list of places (`width` bytes each) names, of `size` plain bytes together.
Result<Table> read_listed(const Packing&, u64 list, u64 size, Context&, unsigned width = 8);

}  // namespace fieldstrip::squashfs
