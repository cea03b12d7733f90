#include "engine/words.h"

#include "base/text.h"

namespace fieldstrip {

std::string_view kind_name(Node::Kind k) {
    return k == Node::Kind::Region ? "region" : k == Node::Kind::Part ? "part" : k == Node::Kind::Entry ? "entry" : "content";
}
std::string_view severity_name(Severity s) { return s == Severity::Note ? "note" : s == Severity::Warning ? "warning" : "error"; }
std::string_view outcome_name(Check::Outcome o) {
    return o == Check::Outcome::Pass ? "pass" : o == Check::Outcome::Fail ? "fail" : "unchecked";
}

std::string check_value(ByteView b) {
    if (b.empty()) return "";
    return (b.size() <= 8 ? "0x" : "") + hex(b);
}

std::string label_of(Node& n, Context& cx) {
    auto* f = n.format(cx);
    if (f == &padding) {
        u8 pad = n.pad();
        return "filled with 0x" + hex({&pad, 1});
    }
    if (f == &raw && !n.banner(cx).empty()) return "holds: " + n.banner(cx);
    if (!is_known(*f)) return std::string(f->title);
    auto item = n.item(cx);
    return item ? (*item)->label : std::string(f->title);
}

std::vector<ShownField> fields_of(const Layout& l, ByteView all) {
    std::vector<ShownField> out;
    for (auto& p : l.pieces) {
        if (!p.is_field() || p.name.empty()) continue;
        auto bytes = all.subspan(p.extent.offset, p.extent.size);
        out.push_back({p.name, show(p, bytes), p.extent, !p.rule, p.rule ? words_of(*p.rule) : ""});
        for (auto& b : p.bits) out.push_back({p.name + '.' + std::string(b.name), show_bits(p, b, bytes), p.extent, true, ""});
    }
    return out;
}

size_t nobodys(std::span<const std::unique_ptr<Node>> kids, size_t i, Context& cx) {
    size_t n = 0;
    while (i + n < kids.size() && kids[i + n]->kind == Node::Kind::Region && !is_known(*kids[i + n]->format(cx)) &&
           kids[i + n]->broken().empty())
        n++;
    return n;
}

std::string mode_octal(u32 mode) {
    char text[16];
    std::snprintf(text, sizeof text, "%04o", mode);
    return text;
}

std::string mode_letters(const Entry& e) {
    std::string out(1, "-dlcbps"[size_t(e.type)]);
    if (!e.mode) return out + "?????????";
    for (int shift : {6, 3, 0})
        for (int bit = 2; bit >= 0; bit--) out += *e.mode >> (shift + bit) & 1 ? "xwr"[bit] : '-';
    auto special = [&](size_t at, u32 bit, char both) {
        if (*e.mode & bit) out[at] = out[at] == 'x' ? both : char(both - 32);
    };
    special(3, 04000, 's'), special(6, 02000, 's'), special(9, 01000, 't');
    return out;
}

}  // namespace fieldstrip
