#include "formats/jffs2/place.h"

#include <numeric>
#include <set>

namespace fieldstrip::jffs2 {
namespace {

u64 padded(u64 n) { return n + gap_to(n, 4); }

/// Biggest first, each into the first of the bins that has room for it; nothing where one finds none. `left` is what they have.
std::optional<std::vector<size_t>> pack(std::span<const u64> sizes, std::vector<u64>& left, std::span<const size_t> bins) {
    std::vector<size_t> order(sizes.size()), where(sizes.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });
    u64 all = 0, need = 0;
    for (size_t b : bins) all += left[b];
    for (u64 s : sizes) need += padded(s);
    if (need > all) return {};
    size_t first = 0;  // bins before it are as good as full
    constexpr u64 kLeast = 28;
    for (size_t i : order) {
        while (first < bins.size() && left[bins[first]] < kLeast) first++;
        size_t k = first;
        while (k < bins.size() && left[bins[k]] < padded(sizes[i])) k++;
        if (k == bins.size()) return {};
        left[bins[k]] -= padded(sizes[i]);
        where[i] = bins[k];
    }
    return where;
}

/// The first n for which `works` is true, if it is for `most`; it stays true.
std::optional<size_t> least(size_t most, auto&& works) {
    if (!works(most)) return {};
    size_t low = 0, high = most;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (works(middle))
            high = middle;
        else
            low = middle + 1;
    }
    return high;
}

size_t last_used(std::span<const Block> blocks) {
    size_t last = 0;
    for (size_t i = 0; i < blocks.size(); i++)
        if (!blocks[i].empty()) last = i;
    return last;
}

/// Those that hold something before those behind, those with most room first.
std::vector<size_t> by_room(std::span<const Block> blocks, const std::vector<u64>& left) {
    std::vector<size_t> order(blocks.size());
    std::iota(order.begin(), order.end(), size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return left[a] > left[b]; });
    return order;
}

Placing placing_of(std::span<const Block> blocks, const std::vector<size_t>& where) {
    Placing p;
    p.in.resize(blocks.size());
    for (size_t i = 0; i < where.size(); i++) p.in[where[i]].fresh.push_back(i);
    return p;
}

}  // namespace

std::optional<Placing> append(std::span<const Block> blocks, std::span<const u64> sizes) {
    std::vector<u64> left;
    for (auto& b : blocks) left.push_back(b.free());
    // One block that has room for all: the one that is open, then any before it, then the next.
    u64 all = 0;
    for (u64 s : sizes) all += padded(s);
    const size_t last = last_used(blocks);
    std::vector<size_t> order = {last};
    for (size_t i = 0; i < blocks.size(); i++)
        if (i != last) order.push_back(i);
    for (size_t i : order)
        if (left[i] >= all) return placing_of(blocks, std::vector<size_t>(sizes.size(), i));
    auto bins = by_room(blocks, left);
    auto works = [&](size_t n) {
        auto now = left;
        return pack(sizes, now, std::span(bins).first(n)).has_value();
    };
    auto n = least(bins.size(), works);
    if (!n) return {};
    return placing_of(blocks, *pack(sizes, left, std::span(bins).first(*n)));
}

namespace {

/// Erase blocks written anew with some of them chosen.
class Collector {
  public:
    Collector(std::span<const Block> blocks, const Worth& worth, std::span<const u64> sizes)
        : blocks_(blocks), worth_(worth), sizes_(sizes), anew_(blocks.size()) {
        std::vector<u64> live(blocks.size());
        for (auto& l : worth.live) live[l.block] += padded(l.size);
        for (size_t i = 0; i < blocks.size(); i++)
            if (!blocks[i].fixed && !blocks[i].empty()) dirty_.push_back(i);
        auto dirt = [&](size_t i) { return i64(blocks[i].used - blocks[i].begin) - i64(live[i]); };
        std::stable_sort(dirty_.begin(), dirty_.end(), [&](size_t a, size_t b) { return dirt(a) > dirt(b); });
    }

    /// Each keeps what counts of it, and new nodes go to where there is room then.
    std::optional<Placing> in_place() {
        auto n = least(dirty_.size(), [&](size_t k) { return try_in_place(k).has_value(); });
        if (!n) return {};
        return try_in_place(*n);
    }

    /// All that counts is laid out anew over all erase blocks.
    std::optional<Placing> anywhere() {
        choose(dirty_.size());
        auto kept = kept_now();
        std::vector<u64> sizes, left(blocks_.size());
        for (auto& l : kept) sizes.push_back(l.size);
        sizes.insert(sizes.end(), sizes_.begin(), sizes_.end());
        std::vector<size_t> bins(blocks_.size());
        std::iota(bins.begin(), bins.end(), size_t{0});
        for (size_t i : bins) left[i] = anew_[i] ? blocks_[i].capacity() : blocks_[i].free();
        auto where = pack(sizes, left, bins);
        if (!where) return {};
        Placing p;
        p.in.resize(blocks_.size());
        for (size_t i = 0; i < blocks_.size(); i++) p.in[i].anew = anew_[i];
        for (size_t i = 0; i < kept.size(); i++) p.in[(*where)[i]].old.push_back(kept[i]);
        for (size_t i = 0; i < sizes_.size(); i++) p.in[(*where)[kept.size() + i]].fresh.push_back(i);
        return p;
    }

  private:
    void choose(size_t n) {
        std::fill(anew_.begin(), anew_.end(), false);
        for (size_t i = 0; i < n; i++) anew_[dirty_[i]] = true;
    }

    /// What counts of the chosen ones, in the order in which it lies.
    std::vector<Live> kept_now() const {
        std::vector<Live> out;
        for (auto& l : worth_.live)
            if (anew_[l.block]) out.push_back(l);
        for (auto& d : worth_.denials) {
            bool needed = std::any_of(d.blocks.begin(), d.blocks.end(), [&](u32 b) { return !anew_[b]; });
            if (anew_[d.node.block] && needed) out.push_back(d.node);
        }
        std::sort(out.begin(), out.end(), [](auto& a, auto& b) { return a.at < b.at; });
        return out;
    }

    std::optional<Placing> try_in_place(size_t n) {
        choose(n);
        auto kept = kept_now();
        std::vector<u64> left;
        for (size_t i = 0; i < blocks_.size(); i++) left.push_back(anew_[i] ? blocks_[i].capacity() : blocks_[i].free());
        for (auto& l : kept) {
            if (left[l.block] < padded(l.size)) return {};  // nodes that cross borders: the erase block is another than we think
            left[l.block] -= padded(l.size);
        }
        // Those that are written anyway first, then as few others as can be.
        std::vector<size_t> bins;
        for (size_t i = 0; i < blocks_.size(); i++)
            if (anew_[i]) bins.push_back(i);
        const size_t own = bins.size();
        for (size_t i : by_room(blocks_, left))
            if (!anew_[i]) bins.push_back(i);
        auto works = [&](size_t k) {
            auto now = left;
            return pack(sizes_, now, std::span(bins).first(own + k)).has_value();
        };
        auto more = least(bins.size() - own, works);
        if (!more) return {};
        auto p = placing_of(blocks_, *pack(sizes_, left, std::span(bins).first(own + *more)));
        for (size_t i = 0; i < blocks_.size(); i++) p.in[i].anew = anew_[i];
        for (auto& l : kept) p.in[l.block].old.push_back(l);
        return p;
    }

    std::span<const Block> blocks_;
    const Worth& worth_;
    std::span<const u64> sizes_;
    std::vector<size_t> dirty_;
    std::vector<bool> anew_;
};

}  // namespace

std::optional<Placing> collect(std::span<const Block> blocks, const Worth& worth, std::span<const u64> sizes) {
    Collector collector(blocks, worth, sizes);
    if (auto p = collector.in_place()) return p;
    return collector.anywhere();
}

std::optional<Placing> compact(std::span<const Block> blocks, const Worth& worth, std::span<const u64> sizes) {
    return Collector(blocks, worth, sizes).anywhere();
}

}  // namespace fieldstrip::jffs2
