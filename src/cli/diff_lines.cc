#include "cli/diff_lines.h"

#include "base/text.h"

namespace fieldstrip::cli {

std::string printable(std::string_view s) {
    std::string out;
    for (size_t column = 0; !s.empty();) {
        const auto n = std::min(s.size(), s.find_first_of("\\\t"));
        out += escape(s.substr(0, n));
        column += n;
        if (n == s.size()) break;
        if (s[n] == '\\') out += '\\', column++;
        if (s[n] == '\t') out.append(8 - column % 8, ' '), column += 8 - column % 8;
        s.remove_prefix(n + 1);
    }
    return out;
}

std::string many(u64 n, const char* one, const char* several) { return std::to_string(n) + ' ' + (n == 1 ? one : several); }
std::string many(u64 n, const char* one) { return many(n, one, (std::string(one) + 's').c_str()); }

DiffLines::DiffLines(const Counts& n, const Options& o) : colors_(o.colored), full_(o.verbose) {
    tight_ = !full_ && n.files_added + n.files_removed + n.files_changed + n.files_moved > kMany;
}

std::string DiffLines::sizes(u64 a, u64 b) { return a == b ? size_text(a) : std::to_string(a) + " → " + size_text(b); }

void DiffLines::line(size_t indent, const std::string& text) { put(std::string(indent, ' ') + text + '\n'); }

std::string DiffLines::clip(std::string text, size_t indent) const {
    if (full_) return text;
    size_t columns = 0;
    for (size_t i = 0; i < text.size(); i++) {
        if ((u8(text[i]) & 0xC0) == 0x80) continue;
        if (++columns + indent >= kWidth && text.size() - i > 1) return text.substr(0, i) + "…";
    }
    return text;
}

void DiffLines::details(const Delta& c, size_t indent) {
    if (!c.note.empty()) line(indent, colors_.dim(c.note));
    versions(c, indent);
    if (!tight_ || c.thing == Delta::Thing::Node) values(c.fields, indent, full_ ? c.fields.size() : kFiles, "fields");
    values(c.options, indent, full_ ? c.options.size() : kFiles, "options");
    if (c.text) text(*c.text, indent);
    if (c.binary) binary(*c.binary, indent);
}

void DiffLines::versions(const Delta& c, size_t indent) {
    for (auto& v : c.values) {
        if (!said_.emplace(*v.before + *v.after, true).second) continue;
        line(indent, colors_.red("- " + both_ends(*v.before, indent + 2)));
        line(indent, colors_.green("+ " + both_ends(*v.after, indent + 2)));
    }
}

std::string DiffLines::words(const ValueChange& v) const {
    auto one = [&](const std::optional<std::string>& s) {
        return s ? s->empty() ? std::string("\"\"") : clip(printable(*s), kWidth / 2) : std::string("none");
    };
    return printable(v.name) + ": " + one(v.before) + " → " + one(v.after);
}

std::string DiffLines::both_ends(const std::string& s, size_t indent) const {
    constexpr size_t kEnd = 40;
    auto text = printable(s);
    if (full_ || text.size() + indent <= kWidth || !is_ascii(text)) return clip(text, indent);
    return text.substr(0, kWidth - indent - kEnd - 3) + " … " + text.substr(text.size() - kEnd);
}

bool DiffLines::is_ascii(const std::string& s) {
    return std::all_of(s.begin(), s.end(), [](char c) { return u8(c) < 0x80; });
}

void DiffLines::values(const std::vector<ValueChange>& all, size_t indent, size_t most, const char* what) {
    size_t said = 0, left = 0;
    for (auto& v : all) {
        if (v.follows && !full_) continue;
        if (hides(v)) continue;
        if (said++ >= most)
            left++;
        else
            line(indent, v.follows ? colors_.dim(words(v) + "  (follows)") : clip(words(v), indent));
    }
    if (left) line(indent, colors_.dim("… and " + std::to_string(left) + " more " + what + " (-v)"));
}

void DiffLines::text(const TextChange& t, size_t indent) {
    size_t all = 0;
    for (auto& h : t.hunks) all += h.lines.size() + 1;
    if (tight_) {
        if (t.left_out || t.added + t.removed > kFew) return;  // its line says how many
        for (auto& h : t.hunks)
            for (auto& l : h.lines)
                if (l.sign == '-' || l.sign == '+')
                    line(indent, (l.sign == '-' ? colors_.red(clip(l.sign + printable(l.text), indent))
                                                : colors_.green(clip(l.sign + printable(l.text), indent))));
        return;
    }
    size_t left = full_ ? all : kTextLines;
    for (auto& h : t.hunks) {
        if (!left) break;
        auto range = [](u64 at, u64 n) { return std::to_string(at) + (n == 1 ? "" : ',' + std::to_string(n)); };
        line(indent, colors_.dim("@@ -" + range(h.line_a, h.count_a) + " +" + range(h.line_b, h.count_b) + " @@"));
        left--;
        for (auto& l : h.lines) {
            if (!left) break;
            left--, all--;
            auto shown = clip(l.sign + printable(l.text), indent);
            line(indent, l.sign == '-' ? colors_.red(shown) : l.sign == '+' ? colors_.green(shown) : shown);
        }
        all--;
    }
    if (all) line(indent, colors_.dim("… and " + std::to_string(all) + " more lines (-v)"));
}

void DiffLines::binary(const BinaryChange& b, size_t indent) {
    if (tight_) return;
    if (!b.sections.empty()) {
        std::string text = "sections:";
        size_t said = 0;
        for (auto& s : b.sections) {
            if (said++ >= kRow && !full_) break;
            auto size = [](auto& n) { return n ? std::to_string(*n) : std::string("none"); };
            text += (said > 1 ? ", " : " ") + printable(s.name) + (s.before == s.after ? "" : ' ' + size(s.before) + " → " + size(s.after));
        }
        if (b.sections.size() > said) text += " … " + std::to_string(b.sections.size()) + " in all";
        line(indent, clip(text, indent));
    } else if (!b.ranges.empty()) {
        std::string text = b.differing ? many(b.differing, "byte differs", "bytes differ") + " at" : "from";
        for (size_t i = 0; i < b.ranges.size() && (full_ || i < kRow); i++)
            text += (i ? ", " : " ") + hex_number(b.ranges[i].offset) + '+' + std::to_string(b.ranges[i].size);
        if (b.ranges.size() > kRow && !full_) text += " …";
        line(indent, clip(text, indent));
    }
    auto strings = [&](char sign, const std::vector<std::string>& all, u64 more) {
        const size_t most = full_ ? all.size() : 4;
        for (size_t i = 0; i < all.size() && i < most; i++) {
            auto shown = clip(std::string("string ") + sign + printable(all[i]), indent);
            line(indent, sign == '-' ? colors_.red(shown) : colors_.green(shown));
        }
        if (auto left = all.size() - std::min(all.size(), most) + more)
            line(indent, colors_.dim("… and " + std::to_string(left) + " more strings " + (sign == '-' ? "gone" : "new")));
    };
    strings('-', b.removed, b.more_removed), strings('+', b.added, b.more_added);
}

bool DiffLines::hides(const ValueChange& v) const { return no_times_ && v.name == "mtime"; }

void DiffLines::wrapped(char sign, const std::string& words, size_t indent) const {
    constexpr size_t kLines = 3;
    std::string_view left = words;
    for (size_t i = 0; !left.empty() && i < kLines; i++) {
        const size_t room = kWidth - indent - 2;
        size_t n = left.size() <= room ? left.size() : left.substr(0, room).rfind(' ');
        if (n == left.npos || !n) n = std::min(left.find(' '), left.size());
        const bool cut = i + 1 == kLines && n < left.size();
        auto text = std::string(1, sign) + ' ' + std::string(left.substr(0, n)) + (cut ? " …" : "");
        line(indent, sign == '+' ? colors_.green(text) : colors_.red(text));
        left.remove_prefix(std::min(left.size(), n + 1));
    }
}

}  // namespace fieldstrip::cli
