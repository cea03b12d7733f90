#include "look/differ.h"

#include "base/text.h"
#include "look/differ_parts.h"

namespace fieldstrip {

bool is_real(const std::vector<ValueChange>& values) {
    return std::any_of(values.begin(), values.end(), [](auto& v) { return !v.follows; });
}

bool is_real(const Delta& c) {
    if (c.follows) return false;
    if (c.how != Delta::How::Same || c.moved || is_real(c.fields) || is_real(c.attributes)) return true;
    return std::any_of(c.inside.begin(), c.inside.end(), [](auto& i) { return is_real(i); });
}

namespace look {

void Differ::describe(Node& a, Node& b, Delta& out) {
    out.kind = b.kind;
    out.path_a = a.path(), out.path_b = b.path();
    out.at_a = a.at(), out.at_b = b.at();
    out.size_a = a.extent().size, out.size_b = b.extent().size;
}

Delta Differ::alone(Node& n, bool second) {
    Delta out;
    out.how = second ? Delta::How::Added : Delta::How::Removed;
    out.kind = n.kind;
    (second ? out.path_b : out.path_a) = n.path();
    (second ? out.at_b : out.at_a) = n.at();
    auto* f = n.format(cx_);
    (second ? out.size_b : out.size_a) = n.extent().size;
    (second ? out.format_b : out.format_a) = f->id;
    if (is_known(*f))
        if (auto item = n.item(cx_)) (second ? out.label_b : out.label_a) = (*item)->label;
    n.forget();
    return out;
}

Result<void> Differ::compare(Node& a, Node& b, Delta& out) {
    auto done = nodes(a, b, out);
    if (done || done.error().kind == Error::Kind::Io) return done;
    // What can't be looked into is no reason to tell nothing of all else.
    out.how = Delta::How::Changed;
    out.note = done.error().message;
    return {};
}

Result<void> Differ::nodes(Node& a, Node& b, Delta& out) {
    describe(a, b, out);
    auto x = TRY(a.bytes(cx_)), y = TRY(b.bytes(cx_));
    out.size_a = x.size(), out.size_b = y.size();
    if (cx_.is_stopped()) return fail(Error::Kind::Io, "stopped");
    if (bool(a.damage()) || bool(b.damage()))
        out.note = std::string(a.damage() && b.damage() ? "both" : a.damage() ? "the first" : "the second") + " could not be read whole";
    const bool decoded = b.kind == Node::Kind::Content || b.kind == Node::Kind::Entry;
    if (decoded && plain(x.view(), y.view(), out)) return {};
    auto *f = a.format(cx_), *g = b.format(cx_);
    out.format_a = f->id, out.format_b = g->id;
    if (f == &padding && g == &padding) {
        out.how = Delta::How::Changed;
        if (auto v = a.pad(), w = b.pad(); v != w) out.note = "filled with 0x" + hex({&w, 1}) + ", was 0x" + hex({&v, 1});
        return {};
    }
    if (f != g) {
        out.how = Delta::How::Changed;
        if (TRY(beside(a, b, out)) || TRY(repacked(a, b, out))) return {};
        if (is_known(*f))
            if (auto item = a.item(cx_)) out.label_a = (*item)->label;
        if (is_known(*g))
            if (auto item = b.item(cx_)) out.label_b = (*item)->label;
        leaf(x.view(), y.view(), out);
        return {};
    }
    banners(a, b, out);
    if (is_known(*f)) return items(a, b, out);
    auto kids_a = TRY(a.children(cx_)), kids_b = TRY(b.children(cx_));
    if (f == &raw && (!kids_a.empty() || !kids_b.empty())) return tiles(a, b, out);
    leaf(x.view(), y.view(), out);
    return {};
}

Result<void> Differ::folders(Node& a, const std::string& folder_a, Node& b, const std::string& folder_b, Delta& out) {
    describe(a, b, out);
    out.format_a = a.format(cx_)->id, out.format_b = b.format(cx_)->id;
    for (auto* n : {&a, &b})
        if (!TRY(n->entries(cx_))) return fail(Error::Kind::NotThis, n->path() + " has no folders");
    TRY(entries(a, b, out, folder_a, folder_b));
    for (auto [folder, path, size] : {std::tuple(&folder_a, &out.path_a, &out.size_a), {&folder_b, &out.path_b, &out.size_b}})
        if (!folder->empty()) *path += (path->ends_with('/') ? "" : "/") + *folder, *size = 0;
    return {};
}

/// One is a format as a whole, the other one holds it beside something else (zeros behind it): told as what both have.
Result<bool> Differ::beside(Node& a, Node& b, Delta& out) {
    const bool first = is_known(*a.format(cx_));
    auto &whole = first ? a : b, &space = first ? b : a;
    if (!is_known(*whole.format(cx_)) || space.format(cx_) != &raw) return false;
    for (auto& c : TRY(space.children(cx_))) {
        if (c->format(cx_) != whole.format(cx_)) continue;
        out.note = first ? "the second has other bytes beside it" : "the first had other bytes beside it";
        TRY(child(first ? whole : *c, first ? *c : whole, out));
        return true;
    }
    return false;
}

/// The same content, the same files in something of another kind.
Result<bool> Differ::repacked(Node& a, Node& b, Delta& out) {
    if (!is_known(*a.format(cx_)) || !is_known(*b.format(cx_))) return false;
    auto first = a.item(cx_), second = b.item(cx_);
    if (!first || !second) return false;
    auto &p = **first, &q = **second;
    out.label_a = p.label, out.label_b = q.label;
    if (p.files() && q.files()) {
        if (!TRY(entries(a, b, out))) out.note = "the same files, in another format";
        return true;
    }
    if (!p.coded() || !q.coded()) return false;
    auto content = [&](Node& n) -> Result<Node*> {
        Node* only = nullptr;
        for (auto& c : TRY(n.children(cx_))) {
            if (c->kind != Node::Kind::Content) continue;
            if (only) return nullptr;
            only = c.get();
        }
        return only;
    };
    auto *x = TRY(content(a)), *y = TRY(content(b));
    if (!x || !y) return false;
    if (!TRY(child(*x, *y, out))) out.note = "the same content, encoded otherwise";
    return true;
}

/// What needs no map: texts, programs (of which there may be thousands).
bool Differ::plain(ByteView a, ByteView b, Delta& out) {
    const bool text = is_text(a) && is_text(b) && (a.size() || b.size());
    const bool programs = is_elf(a) && is_elf(b) && !banner_in(a) && !banner_in(b);
    if (!text && !programs) return false;
    if (text && (leading_format(a, cx_) || leading_format(b, cx_))) return false;
    leaf(a, b, out);
    auto id = [&](ByteView v) -> std::string_view {
        auto* f = programs ? leading_format(v, cx_) : nullptr;
        return f ? f->id : raw.id;
    };
    out.format_a = id(a), out.format_b = id(b);
    return true;
}

void Differ::leaf(ByteView a, ByteView b, Delta& out) {
    out.how = Delta::How::Changed;
    constexpr u64 kLongestText = u64{32} << 20;
    if (is_text(a) && is_text(b) && std::max(a.size(), b.size()) <= kLongestText) {
        if (auto options = options_changed(as_text(a), as_text(b))) {
            out.options = std::move(*options);
            return;
        }
        TextBounds bounds;
        bounds.work = std::min(bounds.work, work_);
        bounds.lines = std::min(bounds.lines, lines_);
        if (!bounds.work) return void(out.note = "too much text: not compared line by line");
        out.text = text_change(as_text(a), as_text(b), bounds);
        work_ -= std::min(work_, u64{8} * (out.text->removed + out.text->added) + a.size() + b.size());
        for (auto& h : out.text->hunks) lines_ -= std::min(lines_, h.lines.size());
        return;
    }
    BinaryBounds bounds;
    const u64 size = a.size() + b.size();
    bounds.look_for_strings = size <= strings_ && size;
    if (bounds.look_for_strings) strings_ -= size;
    out.binary = binary_change(a, b, bounds);
}

/// The line by which a kernel calls itself.
void Differ::banners(Node& a, Node& b, Delta& out) {
    auto x = a.banner(cx_), y = b.banner(cx_);
    if (!x.empty() && !y.empty() && x != y) out.values.push_back({"version", x, y, false});
}

namespace {

void count(const Delta& c, bool in_entry, Counts& n) {
    for (auto& v : c.values) n.versions += v.name == "version";
    n.options += c.options.size();
    for (auto& f : c.fields) n.follow += f.follows && !in_entry;
    using enum Delta::How;
    if (c.follows) n.follow += !in_entry;
    if (!c.follows && !in_entry) {
        const bool folder = c.type == Entry::Type::Directory;
        const bool real = c.how == Changed;
        if (c.thing == Delta::Thing::Node) {
            for (auto& f : c.fields) n.fields += !f.follows;
            n.regions_added += c.how == Added, n.regions_removed += c.how == Removed, n.regions_changed += real, n.regions_moved += c.moved;
        } else {
            (folder ? n.folders_added : n.files_added) += c.how == Added && !(folder && c.with_folder);
            (folder ? n.folders_removed : n.files_removed) += c.how == Removed && !(folder && c.with_folder);
            (folder ? n.folders_moved : n.files_moved) += c.moved;
            n.files_changed += real;
            n.attributes += c.how == Same && is_real(c.attributes);
        }
    }
    for (auto& i : c.inside) count(i, in_entry || c.follows || (c.thing == Delta::Thing::Entry && c.how == Changed), n);
}

}  // namespace
}  // namespace look

u64 Counts::all() const {
    return regions_added + regions_removed + regions_changed + regions_moved + fields + files_added + files_removed + files_changed +
           files_moved + folders_added + folders_removed + folders_moved + attributes;
}

Result<Difference> differences(Node& a, Node& b, Context& cx, const std::string& folder_a, const std::string& folder_b) {
    Difference out;
    if (!folder_a.empty() || !folder_b.empty()) {
        TRY_VOID(look::Differ(cx).folders(a, folder_a, b, folder_b, out.root));
        out.equal = out.root.inside.empty();
        look::count(out.root, false, out.counts);
        return out;
    }
    out.root.path_a = a.path(), out.root.path_b = b.path();
    {
        auto x = TRY(a.bytes(cx)), y = TRY(b.bytes(cx));
        out.root.size_a = x.size(), out.root.size_b = y.size();
        out.equal = equal(x.view(), y.view());
    }
    if (out.equal) return out;
    look::Differ differ(cx);
    TRY_VOID(differ.compare(a, b, out.root));
    look::count(out.root, false, out.counts);
    return out;
}

}  // namespace fieldstrip
