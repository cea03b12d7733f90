#include "engine/scanner.h"

#include "base/runs.h"
#include "engine/teddy.h"

namespace fieldstrip {
namespace {

constexpr u64 kStretch = 4096;         // candidates are looked at while its bytes are still in the nearest cache
constexpr u64 kFind = u64{16} << 10;   // what formats look through themselves at a time
constexpr u64 kDeep = 64;              // bytes from either end of a run of one value
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

namespace {

/// Whether the magic stands at p, with `left` bytes there.
inline bool stands(const Scanner::Key& key, const u8* p, u64 left) {
    if (left < 8) [[unlikely]] {
        u64 head = 0;
        std::memcpy(&head, p, left);
        return !((head ^ key.head) & key.care) && !(key.care >> (8 * left));
    }
    u64 head;
    std::memcpy(&head, p, 8);
    if ((head ^ key.head) & key.care) return false;
    return key.behind.empty() || (left - 8 >= key.behind.size() && !std::memcmp(p + 8, key.behind.data(), key.behind.size()));
}

}  // namespace

/// Candidates in the n bytes of the space from `at` on, which stand at p with kBeyond more behind them.
void Scanner::look(ByteView space, const u8* p, u64 at, u64 n, bool all, std::vector<Hit>& hits) const {
    u32 places[kStretch];
    const Windows& windows = windows_;
    const Key* const keys = keys_.data();
    const u8* const base = space.data();
    const u64 size = space.size();
    const size_t count = teddy::candidates(windows, p, n, places);
    auto check = [&](u64 window_at, std::pair<u8, u8> which) {
        for (auto k = which.first; k < which.second; k++) {
            auto& key = keys[k];
            if (window_at < key.in_format) continue;
            const u64 begin = window_at - key.in_magic, place = window_at - key.in_format;
            if (!stands(key, base + begin, size - begin)) continue;
            if (key.may_begin && !all && !key.may_begin({base + place, size - place}) && place) continue;
            hits.push_back({place, key.format});
        }
    };
    for (size_t i = 0; i < count; i++) {
        u32 bytes;
        std::memcpy(&bytes, p + places[i], 4);
        check(at + places[i], windows.with(Windows::with_width(bytes & 0xFFFFFF, 3)));
        if (windows.is_short(u8(bytes))) check(at + places[i], windows.with(Windows::with_width(bytes & 0xFFFF, 2)));
    }
}

void Scanner::scan(ByteView space, Extent range, Found& found, bool all) const {
    const u8* p = space.data();
    const u64 end = std::min(range.end(), space.size()), whole = space.size() - std::min(space.size(), kTail);
    const i64 first_hit = i64(found.hits.size());
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
        if (stop > at) look(space, p + at, at, std::min(stop, limit) - at, all, found.hits);
        at = std::min(stop, limit);
        if (stop < limit) {
            found.runs.push_back(run_at(space, range, stop));
            const auto run = found.runs.back().extent;
            // Deep in a run no format begins that looks for itself.
            if (run.size >= 4 * kDeep) {
                find(std::clamp(run.offset + kDeep, looked, end));
                looked = std::clamp(run.end() - kDeep, looked, end);
            }
            // A window is never all of one value, but the last two bytes may begin one.
            at = run.end() > end + 1 ? end : run.end() - (Windows::kWidth - 1);
        }
        if (at >= looked + kFind) find(at);
    }
    if (at < end) {
        u8 tail[kTail + teddy::kBeyond] = {};
        std::memcpy(tail, p + at, space.size() - at);
        look(space, tail, at, end - at, all, found.hits);
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
