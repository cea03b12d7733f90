#include "engine/scanner.h"

#include "base/runs.h"
#include "engine/teddy.h"

namespace fieldstrip {
namespace {

constexpr u64 kStretch = 4096;         // candidates are looked at while its bytes are still in the nearest cache
constexpr u64 kFind = u64{16} << 10;   // what formats look through themselves at a time
constexpr u64 kTail = teddy::kBeyond;  // the last bytes of a space, behind which none may be read

bool is_before(const Hit& a, const Hit& b) { return a.at != b.at ? a.at < b.at : a.format->id < b.format->id; }

/// The run that `at` lies in, as far as it is told of to whoever looks through `range`.
Run run_at(ByteView space, Extent range, u64 at) {
    const u64 begin = run_begin(space, at + 1, range.offset - std::min(range.offset, Scanner::kRunBeyond));
    const u64 end = run_end(space, at, std::min(space.size(), range.end() + Scanner::kRunBeyond));
    return {{begin, end - begin}, space[at]};
}

}  // namespace

void find_runs(ByteView space, Extent range, std::vector<Run>& runs) {
    for (u64 at = range.offset, end = std::min(range.end(), space.size()); at < end && at + kRunBlock <= space.size();) {
        if (!is_run(space.data() + at)) {
            at += kRunBlock;
            continue;
        }
        runs.push_back(run_at(space, range, at));
        at = runs.back().extent.end();
    }
}

Scanner::Scanner(const Windows& windows, std::span<const Format* const> formats) : windows_(windows) {
    for (auto* f : formats)
        if (f->find) finders_.push_back(f);
    for (auto& k : std::span(windows.keys).first(windows.count)) {
        auto behind = k.magic.substr(std::min<size_t>(k.magic.size(), 8));
        keys_.push_back({k.head, k.care, k.at, k.at + k.offset, behind, k.format, k.format->may_begin});
    }
}

/// A candidate at which the window of these keys stands.
inline void Scanner::check(const Space& space, u64 at, std::pair<u8, u8> keys) const {
    for (auto k = keys.first; k < keys.second; k++) {
        auto& key = keys_[k];
        if (at < key.in_format) continue;
        const u64 begin = at - key.in_magic, left = space.bytes.size() - begin;
        u64 head = 0;
        if (left >= 8)
            std::memcpy(&head, space.bytes.data() + begin, 8);
        else
            std::memcpy(&head, space.bytes.data() + begin, left);
        if ((head ^ key.head) & key.care) continue;
        if (left < 8 && key.care >> (8 * left)) continue;  // it is cut
        if (!key.behind.empty() &&
            (left - 8 < key.behind.size() || std::memcmp(space.bytes.data() + begin + 8, key.behind.data(), key.behind.size()) != 0))
            continue;
        const u64 place = at - key.in_format;
        if (space.all || !key.may_begin || key.may_begin(space.bytes.subspan(place)) || !place) space.hits.push_back({place, key.format});
    }
}

/// Candidates in the n bytes of the space from `at` on, which stand at p with kBeyond more behind them.
void Scanner::look(const Space& space, const u8* p, u64 at, u64 n) const {
    u32 places[kStretch];
    const size_t count = teddy::candidates(windows_, p, n, places);
    for (size_t i = 0; i < count; i++) {
        u32 bytes;
        std::memcpy(&bytes, p + places[i], 4);
        if (auto keys = windows_.with(Windows::with_width(bytes & 0xFFFFFF, 3)); keys.second) check(space, at + places[i], keys);
        if (!windows_.is_short(u8(bytes))) continue;
        if (auto keys = windows_.with(Windows::with_width(bytes & 0xFFFF, 2)); keys.second) check(space, at + places[i], keys);
    }
}

void Scanner::scan(ByteView space, Extent range, Found& found, bool all) const {
    const u8* p = space.data();
    const u64 end = std::min(range.end(), space.size()), whole = space.size() - std::min(space.size(), kTail);
    const i64 first_hit = i64(found.hits.size());
    const Space out{space, all, found.hits};
    u64 at = range.offset, looked = range.offset;
    std::vector<Hit> own;  // what formats look for themselves
    std::vector<u64> places;
    auto find = [&](u64 to) {
        for (auto* f : finders_) {
            places.clear();
            f->find(space, {looked, to - looked}, places);
            for (u64 place : places) own.push_back({place, f});
        }
        looked = to;
    };
    while (at < end && at < whole) {
        const u64 limit = std::min({at + kStretch, end, whole});
        u64 stop = at;
        while (stop < limit && !is_run(p + stop)) stop += kRunBlock;
        if (stop > at) look(out, p + at, at, std::min(stop, limit) - at);
        at = std::min(stop, limit);
        if (stop < limit) {
            found.runs.push_back(run_at(space, range, stop));
            const u64 behind = found.runs.back().extent.end();
            // A window is never all of one value, but the last two bytes may begin one.
            at = behind > end + 1 ? end : behind - (Windows::kWidth - 1);
        }
        if (at - looked >= kFind) find(at);
    }
    if (at < end) {
        u8 tail[kTail + teddy::kBeyond] = {};
        std::memcpy(tail, p + at, space.size() - at);
        look(out, tail, at, end - at);
    }
    if (end > looked) find(end);
    // One magic over and over is in order already, and there may be millions of it.
    auto sort = [](auto from, auto to) {
        if (!std::is_sorted(from, to, is_before)) std::sort(from, to, is_before);
    };
    sort(found.hits.begin() + first_hit, found.hits.end());
    if (own.empty()) return;
    sort(own.begin(), own.end());
    const i64 middle = i64(found.hits.size());
    found.hits.insert(found.hits.end(), own.begin(), own.end());
    std::inplace_merge(found.hits.begin() + first_hit, found.hits.begin() + middle, found.hits.end(), is_before);
    found.hits.erase(std::unique(found.hits.begin() + first_hit, found.hits.end()), found.hits.end());
}

std::vector<const Format*> Scanner::at_start(ByteView space) const {
    std::vector<const Format*> out;
    for (auto& k : std::span(windows_.keys).first(windows_.count)) {
        bool there = space.size() >= k.offset && starts_with(space.subspan(k.offset), k.magic);
        if (there && std::find(out.begin(), out.end(), k.format) == out.end()) out.push_back(k.format);
    }
    std::vector<u64> places;
    for (auto* f : finders_) {
        places.clear();
        f->find(space, {0, std::min<u64>(space.size(), 1)}, places);
        if (!places.empty() && std::find(out.begin(), out.end(), f) == out.end()) out.push_back(f);
    }
    return out;
}

}  // namespace fieldstrip
