// How an image was made: what its superblock says, and what no field says but its bytes show.
#pragma once
#include "formats/squashfs/compressor.h"
#include "formats/squashfs/keep.h"

namespace fieldstrip::squashfs {

struct Params {
    Endian endian = Endian::Little;
    Super super = {};    // codec, block size, flags, mkfs_time; all else follows
    Bytes options = {};  // the compressor's, with the 2 bytes before them
    Compressor compressor = {};
    bool known = true;  // it makes the blocks that were tried
    bool holes = true;  // blocks of zeros are none
    Maker maker = Maker::Mksquashfs;
    bool links_of_all = false, tree_order = true, dense = true;
    bool export_table = true, empty_fragment_table = true;  // written; and though there are no fragments
    std::optional<u64> root_parent = {};
    u32 no_offset = 0;
    std::vector<u32> ids = {};
    std::vector<std::pair<u32, u32>> fragments = {};  // in order of their places: number, and before which run of blocks
    bool exact = true;                                // this and what entries keep is all that it takes to make the same bytes
};

/// Without what costs decoding and encoding: compressor, holes, exact.
Params layout_of(const Image&, const Analysis&);
/// Sets the compressor, and whether it is known.
Result<void> find_encoder(const Image&, Params&, Context&);
/// Sets whether blocks of zeros were left out.
Result<void> find_holes(const Image&, Params&, Context&);

Recipe recipe_of(const Params&);
Result<Params> params_of(const Recipe&);
/// "mksquashfs 4.x, xz -b 131072 -Xbcj arm".
std::string made_by(const Recipe&);

}  // namespace fieldstrip::squashfs
