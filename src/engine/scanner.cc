#include "engine/scanner.h"

#include <bit>

#include "base/runs.h"
#include "engine/teddy.h"

namespace fieldstrip {
namespace {

constexpr u64 kUnit = 32;              // bytes that are there over and over, at most
constexpr u64 kAlike = teddy::kMost;   // what of a repeat is looked at at either end: more than lies between a magic and what is looked at
constexpr u64 kFind = u64{16} << 10;   // what formats look through themselves at a time
constexpr u64 kTail = teddy::kBeyond;  // the last bytes of a space, behind which none may be read

bool is_before(const Hit& a, const Hit& b) { return a.at != b.at ? a.at < b.at : a.format->id < b.format->id; }

/// The run that `at` lies in, as far as it is told of to whoever looks through `range`.
Run run_at(ByteView space, Extent range, u64 at) {
    const u64 begin = run_begin(space, at + 1, range.offset - std::min(range.offset, Scanner::kRunBeyond));
    const u64 end = run_end(space, at, std::min(space.size(), range.end() + Scanner::kRunBeyond));
    return {{begin, end - begin}, space[at]};
}

/// Where bytes end that repeat a unit from `at` on, over kMost bytes at least; `at` where they do not. Not looked at behind `end`.
u64 repeat_end(ByteView space, u64 at, u64 end) {
    const u8* p = space.data() + at;
    const u64 size = end - at;
    if (size < teddy::kMost) return at;
    for (u64 unit = 2; unit <= kUnit; unit++) {
        if (std::memcmp(p, p + unit, kUnit) || std::memcmp(p, p + unit, teddy::kMost - unit)) continue;
        u64 n = teddy::kMost;
        while (n + kRunBlock <= size && !std::memcmp(p + n, p + n - unit, kRunBlock)) n += kRunBlock;
        return at + n;
    }
    return at;
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
        const u8 size = k.format->first_only ? u8(k.magic.size()) : 0;
        keys_.push_back({k.head, k.care, k.at, k.at + k.offset, behind, k.format, k.format->may_begin, size});
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
Scanner::Looked Scanner::look(ByteView space, const u8* p, u64 at, u64 n, bool all, std::vector<Hit>& hits) const {
    u32 places[teddy::kRoom];
    u64 kept[teddy::kMost + 1];  // a place, and what of either width has its window there
    const u8* const base = space.data();
    const u64 size = space.size();
    const size_t had = hits.size();
    const auto swept = teddy::sweep(windows_, p, n, places);
    // First those are kept, without a branch, where a window is: in noise one of eight.
    size_t count = 0;
    for (size_t i = 0; i < swept.count; i++) {
        u32 word;
        std::memcpy(&word, p + places[i], 4);
        const u32 three = windows_.threes.keys_of(word).range, two = windows_.twos.keys_of(word).range;
        kept[count] = places[i] | u64{three | two << 16} << 32;
        count += (three | two) != 0;
    }
    for (u64 one : std::span(kept).first(count)) {
        const u64 window_at = at + u32(one);
        for (u64 which = one >> 32; which; which >>= 16) {
            const Windows::Keys some{u16(which)};
            for (auto k = some.first(); k < some.end(); k++) {
                auto& key = keys_[k];
                if (window_at < key.in_format) continue;
                const u64 begin = window_at - key.in_magic, place = window_at - key.in_format;
                if (!stands(key, base + begin, size - begin)) continue;
                if (key.may_begin && !all && !key.may_begin({base + place, size - place}) && place) continue;
                if (key.size && !all && begin >= key.size && stands(key, base + begin - key.size, size - begin + key.size)) continue;
                hits.push_back({place, key.format});
            }
        }
    }
    const bool denied = !all && count * kUnit >= n && hits.size() == had;
    return {swept.end, swept.filled, denied};
}

/// Asks the formats that look for themselves: of the range each place once at most, by place, those that are near together at once.
class Scanner::Finder {
  public:
    Finder(ByteView space, Extent range, std::span<const Format* const> formats)
        : space_(space), formats_(formats), end_(std::min(range.end(), space.size())), from_(range.offset) {}

    /// Blocks of 64 bytes from `at` on that have filler, a bit each.
    void blocks(u64 at, u64 filled) {
        for (; filled; filled &= filled - 1) around(at + u64(std::countr_zero(filled)) * kRunBlock);
    }
    /// Filler begins or ends in the block.
    void around(u64 block) { places(block, block + kRunBlock); }
    /// In these there may be filler.
    void places(u64 from, u64 to) {
        from -= std::min(from, kFillerWithin);
        if (from > to_ || to_ - from_ >= kFind) ask(from);
        to_ = std::max(to_, std::min(to, end_));
    }
    std::vector<Hit> take() {
        places(end_, end_ + kFillerWithin);
        ask(end_);
        return std::move(hits_);
    }

  private:
    /// Asks up to to_, goes on from `next`.
    void ask(u64 next) {
        if (to_ > from_) {
            for (auto* f : formats_) {
                found_.clear();
                f->find(space_, {from_, to_ - from_}, found_);
                for (u64 place : found_) hits_.push_back({place, f});
            }
        }
        from_ = std::max({from_, to_, next});
    }

    ByteView space_;
    std::span<const Format* const> formats_;
    u64 end_, from_, to_ = 0;  // of the range; of what is to be asked next
    std::vector<u64> found_;
    std::vector<Hit> hits_;
};

void Scanner::scan(ByteView space, Extent range, Found& found, bool all) const {
    const u8* p = space.data();
    const u64 end = std::min(range.end(), space.size()), whole = space.size() - std::min(space.size(), kTail);
    const i64 first_hit = i64(found.hits.size());
    Finder finder(space, range, finders_);
    u64 at = range.offset;
    while (at < end && at < whole) {
        const u64 n = std::min({u64{teddy::kMost}, end - at, whole - at});
        auto looked = look(space, p + at, at, n, all, found.hits);
        finder.blocks(at, looked.filled);
        if (looked.denied) {
            // One magic over and over, as no image has it that is not hostile: what was denied of the first is denied of all whose bytes
            // are the same, as far as a first look looks.
            const u64 to = repeat_end(space, at, std::min(space.size(), end + kAlike));
            if (to > at + n + kAlike) {
                if (looked.filled) finder.places(at, to - kAlike);
                at = to - kAlike;
                continue;
            }
        }
        at += looked.end;
        if (looked.end == n) continue;
        found.runs.push_back(run_at(space, range, at));
        const auto run = found.runs.back().extent;
        // A format that looks for itself does not begin deep in a run.
        finder.around(run.offset);
        finder.around(run.end() - 1);
        // A window is never all of one value, but the last two bytes may begin one.
        at = run.end() > end + 1 ? end : run.end() - (Windows::kWidth - 1);
    }
    if (at < end) {
        u8 tail[kTail + teddy::kBeyond] = {};
        std::memcpy(tail, p + at, space.size() - at);
        for (u64 done = 0; done < end - at;) {
            done += look(space, tail + done, at + done, end - at - done, all, found.hits).end;
            if (done < end - at) done += kRunBlock - (Windows::kWidth - 1);
        }
        finder.places(at, end);
    }
    auto own = finder.take();
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
