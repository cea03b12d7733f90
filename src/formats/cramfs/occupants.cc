// What lies where in a cramfs: inodes, lists of folders, blocks of files.
#include "formats/cramfs/volume.h"

namespace fieldstrip::cramfs {
namespace {
bool has(Extent e, u64 at) { return at >= e.offset && at < e.end(); }
}  // namespace

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto entries = TRY(this->entries(cx));
    std::vector<Occupant> out;
    for (size_t i = 0; i < entries.size(); i++) {
        auto& inode = image_.nodes[i].inode;
        Extent own{image_.nodes[i].at, kInode + (i ? 4 * u64{inode.name_words} : 0)};
        if (has(own, at)) out.push_back({own, "inode and name", entries[i].path});
        if (!entries[i].is_file() && !entries[i].is(Entry::Type::Symlink)) continue;
        const u64 blocks = image_.blocks(inode);
        Extent pointers{inode.offset(), 4 * blocks};
        if (blocks && has(pointers, at)) out.push_back({pointers, "block pointers", entries[i].path});
        for (u64 k = 0; k < blocks; k++) {
            auto b = block_of(image_, inode, k);
            if (!b || !has(b->extent, at)) continue;
            u64 from = k * image_.block;
            out.push_back(
                {b->extent, "data block " + std::to_string(k), entries[i].path, {from, std::min<u64>(image_.block, inode.size - from)}});
        }
    }
    return out;
}

}  // namespace fieldstrip::cramfs
