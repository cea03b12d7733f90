// The tree that is wanted, as inodes: what will be written, but for where contents lie.
#pragma once
#include "formats/squashfs/params.h"

namespace fieldstrip::squashfs {

/// An inode to be written.
struct Item {
    Entry::Type type = Entry::Type::File;
    std::string_view path = {};  // of its first name
    Inode inode = {};            // kind a basic one; numbers of owners, attributes and the list come with the tables
    u32 uid = 0, gid = 0;
    u64 names = 0;  // how many it has
    std::string_view target = {};
    AttributeList attributes = {};
    Kept kept = {};
    std::vector<u32> blocks = {};      // a file's, once they are placed
    std::optional<u32> old = {};       // a node of the image whose content is copied
    std::optional<Rope> content = {};  // else this
    std::optional<u32> parent = {};    // a directory's: an item
    struct Child {
        std::string name;
        u32 item;
    };
    std::vector<Child> children = {};  // a directory's, in the order of its list
};

struct Plan {
    std::vector<Item> items = {};  // the root first
    std::vector<u32> order = {};   // of the inode table
};

/// What is wanted must outlive the plan. `old`: what it was made of, whose entries `Wanted::was` names; without, all from the entries'
/// `keep`. Unsupported: what a squashfs can't hold, with its path.
Result<Plan> plan_of(const Params&, std::span<const Wanted>, const Image* old, const Analysis* was);

}  // namespace fieldstrip::squashfs
