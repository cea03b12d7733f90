#include "model/layout.h"

namespace fieldstrip {

namespace findings {
const FindingKind cut{"cut", Severity::Error, "The structure says that it is longer than the space it lies in: its end is missing."};
}

std::string words_of(const Rule& r) {
    std::string ranges;
    for (auto& range : r.over) {
        ranges += ranges.empty() ? "" : ", ";
        ranges += range.first.empty() ? "everything" : range.first == range.last ? range.first : range.first + " to " + range.last;
    }
    std::string out;
    switch (r.kind) {
        case Rule::Kind::Size: out = "size of " + ranges; break;
        case Rule::Kind::Begin: out = "offset of " + ranges; break;
        case Rule::Kind::End: out = "end of " + ranges; break;
        case Rule::Kind::Digest: out = std::string(r.digest->name) + " of " + ranges; break;
        case Rule::Kind::Signature: out = "signature over " + ranges; break;
        case Rule::Kind::Inside: return "follows from what is inside";
    }
    if (!r.base.empty()) out += " from " + r.base;
    if (r.unit != 1) out += " / " + std::to_string(r.unit);
    if (r.plus) out += (r.plus > 0 ? " + " : " - ") + std::to_string(r.plus > 0 ? r.plus : -r.plus);
    return out;
}

const Piece* Layout::know_names() {
    auto name = [&](u32 i) -> const std::string& { return pieces[i].name; };
    by_name_.clear();
    for (u32 i = 0; i < pieces.size(); i++)
        if (!name(i).empty()) by_name_.push_back(i);
    std::ranges::sort(by_name_, {}, name);
    auto twice = std::ranges::adjacent_find(by_name_, {}, name);
    return twice == by_name_.end() ? nullptr : &pieces[*twice];
}
std::optional<size_t> Layout::index_of(std::string_view name) const {
    auto at = std::ranges::lower_bound(by_name_, name, {}, [&](u32 i) -> std::string_view { return pieces[i].name; });
    if (at == by_name_.end() || pieces[*at].name != name) return {};
    return *at;
}
const Piece* Layout::find(std::string_view name) const {
    auto i = index_of(name);
    return i ? &pieces[*i] : nullptr;
}
std::pair<size_t, size_t> Layout::indices(const Range& r) const {
    if (r.first.empty()) return {0, pieces.size() - 1};
    const auto first = index_of(r.first).value();
    return {first, r.first == r.last ? first : index_of(r.last).value()};
}
Extent Layout::extent(const Range& r) const {
    auto [first, last] = indices(r);
    return {pieces[first].extent.offset, pieces[last].extent.end() - pieces[first].extent.offset};
}

Result<Layout> with_field(Layout l, std::string_view name) {
    if (!l.more || find_field(l, name)) return l;
    auto piece = TRY(l.more->make(name));
    auto at = l.index_of(l.more->before).value();
    piece.extent = {l.pieces[at].extent.offset, 0};
    l.pieces.insert(l.pieces.begin() + std::ptrdiff_t(at), std::move(piece));
    l.know_names();
    return l;
}

std::optional<Bytes> value_of(const Layout& l, size_t i, const PieceBytes& bytes) {
    const Piece& p = l.pieces[i];
    const Rule& r = *p.rule;
    const auto width = unsigned(p.extent.size);
    auto number = [&](u64 v) {
        Bytes out(width);
        store(out, width, p.endian, v);
        return out;
    };
    u64 base = r.base.empty() ? 0 : l.find(r.base)->extent.offset, size = 0;
    switch (r.kind) {
        case Rule::Kind::Size:
            for (auto& range : r.over) size += l.extent(range).size;
            return number(size / r.unit + u64(r.plus));
        case Rule::Kind::Begin: return number((l.extent(r.over[0]).offset - base) / r.unit + u64(r.plus));
        case Rule::Kind::End: return number((l.extent(r.over[0]).end() - base) / r.unit + u64(r.plus));
        case Rule::Kind::Digest: break;
        default: return {};
    }
    Bytes self(width), out = r.digest->of([&](const Eat& eat) {
        for (u64 k = 0; k < width && !r.self.empty(); k++) self[k] = r.self[k % r.self.size()];
        for (auto& range : r.over) {
            auto [first, last] = l.indices(range);
            for (size_t k = first; k <= last; k++) {
                if (k == i)
                    eat(self);
                else
                    bytes(k, eat);
            }
        }
    });
    if (!r.digest->number) return out;
    return number(load(out, unsigned(out.size()), Endian::Big));
}

std::vector<size_t> derived_in_order(const Layout& l) {
    std::vector<size_t> order, digests;  // digests: by index, so a range is a slice of it
    for (size_t i = 0; i < l.pieces.size(); i++)
        if (l.pieces[i].rule) (l.pieces[i].rule->kind == Rule::Kind::Digest ? digests : order).push_back(i);
    std::vector<bool> seen(l.pieces.size());
    std::vector<std::pair<size_t, bool>> todo;  // (piece, its own are done); a stack of our own: input decides the depth
    for (auto d = digests.rbegin(); d != digests.rend(); ++d) todo.emplace_back(*d, false);
    while (!todo.empty()) {
        auto [i, ready] = todo.back();
        todo.pop_back();
        if (ready) order.push_back(i);
        if (ready || seen[i]) continue;
        seen[i] = true;  // a circle ends here; the laws tell the format's author
        todo.emplace_back(i, true);
        for (auto& range : l.pieces[i].rule->over) {
            auto [first, last] = l.indices(range);
            for (auto d = std::lower_bound(digests.begin(), digests.end(), first); d != digests.end() && *d <= last; ++d)
                if (!seen[*d]) todo.emplace_back(*d, false);
        }
    }
    return order;
}

static PieceBytes as_they_lie(const Layout& l, ByteView all) {
    return [&l, all](size_t i, const Eat& eat) { eat(all.subspan(l.pieces[i].extent.offset, l.pieces[i].extent.size)); };
}

std::vector<Extent> covers_of(const Layout& l, const Piece& p) {
    std::vector<Extent> out;
    if (p.rule->kind != Rule::Kind::Digest && p.rule->kind != Rule::Kind::Signature) return out;
    for (auto& r : p.rule->over) {
        Extent e = l.extent(r);
        if (!e.meets(p.extent)) {
            out.push_back(e);
            continue;
        }
        if (p.extent.offset > e.offset) out.push_back({e.offset, p.extent.offset - e.offset});
        if (p.extent.end() < e.end()) out.push_back({p.extent.end(), e.end() - p.extent.end()});
    }
    return out;
}

void check(const Layout& l, ByteView all, const CheckSink& sink) {
    for (size_t i : derived_in_order(l)) {
        const Piece& p = l.pieces[i];
        if (p.rule->kind == Rule::Kind::Inside) continue;
        auto covers = covers_of(l, p);
        auto stored = all.subspan(p.extent.offset, p.extent.size);
        Bytes expected(stored.begin(), stored.end());
        auto found = value_of(l, i, as_they_lie(l, all));
        auto outcome = !found ? Check::Outcome::Unchecked : *found == expected ? Check::Outcome::Pass : Check::Outcome::Fail;
        if (p.kind == Piece::Kind::Number && p.endian == Endian::Little) {
            std::reverse(expected.begin(), expected.end());
            if (found) std::reverse(found->begin(), found->end());
        }
        sink({p.name, p.extent, covers, expected, found ? *found : Bytes{}, outcome});
    }
}

bool holds(const Layout& l, size_t i, ByteView all) {
    auto value = value_of(l, i, as_they_lie(l, all));
    return value && equal(*value, all.subspan(l.pieces[i].extent.offset, l.pieces[i].extent.size));
}
bool holds(const Layout& l, std::string_view name, ByteView all) {
    auto i = l.index_of(name);
    return i && holds(l, *i, all);
}

}  // namespace fieldstrip
