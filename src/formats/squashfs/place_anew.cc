// All data from contents alone: runs of blocks and fragments in the order in which they lay, and behind them what is new.
#include <map>

#include "base/digest.h"
#include "formats/squashfs/place.h"

namespace fieldstrip::squashfs {
namespace {

/// Tails that share a block, by where they lie in it.
class Packer {
  public:
    explicit Packer(u32 block_size) : block_size_(block_size) {}
    struct Block {
        Bytes plain;
        std::vector<bool> used;  // by byte
    };
    /// Where it was; false where something else is there, or it does not fit.
    bool put_at(u64 number, u64 offset, ByteView tail) {
        if (offset > block_size_ || block_size_ - offset < tail.size()) return false;
        auto& b = blocks_[number];
        if (b.plain.size() < offset + tail.size()) b.plain.resize(offset + tail.size()), b.used.resize(offset + tail.size());
        for (size_t i = 0; i < tail.size(); i++)
            if (b.used[offset + i] && b.plain[offset + i] != tail[i]) return false;
        for (size_t i = 0; i < tail.size(); i++) b.plain[offset + i] = tail[i], b.used[offset + i] = true;
        return true;
    }
    std::map<u64, Block> blocks_;

  private:
    u64 block_size_;
};

class Builder {
  public:
    Builder(Plan& plan, const Params& p, Context& cx) : plan_(plan), p_(p), cx_(cx), packer_(p.super.block_size) {}

    Result<Placed> run() {
        for (u32 i = 0; i < plan_.items.size(); i++)
            if (plan_.items[i].type == Entry::Type::File) file(i);
        tails();
        TRY_VOID(encode());
        renumber();
        return std::move(out_);
    }

  private:
    struct Group {                 // who has a run of blocks, or a part of it
        std::vector<u32> items;    // the first has all of it
        std::vector<Coded> coded;  // its blocks that are no holes, without their bytes
        std::vector<u64> places;   // where they lie
        std::vector<u64> index;    // which of the content's blocks they are
    };

    void file(u32 i) {
        auto& item = plan_.items[i];
        auto& k = item.kept;
        std::optional<bool> in_fragment;
        if (k.run || k.fragment || k.number) in_fragment = k.fragment.has_value();
        auto cut = cut_of(p_, item.inode.size, in_fragment);
        item.blocks.resize(cut.blocks);
        cuts_[i] = cut;
        if (k.start && !k.run) item.inode.start = *k.start;
        if (cut.tail)
            with_tail_.push_back(i);
        else
            item.inode.offset = u32(k.fragment ? p_.no_offset : k.offset.value_or(p_.no_offset));
        if (!cut.blocks) return;
        if (k.run && *k.run < kUnbounded / 2)
            known_[*k.run].items.push_back(i);
        else
            fresh_.push_back({.items = {i}});
    }

    /// A run belongs to who has all of it; others have it only where their content is the same.
    void settle(std::map<u64, Group>& known) {
        for (auto& [number, g] : known) {
            auto key = [&](u32 i) {
                auto& item = plan_.items[i];
                return std::tuple(item.kept.step.value_or(0), ~cuts_.at(i).blocks, std::string_view(item.path));
            };
            std::stable_sort(g.items.begin(), g.items.end(), [&](u32 a, u32 b) { return key(a) < key(b); });
        }
    }

    void tails() {
        auto key = [&](u32 i) {
            auto& k = plan_.items[i].kept;
            return std::tuple(k.fragment.value_or(kUnbounded), k.offset.value_or(0), std::string_view(plan_.items[i].path));
        };
        std::sort(with_tail_.begin(), with_tail_.end(), [&](u32 a, u32 b) { return key(a) < key(b); });
        u64 next = p_.fragments.size(), fill = 0;
        for (u32 i : with_tail_) {
            auto& item = plan_.items[i];
            auto tail = bytes_of(*item.content, {item.inode.size - cuts_.at(i).tail, cuts_.at(i).tail});
            auto& k = item.kept;
            item.inode.fragment = u32(k.fragment.value_or(0)), item.inode.offset = u32(k.offset.value_or(0));
            if (k.fragment && *k.fragment < p_.fragments.size() && packer_.put_at(*k.fragment, k.offset.value_or(0), tail)) continue;
            if (!packer_.put_at(next, fill, tail)) next++, fill = 0, packer_.put_at(next, 0, tail);
            item.inode.fragment = u32(next), item.inode.offset = u32(fill);
            fill += tail.size();
        }
    }

    Result<void> encode() {
        settle(known_);
        // Jobs in the order of the data: before each run the fragments that lie there.
        struct Part {
            Group* group;  // null: a fragment
            u64 number;    // the block of the group's first, or the fragment
        };
        std::vector<Job> jobs;
        std::vector<Part> parts;
        auto add_fragment = [&](u64 number) {
            auto b = packer_.blocks_.find(number);
            if (b == packer_.blocks_.end()) return;
            jobs.push_back({.tails = std::move(b->second.plain)});
            parts.push_back({nullptr, number});
        };
        auto add_group = [&](Group& g) {
            u32 i = g.items[0];
            for (u64 b = 0; b < cuts_.at(i).blocks; b++) {
                auto& item = plan_.items[i];
                jobs.push_back({&*item.content, cuts_.at(i).block(b, item.inode.size, p_.super.block_size)});
                parts.push_back({&g, b});
            }
        };
        size_t fragment = 0;
        std::vector<Group> apart = split();
        for (auto& [number, g] : known_) {
            for (; fragment < p_.fragments.size() && p_.fragments[fragment].second <= number; fragment++)
                add_fragment(p_.fragments[fragment].first);
            add_group(g);
        }
        for (; fragment < p_.fragments.size(); fragment++) add_fragment(p_.fragments[fragment].first);
        for (auto* list : {&apart, &fresh_})
            for (auto& g : *list) add_group(g);
        u64 fragments = 0;
        for (auto& [number, b] : packer_.blocks_) fragments = std::max(fragments, number + 1);
        for (u64 f = p_.fragments.size(); f < fragments; f++) add_fragment(f);
        out_.fragments.resize(std::max<u64>(fragments, 0));

        const u64 begin = Super::kSize + p_.options.size();
        TRY_VOID(encode_all(
            jobs, p_,
            [&](size_t j, Coded c) {
                auto& part = parts[j];
                u64 at = begin + out_.data.size();
                if (!part.group) {
                    out_.fragments[part.number] = {at, c.size, 0};
                } else {
                    plan_.items[part.group->items[0]].blocks[part.number] = c.size;
                    if (c.size) {
                        part.group->places.push_back(at);
                        part.group->coded.push_back({c.size, {}});
                    }
                }
                if (!c.bytes.empty()) out_.data.fresh(std::move(c.bytes));
            },
            cx_));
        for (auto& [number, g] : known_) share(g);
        for (auto* list : {&apart, &fresh_})
            for (auto& g : *list) share(g);
        return {};
    }

    /// Those that only lay in the same run, and whose content is another now, get one of their own.
    std::vector<Group> split() {
        std::vector<Group> out;
        for (auto& [number, g] : known_) {
            auto& owner = plan_.items[g.items[0]];
            std::vector<u32> same = {g.items[0]};
            for (size_t k = 1; k < g.items.size(); k++) {
                u32 i = g.items[k];
                if (is_part(i, plan_.items[i].kept.step.value_or(0), owner, cuts_.at(g.items[0])))
                    same.push_back(i);
                else
                    out.push_back({.items = {i}});
            }
            g.items = std::move(same);
        }
        return out;
    }

    /// Whether the blocks of an item are those of the owner from the step-th on that is no hole.
    bool is_part(u32 i, u64 step, const Item& owner, const Cut& owners) const {
        auto& item = plan_.items[i];
        auto& cut = cuts_.at(i);
        const u32 size = p_.super.block_size;
        auto hole = [&](const Bytes& b) { return p_.holes && one_value(b) == 0; };
        u64 at = 0;
        auto next = [&]() -> std::optional<Bytes> {
            for (; at < owners.blocks; at++) {
                auto b = bytes_of(*owner.content, owners.block(at, owner.inode.size, size));
                if (hole(b)) continue;
                return at++, b;
            }
            return {};
        };
        for (u64 k = 0; k < step; k++)
            if (!next()) return false;
        for (u64 b = 0; b < cut.blocks; b++) {
            auto own = bytes_of(*item.content, cut.block(b, item.inode.size, size));
            if (!hole(own) && next() != own) return false;
        }
        return true;
    }

    /// Gives all of a group the blocks of its first.
    void share(const Group& g) {
        for (u32 i : g.items) {
            auto& item = plan_.items[i];
            u64 at = item.kept.step.value_or(0);
            bool owner = i == g.items[0], first = true;
            if (owner) at = 0;
            for (u64 b = 0; b < item.blocks.size(); b++) {
                bool hole =
                    owner ? !item.blocks[b]
                          : p_.holes && one_value(bytes_of(*item.content, cuts_.at(i).block(b, item.inode.size, p_.super.block_size))) == 0;
                if (hole || at >= g.coded.size()) continue;
                if (std::exchange(first, false)) item.inode.start = g.places[at];
                item.blocks[b] = g.coded[at++].size;
            }
        }
    }

    /// Fragments in which nothing is left are none.
    void renumber() {
        std::vector<u32> now(out_.fragments.size());
        std::vector<FragmentEntry> left;
        for (size_t f = 0; f < now.size(); f++) {
            now[f] = u32(left.size());
            if (packer_.blocks_.contains(f)) left.push_back(out_.fragments[f]);
        }
        for (u32 i : with_tail_) plan_.items[i].inode.fragment = now[plan_.items[i].inode.fragment];
        out_.fragments = std::move(left);
    }

    Plan& plan_;
    const Params& p_;
    Context& cx_;
    Packer packer_;
    std::map<u32, Cut> cuts_;
    std::map<u64, Group> known_;  // by the number of their run
    std::vector<Group> fresh_;
    std::vector<u32> with_tail_;
    Placed out_;
};

}  // namespace

Result<Placed> place_anew(Plan& plan, const Params& p, Context& cx) { return Builder(plan, p, cx).run(); }

}  // namespace fieldstrip::squashfs
