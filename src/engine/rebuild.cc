#include "engine/rebuild.h"

#include <set>

#include "engine/room.h"
#include "engine/sums.h"

namespace fieldstrip {
namespace {

std::string listed(const std::vector<std::string>& words) {
    std::string out;
    for (auto& w : words) out += (out.empty() ? "" : ", ") + w;
    return out;
}

/// What the slack behind a piece has to give: with it the piece has a place that never grows.
std::optional<u64> slack_behind(const Layout& l, size_t piece) {
    for (size_t i = piece + 1; i < l.pieces.size(); i++)
        if (l.pieces[i].kind == Piece::Kind::Slack) return l.pieces[i].extent.size;
    return {};
}

class Rebuilder {
  public:
    Rebuilder(Node& root, const Changes& changes, const RebuildTerms& terms, Plan& plan, Context& cx)
        : root_(root), changes_(changes), terms_(terms), plan_(plan), cx_(cx) {
        for (auto& [node, change] : changes)
            for (Node* n = node; n; n = n->parent) touched_.insert(n);
    }

    /// New bytes of a node, at most `room` of them.
    Result<Rope> node(Node& n, u64 room) {
        Rope out;
        auto* c = change(n);
        if (!touched_.contains(&n)) return out.copy(TRY(n.bytes(cx_))), out;
        if (c && c->bytes) {
            out = *c->bytes;
            step(n, "replaced", TRY(n.bytes(cx_)).size(), out.size());
        } else {
            auto was = TRY(n.bytes(cx_));
            if (n.damage())
                return fail(Error::Kind::Unsupported, n.path() + " could not be read whole (" + n.damage()->message +
                                                          "), so it is not encoded again: replace all of it, or the bytes around it");
            out = n.format(cx_) == &raw ? TRY(space(n, was, room)) : TRY(item(n, was, room));
        }
        if (out.size() > room) {
            auto e = too_big(n.path(), out.size(), room);
            if (!places_) e.error().message += ": --resize lets the image grow";
            return e;
        }
        return out;
    }

  private:
    const Change* change(Node& n) const {
        auto c = changes_.find(&n);
        return c == changes_.end() ? nullptr : &c->second;
    }
    void step(Node& n, std::string what, u64 old_size, u64 new_size) {
        plan_.changes.push_back({n.path(), std::move(what), {n.extent().offset, old_size}, {n.extent().offset, new_size}});
    }

    bool is_border(u64 at) const { return std::binary_search(root_.borders.begin(), root_.borders.end(), at); }

    /// Regions and filler: nobody moves. Only what the space ends with can make it longer or shorter, where its size is free.
    Result<Rope> space(Node& n, const Buffer& was, u64 room) {
        Rope out;
        auto kids = TRY(n.children(cx_));
        for (size_t i = 0; i < kids.size(); i++) {
            auto& c = *kids[i];
            if (!touched_.contains(&c)) {
                out.append(TRY(node(c, kUnbounded)));
                continue;
            }
            Room own{.region = c.extent()};
            size_t next = i + 1;
            for (; next < kids.size() && kids[next]->format(cx_) == &padding && !touched_.contains(kids[next].get()); next++) {
                if (!n.parent && is_border(kids[next]->extent().offset)) break;
                own.fillers.push_back({kids[next]->extent(), kids[next]->pad()});
            }
            if (own.fillers.empty() && says_size(was.view().subspan(c.extent().end()), c.extent())) own.freed = 0;
            bool grows = own.end() == was.size() && room > was.size();
            auto bytes = TRY(node(c, grows ? room - std::min(room, c.extent().offset) : own.size()));
            warn_of_blocks(c, bytes.size());
            out.append(settle(bytes, own, was, grows));
            i = next - 1;
        }
        return out;
    }

    void warn_of_blocks(Node& c, u64 size) {
        constexpr u64 kBlock = u64{64} << 10;
        auto at = c.at();
        u64 was = c.extent().size;
        if (!at || !was || !size || size <= was) return;
        if ((*at + size - 1) / kBlock > (*at + was - 1) / kBlock)
            plan_.warnings.push_back(
                "room.crosses-block: " + c.path() +
                " grows beyond the 64 KiB block in which it ended: make sure that no partition begins behind it (--parts gives borders)");
    }

    /// The parts, then the whole; what is inside is made from its contents and its recipe; fields last.
    Result<Rope> item(Node& n, const Buffer& was, u64 room) {
        auto* it = TRY(n.item(cx_));
        auto kids = TRY(n.children(cx_));
        LayoutEdit edit{.repair = terms_.repair};
        if (auto* c = change(n)) edit.fields = c->fields;
        if (it->files()) return files(n, *it, was, edit, room);
        bool encode = false;
        for (auto& c : kids) {
            if (!touched_.contains(c.get())) continue;
            if (c->kind == Node::Kind::Content) {
                encode = true;
                continue;
            }
            auto& p = it->layout.pieces[c->index];
            const u64 others = it->layout.size - p.extent.size;
            u64 flowing = room == kUnbounded ? room : room - std::min(room, others);
            auto slack = slack_behind(it->layout, c->index);
            if (slack) flowing = p.extent.size + *slack;
            const bool place = slack || p.has_slot();
            places_ += place;
            auto now = TRY(node(*c, p.has_slot() ? p.extent.size : flowing));
            places_ -= place;
            edit.parts[p.name] = TRY(filling(p, now, c->format(cx_)));
        }
        if (!encode) return layout(n, it->layout, was, edit);
        auto encoded = TRY(content(n, *it, kids, room));
        if (edit.fields.empty()) return encoded;
        auto again = encoded.joined();
        auto reopened = TRY(n.format(cx_)->open(again, cx_));
        return layout(n, reopened.layout, again, edit);
    }

    Result<Rope> layout(Node& n, const Layout& l, const Buffer& was, const LayoutEdit& edit) {
        auto made = TRY(rebuild(l, was, edit));
        std::string what;
        for (auto& [name, value] : edit.fields) what += (what.empty() ? "set " : ", ") + name + " = " + value;
        if (!made.derived.empty()) what += (what.empty() ? "" : "; ") + ("derived: " + listed(made.derived));
        if (!made.kept.empty()) {
            what += (what.empty() ? "" : "; ") + ("was wrong and stays so: " + listed(made.kept));
            plan_.warnings.push_back(n.path() + ": " + listed(made.kept) + " was wrong before and stays as it was: --repair sets it");
        }
        for (auto& s : made.signatures) plan_.cannot.push_back({n.path(), "signature over changed bytes: " + s});
        step(n, what.empty() ? "rebuilt" : what, was.size(), made.rope.size());
        return made.rope;
    }

    /// The tree that is wanted, with what changed inside of its files.
    Result<Rope> files(Node& n, const Item& it, const Buffer& was, const LayoutEdit& edit, u64 room) {
        auto* c = change(n);
        auto& entries = TRY(n.entries(cx_))->all();
        std::vector<Wanted> tree;
        if (c && c->tree) tree = c->tree->tree();
        std::map<u64, Rope> inner;  // by node of the content
        for (auto& child : TRY(n.children(cx_)))
            if (child->kind == Node::Kind::Entry && touched_.contains(child.get()))
                inner[entries[child->index].node] = TRY(node(*child, kUnbounded));
        bool set = c && !c->fields.empty();
        if (!(c && c->tree) && inner.empty()) return layout(n, it.layout, was, edit);
        if (tree.empty() && !(c && c->tree))
            for (size_t i = 0; i < entries.size(); i++) tree.push_back({entries[i], i, {}});
        std::set<u64> used;
        for (auto& w : tree) {
            auto changed = w.entry.is_file() ? inner.find(w.entry.node) : inner.end();
            if (changed == inner.end()) continue;
            if (w.content)
                return fail(Error::Kind::Unsupported,
                            n.path() + '/' + w.entry.path + " and what lies in it are both changed: one of them only");
            used.insert(w.entry.node);
            w.content = changed->second, w.entry.size = changed->second.size();
        }
        if (used.size() != inner.size())
            return fail(Error::Kind::Unsupported, n.path() + ": a file in which something is changed is removed: one of them only");
        auto made = TRY(it.files()->rewrite(tree, {.room = room}, cx_));
        TRY_VOID(warn_of_encoder(n, *it.files(), tree));
        std::string what;
        if (c && c->tree)
            for (size_t i = 0; i < c->tree->steps().size(); i++)
                what += i < 8    ? (i ? ", " : "") + c->tree->steps()[i]
                        : i == 8 ? " and " + std::to_string(c->tree->steps().size() - 8) + " more"
                                 : "";
        if (!inner.empty())
            what +=
                (what.empty() ? "" : "; ") + std::to_string(inner.size()) + (inner.size() == 1 ? " file" : " files") + " changed inside";
        step(n, what, was.size(), made.size());
        plan_.trees[&n] = std::move(tree);
        if (!set) return made;
        auto again = made.joined();
        auto reopened = TRY(n.format(cx_)->open(again, cx_));
        return layout(n, reopened.layout, again, edit);
    }

    /// New content that is not packed as its neighbours were works as well, but is not what their maker would have made.
    Result<void> warn_of_encoder(Node& n, const FileSystem& files, std::span<const Wanted> tree) {
        auto* format = n.format(cx_);
        if (!format->made_by || std::none_of(tree.begin(), tree.end(), [](auto& w) { return w.content.has_value(); })) return {};
        auto recipe = TRY(files.recipe(cx_));
        if (recipe.text("encoder") == "nearest") plan_.warnings.push_back(no_encoder(*format, n.path(), "blocks", recipe));
        return {};
    }

    Result<Rope> content(Node& n, const Item& it, std::span<const std::unique_ptr<Node>> kids, u64 room) {
        auto* format = n.format(cx_);
        if (!format->make) return fail(Error::Kind::Unsupported, n.path() + ": " + std::string(format->id) + " is read, but not written");
        auto recipe = TRY(it.coded()->recipe(cx_));
        std::vector<Rope> contents;
        for (auto& c : kids)
            if (c->kind == Node::Kind::Content) contents.push_back(TRY(node(*c, it.coded()->room(c->index))));
        if (recipe.text("exact") == "no") plan_.warnings.push_back(no_encoder(*format, n.path(), "bytes", recipe));
        auto made = TRY(format->make(recipe, contents, cx_));
        if (made.size() > room && format->denser) TRY_VOID(squeeze(n, *format, contents, room, recipe, made));
        step(n, "encoded again: " + format->made_by(recipe), n.extent().size, made.size());
        return made;
    }

    /// What no longer fits its place may do so when another program of the format makes it: every reader takes that too.
    Result<void> squeeze(Node& n, const Format& f, const std::vector<Rope>& contents, u64 room, Recipe& recipe, Rope& made) {
        for (auto& other : f.denser(recipe)) {
            auto now = TRY(f.make(other, contents, cx_));
            if (now.size() > room) continue;
            plan_.warnings.push_back(n.path() + ": encoded as it was it would be " + std::to_string(made.size() - room) +
                                     " bytes too long for its place, so it is encoded in another way: " + f.made_by(other));
            recipe = other, made = now;
            return {};
        }
        return {};
    }

    Node& root_;
    const Changes& changes_;
    const RebuildTerms& terms_;
    Plan& plan_;
    Context& cx_;
    std::set<Node*> touched_;
    unsigned places_ = 0;  // around what is made now that never grow
};

/// The image is the changed region.
Result<bool> is_one_region(Node& root, const Changes& changes, u64 size, Context& cx) {
    if (root.format(cx) != &raw || changes.empty()) return false;
    auto kids = TRY(root.children(cx));
    if (kids.empty() || kids[0]->format(cx) == &padding) return false;
    Room r{.region = kids[0]->extent()};
    for (size_t i = 1; i < kids.size(); i++) {
        if (kids[i]->format(cx) != &padding) return false;
        r.fillers.push_back({kids[i]->extent(), kids[i]->pad()});
    }
    return is_all(r, size);
}

/// What of the image changes. Runs that are copied to where they were need no comparing.
void compare(const Buffer& original, const Rope& rope, u64 erase_block, Plan& plan) {
    auto old = original.view();
    auto changed = [&](u64 from, u64 to) {
        if (!plan.changed.empty() && plan.changed.back().end() == from)
            plan.changed.back().size += to - from;
        else
            plan.changed.push_back({from, to - from});
    };
    u64 at = 0;
    rope.each([&](ByteView v) {
        bool mine = v.data() >= old.data() && v.data() < old.data() + old.size();
        (mine ? plan.copied : plan.written) += v.size();
        auto differs = [&](u64 k) { return at + k >= old.size() || v[k] != old[at + k]; };
        u64 from = mine && v.data() == old.data() + at ? v.size() : 0,
            to = v.size();  // one extent a run, less what happens to be equal at its ends
        while (from < to && !differs(from)) from++;
        while (from < to && !differs(to - 1)) to--;
        if (from < to) changed(at + from, at + to);
        at += v.size();
    });
    if (at < old.size()) changed(at, old.size());
    plan.erase_block = erase_block;
    plan.erase_block_count = (std::max<u64>(at, old.size()) + erase_block - 1) / erase_block;
    std::set<u64> blocks;
    for (auto& e : plan.changed)
        for (u64 b = e.offset / erase_block; b <= (e.end() - 1) / erase_block; b++) blocks.insert(b);
    plan.erase_blocks.assign(blocks.begin(), blocks.end());
}

}  // namespace

Result<Rope> rebuild(Node& root, const Changes& changes, const RebuildTerms& terms, Plan& plan, Context& cx) {
    auto image = TRY(root.bytes(cx));
    bool free = terms.resize || TRY(is_one_region(root, changes, image.size(), cx)) || (!root.at() && root.parent);
    auto rope = TRY(Rebuilder(root, changes, terms, plan, cx).node(root, free ? kUnbounded : image.size()));
    u64 erase_block = terms.erase_block ? terms.erase_block : u64{64} << 10;
    compare(image, rope, erase_block, plan);
    if (plan.changed.empty()) return rope;
    auto sums = TRY(sums_over_changes(root, image, plan.changed, cx));
    if (terms.fix_sums && !sums.empty()) {
        rope = fix(rope, sums);
        plan.changed.clear(), plan.copied = plan.written = 0;
        compare(image, rope, erase_block, plan);
    }
    for (auto& s : sums) {
        if (terms.fix_sums && s.digest)
            plan.changes.push_back({s.path, s.why, s.at, s.at});
        else
            plan.cannot.push_back({s.path, s.why});
    }
    return rope;
}

}  // namespace fieldstrip
