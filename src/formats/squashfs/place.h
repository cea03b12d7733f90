// Where contents will lie: blocks one behind the other, and tails in fragments.
#pragma once
#include "formats/squashfs/plan.h"

namespace fieldstrip::squashfs {

/// A block to be encoded: of a file, or of tails.
struct Job {
    const Rope* content = nullptr;
    Extent range = {};
    Bytes tails = {};  // without content: these
};
struct Coded {
    u32 size = 0;  // as inodes say it: 0 for a hole, kStoredBlock where the bytes are plain
    Bytes bytes = {};
};
/// Encodes them on the pool and hands them over in order.
Result<void> encode_all(std::span<const Job>, const Params&, const std::function<void(size_t, Coded)>& take, Context&);

/// How a file is cut: into blocks, of which the last may be shorter, and a tail that lies in a fragment.
struct Cut {
    u64 blocks = 0, tail = 0;
    Extent block(u64 i, u64 size, u32 block_size) const { return {i * block_size, std::min<u64>(block_size, size - i * block_size)}; }
};
/// `in_fragment`: whether its tail lay in one; none: as its maker would have it.
Cut cut_of(const Params&, u64 size, std::optional<bool> in_fragment);

Bytes bytes_of(const Rope&, Extent);

/// All data, from behind the superblock and the options to the first table. The plan's items have got their blocks and places.
struct Placed {
    std::vector<FragmentEntry> fragments = {};
    Rope data = {};
};
/// From contents alone, in the order that was kept.
Result<Placed> place_anew(Plan&, const Params&, Context&);
/// With the fewest changed bytes: what is unchanged stays where it lies. `room`: how much data may be; what is more is moved together.
Result<Placed> place_changes(Plan&, const Params&, const Image& old, const Buffer& bytes, Context&);
/// The same without what nobody uses, so that it is shorter.
void compact(Plan&, Placed&, u64 begin);

}  // namespace fieldstrip::squashfs
