#include "codecs/deflate_nearest.h"

namespace fieldstrip::deflate {

Result<Nearest> nearest(const Source& content, u64 made, u64 encoded, const Params& likely, Context& cx) {
    constexpr u64 kMost = u64{64} << 20;
    Nearest out{.params = likely};
    if (made > kMost) return out;
    auto size_with = [&](const Params& p) -> Result<u64> {
        u64 size = 0;
        TRY_VOID(encode(content, p, [&](ByteView v) { return size += v.size(), true; }, cx));
        return size;
    };
    const Params densest{.level = 12, .program = Program::Libdeflate};
    u64 least = kUnbounded;
    for (auto& p : {likely, Params{.level = 9}, Params{.level = 6}, Params{.level = 9, .program = Program::Gzip}, densest}) {
        const u64 size = TRY(size_with(p)), apart = size > encoded ? size - encoded : encoded - size;
        if (apart < least) least = apart, out.params = p;
        if (p == densest) out.shortest = encoded <= size + size / 1000;
    }
    return out;
}

}  // namespace fieldstrip::deflate
