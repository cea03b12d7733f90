#include "formats/jffs2/blocks.h"

#include <bit>
#include <numeric>

namespace fieldstrip::jffs2 {

constexpr u64 kMinBlock = 4096, kAssumed = 0x10000;

void EraseBlocks::see(ByteView space, const Node& node) {
    for (auto* grid : {&from_first_, &from_zero_}) {
        u64 begin = node.at - grid->origin, last = begin + node.totlen - 1;
        grid->crossed = std::max(grid->crossed, unsigned(std::bit_width(begin ^ last)));
        if (begin && node.at != from_first_.origin) grid->begins |= begin & -begin;
    }
    if (node.type == kCleanmarker && !node.obsolete) {
        if (clean_)
            clean_apart_ = std::gcd(clean_apart_, node.at - *clean_);
        else
            clean_ = node.at;
    }
    if (node.type == kSummary && !summary_ && node.totlen >= 40 && node.end() <= space.size()) {
        Numbers n{space, endian_};
        u64 offset = n.n32(node.end() - 8), size = offset + node.totlen;
        if (n.n32(node.end() - 4) == kSummaryEnd && size >= kMinBlock && size <= kMaxBlock)
            summary_ = Known{size, (node.at % size + size - offset % size) % size, "summaries"};
    }
}

/// The smallest power of two that no node lies across and that a node begins at; 0: none.
u64 EraseBlocks::size_by(const Grid& g) {
    u64 least = std::max(kMinBlock, u64{1} << std::min(g.crossed, 63u));
    u64 fit = g.begins & ~(least - 1);
    u64 size = fit & -fit;
    return size <= kMaxBlock ? size : 0;
}

u64 EraseBlocks::least_by(const Grid& g, u64 size) {
    constexpr u64 kLinuxLeast = 8192;  // and mkfs.jffs2's
    if (!std::has_single_bit(size) || size < kLinuxLeast) return size;
    return std::min(size, std::max(kLinuxLeast, u64{1} << std::min(g.crossed, 24u)));
}

EraseBlocks::Known EraseBlocks::known() const {
    if (summary_) return *summary_;
    if (clean_apart_ >= kMinBlock) {  // blocks between may be without one: then the power of two in it is nearer
        u64 power = clean_apart_ & -clean_apart_;
        u64 size = power >= kMinBlock ? power : clean_apart_;
        size = std::min(size, kMaxBlock);
        return {size, *clean_, "cleanmarkers", *clean_ == from_first_.origin ? least_by(from_first_, size) : size};
    }
    for (auto* grid : {&from_first_, &from_zero_})
        if (u64 size = size_by(*grid)) return {size, grid->origin, "gaps", least_by(*grid, size)};
    return {kAssumed, from_first_.origin, {}, least_by(from_first_, kAssumed)};
}

}  // namespace fieldstrip::jffs2
