// Where a header may stand: no byte of it is fixed. Its 8 bytes of size begin or end with what is the same in all: those of a known size
// end in zeros (4 at least, of what is below 4 GiB), and the range coder's first byte behind them is 0 too; an unknown size is 8 bytes of
// 0xFF before that 0. So what is looked for is runs of 5 zeros and of 8 times 0xFF. The form of 5 bytes has its usual dictionaries.
#include "formats/lzma/stream.h"

namespace fieldstrip::lzma {
namespace {

constexpr u64 kSizeEnd = 13;  // behind the size
constexpr u64 kRun = 5;       // of zeros, at least; any such run meets one of the bytes that are looked at

/// Where the run of the byte at `at` ends, at `end` at most.
u64 run_end(ByteView v, u64 at, u64 end) {
    const u8* p = v.data();
    while (at + 65 < end && !std::memcmp(p + at, p + at + 1, 64)) at += 64;
    while (at + 1 < end && p[at + 1] == p[at]) at++;
    return at + 1;
}

void add(ByteView space, Extent range, u64 place, bool has_size, std::vector<u64>& at) {
    if (place < range.offset || place >= range.end() || place >= space.size()) return;
    if (read_header(space.subspan(place), has_size)) at.push_back(place);
}

}  // namespace

void find(ByteView space, Extent range, std::vector<u64>& at) {
    const u64 end = std::min<u64>(space.size(), range.end() + kSizeEnd + 1);
    const u8* p = space.data();
    for (u64 i = range.offset + 4; i < end; i += kRun) {
        if (u8(p[i] + 1) > 1) continue;
        u64 from = i;
        while (from > range.offset && from + kSizeEnd > i && p[from - 1] == p[i]) from--;
        const u64 to = run_end(space, i, end);
        if (p[i]) {
            if (to - from >= 8 && to >= kSizeEnd) add(space, range, to - kSizeEnd, true, at);
        } else if (to - from >= kRun) {
            // The size's last byte that is not 0 is its first … fourth.
            for (u64 k = 1; k <= 4; k++)
                if (from >= 5 + k && to > from + 8 - k) add(space, range, from - 5 - k, true, at);
        }
        i = std::max(i, to - 1);
    }
    // 5D 00 00 and the like: properties, and the low half of a dictionary.
    for (u64 i = range.offset; i + kShort < space.size() && i < range.end();) {
        auto* hit = static_cast<const u8*>(std::memchr(p + i, 0x5D, std::min(range.end(), space.size() - kShort) - i));
        if (!hit) break;
        i = u64(hit - p);
        if (!p[i + 1] && !p[i + 2] && !p[i + 5]) add(space, range, i, false, at);
        i++;
    }
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
}

}  // namespace fieldstrip::lzma
