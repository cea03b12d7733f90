#include "engine/owners.h"

#include "engine/verifier.h"

namespace fieldstrip {
namespace {

constexpr size_t kMostFiles = 16;  // that share a byte are read for their checks

bool has(const Extent& e, u64 at) { return at >= e.offset && at - e.offset < e.size; }

/// The file that lies there as it is.
Result<Node*> stored_file(Node& n, const std::vector<Occupant>& occupants, u64 at, u64& in_file, Context& cx) {
    auto* list = TRY(n.entries(cx));
    if (!list) return nullptr;
    auto* files = TRY(n.item(cx))->files();
    for (auto& p : occupants) {
        auto i = p.entry && p.within.size ? list->find(*p.entry) : std::nullopt;
        if (!i || !list->all()[*i].is_file()) continue;
        auto stored = files->stored(list->all()[*i]);
        if (!stored || !has(*stored, at)) continue;
        in_file = at - stored->offset;
        return TRY(n.entry(*i, cx));
    }
    return nullptr;
}

}  // namespace

Result<std::vector<Owner>> owners_of(Node& top, u64 at, Context& cx) {
    std::vector<Owner> out;
    for (Node* n = &top; n;) {
        Owner owner{n, at};
        const Item* item = nullptr;
        if (is_known(*n->format(cx)))
            if (auto opened = n->item(cx)) item = *opened;
        if (item) {
            for (auto& p : item->layout.pieces)
                if (has(p.extent, at)) owner.piece = &p;
            if (item->inside)
                if (auto known = item->inside->occupants(at, cx)) owner.occupants = std::move(*known);
        }
        Node* next = nullptr;
        u64 in_next = 0;
        if (auto kids = n->children(cx))
            for (auto& c : *kids)
                if ((c->kind == Node::Kind::Region || c->kind == Node::Kind::Part) && has(c->extent(), at))
                    next = c.get(), in_next = at - c->extent().offset;
        if (!next && item)
            if (auto file = stored_file(*n, owner.occupants, at, in_next, cx)) next = *file;
        out.push_back(std::move(owner));
        n = next, at = in_next;
    }
    return out;
}

Result<std::vector<Voucher>> vouchers_of(std::span<const Owner> owners, Context& cx) {
    std::vector<Voucher> out;
    for (auto& owner : owners) {
        auto& n = *owner.node;
        auto hear = [&](const Check& c, u64 shift) {
            auto covers =
                std::any_of(c.covers.begin(), c.covers.end(), [&](auto& e) { return owner.at >= shift && has(e, owner.at - shift); });
            if (!covers && !(owner.at >= shift && has(c.at, owner.at - shift))) return;
            Voucher v{n.path(), std::string(c.name), {}, c.outcome};
            if (!c.entry.empty()) v.path += (v.path.ends_with('/') ? "" : "/") + std::string(c.entry);
            for (auto e : c.covers) e.offset += shift, v.covers.push_back(e);
            out.push_back(std::move(v));
        };
        TRY_VOID(verify_own(n, [&](const NodeCheck& c) { hear(c.check, c.shift); }, cx));
        auto* list = owner.occupants.empty() ? nullptr : TRY(n.entries(cx));
        size_t files = 0;
        for (auto& p : owner.occupants) {
            auto i = list && p.entry && p.within.size ? list->find(*p.entry) : std::nullopt;
            if (!i || !list->all()[*i].is_file() || files++ >= kMostFiles) continue;
            TRY_VOID(TRY(n.entry(*i, cx))->decode([&](const Check& c) { hear(c, 0); }, cx));
        }
    }
    return out;
}

}  // namespace fieldstrip
