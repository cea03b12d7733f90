// Which program wrote a stream: all that writers use is tried, the likely first.
#include <zlib.h>

#include "codecs/deflate_first.h"
#include "codecs/deflate_flush.h"

namespace fieldstrip::deflate {
namespace {

constexpr u64 kSlice = u64{1} << 15;  // of input, between two looks at the output
constexpr u64 kMaxRuns = 4096;
constexpr u64 kPrefix = u64{1} << 19;  // libdeflate, which takes all at once, is tried with so much first: it ends a block before
constexpr u64 kAlike = 64;             // bytes of the stream that must come out of it: codes, and what they say of the first block
constexpr u64 kSmall = 1024;           // so little came out that it tells nothing
// By so much GNU gzip's other levels have made something else than the one that the header says (docs/design.md): bytes that were saved,
// and packed ones, since of long runs all make the same. Its encoder holds back what it was given last.
constexpr u64 kSaved = 256 << 10, kPacked = 64 << 10, kHeldBack = 96 << 10;
constexpr u32 kPieces[] = {256, 512, 1024, 64, 32};  // pigz -b

/// The blocks of a stream that has only stored ones; nothing for any other, and where they are too many of too many sizes.
std::vector<Run> stored_runs(ByteView in) {
    std::vector<Run> out;
    for (u64 at = 0; in.size() - at >= 5 && in[at] <= 1 && may_begin(in.subspan(at));) {
        u64 size = le16(in, at + 1);
        if (size > in.size() - at - 5) return {};
        if (!out.empty() && out.back().size == size && (size || out.back().count < kMaxRuns))
            out.back().count++;
        else if (out.size() == kMaxRuns)
            return {};
        else
            out.push_back({size, 1});
        bool last = in[at];
        at += 5 + size;
        if (last) return at == in.size() ? out : std::vector<Run>{};
    }
    return {};
}

/// What writers use, the likely first: levels with both usual memory sizes, then pieces, strategies, small memory, small windows.
std::vector<Params> candidates(const Params& likely, Among among) {
    std::vector<Params> out = {likely};
    auto add = [&](Params p) {
        if (std::find(out.begin(), out.end(), p) == out.end()) out.push_back(std::move(p));
    };
    constexpr int kLevels[] = {6, 9, 1, 3, 8, 7, 5, 4, 2};
    const bool all = among != Among::Zlib, gnu = among == Among::All;
    auto gzip = [](int level) { return Params{.level = level, .program = Program::Gzip}; };
    add({likely.level, 8, likely.strategy, likely.window});
    if (gnu && likely.level) add(gzip(likely.level));
    add({likely.level, 9, likely.strategy, likely.window});
    if (among == Among::NotGzip)  // images are filtered, and there are many
        for (int level : {likely.level, 9, 6})
            for (int memory : {8, 9}) add({level, memory, Z_FILTERED, likely.window});
    for (int level : kLevels)
        if (gnu) add(gzip(level));
    for (int window : {likely.window, 15})
        for (int memory : {8, 9})
            for (int level : kLevels) add({level, memory, 0, window});
    for (bool independent : {false, true})
        for (int level : kLevels)
            if (all)
                for (bool one : {false, true})
                    add({.level = level, .program = Program::Pigz, .one_thread = one, .independent = independent});
    for (int strategy = 1; strategy <= 4; strategy++)
        for (int level : kLevels)
            if (level == 6 || strategy == Z_FILTERED || strategy == Z_FIXED)
                add({level, 8, strategy, likely.window});  // the others look for no matches
    for (int level : kLevels)
        if (gnu) add({.level = level, .program = Program::Gzip, .rsyncable = true});
    for (int memory = 1; memory <= 7; memory++)
        for (int level : {6, 9, 1}) add({level, memory, 0, likely.window});
    for (int window = 14; window >= 9; window--)
        for (int level : {6, 9, 1}) add({level, 8, 0, window});
    for (int level : {6, 12, 9, 1, 2, 3, 4, 5, 7, 8, 10, 11})
        if (all) add({.level = level, .program = Program::Libdeflate});
    for (u32 piece : kPieces)
        for (int level : kLevels)
            if (all)
                for (bool one : {false, true}) add({.level = level, .program = Program::Pigz, .piece = piece, .one_thread = one});
    for (int memory : {1, 2, 3, 4, 5, 6, 7})
        for (int level : kLevels) add({level, memory, 0, likely.window});
    return out;
}

/// Zlib that was flushed on the way; who else leaves such blocks was tried.
std::vector<Params> flushed(const Params& likely, ByteView encoded, Context& cx) {
    std::vector<Params> out;
    auto flushes = flushes_of(encoded, cx);
    for (int memory : {8, 9})
        for (int level : {likely.level, 6, 9, 1, 3, 8, 7, 5, 4, 2})
            for (Flush kind : flushes.kinds) {
                Params p{.level = level, .mem_level = memory, .window = likely.window, .flush = kind, .flushes = flushes.after};
                if (std::find(out.begin(), out.end(), p) == out.end()) out.push_back(std::move(p));
            }
    return out;
}

/// One candidate against the stream.
class Trial {
  public:
    /// `likely`: by its header it is GNU gzip's of that level.
    Trial(const Source& content, ByteView encoded, const Params& p, bool likely)
        : content_(content), encoded_(encoded), p_(p), begin_tells_(likely && p.program == Program::Gzip && !p.rsyncable) {}
    Result<bool> run(Context& cx) {
        if (p_.program == Program::Libdeflate) {
            TRY_VOID(go(kPrefix, cx));
            if (!same_ && at_ < kAlike && made_ > kSmall) return false;
            if (same_ && read_ < kPrefix) return at_ == encoded_.size();
        }
        auto went = go(kUnbounded, cx);
        if (!went && went.error().kind == Error::Kind::Unsupported) return false;
        TRY_VOID(std::move(went));
        return same_ && (told_ || at_ == encoded_.size());
    }
    u64 cost() const { return cost_; }

  private:
    Result<void> go(u64 most, Context& cx) {
        at_ = read_ = made_ = 0;
        same_ = true;
        Source counted = [&](const Take& take) {
            return content_([&](ByteView v) {
                while (!v.empty() && read_ < most) {
                    auto slice = v.first(std::min<u64>({v.size(), kSlice, most - read_}));
                    read_ += slice.size();
                    if (!take(slice)) return false;
                    v = v.subspan(slice.size());
                }
                return read_ < most;
            });
        };
        auto went = encode(counted, p_, [&](ByteView v) { return compare(v); }, cx);
        cost_ += read_ * (p_.program == Program::Libdeflate ? 1 + u64(p_.level) / 10 * 8 : 1) + (u64{1} << 14);  // none begins for free
        return went;
    }
    bool compare(ByteView v) {
        made_ += v.size();
        u64 n = std::min<u64>(v.size(), encoded_.size() - at_);
        auto there = encoded_.subspan(at_, n);
        u64 alike = u64(std::mismatch(there.begin(), there.end(), v.begin()).first - there.begin());
        at_ += alike;
        same_ = alike == v.size();
        told_ = begin_tells_ && same_ && made_ >= kPacked && read_ >= made_ + kSaved + kHeldBack;
        return same_ && !told_;
    }
    const Source& content_;
    ByteView encoded_;
    const Params& p_;
    const bool begin_tells_;
    u64 at_ = 0, read_ = 0, made_ = 0, cost_ = 0;
    bool same_ = true, told_ = false;
};

}  // namespace

Result<bool> made_by(const Source& content, ByteView encoded, const Params& likely, Context& cx) {
    if (!stored_runs(encoded).empty()) return false;
    return Trial(content, encoded, likely, true).run(cx);
}

Result<std::optional<Params>> find(const Source& content, ByteView encoded, const Params& likely, Among among, Budget& budget,
                                   Context& cx) {
    std::vector<Params> all = {{.level = 0, .stored = stored_runs(encoded)}};
    const bool stored = !all[0].stored.empty();
    if (!stored) all = {likely};
    auto first = first_block(encoded, false);
    const bool unusual = first && first->matches == FirstBlock::Matches::Long;  // as libpng packs images
    if (among == Among::NotGzip && unusual && !likely.strategy) {
        all.insert(all.begin(), likely);
        all[0].strategy = Z_FILTERED;
    }
    // Most are what is likely: the others are not even listed then, and what tells them apart not looked at.
    for (const auto more : {0, 1, 2}) {
        if (more && stored) break;
        if (more == 1) {
            if (first) first = first_block(encoded);
            auto more_of_them = candidates(likely, among);
            std::erase_if(more_of_them, [&](auto& p) { return std::find(all.begin(), all.end(), p) != all.end(); });
            all = std::move(more_of_them);
        }
        if (more == 2) all = flushed(likely, encoded, cx);
        for (auto& p : all) {
            if (first && !may_begin_with(*first, p)) continue;
            Trial trial(content, encoded, p, p == likely);
            if (TRY(trial.run(cx))) return p;
            if (budget.left < trial.cost()) return std::nullopt;
            budget.left -= trial.cost();
        }
    }
    return std::nullopt;
}

}  // namespace fieldstrip::deflate
