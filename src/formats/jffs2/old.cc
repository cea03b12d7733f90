#include "formats/jffs2/old.h"

#include "formats/jffs2/header_bit.h"

namespace fieldstrip::jffs2 {
namespace {

std::optional<u32> length_at(ByteView space, u64 at, Endian endian) {
    if (at > space.size() || space.size() - at < kHeader) return {};
    Numbers n{space, endian};
    const u32 totlen = n.n32(at + 4);
    if (n.n16(at) != kOldMagic || !shape_of(n.n16(at + 2) | kAccurate)) return {};
    if (totlen < kHeader || totlen > kMaxBlock || totlen > space.size() - at) return {};
    if (wrong_bit(space.data() + at, endian) != kHolds) return {};
    return totlen;
}

}  // namespace

std::optional<Old> old_at(ByteView space, u64 at, Context& cx) {
    constexpr unsigned kEnough = 1u << 30, kFirst = 60, kNext = 48;
    for (auto endian : {Endian::Little, Endian::Big}) {
        if (!length_at(space, at, endian)) continue;
        Old old{{at, 0}, endian, 0, 0};
        u64 here = at;
        while (here < space.size()) {
            if (auto totlen = length_at(space, here, endian)) {
                here += *totlen + gap_to(*totlen, 4);
                old.extent.size = std::min<u64>(here, space.size()) - at;
                old.bits = std::min(kEnough, old.bits + (old.nodes++ ? kNext : kFirst));
                if (old.nodes % 1024 == 0 && !cx.spend(&Limits::decoded, 0)) return {};
            } else if (space.size() - here >= 4 && !~le32(space, here)) {
                here += 4;
            } else {
                break;
            }
        }
        if (old.nodes > 1) return old;
    }
    return {};
}

}  // namespace fieldstrip::jffs2
