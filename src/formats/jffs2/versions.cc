#include "formats/jffs2/versions.h"

#include "formats/jffs2/scan.h"

namespace fieldstrip::jffs2 {

void Versions::add(const Node& node) {
    u64 place = (node.at - first_) / 4;
    if (node.obsolete || (node.type != kInode && node.type != kDirent) || place > ~u32{0}) return;
    Numbers n{space_, endian_};
    auto* shape = shape_of(node.type);
    u64 key = u64{n.n32(node.at + 12)} << 32 | n.n32(node.at + 16);
    u32 content = n.n32(node.at + shape->node_crc) * 0x9E3779B1 + n.n32(node.at + shape->body_crc);
    (node.type == kInode ? inodes_ : dirents_).push_back({key, content, u32(place)});
    count_++;
}

bool Versions::whole(const Seen& s) const {
    auto node = node_at(space_, first_ + u64{s.place} * 4, endian_);
    return node && body_crc_holds(space_, *node, endian_);
}

std::optional<u64> Versions::contradicted_at(const EraseBlocks::Known& blocks) {
    due_ = std::max(due_, 2 * count_);
    std::optional<u64> found;
    for (auto* all : {&inodes_, &dirents_}) {
        std::sort(all->begin(), all->end());
        for (auto i = all->begin(); i != all->end();) {
            auto group = i;
            bool differ = false;
            for (; i != all->end() && i->key == group->key; ++i) differ |= i->content != group->content;
            if (!differ) continue;
            const Seen* good = nullptr;
            for (auto k = group; k != i; ++k) {
                if (!whole(*k)) continue;
                if (!good) good = &*k;
                u64 block = blocks.start_of(first_ + u64{k->place} * 4);
                if (k->content == good->content || block <= first_ + u64{good->place} * 4) continue;
                if (!found || block < *found) found = block;
                break;
            }
        }
    }
    return found;
}

}  // namespace fieldstrip::jffs2
