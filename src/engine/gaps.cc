#include "engine/gaps.h"

namespace fieldstrip {

void split_gap(ByteView space, Extent gap, std::span<const Run> runs, std::vector<Tile>& out) {
    auto rest = [&](u64 from, u64 to) {
        if (from >= to) return;
        auto one = one_value(space.subspan(from, to - from));
        out.push_back({.extent = {from, to - from}, .format = one ? &padding : &unknown, .pad = one.value_or(0)});
    };
    u64 done = gap.offset;
    auto run = std::ranges::upper_bound(runs, gap.offset, {}, [](const Run& r) { return r.extent.end(); });
    for (; run != runs.end() && run->extent.offset < gap.end(); ++run) {
        const u64 from = std::max(run->extent.offset, done), to = std::min(run->extent.end(), gap.end());
        if (from + Scanner::kRun > to) continue;
        rest(done, from);
        out.push_back({.extent = {from, to - from}, .format = &padding, .pad = run->value});
        done = to;
    }
    rest(done, gap.end());
}

}  // namespace fieldstrip
