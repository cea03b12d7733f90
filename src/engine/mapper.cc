#include "engine/mapper.h"

#include <bit>
#include <set>
#include <tuple>

#include "engine/gaps.h"
#include "engine/registry.h"
#include "engine/scanner.h"
#include "model/in_order.h"

namespace fieldstrip {

const Format raw{.id = "raw", .title = "bytes in which others lie"}, padding{.id = "padding", .title = "filler"},
    unknown{.id = "unknown", .title = "bytes that no format owns"};

namespace {

const Scanner& scanner() {
    static const Scanner one(registry_windows(), registry());
    return one;
}

/// A false claim is then a one-in-a-million image.
unsigned enough_bits(u64 space) { return unsigned(std::bit_width(space)) + 20; }

constexpr u64 kChunk = u64{1} << 18;    // of a space, scanned by one thread at a time at most
constexpr u64 kFirst = u64{1} << 14;    // scanned at first, and where a claim made what was scanned ahead needless; then twice as much, …
constexpr u64 kAlone = u64{4} << 20;    // until so much is worth waking others
constexpr u64 kChunks = 16;             // scanned ahead by each thread, at most
constexpr u64 kAll = u64{4} << 20;      // behind so much without a claim all is asked for at once: no more is scanned ahead for that
constexpr u64 kLeap = u64{1} << 15;     // of a claim that is sound, left to scan: over so much it is worth to begin anew behind it
constexpr u64 kForget = u64{32} << 20;  // given back at a time
constexpr int kLookBack = 64;           // candidates recognised inside of a claim that is not sound
constexpr int kRestarts = 64;           // claims displaced in a space

class Sweep {
  public:
    Sweep(const Buffer& space, std::span<const u64> borders, Context& cx, Trail* trail)
        : buffer_(space), space_(space.view()), borders_(borders), cx_(cx), trail_(trail), enough_(enough_bits(space.size())) {
        if (trail_) trail_->needed = enough_;
    }

    std::vector<Tile> run() {
        for (u64 at = 0; at < space_.size() && !stopped_;) at = batch(at);
        if (scanned_ < space_.size()) {
            std::vector<Run> rest;
            find_runs(space_, {scanned_, space_.size() - scanned_}, rest);
            add(rest);
        }
        std::vector<Tile> out;
        u64 at = 0;
        for (auto& c : claims_) {
            gap(at, c.claim.extent.offset, out);
            out.push_back({.extent = c.claim.extent, .format = c.format, .why = c.claim.why, .sound = c.claim.sound});
            at = c.claim.extent.end();
        }
        gap(at, space_.size(), out);
        place_broken(out);
        // A magic may lie behind a batch's end, and what it would begin before it.
        if (trail_) std::ranges::stable_sort(trail_->rejected, {}, &Rejected::at);
        return out;
    }

  private:
    struct Claimed {
        const Format* format;
        Claim claim;
    };

    u64 done() const { return claims_.empty() ? 0 : claims_.back().claim.extent.end(); }
    u64 border_behind(u64 at) const {
        auto b = std::upper_bound(borders_.begin(), borders_.end(), at);
        return b == borders_.end() ? space_.size() : std::min(*b, space_.size());
    }

    /// Scans from `at` on as much as is worth it, ahead of the sweep over what is found there; where to go on.
    u64 batch(u64 at) {
        const u64 size = std::min(ahead_, space_.size() - at);
        const bool alone = size <= kAlone;
        const u64 chunk = alone ? kChunk : std::min(kChunk, (size + cx_.pool.threads() - 1) / cx_.pool.threads());
        const size_t chunks = size_t((size + chunk - 1) / chunk), window = std::min<size_t>(chunks, kChunks * cx_.pool.threads());
        auto nth = [&](size_t i) { return Extent{at + i * chunk, std::min(chunk, size - i * chunk)}; };
        found_.resize(std::max(found_.size(), window));
        std::optional<u64> next;
        auto scan = [&](size_t i) {
            auto& found = found_[i % window];
            found.clear();
            scanner().scan(space_, nth(i), found, trail_ != nullptr);
        };
        auto take = [&](size_t i) { return !(next = sweep(nth(i), found_[i % window])); };
        if (alone)
            for (size_t i = 0; i < chunks && (scan(i), take(i)); i++) {}
        else
            run_in_order(chunks, window, [&](size_t) { return chunk; }, scan, take, cx_);
        ahead_ = next ? kFirst : ahead_ < kAll ? ahead_ * 2 : space_.size();
        return next.value_or(at + size);
    }

    /// Over what was found in a chunk; where to go on, if not right behind it.
    std::optional<u64> sweep(Extent chunk, const Scanner::Found& found) {
        scanned_ = std::max(scanned_, chunk.end());
        cx_.progress.done += chunk.size;
        add(found.runs);
        std::optional<u64> again;
        for (auto& hit : found.hits) {
            if (stopped_ = stopped_ || cx_.is_stopped(); stopped_ || again) break;
            again = consider(hit);
        }
        forget(chunk.end());
        if (again || stopped_) return again.value_or(chunk.end());
        // Who asks why is told of all that lies inside.
        const bool leap = !trail_ && !claims_.empty() && claims_.back().claim.sound && done() > chunk.end() + kLeap;
        return leap ? std::optional(done()) : std::nullopt;
    }

    /// What lies before `to` was scanned. Each time costs the other threads a halt, so it is done for much at once.
    void forget(u64 to) {
        if (!buffer_.keeper() || to < kept_ + kForget) return;
        buffer_.keeper()->forget(space_.subspan(kept_, to - kept_));
        kept_ = to;
    }

    /// Runs as the scanner finds them: in parts, and again where it goes back. Of shorter ones than count only the last is kept.
    void add(std::span<const Run> found) {
        for (auto& run : found) {
            if (!runs_.empty() && run.extent.end() <= runs_.back().extent.end()) continue;
            if (!runs_.empty() && run.extent.offset <= runs_.back().extent.end() && run.value == runs_.back().value)
                runs_.back().extent.size = run.extent.end() - runs_.back().extent.offset;
            else if (!runs_.empty() && runs_.back().extent.size < Scanner::kRun)
                runs_.back() = run;
            else
                runs_.push_back(run);
        }
    }

    /// One candidate; an offset when the sweep must go back to it, since a claim was displaced.
    std::optional<u64> consider(const Hit& hit) {
        bool inside = hit.at < done();
        if (inside && (claims_.back().claim.sound || hit.at <= claims_.back().claim.extent.offset || looked_++ >= kLookBack))
            return passed_over(hit), std::nullopt;
        if (refused_.contains({hit.at, hit.format})) return {};
        auto claim = hit.format->recognise(space_.first(border_behind(hit.at)), hit.at, cx_);
        if (!claim) return reject(hit, claim.error().why), std::nullopt;
        if (claim->bits <= enough_ || (!claim->extent.size && !claim->broken)) return reject(hit, kTooLittle, *claim), std::nullopt;
        if (claim->broken) {
            if (!inside) broken_.push_back({hit.format, *claim});
            return reject(hit, claim->broken->meaning), std::nullopt;
        }
        if (!inside && claim->extent.offset < done()) {  // it begins in bytes that have an owner: from its magic on it may be one too
            claim->extent = {hit.at, claim->extent.end() - hit.at};
            if (!hit.format->open(buffer_.slice(claim->extent), cx_)) return reject(hit, kOwned, *claim), std::nullopt;
        }
        if (claim->extent.offset >= done()) return take(hit, *claim), std::nullopt;
        auto& last = claims_.back();
        bool partly = claim->extent.end() > last.claim.extent.end();
        if (!partly) return reject(hit, kInside, *claim), std::nullopt;
        if (last.claim.sound || claim->bits <= last.claim.bits || refused_.size() >= kRestarts)
            return reject(hit, kOverlaps, *claim), std::nullopt;
        u64 from = last.claim.extent.offset;
        refused_.emplace(from, last.format);
        if (trail_) {  // what lies behind it is asked again
            std::erase_if(trail_->rejected, [&](auto& r) { return r.at >= from; });
            reject({from, last.format}, kDisplaced, last.claim);
        }
        claims_.pop_back();
        return from;
    }

    static constexpr std::string_view kTooLittle = "too little proves it", kOwned = "it begins in bytes that are another's",
                                      kInside = "it lies inside of a proven region", kOverlaps = "it overlaps one that is better proven",
                                      kDisplaced = "one that is better proven overlaps it";
    void reject(const Hit& hit, std::string_view why, const Claim& claim = {}) {
        if (!trail_) return;
        if (trail_->rejected.size() >= Trail::kMost) return void(trail_->more++);
        trail_->rejected.push_back({hit.format, hit.at, why, claim.extent, claim.bits});
    }
    /// Inside of a region that is sound nothing is asked, unless somebody wants to know.
    void passed_over(const Hit& hit) {
        if (!trail_ || (hit.at == claims_.back().claim.extent.offset && hit.format == claims_.back().format)) return;
        if (hit.at < trail_->within.offset || hit.at >= trail_->within.end()) return void(trail_->inside++);
        auto claim = hit.format->recognise(space_.first(border_behind(hit.at)), hit.at, cx_);
        if (!claim)
            reject(hit, claim.error().why);
        else if (claim->extent != claims_.back().claim.extent || hit.format != claims_.back().format)  // else it is a piece of that one
            reject(hit, claim->bits <= enough_ ? kTooLittle : claim->broken ? claim->broken->meaning : kInside, *claim);
    }

    void take(const Hit& hit, const Claim& claim) {
        if (!trail_ && !cx_.spend(&Limits::nodes, 1)) stopped_ = true;  // asked again, it is no new one
        if (!stopped_) claims_.push_back({hit.format, claim});
        looked_ = 0;
    }

    void gap(u64 from, u64 to, std::vector<Tile>& out) {
        while (from < to) {
            u64 end = std::min(to, border_behind(from));
            split_gap(space_, {from, end - from}, runs_, out);
            from = end;
        }
    }

    void place_broken(std::vector<Tile>& tiles) {
        for (auto& b : broken_) {
            auto t = std::upper_bound(tiles.begin(), tiles.end(), b.claim.extent.offset,
                                      [](u64 at, const Tile& tile) { return at < tile.extent.end(); });
            if (t != tiles.end() && t->format == &unknown) t->broken.push_back(b);
        }
    }

    const Buffer& buffer_;
    ByteView space_;
    std::span<const u64> borders_;
    Context& cx_;
    Trail* trail_;
    unsigned enough_;
    std::vector<Claimed> claims_;
    std::vector<Broken> broken_;
    std::set<std::pair<u64, const Format*>> refused_;
    std::vector<Scanner::Found> found_;  // of each chunk; kept from batch to batch: a magic over and over makes millions
    std::vector<Run> runs_;
    u64 ahead_ = kFirst, scanned_ = 0, kept_ = 0;
    int looked_ = 0;
    bool stopped_ = false;
};

}  // namespace

std::vector<Tile> map_space(const Buffer& space, std::span<const u64> borders, Context& cx, Trail* trail) {
    return Sweep(space, borders, cx, trail).run();
}

const Format* leading_format(ByteView space, Context& cx) {
    for (auto* f : scanner().at_start(space)) {
        auto claim = f->recognise(space, 0, cx);
        if (claim && !claim->broken && !claim->extent.offset && claim->extent.size && claim->bits > enough_bits(space.size())) return f;
    }
    return nullptr;
}

}  // namespace fieldstrip
