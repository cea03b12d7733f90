#include "codecs/rtime.h"

#include <array>

namespace fieldstrip::rtime {

bool decode(ByteView in, std::span<u8> out) {
    std::array<u64, 256> behind{};  // of each value: the place behind its last occurrence
    u64 made = 0;
    for (u64 at = 0; made < out.size(); at += 2) {
        if (in.size() - at < 2 || at > in.size()) return false;
        const u8 value = in[at];
        u64 run = in[at + 1], from = behind[value];
        out[made++] = value;
        behind[value] = made;
        if (run > out.size() - made) return false;
        for (; run; run--) out[made++] = out[from++];
    }
    return true;
}

std::optional<Encoded> encode(ByteView in, u64 space) {
    std::array<u64, 256> behind{};
    Bytes out;
    u64 at = 0;
    while (at < in.size() && out.size() + 2 <= space) {
        const u8 value = in[at++];
        u64 from = behind[value], run = 0;
        behind[value] = at;
        while (from < at && at < in.size() && run < 255 && in[at] == in[from]) from++, at++, run++;
        out.push_back(value);
        out.push_back(u8(run));
    }
    if (out.size() >= at) return {};
    return Encoded{std::move(out), at};
}

}  // namespace fieldstrip::rtime
