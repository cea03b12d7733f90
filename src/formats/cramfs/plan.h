// The tree that is wanted, laid out: which inode, list and data will lie where.
#pragma once
#include "formats/cramfs/params.h"

namespace fieldstrip::cramfs {

/// Data as it will lie, once for all who have it.
struct Data {
    const Node* old = nullptr;   // as it lies in the original, for whom
    std::vector<u64> ends = {};  // new: of its blocks, counted from where its pointers begin
    Bytes blocks = {};           // new
    u64 rank = 0;                // where it wants to lie
    u64 at = 0;                  // where it will
    bool placed = false;         // met on the walk
};

struct Item {
    std::string name = {};
    Inode inode = {};
    std::vector<u32> children = {};
    std::optional<size_t> data = {};
};

struct Plan {
    std::vector<Item> items = {};  // as wanted; the root first
    std::vector<u32> lists = {};   // directories in the order of their lists
    std::vector<Data> data = {};
    std::vector<size_t> data_order = {};
    u64 blocks = 0, end = 0;  // of all files, as the superblock counts; behind the last data
};

/// `was`: the old one's entries. Unsupported: what a cramfs can't hold, with its path.
Result<Plan> plan_of(const Params&, std::span<const Wanted>, const Volume* old, std::span<const Entry> was, Context&);

}  // namespace fieldstrip::cramfs
