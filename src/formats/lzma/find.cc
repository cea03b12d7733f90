// Where a header may stand: no byte of it is fixed. Its 8 bytes of size begin or end with what is the same in all: those of a known size
// end in zeros (4 at least, of what is below 4 GiB), and the range coder's first byte behind them is 0 too; an unknown size is 8 bytes of
// 0xFF before that 0. So what is looked for is runs of 5 zeros and of 8 times 0xFF. The form of 5 bytes has its usual dictionaries, which
// magics.h has.
#include "base/runs.h"
#include "formats/lzma/stream.h"

namespace fieldstrip::lzma {
namespace {

constexpr u64 kSizeEnd = 13;  // behind the size
constexpr u64 kRun = 5;       // of zeros, at least

void add(ByteView space, Extent range, u64 place, bool has_size, std::vector<u64>& at) {
    if (place < range.offset || place >= range.end() || place >= space.size()) return;
    if (read_header(space.subspan(place), has_size)) at.push_back(place);
}

}  // namespace

void find(ByteView space, Extent range, std::vector<u64>& at) {
    const u64 end = std::min<u64>(space.size(), range.end() + kSizeEnd + 1);
    const u8* p = space.data();
    for (u64 block = range.offset, i = block; block < end; block += kRunBlock) {
        if (block + kRunBlock <= space.size() && !has_filler(p + block)) continue;
        i = std::max(i, block);
        for (const u64 stop = std::min(block + kRunBlock, end - 1); i < stop; i += 2) {
            if (p[i] != p[i + 1] || u8(p[i] + 1) > 1) continue;
            const u64 from = run_begin(space, i + 1, std::max(range.offset, i - std::min(i, kSizeEnd))), to = run_end(space, i, end);
            if (p[i]) {
                if (to - from >= 8 && to >= kSizeEnd) add(space, range, to - kSizeEnd, true, at);
            } else if (to - from >= kRun) {
                // The size's last byte that is not 0 is its first … fourth.
                for (u64 k = 1; k <= 4; k++)
                    if (from >= 5 + k && to > from + 8 - k) add(space, range, from - 5 - k, true, at);
            }
            i += (to - i - 1) / 2 * 2;
        }
    }
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
}

}  // namespace fieldstrip::lzma
