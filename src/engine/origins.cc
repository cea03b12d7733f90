#include "engine/origins.h"

namespace fieldstrip {

bool same_origin(Node& a, const Entry& e, Node& b, const Entry& f, SameExtents& seen, Context& cx) {
    auto origin = [&](Node& n, const Entry& entry) -> std::optional<Origin> {
        auto item = n.item(cx);
        return item && (*item)->files() ? (*item)->files()->origin(entry, cx).value_or(std::nullopt) : std::nullopt;
    };
    auto x = origin(a, e), y = x ? origin(b, f) : std::nullopt;
    auto p = a.bytes(cx), q = b.bytes(cx);
    if (!x || !y || !p || !q || x->how != y->how || x->from.size() != y->from.size()) return false;
    auto same = [&](Extent v, Extent w) {
        if (v.size != w.size || v.end() > p->size() || w.end() > q->size()) return false;
        auto known = seen.find({v.offset, w.offset});
        if (known != seen.end() && known->second == v.size) return true;
        if (!equal(p->view().subspan(v.offset, v.size), q->view().subspan(w.offset, w.size))) return false;
        seen[{v.offset, w.offset}] = v.size;
        return true;
    };
    return std::ranges::equal(x->from, y->from, same);
}

}  // namespace fieldstrip
