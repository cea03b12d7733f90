#include "engine/mapper.h"

namespace fieldstrip {
namespace {

constexpr u64 kRun = 256;               // shorter ones beside other bytes are part of these
constexpr u64 kProbe = kRun / 2;        // each run of 256 holds at least one whole block of these, on their grid
constexpr u64 kForget = u64{16} << 20;  // gaps may be bigger than memory

}  // namespace

void split_gap(const Buffer& buffer, Extent gap, std::vector<Tile>& out) {
    const ByteView space = buffer.view();
    const u8* p = space.data();
    u64 kept = gap.offset;  // from where on what was read is still in memory
    auto forget = [&](u64 to) {
        if (to - kept < kForget || !buffer.keeper()) return;
        buffer.keeper()->forget(space.subspan(kept, to - kept));
        kept = to;
    };
    auto rest = [&](u64 from, u64 to) {
        if (from >= to) return;
        auto one = one_value(space.subspan(from, to - from));
        out.push_back({.extent = {from, to - from}, .format = one ? &padding : &unknown, .pad = one.value_or(0)});
    };
    u64 done = gap.offset, at = gap.offset, end = gap.end();
    while (at + kProbe <= end) {
        forget(at);
        if (p[at] != p[at + kProbe - 1] || std::memcmp(p + at, p + at + 1, kProbe - 1) != 0) {
            at += kProbe;
            continue;
        }
        u64 from = at, to = at + kProbe;
        while (from > done && p[from - 1] == p[at]) from--;
        while (to + 4096 <= end && !std::memcmp(p + to - 1, p + to, 4096)) forget(to += 4096);
        while (to < end && p[to] == p[at]) to++;
        if (to - from >= kRun) {
            rest(done, from);
            out.push_back({.extent = {from, to - from}, .format = &padding, .pad = p[at]});
            done = to;
        }
        at = to;
    }
    rest(done, end);
}

}  // namespace fieldstrip
