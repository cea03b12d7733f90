// Two things of one format: fields by name, parts and contents by name, what has no name by its place.
#include <map>
#include <set>

#include "base/text.h"
#include "look/differ_parts.h"

namespace fieldstrip::look {
namespace {

constexpr size_t kMostValues = 1 << 14;

/// Fields that are not the same, as `info` shows them.
std::vector<ValueChange> fields_changed(const Layout& a, ByteView x, const Layout& b, ByteView y) {
    std::vector<ValueChange> out;
    auto bytes = [](const Piece& p, ByteView v) { return v.subspan(p.extent.offset, p.extent.size); };
    auto shown = [&](const Piece& p) { return p.is_field() && !p.name.empty(); };
    for (auto& q : b.pieces) {
        if (!shown(q) || out.size() >= kMostValues) continue;
        auto* p = a.find(q.name);
        if (!p || !shown(*p)) {
            out.push_back({q.name, {}, show(q, bytes(q, y)), q.rule.has_value()});
            continue;
        }
        if (equal(bytes(*p, x), bytes(q, y)) && p->endian == q.endian) continue;
        if (auto v = show(*p, bytes(*p, x)), w = show(q, bytes(q, y)); v != w) {
            const size_t before = out.size();
            for (auto& bit : q.bits)
                if (auto m = show_bits(*p, bit, bytes(*p, x)), n = show_bits(q, bit, bytes(q, y)); m != n)
                    out.push_back({q.name + '.' + std::string(bit.name), m, n, false});
            if (out.size() == before || q.rule) out.resize(before), out.push_back({q.name, v, w, q.rule.has_value()});
        }
    }
    for (auto& p : a.pieces) {
        if (!shown(p) || out.size() >= kMostValues) continue;
        if (auto* q = b.find(p.name); !q || !shown(*q)) out.push_back({p.name, show(p, bytes(p, x)), {}, p.rule.has_value()});
    }
    return out;
}

/// Runs that are neither fields nor parts, by their order.
std::vector<ValueChange> rest_changed(const Layout& a, ByteView x, const Layout& b, ByteView y) {
    auto rest = [](const Layout& l, ByteView v) {
        std::vector<std::pair<const Piece*, ByteView>> out;
        for (auto& p : l.pieces)
            if (p.kind == Piece::Kind::Magic || p.kind == Piece::Kind::Opaque || p.kind == Piece::Kind::Padding ||
                p.kind == Piece::Kind::Slack)
                out.emplace_back(&p, v.subspan(p.extent.offset, p.extent.size));
        return out;
    };
    auto first = rest(a, x), second = rest(b, y);
    std::vector<ValueChange> out;
    auto words = [](ByteView v) {
        constexpr u64 kMost = 16;
        return v.empty()
                   ? "nothing"
                   : std::to_string(v.size()) + " bytes: " + hex(v.first(std::min<u64>(v.size(), kMost))) + (v.size() > kMost ? "…" : "");
    };
    if (first.size() != second.size())
        return {{"other bytes", std::to_string(first.size()) + " runs", std::to_string(second.size()) + " runs", false}};
    for (size_t i = 0; i < first.size() && out.size() < kMostValues; i++) {
        auto [p, v] = first[i];
        auto [q, w] = second[i];
        if (equal(v, w)) continue;
        const bool room = q->kind == Piece::Kind::Padding || q->kind == Piece::Kind::Slack;
        if (room && v.size() != w.size()) continue;
        out.push_back({q->name.empty() ? "bytes at " + hex_number(q->extent.offset) : q->name, words(v), words(w), false});
    }
    return out;
}

}  // namespace

/// One that both have: whether it is not the same.
Result<bool> Differ::child(Node& a, Node& b, Delta& out) {
    auto x = TRY(a.bytes(cx_)), y = TRY(b.bytes(cx_));
    const bool same = equal(x.view(), y.view());
    if (!same) TRY_VOID(compare(a, b, out.inside.emplace_back()));
    a.forget(), b.forget();
    return !same;
}

/// Parts and contents: whether any is not the same. `only_shown`: those that hold nothing are told of elsewhere.
Result<bool> Differ::children(Node& a, Node& b, bool only_shown, Delta& out) {
    bool any = false;
    auto kids_a = TRY(a.children(cx_)), kids_b = TRY(b.children(cx_));
    std::map<std::string_view, Node*> left;
    for (auto& c : kids_a)
        if (c->kind != Node::Kind::Entry) left.emplace(c->name, c.get());
    std::vector<Node*> fresh;
    auto holds = [&](Node& n) { return is_known(*n.format(cx_)) || !n.is_leaf(cx_) || !n.banner(cx_).empty(); };
    for (auto& c : kids_b) {
        if (c->kind == Node::Kind::Entry) continue;
        auto was = left.find(c->name);
        if (was == left.end()) {
            fresh.push_back(c.get());
            continue;
        }
        auto& other = *was->second;
        left.erase(was);
        if (only_shown) {
            auto x = TRY(other.bytes(cx_)), y = TRY(c->bytes(cx_));
            if (equal(x.view(), y.view())) continue;
            if (!holds(other) && !holds(*c)) {
                other.forget(), c->forget();
                continue;
            }
        }
        any = TRY(child(other, *c, out)) || any;
    }
    std::vector<Node*> gone;
    for (auto& c : kids_a)
        if (auto it = left.find(c->name); it != left.end() && it->second == c.get()) gone.push_back(c.get());
    // Under another name: the same bytes.
    using Key = std::pair<u64, u32>;
    std::multimap<Key, Node**> by_bytes;
    for (auto*& n : fresh)
        if (auto y = TRY(n->bytes(cx_)).view(); !gone.empty() && !y.empty()) by_bytes.emplace(Key{y.size(), crc32(y)}, &n);
    for (auto*& g : gone) {
        auto x = TRY(g->bytes(cx_));
        auto same = by_bytes.find({x.size(), crc32(x.view())});
        if (same == by_bytes.end() || !equal(x.view(), TRY((*same->second)->bytes(cx_)).view())) continue;
        describe(*g, **same->second, out.inside.emplace_back());
        out.inside.back().moved = true;
        g = *same->second = nullptr;
        by_bytes.erase(same);
    }
    std::erase(gone, nullptr), std::erase(fresh, nullptr);
    for (auto* g : gone)
        if (!only_shown || holds(*g)) any = true, out.inside.push_back(alone(*g, false));
    for (auto* n : fresh)
        if (!only_shown || holds(*n)) any = true, out.inside.push_back(alone(*n, true));
    return any;
}

Result<void> Differ::items(Node& a, Node& b, Delta& out) {
    auto x = TRY(a.bytes(cx_)), y = TRY(b.bytes(cx_));
    auto first = a.item(cx_), second = b.item(cx_);
    if (!first || !second) {
        leaf(x.view(), y.view(), out);
        return {};
    }
    auto &p = **first, &q = **second;
    out.label_a = p.label, out.label_b = q.label;
    out.fields = fields_changed(p.layout, x.view(), q.layout, y.view());
    bool programs = false;
    if (is_elf(x.view()) && is_elf(y.view())) {
        BinaryBounds bounds;
        bounds.look_for_strings = false;
        auto change = binary_change(x.view(), y.view(), bounds);
        programs = change.executable && !change.sections.empty();
        if (programs) {
            out.how = Delta::How::Changed, out.binary = std::move(change);
            for (auto& f : out.fields) f.follows = true;  // where things are loaded, and how long they are
        }
    }
    bool inside = TRY(children(a, b, programs, out));
    if (p.files() && q.files()) inside = TRY(entries(a, b, out)) || inside;
    if (programs) return {};
    if (p.inside || q.inside) {
        if (is_real(out)) return {};
        // What it holds is the same: how it holds it is not.
        out.how = Delta::How::Changed;
        if (out.note.empty()) out.note = q.files() ? "the same files, stored otherwise" : "the same content, encoded otherwise";
        return {};
    }
    auto rest = rest_changed(p.layout, x.view(), q.layout, y.view());
    const bool explained = inside && std::all_of(rest.begin(), rest.end(), [](auto& v) { return v.name.starts_with("other bytes"); });
    for (auto& v : rest) v.follows = explained;
    out.fields.insert(out.fields.end(), rest.begin(), rest.end());
    // A checksum that is another one while nothing else is does not follow from anything.
    if (!is_real(out))
        for (auto& f : out.fields) f.follows = false;
    if (!is_real(out)) out.how = Delta::How::Changed, out.note = "bytes that no field owns";
    return {};
}

std::optional<std::vector<ValueChange>> options_changed(std::string_view a, std::string_view b) {
    constexpr size_t kFewest = 8;
    using Options = std::map<std::string_view, std::string_view>;
    auto parse = [](std::string_view text) -> std::optional<Options> {
        Options out;
        for (auto line : lines_of(text)) {
            while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
            constexpr std::string_view kUnset = " is not set";
            if (line.starts_with("# CONFIG_") && line.ends_with(kUnset)) {
                out[line.substr(2, line.size() - 2 - kUnset.size())] = "n";
            } else if (line.starts_with("CONFIG_") && line.find('=') != line.npos) {
                auto equals = line.find('=');
                out[line.substr(0, equals)] = line.substr(equals + 1);
            } else if (!line.empty() && line[0] != '#') {
                return {};
            }
        }
        return out.size() < kFewest ? std::nullopt : std::optional(std::move(out));
    };
    auto x = parse(a), y = parse(b);
    if (!x || !y) return {};
    std::vector<ValueChange> out;
    for (auto& [name, v] : *x)
        if (auto now = y->find(name); now == y->end())
            out.push_back({std::string(name), std::string(v), {}, false});
        else if (now->second != v)
            out.push_back({std::string(name), std::string(v), std::string(now->second), false});
    for (auto& [name, v] : *y)
        if (!x->contains(name)) out.push_back({std::string(name), {}, std::string(v), false});
    if (out.empty()) return {};
    std::sort(out.begin(), out.end(), [](auto& m, auto& n) { return m.name < n.name; });
    return out;
}

}  // namespace fieldstrip::look
