#include "engine/proof.h"

#include <set>

#include "engine/entry_state.h"
#include "engine/origins.h"
#include "engine/verifier.h"

namespace fieldstrip {
namespace {

using Passed = std::set<std::string, std::less<>>;

std::unexpected<Error> refused(const std::string& why) {
    return fail(Error::Kind::Unsupported, "the result was opened again and is not right, so nothing was written: " + why);
}

class Proof {
  public:
    Proof(const Changes& changes, const Plan& plan, bool force_format, Context& cx)
        : changes_(changes), plan_(plan), force_format_(force_format), cx_(cx) {
        for (auto& [node, change] : changes)
            for (Node* n = node; n; n = n->parent) touched_.insert(n);
    }

    Result<void> node(Node& before, Node& after) {
        auto c = changes_.find(&before);
        if (c != changes_.end() && c->second.bytes) return replaced(before, after);
        if (before.format(cx_) != after.format(cx_))
            return refused(before.path() + " was " + std::string(before.format(cx_)->id) + " and is " + std::string(after.format(cx_)->id));
        if (auto made = plan_.trees.find(&before); made != plan_.trees.end()) return files(before, after, made->second);
        TRY_VOID(checks(before, after));
        if (c != changes_.end() && !c->second.fields.empty()) TRY_VOID(fields(c->second.fields, before, after));
        // Contents that come and go with a field (a type, a count) are a change of shape.
        auto old_kids = TRY(before.children(cx_));
        auto new_kids = TRY(after.children(cx_));
        for (auto& o : old_kids) {
            auto* twin = match(*o, new_kids);
            if (touched_.contains(o.get())) {
                if (twin)
                    TRY_VOID(node(*o, *twin));
                else if (!may_vanish(*o))
                    return refused(o->path() + " is not found in it any more");
            } else if (!twin && is_known(*o->format(cx_))) {
                return refused(o->path() + " (" + std::string(o->format(cx_)->id) + ") is not found in it any more");
            }
        }
        return {};
    }

  private:
    /// What was set must be read back: a value can turn a field into one of another kind.
    Result<void> fields(const std::vector<std::pair<std::string, std::string>>& set, Node& before, Node& after) {
        auto &was = TRY(before.item(cx_))->layout, &is = TRY(after.item(cx_))->layout;
        for (auto& [name, value] : set) {
            auto old = find_field(was, name), now = find_field(is, name);
            if (!old || !now || old->bits) continue;
            auto& piece = was.pieces[old->piece];
            auto& read = is.pieces[now->piece];
            auto bytes = TRY(after.bytes(cx_));
            auto wanted = parse(piece, value);
            if (wanted && show(piece, *wanted) != show(read, bytes.view().subspan(read.extent.offset, read.extent.size)))
                return refused(before.path() + ": " + name + " would not be read as " + value);
        }
        return {};
    }

    /// By name; a region whose format may be another by its begin.
    Node* match(Node& o, std::span<const std::unique_ptr<Node>> kids) const {
        for (auto& k : kids)
            if (k->name == o.name) return k.get();
        for (auto& k : kids)
            if (o.kind == Node::Kind::Region && k->kind == Node::Kind::Region && k->extent().offset == o.extent().offset) return k.get();
        return nullptr;
    }

    /// What no format owns, or what another format was asked for, need not be a node of its own again.
    bool may_vanish(Node& o) const {
        auto c = changes_.find(&o);
        bool is_replaced = c != changes_.end() && c->second.bytes.has_value();
        return !is_known(*o.format(cx_)) || (is_replaced && (force_format_ || !c->second.bytes->size()));
    }

    Result<void> replaced(Node& before, Node& after) {
        auto *was = before.format(cx_), *is = after.format(cx_);
        if (!is_known(*was)) return {};
        if (was != is) {
            if (force_format_) return {};
            return refused(before.path() + " was " + std::string(was->id) + ", and what was put there is " + std::string(is->id) +
                           ": --force-format lets it in");
        }
        std::string wrong;
        TRY_VOID(verify(
            after,
            [&](const NodeCheck& n) {
                if (n.check.outcome == Check::Outcome::Fail && wrong.empty())
                    wrong = n.node.path() + ": " + std::string(n.check.name) + " fails";
            },
            cx_, true));
        if (!wrong.empty()) return refused("what was put there is damaged: " + wrong);
        return {};
    }

    Result<void> checks(Node& before, Node& after) {
        if (!is_known(*before.format(cx_))) return {};
        auto passed = [&](Node& n) -> Result<Passed> {
            Passed out;
            TRY_VOID(verify_own(
                n,
                [&](const NodeCheck& c) {
                    if (c.check.outcome == Check::Outcome::Pass) out.emplace(c.check.name);
                },
                cx_));
            return out;
        };
        auto now = TRY(passed(after));
        for (auto& name : TRY(passed(before)))
            if (!now.contains(name) && !counted_away(name)) return refused(before.path() + ": " + name + " passed before and does not now");
        return {};
    }

    /// What is laid out anew has other places, so that checks named by theirs ("header@0x40") have other names: of a kind no more fail.
    Result<void> checks_of_files(Node& before, Node& after) {
        struct Outcomes {
            std::set<std::string> passed;
            std::map<std::string, u64> failed;  // by kind
        };
        auto outcomes = [&](Node& n) -> Result<Outcomes> {
            Outcomes out;
            auto hear = [&](const NodeCheck& c) {
                auto kind = std::string(c.check.name.substr(0, c.check.name.find('@')));
                if (c.check.outcome == Check::Outcome::Fail) out.failed[kind]++;
                if (c.check.outcome == Check::Outcome::Pass) out.passed.insert(std::move(kind));
            };
            TRY_VOID(verify_own(n, hear, cx_));
            return out;
        };
        auto is = TRY(outcomes(after));
        if (is.failed.empty()) return {};
        auto was = TRY(outcomes(before));
        for (auto& [kind, count] : is.failed)
            if (count > was.failed[kind]) return refused(before.path() + ": " + kind + " fails more often than before");
        for (auto& kind : was.passed)
            if (!is.passed.contains(kind) && is.failed.contains(kind))
                return refused(before.path() + ": " + kind + " passed before and does not now");
        return {};
    }

    /// Of several of a kind there may be fewer now ("check[7]"), when a content became shorter; the first must be there.
    static bool counted_away(std::string_view name) { return name.ends_with(']'); }

    /// The same entries in any order, the same links among them, the new contents; no check that fails and did not before.
    Result<void> files(Node& before, Node& after, const std::vector<Wanted>& wanted) {
        TRY_VOID(checks_of_files(before, after));
        auto* is = TRY(after.entries(cx_));
        if (!is) return refused(before.path() + " is no file system any more");
        auto order = [](auto& list, auto entry) {
            std::vector<size_t> out(list.size());
            for (size_t i = 0; i < out.size(); i++) out[i] = i;
            std::stable_sort(out.begin(), out.end(), [&](size_t a, size_t b) { return entry(list[a]).path < entry(list[b]).path; });
            return out;
        };
        auto want = order(wanted, [](auto& w) -> const Entry& { return w.entry; });
        auto got = order(is->all(), [](auto& e) -> const Entry& { return e; });
        if (want.size() != got.size())
            return refused(before.path() + " should hold " + std::to_string(want.size()) + " entries and holds " +
                           std::to_string(got.size()));
        std::map<u64, u64> links, links_back;
        std::unordered_map<u64, const Entry*> were;  // contents by node
        for (auto& e : TRY(before.entries(cx_))->all())
            if (e.is_file()) were.emplace(e.node, &e);
        for (size_t i = 0; i < want.size(); i++) {
            auto& w = wanted[want[i]];
            auto& e = is->all()[got[i]];
            if (auto wrong = difference(w.entry, e); !wrong.empty()) return refused(before.path() + '/' + w.entry.path + ": " + wrong);
            if (!e.is_file()) continue;
            auto [link, first] = links.emplace(w.entry.node, e.node);
            if (link->second != e.node || links_back.emplace(e.node, w.entry.node).first->second != w.entry.node)
                return refused(before.path() + '/' + e.path + ": its hard links are not those that were wanted");
            if (!first) continue;
            if (w.content)
                TRY_VOID(content(before, after, got[i], w));
            else if (!same_content(before, *were.at(w.entry.node), after, e))
                return refused(before.path() + '/' + e.path + ": its content is not what it was");
        }
        for (auto& child : TRY(before.children(cx_)))  // changed inside: the nodes in it too
            if (child->kind == Node::Kind::Entry && touched_.contains(child.get())) TRY_VOID(inner(before, *child, after, wanted));
        return {};
    }

    static std::string difference(const Entry& want, const Entry& is) {
        auto differ = [](const char* what) { return std::string(what) + " is not what was wanted"; };
        if (want.path != is.path) return "is not there";
        if (want.type != is.type) return differ("its kind");
        if (want.mode != is.mode) return differ("its mode");
        if (want.uid != is.uid || want.gid != is.gid) return differ("its owner");
        if (want.mtime != is.mtime) return differ("its time");
        if (want.is_file() && want.size != is.size) return differ("its size");
        if (want.target != is.target) return differ("its target");
        if (want.is_device() && (want.major != is.major || want.minor != is.minor)) return differ("its device number");
        if (want.xattrs != is.xattrs) return differ("its attributes");
        return "";
    }

    /// Of a file whose content should not change: where it lies as it is, its bytes; what it is decoded from; else what is decoded.
    bool same_content(Node& before, const Entry& was, Node& after, const Entry& is) {
        auto stored = [&](Node& n, const Entry& e) -> std::optional<Buffer> {
            auto at = (*n.item(cx_))->files()->stored(e);
            auto bytes = n.bytes(cx_);
            return at && bytes && at->end() <= bytes->size() ? std::optional(bytes->slice(*at)) : std::nullopt;
        };
        auto a = stored(before, was), b = stored(after, is);
        if (a && b) return equal(a->view(), b->view());
        if (same_origin(before, was, after, is, seen_, cx_)) return true;
        auto x = state_of(before, was, true, cx_), y = state_of(after, is, true, cx_);
        return x.state == y.state && x.sha256 == y.sha256 && x.lost == y.lost;
    }

    Result<void> content(Node& before, Node& after, size_t i, const Wanted& w) {
        auto& file = *TRY(after.entry(i, cx_));
        TRY_VOID(file.decode({}, cx_));
        auto bytes = TRY(file.bytes(cx_)).view();
        u64 at = 0;
        bool same = !file.damage();
        w.content->each([&](ByteView v) {
            same = same && at + v.size() <= bytes.size() && equal(v, bytes.subspan(at, v.size()));
            at += v.size();
        });
        if (!same || at != bytes.size()) return refused(before.path() + '/' + w.entry.path + ": its content is not what was wanted");
        return {};
    }

    Result<void> inner(Node& before, Node& child, Node& after, const std::vector<Wanted>& wanted) {
        u64 was = TRY(before.entries(cx_))->all()[child.index].node;
        auto* now = TRY(after.entries(cx_));
        for (auto& w : wanted) {
            if (!w.entry.is_file() || w.entry.node != was) continue;
            auto i = now->find(w.entry.path);
            if (!i) return refused(before.path() + '/' + w.entry.path + " is not there");
            return node(child, *TRY(after.entry(*i, cx_)));
        }
        return {};  // removed
    }

    const Changes& changes_;
    const Plan& plan_;
    bool force_format_;
    Context& cx_;
    std::set<Node*> touched_;
    SameExtents seen_;
};

}  // namespace

Result<void> prove(Node& before, Node& after, const Changes& changes, const Plan& plan, bool force_format, Context& cx) {
    return Proof(changes, plan, force_format, cx).node(before, after);
}

}  // namespace fieldstrip
