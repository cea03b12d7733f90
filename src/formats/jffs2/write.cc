// Writes what changed as a mounted file system would: newer nodes behind the others. What needs no change is copied as it lies.
#include "formats/jffs2/changes.h"
#include "formats/jffs2/nodes.h"
#include "formats/jffs2/place.h"

namespace fieldstrip::jffs2 {
namespace {

u64 padded(u64 n) { return n + gap_to(n, 4); }

/// The new bytes, block after block.
class Writer {
  public:
    Writer(const Volume& v, std::span<const Block> blocks, const Placing& placing, std::span<const Bytes> nodes, u64 clean)
        : v_(v), blocks_(blocks), placing_(placing), nodes_(nodes), clean_(clean) {}

    Rope write() {
        const u64 size = v_.bytes().size();
        size_t last = 0;  // that holds something
        for (size_t i = 0; i < blocks_.size(); i++)
            if (touched(i) ? holds(i) : blocks_[i].begin < size) last = i;
        for (size_t i = 0; i <= last; i++) {
            auto& b = blocks_[i];
            if (!touched(i)) {
                copy(b.begin, std::min(b.end, std::max(size, b.begin)));
                if (i < last) fill(b.end);
                continue;
            }
            block(i);
            // Behind it all is erased, as it was before or is now.
            const u64 here = rope_.size();
            if (i == last) break;
            if (!placing_.in[i].anew && here < std::min(size, b.end)) copy(here, std::min(size, b.end));
            fill(b.end);
        }
        return std::move(rope_);
    }

  private:
    bool touched(size_t i) const { return placing_.in[i].anew || !placing_.in[i].fresh.empty(); }
    bool holds(size_t i) const {
        auto& in = placing_.in[i];
        return !in.fresh.empty() || !in.old.empty() || !in.anew || (clean_ && blocks_[i].marker);
    }
    void copy(u64 from, u64 to) {
        if (from < to) rope_.copy(v_.bytes().slice({from, to - from}));
    }
    void fill(u64 to) {
        if (rope_.size() < to) rope_.fill(to - rope_.size(), 0xFF);
    }

    void block(size_t i) {
        auto& b = blocks_[i];
        auto& in = placing_.in[i];
        if (!in.anew) {
            copy(b.begin, std::min(b.used, v_.bytes().size()));
            fill(b.used);
        }
        if ((in.anew || b.empty()) && b.marker) {
            rope_.fresh(cleanmarker(u32(clean_), v_.log().endian));
            fill(b.begin + b.marker);
        }
        for (auto& l : in.old) {
            rope_.copy(v_.bytes().slice({l.at, l.size}));
            fill(padded(rope_.size()));
        }
        for (size_t k : in.fresh) {
            rope_.fresh(nodes_[k]);
            fill(padded(rope_.size()));
        }
    }

    const Volume& v_;
    std::span<const Block> blocks_;
    const Placing& placing_;
    std::span<const Bytes> nodes_;
    u64 clean_;
    Rope rope_;
};

}  // namespace

Result<Recipe> Volume::recipe(Context& cx) const { return recipe_of(TRY(find_params(*this, cx))); }

namespace {

/// New nodes with where they go.
struct Attempt {
    std::vector<Bytes> nodes;
    std::vector<u64> sizes = {};
    u64 all = 0;
    explicit Attempt(std::vector<Bytes> n) : nodes(std::move(n)) {
        for (auto& node : nodes) sizes.push_back(node.size()), all += padded(node.size()) + kHeader;
    }
};

}  // namespace

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms& terms, Context& cx) const {
    constexpr u64 kCuts[] = {1, 2, 4};  // where pages don't fit, parts of them may, as Linux cuts them at an erase block's end
    auto was = TRY(entries(cx));
    std::vector<Attempt> attempts;
    attempts.emplace_back(TRY(changes(*this, was, wanted, kCuts[0], cx)));
    if (attempts[0].nodes.empty()) {
        Rope all;
        all.copy(bytes_);
        return all;
    }
    // Where their distance did not tell the erase block, one more would tell a wrong one.
    const u64 clean = blocks_.by == "cleanmarkers" || blocks_.by == "summaries" ? seen_params(*this).clean : 0;
    const u64 marker = padded(clean), block = blocks_.least;
    const u64 more = 4 + 3 * attempts[0].all / (block - std::min(block / 2, marker));  // as many as new nodes can fill
    auto blocks = blocks_of(*this, terms.room, more, marker);
    for (size_t i = 0; i < std::size(kCuts); i++) {
        if (i == attempts.size()) attempts.emplace_back(TRY(changes(*this, was, wanted, kCuts[i], cx)));
        if (auto placing = append(blocks, attempts[i].sizes)) return Writer(*this, blocks, *placing, attempts[i].nodes, clean).write();
    }
    for (auto& a : attempts) {
        auto worth = TRY(worth_of(*this, a.nodes, blocks, cx));
        if (auto placing = collect(blocks, worth, a.sizes)) return Writer(*this, blocks, *placing, a.nodes, clean).write();
    }
    // Longer than the room: by how much, the engine says.
    auto& a = attempts.back();
    blocks = blocks_of(*this, kUnbounded, more + 2 * blocks.size(), marker);
    auto worth = TRY(worth_of(*this, a.nodes, blocks, cx));
    auto placing = compact(blocks, worth, a.sizes);
    if (!placing) return fail(Error::Kind::Unsupported, "a node does not fit into an erase block");
    return Writer(*this, blocks, *placing, a.nodes, clean).write();
}

}  // namespace fieldstrip::jffs2
