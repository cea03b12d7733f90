#include "engine/proof.h"

#include <set>

#include "engine/verifier.h"

namespace fieldstrip {
namespace {

using Passed = std::set<std::string, std::less<>>;

std::unexpected<Error> refused(const std::string& why) {
    return fail(Error::Kind::Unsupported, "the result was opened again and is not right, so nothing was written: " + why);
}

class Proof {
  public:
    Proof(const Changes& changes, bool force_format, Context& cx) : changes_(changes), force_format_(force_format), cx_(cx) {
        for (auto& [node, change] : changes)
            for (Node* n = node; n; n = n->parent) touched_.insert(n);
    }

    Result<void> node(Node& before, Node& after) {
        auto c = changes_.find(&before);
        if (c != changes_.end() && c->second.bytes) return replaced(before, after);
        if (before.format(cx_) != after.format(cx_))
            return refused(before.path() + " was " + std::string(before.format(cx_)->id) + " and is " + std::string(after.format(cx_)->id));
        TRY_VOID(checks(before, after));
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

    /// Of several of a kind there may be fewer now ("check[7]"), when a content became shorter; the first must be there.
    static bool counted_away(std::string_view name) { return name.ends_with(']'); }

    const Changes& changes_;
    bool force_format_;
    Context& cx_;
    std::set<Node*> touched_;
};

}  // namespace

Result<void> prove(Node& before, Node& after, const Changes& changes, bool force_format, Context& cx) {
    return Proof(changes, force_format, cx).node(before, after);
}

}  // namespace fieldstrip
