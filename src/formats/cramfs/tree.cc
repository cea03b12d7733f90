// Sources: Linux fs/cramfs/README (order of lists, block pointers), inode.c.
#include "formats/cramfs/tree.h"

#include <algorithm>
#include <map>
#include <ranges>
#include <set>

namespace fieldstrip::cramfs {
namespace {

constexpr u64 kLongestPath = 4096;  // what Linux takes: else the names of a deep tree add up to its square
constexpr u32 kStored = u32{1} << 31, kDirect = u32{1} << 30;

/// Runs that were read, none of which may be read twice.
class Taken {
  public:
    bool take(Extent e) {
        auto next = all_.lower_bound(e.offset);
        if (next != all_.end() && next->first < e.end()) return false;
        if (next != all_.begin() && std::prev(next)->second > e.offset) return false;
        all_.emplace_hint(next, e.offset, e.end());
        return true;
    }

  private:
    std::map<u64, u64> all_;
};

class TreeReader {
  public:
    explicit TreeReader(Image& image) : image_(image) {}

    void read() {
        image_.nodes.push_back({image_.begin + kRootAt, image_.super.root});
        taken_.take({image_.begin, kSuper});
        std::vector<Dir> open = {{0, 0}};
        while (!open.empty()) {
            auto dir = open.back();
            open.pop_back();
            auto first = open.size();
            image_.nodes[dir.node].broken = !list(dir, open);
            std::reverse(open.begin() + i64(first), open.end());
        }
    }

  private:
    struct Dir {
        u32 node;
        u64 path;  // length of its path
    };

    bool list(Dir dir, std::vector<Dir>& subdirs) {
        const auto inode = image_.nodes[dir.node].inode;
        Extent e{inode.offset(), inode.size};
        if (!e.size) return true;
        if (inode.type() != kDirectory || dir.path > kLongestPath || e.offset >= image_.bytes.size()) return false;
        u64 end = std::min(e.end(), image_.bytes.size());
        if (!taken_.take({e.offset, end - e.offset})) return false;
        image_.nodes[dir.node].first = u32(image_.nodes.size());
        for (u64 at = e.offset; at < e.end();) {
            if (end - at < kInode) return false;
            Node n{at, read_inode(image_.bytes.subspan(at, kInode), image_.endian), dir.node};
            u64 size = kInode + n.inode.name();
            if (size > end - at || image_.name(n).empty()) return false;
            if (n.inode.type() == kDirectory) subdirs.push_back({u32(image_.nodes.size()), dir.path + 1 + image_.name(n).size()});
            image_.nodes.push_back(n);
            image_.nodes[dir.node].count++;
            at += size;
        }
        return true;
    }

    Image& image_;
    Taken taken_;
};

/// The size of blocks is said nowhere: that of pages, unless another gives the number of blocks that the superblock counts.
u64 find_block_size(const Image& image) {
    if (!image.super.version2()) return kPage;
    auto count = [&](u64 block) {
        std::set<std::pair<u64, u64>> seen;
        u64 n = 0;
        for (auto& node : image.nodes)
            if (image.has_data(node.inode) && seen.emplace(node.inode.offset(), node.inode.size).second)
                n += (node.inode.size + block - 1) / block;
        return n;
    };
    if (count(kPage) == image.super.blocks) return kPage;
    for (u64 block : {8192, 16384, 32768, 65536, 2048, 1024, 512})
        if (count(block) == image.super.blocks) return block;
    return kPage;
}

}  // namespace

ByteView Image::name(const Node& n) const {
    if (n.at == begin + kRootAt) return {};
    auto b = bytes.subspan(n.at + kInode, n.inode.name());
    while (!b.empty() && !b.back()) b = b.first(b.size() - 1);
    return b;
}

std::optional<Place> find_super(ByteView bytes) {
    for (u64 begin : {u64{0}, kBoot}) {
        if (bytes.size() < begin + kSuper) break;
        for (auto endian : {Endian::Little, Endian::Big})
            if (load(bytes.subspan(begin, 4), 4, endian) == kMagic) return Place{begin, endian};
    }
    return {};
}

Image read_image(ByteView bytes, Place place) {
    Image image{bytes, place.endian, place.begin, read_super(bytes.subspan(place.begin, kSuper), place.endian)};
    TreeReader(image).read();
    image.block = find_block_size(image);
    return image;
}

std::optional<Block> block_of(const Image& image, const Inode& inode, u64 i) {
    const u64 n = image.blocks(inode), table = inode.offset(), data = table + 4 * n, end = image.bytes.size();
    if (i >= n || !table || data > end) return {};
    const u32 mask = image.ext() ? kDirect - 1 : ~u32{0}, direct = image.ext() ? kDirect : 0, stored = image.ext() ? kStored : 0;
    auto pointer = [&](u64 k) { return u32(load(image.bytes.subspan(table + 4 * k, 4), 4, image.endian)); };
    auto packed = [&](u64 at) { return at <= end && end - at >= 2 ? load(image.bytes.subspan(at, 2), 2, image.endian) : end; };
    const u32 p = pointer(i);
    Block b{{data, 0}, (p & stored) != 0, std::min(image.block, inode.size - i * image.block)};
    if (p & direct) {
        b.extent.offset = u64{p & mask} * 4;
        b.extent.size = b.stored ? b.content : packed(b.extent.offset);
        if (!b.stored) b.extent.offset += 2;
    } else {
        if (u32 before = i ? pointer(i - 1) : 0; before & direct) {
            b.extent.offset = u64{before & mask} * 4;
            b.extent.offset += before & stored ? image.block : 2 + packed(b.extent.offset);
        } else if (i) {
            b.extent.offset = before & mask;
        }
        u64 to = p & mask;
        if (to < b.extent.offset || b.extent.offset < data) return {};
        b.extent.size = to - b.extent.offset;
    }
    if (b.extent.offset > end || b.extent.size > end - b.extent.offset || b.extent.size > 2 * image.block) return {};
    return b;
}

std::vector<u32> data_in_order(const Image& image) {
    std::set<std::pair<u64, u64>> seen;
    std::vector<u32> out;
    auto children = [&](u32 i) { return std::views::iota(image.nodes[i].first, image.nodes[i].first + image.nodes[i].count); };
    depth_first(children, [&](u32 i) {
        auto& inode = image.nodes[i].inode;
        if (image.has_data(inode) && seen.emplace(inode.offset(), inode.size).second) out.push_back(i);
    });
    return out;
}

Extent data_extent(const Image& image, const Inode& inode) {
    const u64 n = image.blocks(inode), begin = inode.offset(), data = begin + 4 * n;
    if (!begin || data > image.bytes.size()) return {std::min<u64>(begin, image.bytes.size()), 0};
    // Pointers grow, so the last good one is the end. Of many that are damaged a few are looked at.
    constexpr u64 kTried = 64;
    u64 end = data;
    for (u64 i = n; i > n - std::min(n, kTried) && end == data; i--)
        if (auto b = block_of(image, inode, i - 1)) end = std::max(end, b->extent.end());
    for (u64 i = 0; i < std::min(n, kTried) && end == data; i++)
        if (auto b = block_of(image, inode, i)) end = std::max(end, b->extent.end());
    return {begin, end - begin};
}

u64 end_of_data(const Image& image) {
    u64 end = image.begin + kSuper;
    for (auto& node : image.nodes) {
        end = std::max(end, node.at + kInode + (&node == &image.nodes[0] ? 0 : node.inode.name()));
        if (!image.has_data(node.inode)) continue;
        end = std::max(end, data_extent(image, node.inode).end());
    }
    return std::min(end, image.bytes.size());
}

}  // namespace fieldstrip::cramfs
