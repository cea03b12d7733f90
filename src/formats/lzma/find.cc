// Where a header may stand: no byte of it is fixed. Its 8 bytes of size begin or end with what is the same in all: those of a known size
// end in zeros (4 at least, of what is below 4 GiB), and the range coder's first byte behind them is 0 too; an unknown size is 8 bytes of
// 0xFF before that 0. So what is looked for is runs of 5 zeros and of 8 times 0xFF. The form of 5 bytes has its usual dictionaries, which
// magics.h has.
#include "base/runs.h"
#include "formats/lzma/stream.h"

namespace fieldstrip::lzma {
namespace {

constexpr u64 kSizeEnd = 13;               // behind the size
constexpr unsigned kZeros = 5, kOnes = 8;  // so many of a run, at least

void add(ByteView space, Extent range, u64 place, bool has_size, std::vector<u64>& at) {
    if (place < range.offset || place >= range.end() || place >= space.size()) return;
    if (read_header(space.subspan(place), has_size)) at.push_back(place);
}

/// What the run [from, to) may be the size of. It may go on where `to` is the range's end.
void add_all(ByteView space, Extent range, u64 from, u64 to, std::vector<u64>& at) {
    if (space[from]) {
        if (to - from >= kOnes && to >= kSizeEnd) add(space, range, to - kSizeEnd, true, at);
        return;
    }
    // The size's last byte that is not 0 is its first … fourth; and five zeros behind the size are no stream.
    for (u64 k = 1; k <= 4; k++)
        if (from >= 5 + k && to > from + 8 - k && to < from + 13 - k) add(space, range, from - 5 - k, true, at);
}

/// The runs of n or more that become so long in the block of 64 bytes at `block`. `now` tells which of its bytes have the value, `before`
/// which of the 64 before it.
void add_runs(ByteView space, Extent range, unsigned n, u64 before, u64 now, u64 block, u64 end, std::vector<u64>& at) {
    u64 ends = now;  // where n in a row end
    for (unsigned back = 1; back < n && ends; back++) ends &= now << back | before >> (kRunBlock - back);
    if (!(~before >> (kRunBlock - n))) ends &= ends + 1;  // the first goes on from before
    while (ends) {
        const auto first = unsigned(std::countr_zero(ends)), behind = first + unsigned(std::countr_one(ends >> first));
        const u64 to = behind < kRunBlock ? block + behind : run_end(space, block + kRunBlock - 1, end);
        add_all(space, range, block + first + 1 - n, to, at);
        ends &= ends + (ends & (0 - ends));
    }
}

}  // namespace

void find(ByteView space, Extent range, std::vector<u64>& at) {
    const u64 end = std::min<u64>(space.size(), range.end() + kSizeEnd + 1);
    const u64 first = range.offset - std::min(range.offset, kSizeEnd);
    const u8* p = space.data();
    u64 zeros = 0, ones = 0;            // of the block before
    bool filler = false, known = true;  // of the block before: whether a run may go on; whether zeros and ones are of it
    u64 block = first;
    for (; block < end && block + kRunBlock <= space.size(); block += kRunBlock) {
        // Each run that is looked for has a pair in one of the two blocks that it lies in.
        const bool before = std::exchange(filler, has_filler(p + block));
        if (!filler && !before) {
            known = false;
            continue;
        }
        if (!std::exchange(known, true)) zeros = places_of(0, p + block - kRunBlock), ones = places_of(0xFF, p + block - kRunBlock);
        const u64 stop = std::max(end, block + kRunBlock);
        const u64 zeros_now = places_of(0, p + block), ones_now = places_of(0xFF, p + block);
        add_runs(space, range, kZeros, zeros, zeros_now, block, stop, at);
        add_runs(space, range, kOnes, ones, ones_now, block, stop, at);
        zeros = zeros_now, ones = ones_now;
    }
    for (u64 i = std::max(first, block - std::min<u64>(block, kOnes)); i < end;) {
        const u64 from = run_begin(space, i + 1, first), to = run_end(space, i, end);
        if (u8(p[i] + 1) <= 1 && to - from >= kZeros) add_all(space, range, from, to, at);
        i = to;
    }
    std::sort(at.begin(), at.end());
    at.erase(std::unique(at.begin(), at.end()), at.end());
}

}  // namespace fieldstrip::lzma
