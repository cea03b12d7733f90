#include "model/walk.h"

#include <bit>
#include <tuple>

namespace fieldstrip {

bool Walk::require(bool holds, std::string_view why, unsigned bits) {
    if (good_ && !holds) {
        good_ = false;
        why_ = why;
    }
    layout_.bits += bits;
    return good_;
}

Walk::Noted Walk::note(Piece::Kind kind, std::string_view name, std::uint64_t size) {
    if (!require(size <= left(), name)) return {*this, ~size_t{0}, 0};
    auto& p = layout_.pieces.emplace_back();
    p.kind = kind, p.name = name, p.extent = {at_, size}, p.endian = endian_;
    at_ += size;
    return {*this, layout_.pieces.size() - 1, size};
}

void Walk::magic(std::string_view name, ByteView expected) {
    require(expected.size() <= left() && !std::memcmp(ahead().data(), expected.data(), expected.size()), name,
            unsigned(8 * expected.size()));
    note(Piece::Kind::Magic, name, expected.size());
}
Walk::Noted Walk::number(std::string_view name, unsigned width) {
    std::uint64_t v = good_ && width <= left() ? load(ahead(), width, endian_) : 0;
    note(Piece::Kind::Number, name, width);
    return {*this, good_ ? layout_.pieces.size() - 1 : ~size_t{0}, v};
}
Walk::Noted Walk::text_z(std::string_view name) {
    auto rest = ahead();
    auto nul = std::find(rest.begin(), rest.end(), 0);
    require(nul != rest.end(), name);
    return text(name, std::uint64_t(nul - rest.begin()) + 1).fit(Piece::Fit::Terminated);
}
Walk::Noted Walk::part(std::string_view name, std::uint64_t size) {
    if (good_ && size > left()) {
        finding({&findings::cut,
                 std::string(name) + " is cut short: " + std::to_string(left()) + " of " + std::to_string(size) + " bytes are there",
                 {at_, left()}});
        size = left();
    }
    return note(Piece::Kind::Part, name, size).fit(Piece::Fit::Free);
}
void Walk::pad(std::uint64_t align, std::uint8_t filler) {
    auto n = std::min<std::uint64_t>(gap_to(at_, align), left());
    auto byte = one_value(ahead().first(n));
    bool clean = !n || byte == filler;  // what is not all filler is opaque, and kept
    note(clean ? Piece::Kind::Padding : Piece::Kind::Opaque, {}, n);
    if (good_) layout_.pieces.back().align = align, layout_.pieces.back().filler = filler;
}
void Walk::seek(std::uint64_t offset) {
    if (require(offset <= bytes_.size(), "an offset past the end")) at_ = offset;
}

/// What lies between pieces: filler keeps the alignment that it was for, anything else stays as it is.
Piece Walk::between(std::uint64_t from, std::uint64_t to) const {
    Piece p{.kind = Piece::Kind::Opaque, .extent = {from, to - from}};
    if (auto byte = one_value(bytes_.subspan(from, to - from))) {
        auto align = std::bit_ceil(to - from + 1);
        p.kind = Piece::Kind::Padding, p.filler = *byte, p.align = to % align ? 0 : align;
    }
    return p;
}

Result<Layout> Walk::done(std::uint64_t size) && {
    auto wrong = [&](const std::string& why) { return fail(Error::Kind::NotThis, "does not hold together: " + why, {at_, 0}); };
    if (!good_) return wrong(why_);
    auto pieces = std::move(layout_.pieces);
    std::vector<size_t> order(pieces.size());
    for (size_t i = 0; i < order.size(); i++) order[i] = i;
    auto place = [&](size_t i) { return std::tuple(pieces[i].extent.offset, pieces[i].extent.size, i); };
    if (!std::ranges::is_sorted(order, {}, place)) std::ranges::sort(order, {}, place);
    std::uint64_t at = 0, gaps = 0;
    for (size_t i : order) {
        auto& p = pieces[i];
        if (p.extent.offset < at) return wrong(p.name + " overlaps what is before it");
        gaps += p.extent.offset > at;
        at = p.extent.end();
    }
    if (size > bytes_.size()) return wrong("its size");
    layout_.size = std::max(at, size);
    auto& all = layout_.pieces;
    all.reserve(pieces.size() + gaps + 1);
    at = 0;
    for (size_t i : order) {
        auto& p = pieces[i];
        if (p.extent.offset > at) all.push_back(between(at, p.extent.offset));
        at = p.extent.end();
        all.push_back(std::move(p));
    }
    if (size > at) all.push_back(between(at, size));
    if (auto* twice = layout_.know_names()) return wrong("two pieces are called " + twice->name);
    auto known = [&](const std::string& n) { return n.empty() || layout_.find(n); };
    for (auto& p : layout_.pieces) {
        if (!p.rule) continue;
        bool good = !p.name.empty() && known(p.rule->base) && p.rule->unit;
        for (auto& r : p.rule->over)
            good = good && known(r.first) && known(r.last) && layout_.indices(r).first <= layout_.indices(r).second;
        if (!good) return wrong("the rule of " + p.name);
    }
    return std::move(layout_);
}

}  // namespace fieldstrip
