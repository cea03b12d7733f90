#include "formats/jffs2/scan.h"

#include "formats/jffs2/header_bit.h"

namespace fieldstrip::jffs2 {
namespace {

constexpr u64 kPiece = 4096;  // of other bytes at a time: whoever asks may have had enough

/// How many bytes from the begin are 0xFF. Erased flash is most of some images.
u64 erased(ByteView b) {
    u64 at = 0;
    for (; at + 64 <= b.size(); at += 64) {
        u64 words[8], all = ~u64{0};
        std::memcpy(words, b.data() + at, 64);
        for (u64 w : words) all &= w;
        if (all != ~u64{0}) break;
    }
    while (at < b.size() && b[at] == 0xFF) at++;
    return at;
}

}  // namespace

std::optional<Node> node_at(ByteView space, u64 at, Endian endian) {
    if (at > space.size() || space.size() - at < kHeader) return {};
    Numbers n{space, endian};
    if (n.n16(at) != kMagic) return {};
    u16 type = n.n16(at + 2);
    u32 totlen = n.n32(at + 4);
    if (totlen < kHeader || totlen > kMaxBlock || wrong_bit(space.data() + at, endian) != kHolds) return {};
    return Node{at, totlen, u16(type | kAccurate), !(type & kAccurate)};
}

std::optional<Node> node_but_for_a_bit(ByteView space, u64 at, Endian endian) {
    if (at > space.size() || space.size() - at < kHeader) return {};
    int bit = wrong_bit(space.data() + at, endian);
    if (bit == kNoBit) return {};
    if (bit == kHolds) bit = 8 * (endian == Endian::Big ? 2 : 3) + 5;  // but for the accurate one
    u8 copy[68];                                                       // the longest fixed part
    auto there = space.subspan(at, std::min<u64>(sizeof copy, space.size() - at));
    std::copy(there.begin(), there.end(), copy);
    ByteView repaired(copy, there.size());
    copy[bit / 8] ^= u8(1 << bit % 8);
    auto node = node_at(repaired, 0, endian);
    if (!node || !shape_of(node->type) || node->totlen > space.size() - at || !node_crc_holds(repaired, *node, endian)) return {};
    node->at = at;
    return node;
}

bool node_crc_holds(ByteView space, const Node& node, Endian endian) {
    auto* shape = shape_of(node.type);
    if (!shape || node.obsolete) return true;
    if (node.totlen < shape->size || space.size() - node.at < shape->size) return false;
    return !shape->node_crc || Numbers{space, endian}.n32(node.at + shape->node_crc) == crc_of(space.subspan(node.at, shape->node_covers));
}

bool body_crc_holds(ByteView space, const Node& node, Endian endian) {
    if (!node_crc_holds(space, node, endian)) return false;
    auto* shape = shape_of(node.type);
    if (!shape || !shape->body_crc || node.obsolete) return true;
    Numbers n{space, endian};
    u64 size = body_size(n, node);
    if (size > node.totlen - shape->size || node.end() > space.size()) return false;
    return n.n32(node.at + shape->body_crc) == crc_of(space.subspan(node.at + shape->size, size));
}

std::optional<Scan::Step> Scan::next() {
    const ByteView space = numbers_.bytes;
    const u64 begin = at_, end = space.size();
    if (begin >= end) return {};
    auto step = [&](Step::Kind kind, u64 to, Node node = {}) {
        at_ = std::min(to, end);
        return Step{kind, {begin, at_ - begin}, node};
    };
    if (auto node = node_at(space, begin, endian_)) {
        if (node->end() > end) return step(Step::Kind::Cut, begin + 4, *node);
        return step(Step::Kind::Node, node->end() + gap_to(node->totlen, 4), *node);
    }
    const auto blank = [&](u64 at) { return end - at >= 4 && !~le32(space, at); };
    if (end - begin < 4 || blank(begin)) {
        u64 n = erased(space.subspan(begin));
        if (begin + n == end) return step(Step::Kind::Erased, end);
        if (n >= 4) return step(Step::Kind::Erased, begin + n - n % 4);
        return step(Step::Kind::Other, end);
    }
    u64 at = begin + 4;
    while (at < end && at - begin < kPiece && !blank(at) &&
           !(end - at >= kHeader && numbers_.n16(at) == kMagic && node_at(space, at, endian_)))
        at += 4;
    return step(Step::Kind::Other, at);
}

}  // namespace fieldstrip::jffs2
