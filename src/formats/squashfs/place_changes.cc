// Data after a change: what stays lies where it lay, what is new goes into holes or behind it.
#include <map>

#include "formats/squashfs/place.h"
#include "formats/squashfs/space.h"
#include "model/in_order.h"

namespace fieldstrip::squashfs {
namespace {

u32 size_of(u32 word) { return word & ~kStoredBlock; }

class Placer {
  public:
    Placer(Plan& plan, const Params& p, const Image& old, const Buffer& bytes, Context& cx)
        : plan_(plan), p_(p), old_(old), bytes_(bytes), cx_(cx), space_(old.data), live_(old.fragments.size()) {}

    Result<Placed> run() {
        TRY_VOID(inside());
        stay();
        for (u32 i : changed_) cut_tail(i);
        TRY_VOID(find_tails());
        pack_tails();
        cut();
        TRY_VOID(encode());
        place();
        number();
        lay();
        return std::move(out_);
    }

  private:
    struct Piece {
        u64 at;
        Bytes bytes;
    };
    struct New {  // an item's blocks, or a fragment
        std::vector<Coded> blocks;
    };

    /// What can't be copied can't stay.
    Result<void> inside() const {
        auto is_inside = [&](Extent e) {
            auto end = sum(e.offset, e.size);
            return !e.size || (e.offset >= old_.data && end && *end <= old_.super.inode_table && *end <= old_.bytes.size());
        };
        auto no = [](std::string_view what) {
            return fail(Error::Kind::Unsupported, std::string(what) + " lies outside of the data: it can't be kept");
        };
        for (auto& item : plan_.items)
            if (item.old && !is_inside(extent_of(old_.nodes[*item.old]))) return no(item.path);
        for (auto& f : old_.fragments)
            if (!is_inside({f.start, size_of(f.size)})) return no("a fragment");
        return {};
    }

    /// All that keeps its content keeps its place.
    void stay() {
        std::vector<bool> reached(old_.nodes.size());
        for (u32 i = 0; i < plan_.items.size(); i++) {
            auto& item = plan_.items[i];
            if (item.type != Entry::Type::File) continue;
            if (item.content) {
                changed_.push_back(i);
                continue;
            }
            auto& n = old_.nodes[*item.old];
            reached[*item.old] = true;
            auto& is = item.inode;
            item.blocks = n.blocks, is.start = n.inode.start, is.fragment = n.inode.fragment, is.offset = n.inode.offset;
            use(n);
        }
        std::sort(changed_.begin(), changed_.end(), [&](u32 a, u32 b) { return plan_.items[a].path < plan_.items[b].path; });
        for (u32 f = 0; f < live_.size(); f++)
            if (live_[f]) space_.use({old_.fragments[f].start, size_of(old_.fragments[f].size)});
        // Where not all inodes are names' there may be more than we know of: only what is freed now is free.
        if (old_.super.inodes == old_.nodes.size()) return;
        Space known(old_.data);
        for (auto& n : old_.nodes)
            if (n.known && n.inode.basic() == kFile) known.use(extent_of(n));
        for (auto& f : old_.fragments) known.use({f.start, size_of(f.size)});
        u64 at = old_.data;
        for (auto& e : known.used()) {
            if (e.offset > at) space_.use({at, e.offset - at});
            at = std::max(at, e.end());
        }
        if (at < old_.super.inode_table) space_.use({at, old_.super.inode_table - at});
    }
    static Extent extent_of(const Node& n) {
        u64 size = 0;
        for (u32 b : n.blocks) size += size_of(b);
        return {n.inode.start, size};
    }
    void use(const Node& n) {
        space_.use(extent_of(n));
        if (n.inode.fragment == kNone || n.inode.fragment >= live_.size()) return;
        u64 tail = tail_of(old_, n.inode);
        live_[n.inode.fragment] = true;
        if (tail) tails_[n.inode.fragment].push_back({n.inode.offset, tail});
    }

    struct Tail {
        u32 item;
        Bytes bytes;
    };

    void cut_tail(u32 i) {
        auto& item = plan_.items[i];
        auto cut = cut_of(p_, item.inode.size, {});
        cuts_[i] = cut;
        item.inode.offset = p_.no_offset;
        if (!cut.tail) return;
        auto tail = bytes_of(*item.content, {item.inode.size - cut.tail, cut.tail});
        if (p_.holes && one_value(tail) == 0)
            cuts_[i] = {cut.blocks + 1, 0};  // a hole, and no tail at all
        else
            new_tails_.push_back({i, std::move(tail)});
    }

    /// Where in a fragment a tail of that size may lie, as far as the tails tell that are used; and where the last of these ends.
    std::pair<std::vector<Extent>, u64> places(const std::vector<Extent>& used, u64 size) const {
        std::vector<Extent> out;
        u64 at = 0;
        for (auto& u : used) {
            if (u.offset > at && u.offset - at >= size) out.push_back({at, u.offset - at});
            if ((p_.super.flags & flags::kDuplicates) && u.size == size) out.push_back(u);
            at = std::max(at, u.end());
        }
        return {std::move(out), at};
    }

    /// The tail of new content may be there already: as another's, or left by what it was before. Each fragment is decoded once.
    Result<void> find_tails() {
        std::vector<u32> numbers;  // of fragments that may hold one
        for (auto& [number, used] : tails_) {
            std::ranges::sort(used, {}, &Extent::offset);
            auto may_hold = [&](const Tail& t) {
                auto [there, end] = places(used, t.bytes.size());
                // What lies behind the last tail only decoding tells; a fragment that is full has nothing there.
                return !there.empty() || (end < p_.super.block_size && p_.super.block_size - end >= t.bytes.size());
            };
            if (std::ranges::any_of(new_tails_, may_hold)) numbers.push_back(number);
        }
        std::optional<Error> limit;
        in_order<Result<Bytes>>(
            numbers.size(), [&](size_t) { return 2 * u64{p_.super.block_size}; },
            [&](size_t i) -> Result<Bytes> {
                auto b = fragment_of(old_, numbers[i]);
                auto made = b ? decode(old_, *b, cx_) : Result<Bytes>(Bytes());
                if (!made && made.error().kind != Error::Kind::Limit) return Bytes();  // of a damaged one nothing is shared
                return made;
            },
            [&](size_t i, Result<Bytes> plain) {
                if (!plain) return limit = plain.error(), false;
                std::erase_if(new_tails_, [&](auto& t) { return lies_in(numbers[i], *plain, t); });
                return !new_tails_.empty();
            },
            cx_);
        if (limit) return std::unexpected(*limit);
        return {};
    }
    bool lies_in(u32 number, const Bytes& plain, const Tail& t) {
        auto [there, last] = places(tails_[number], t.bytes.size());
        if (plain.size() > last && plain.size() - last >= t.bytes.size()) there.push_back({last, plain.size() - last});
        for (auto& place : there) {
            if (place.end() > plain.size()) continue;
            auto from = plain.begin() + i64(place.offset), to = plain.begin() + i64(place.end());
            auto found = std::search(from, to, t.bytes.begin(), t.bytes.end());
            if (found == to) continue;
            auto& inode = plan_.items[t.item].inode;
            inode.fragment = number, inode.offset = u32(found - plain.begin());
            return true;
        }
        return false;
    }

    /// The others lie in blocks of their own.
    void pack_tails() {
        for (auto& [i, tail] : new_tails_) {
            if (packed_.empty() || packed_.back().size() + tail.size() > p_.super.block_size) packed_.emplace_back();
            auto& inode = plan_.items[i].inode;
            inode.fragment = u32(packed_.size() - 1), inode.offset = u32(packed_.back().size());
            packed_.back().insert(packed_.back().end(), tail.begin(), tail.end());
            in_new_.push_back(i);
        }
    }

    void cut() {
        for (size_t k = 0; k < changed_.size(); k++) {
            auto& item = plan_.items[changed_[k]];
            auto& cut = cuts_[changed_[k]];
            for (u64 b = 0; b < cut.blocks; b++) {
                jobs_.push_back({&*item.content, cut.block(b, item.inode.size, p_.super.block_size)});
                owner_.push_back(k);
            }
        }
        for (auto& tails : packed_) {
            owner_.push_back(changed_.size() + size_t(&tails - packed_.data()));
            jobs_.push_back({.tails = tails});
        }
    }
    Result<void> encode() {
        made_.resize(changed_.size() + packed_.size());
        return encode_all(jobs_, p_, [&](size_t j, Coded c) { made_[owner_[j]].blocks.push_back(std::move(c)); }, cx_);
    }

    /// Equal blocks of a file that stays, or of one that was placed before.
    std::optional<u64> twin(const New& made, u64 total) {
        if (!(p_.super.flags & flags::kDuplicates)) return {};
        if (twins_.empty())
            for (auto& item : plan_.items)
                if (item.old && !item.blocks.empty())
                    twins_[extent_of(old_.nodes[*item.old]).size].push_back({item.inode.start, &item.blocks});
        auto bytes = [&](u64 at, const Bytes& b) {
            if (at < old_.super.inode_table) return at + b.size() <= old_.bytes.size() && equal(old_.bytes.subspan(at, b.size()), b);
            return false;
        };
        for (auto& [start, words] : twins_[total]) {
            u64 at = start;
            size_t w = 0;
            bool same = true;
            auto skip = [&] {
                while (w < words->size() && !(*words)[w]) w++;
            };
            for (auto& b : made.blocks) {
                if (!b.size) continue;
                skip();
                same = w < words->size() && (*words)[w++] == b.size && bytes(at, b.bytes);
                if (!same) break;
                at += b.bytes.size();
            }
            skip();
            if (same && w == words->size()) return start;
        }
        return {};
    }

    void place() {
        for (size_t k = 0; k < made_.size(); k++) {
            auto& made = made_[k];
            u64 total = 0;
            for (auto& b : made.blocks) total += b.bytes.size();
            bool file = k < changed_.size();
            if (file)
                for (auto& b : made.blocks) plan_.items[changed_[k]].blocks.push_back(b.size);
            if (!total) {  // nothing lies there: any place will do
                if (file) plan_.items[changed_[k]].inode.start = plan_.items[changed_[k]].kept.start.value_or(0);
                continue;
            }
            auto same = file ? twin(made, total) : std::nullopt;
            u64 at = same ? *same : space_.place(total);
            if (file)
                plan_.items[changed_[k]].inode.start = at;
            else
                fresh_.push_back({at, made.blocks[0].size, 0});
            if (same) continue;
            Bytes all;
            for (auto& b : made.blocks) all.insert(all.end(), b.bytes.begin(), b.bytes.end());
            pieces_.push_back({at, std::move(all)});
        }
    }

    /// New fragments take the numbers of those that are none any more; what is left of these goes.
    void number() {
        std::vector<u32> now(live_.size());
        std::vector<u32> fresh;
        for (u32 f = 0; f < live_.size(); f++) {
            now[f] = u32(out_.fragments.size());
            if (live_[f]) {
                out_.fragments.push_back(old_.fragments[f]);
            } else if (fresh.size() < fresh_.size()) {
                fresh.push_back(now[f]);
                out_.fragments.push_back(fresh_[fresh.size() - 1]);
            }
        }
        while (fresh.size() < fresh_.size()) {
            fresh.push_back(u32(out_.fragments.size()));
            out_.fragments.push_back(fresh_[fresh.size() - 1]);
        }
        std::vector<bool> is_new(plan_.items.size());
        for (u32 i : in_new_) is_new[i] = true;
        for (u32 i = 0; i < plan_.items.size(); i++) {
            auto& is = plan_.items[i].inode;
            if (plan_.items[i].type != Entry::Type::File || is.fragment == kNone) continue;
            if (is_new[i])
                is.fragment = fresh[is.fragment];
            else if (is.fragment < now.size())
                is.fragment = now[is.fragment];
        }
    }

    void lay() {
        std::sort(pieces_.begin(), pieces_.end(), [](auto& a, auto& b) { return a.at < b.at; });
        u64 at = old_.data;
        auto copy = [&](u64 to) {
            if (to > at) out_.data.copy(bytes_.slice({at, to - at}));
            at = std::max(at, to);
        };
        for (auto& p : pieces_) {
            copy(p.at);
            at += p.bytes.size();
            out_.data.fresh(std::move(p.bytes));
        }
        copy(space_.end());
    }

    Plan& plan_;
    const Params& p_;
    const Image& old_;
    const Buffer& bytes_;
    Context& cx_;
    Space space_;
    std::vector<bool> live_;                    // fragments that stay
    std::map<u32, std::vector<Extent>> tails_;  // of these: what is used of them
    std::vector<Tail> new_tails_;               // whose place is not known yet
    std::vector<u32> changed_, in_new_;
    std::map<u32, Cut> cuts_;
    std::vector<Bytes> packed_;  // new fragments
    std::vector<Job> jobs_;
    std::vector<size_t> owner_;
    std::vector<New> made_;
    std::vector<FragmentEntry> fresh_;
    std::vector<Piece> pieces_;
    std::map<u64, std::vector<std::pair<u64, const std::vector<u32>*>>> twins_;  // by how long they are
    Placed out_;
};

}  // namespace

Result<Placed> place_changes(Plan& plan, const Params& p, const Image& old, const Buffer& bytes, Context& cx) {
    return Placer(plan, p, old, bytes, cx).run();
}

void compact(Plan& plan, Placed& placed, u64 begin) {
    Space space(begin);
    auto extent = [](const Item& i) {
        u64 size = 0;
        for (u32 b : i.blocks) size += size_of(b);
        return Extent{i.inode.start, size};
    };
    for (auto& i : plan.items)
        if (i.type == Entry::Type::File) space.use(extent(i));
    for (auto& f : placed.fragments) space.use({f.start, size_of(f.size)});
    auto used = space.used();
    Rope together;
    std::vector<u64> now;
    for (auto& e : used) {
        now.push_back(begin + together.size());
        u64 at = begin;
        for (auto& r : placed.data.runs()) {
            u64 from = std::max(at, e.offset), to = std::min(at + r.size, e.end());
            if (from < to) {
                auto slice = r.bytes.slice({from - at, to - from});
                r.kind == Rope::Run::Kind::Copied ? together.copy(slice) : together.fresh(slice);
            }
            at += r.size;
        }
    }
    auto moved = [&](u64 at) {
        auto e = std::upper_bound(used.begin(), used.end(), at, [](u64 x, auto& u) { return x < u.end(); });
        return e == used.end() || at < e->offset ? at : now[size_t(e - used.begin())] + (at - e->offset);
    };
    for (auto& i : plan.items)
        if (i.type == Entry::Type::File && extent(i).size) i.inode.start = moved(i.inode.start);
    for (auto& f : placed.fragments) f.start = moved(f.start);
    placed.data = std::move(together);
}

}  // namespace fieldstrip::squashfs
