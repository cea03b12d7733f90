// A difference as text: the summary, then what changed, folded so that a release fits on one screen; -v unfolds.
#include <map>

#include "base/text.h"
#include "cli/diff.h"
#include "cli/diff_lines.h"

namespace fieldstrip::cli {
namespace {

bool is_module(std::string_view path) {
    for (auto* end : {".ko", ".ko.xz", ".ko.gz", ".ko.zst"})
        if (path.ends_with(end)) return true;
    return false;
}
const std::string& shown_path(const Delta& c) { return c.path_b.empty() ? c.path_a : c.path_b; }
bool has_code(const Delta& c) {
    return (c.binary && c.binary->code()) || std::any_of(c.inside.begin(), c.inside.end(), [](auto& i) { return has_code(i); });
}

class Text : DiffLines {
  public:
    Text(const Difference& d, const Options& o) : DiffLines(d.counts, o), d_(d), o_(o) {}

    void run() {
        auto& r = d_.root;
        if (d_.equal)
            return line(
                0, escape(o_.images[0]) + " and " + escape(o_.images[1]) + " are the same" + (r.size_a ? ", " + size_text(r.size_a) : ""));
        const auto a = escape(o_.images[0]), b = escape(o_.images[1]), size = sizes(r.size_a, r.size_b);
        const bool fits = a.size() + b.size() + size.size() + 5 <= kWidth;
        line(0, colors_.bold(a + (fits ? " " : "\n") + "→ " + b + "  " + size));
        auto& n = d_.counts;
        std::vector<std::string> said;
        auto say = [&](u64 count, const std::string& text) {
            if (count) said.push_back(text);
        };
        auto what = [&](const char* one, const char* several, u64 added, u64 removed, u64 changed, u64 moved, const char* moved_word) {
            std::string text;
            for (auto [count, word] : {std::pair(added, "added"), {removed, "removed"}, {changed, "changed"}, {moved, moved_word}})
                if (count) text += (text.empty() ? many(count, one, several) : ", " + std::to_string(count)) + ' ' + word;
            say(!text.empty(), text);
        };
        what("region", "regions", n.regions_added, n.regions_removed, n.regions_changed, n.regions_moved, "moved");
        say(n.fields, many(n.fields, "field"));
        what("file", "files", n.files_added, n.files_removed, n.files_changed, n.files_moved, "renamed");
        what("folder", "folders", n.folders_added, n.folders_removed, 0, n.folders_moved, "renamed");
        say(n.attributes, many(n.attributes, "entry", "entries") + " with another mode, owner, time or target");
        say(n.options, many(n.options, "configuration option"));
        std::string summary = many(n.all(), "change") + ':';
        for (auto& text : said) {
            const bool room = summary.size() - summary.rfind('\n') + text.size() + 2 <= kWidth;
            summary += (&text == &said[0] ? " " : room ? "; " : ";\n  ") + text;
        }
        line(0, summary);
        if (n.follow)
            line(0, colors_.dim(many(n.follow, "more follows", "more follow") + " from that: checksums, sizes, room" +
                                (full_ ? "" : " (-v shows them)")));
        node(r, 0);
    }

  private:
    std::string marked(const Delta& c, const std::string& text) const {
        using enum Delta::How;
        if (c.follows) return colors_.dim("= " + text);
        if (c.how == Added) return colors_.green("+ " + text);
        if (c.how == Removed) return colors_.red("- " + text);
        return colors_.yellow(std::string(c.how == Same && c.moved ? "> " : "~ ") + text);
    }

    /// Any node: a line of its own where it has something to say by itself, then what is inside.
    void node(const Delta& c, size_t indent) {
        const bool entries = std::any_of(c.inside.begin(), c.inside.end(), [](auto& i) { return i.thing == Delta::Thing::Entry; });
        if (!is_shown(c)) return;
        const bool own = c.how != Delta::How::Same || c.moved || c.follows || !c.note.empty() || !c.values.empty() ||
                         (full_ ? !c.fields.empty() : is_real(c.fields));
        if (own || entries) {
            auto text = shown_path(c);
            auto format = c.format_a == c.format_b || c.format_b.empty() ? c.format_a
                          : c.format_a.empty()                           ? c.format_b
                                                                         : c.format_a + " → " + c.format_b;
            std::string more = "  " + format;
            if (c.how == Delta::How::Added || c.how == Delta::How::Removed)
                more += ", " + size_text(c.how == Delta::How::Added ? c.size_b : c.size_a);
            else if (c.size_a != c.size_b)
                more += ", " + std::to_string(c.size_a) + " → " + std::to_string(c.size_b) + " bytes";
            if (c.moved && c.at_a && c.at_b) more += ", " + hex_number(*c.at_a) + " → " + hex_number(*c.at_b);
            if (c.moved && (!c.at_a || !c.at_b)) more += ", was " + escape(c.path_a);
            line(indent, marked(c, clip(escape(text) + more, indent + 2)));
            details(c, indent + 4);
        }
        if (entries) list(c, indent + 2);
        for (auto& i : c.inside)
            if (i.thing == Delta::Thing::Node) node(i, indent);
    }
    bool is_shown(const Delta& c) const { return full_ || is_real(c); }

    // Entries of a file system.

    std::string local(const std::string& path, const std::string& of) const {
        auto rest = std::string_view(path).substr(std::min(path.size(), of.size()));
        while (rest.starts_with('/')) rest.remove_prefix(1);
        return escape(rest.empty() ? "/" : rest);
    }
    std::string name(const Delta& c, const Delta& fs) const {
        if (c.path_a.empty()) return local(c.path_b, fs.path_b);
        auto a = local(c.path_a, fs.path_a);
        if (c.path_b.empty() || !c.moved) return c.path_b.empty() ? a : local(c.path_b, fs.path_b);
        auto b = local(c.path_b, fs.path_b);
        auto slash = a.rfind('/') + 1;  // 0 where there is none
        return a + " → " +
               (slash && b.size() > slash && b.substr(0, slash) == a.substr(0, slash) && b.find('/', slash) == b.npos ? b.substr(slash)
                                                                                                                      : b);
    }

    void list(const Delta& fs, size_t indent) {
        size_t times = 0;
        for (auto& c : fs.inside)
            for (auto& v : c.attributes) times += v.name == "mtime" && !v.follows;
        const bool outer = std::exchange(no_times_, no_times_ || (!full_ && times > kRow));
        entries(fs, indent);
        no_times_ = outer;
    }
    void entries(const Delta& fs, size_t indent) {
        std::vector<const Delta*> modules, others;
        std::map<std::string, std::vector<const Delta*>> by_attribute;
        size_t with_folder = 0;
        for (auto& c : fs.inside) with_folder += c.with_folder;
        for (auto& c : fs.inside) {
            if (c.thing != Delta::Thing::Entry) continue;
            const bool told = c.with_folder && with_folder > kRow && !is_module(shown_path(c));  // its folder says how many
            if (!full_ && (told || !is_shown(c))) continue;
            if (only_times(c)) continue;
            if (!full_ && c.type == Entry::Type::File && is_module(shown_path(c)))
                modules.push_back(&c);
            else if (!full_ && c.how == Delta::How::Same && !c.moved)
                by_attribute[attribute_names(c)].push_back(&c);
            else
                others.push_back(&c);
        }
        if (modules.size() <= kRow) {
            others.insert(others.end(), modules.begin(), modules.end());
            modules.clear();
        }
        for (auto& [names, all] : by_attribute)
            if (all.size() <= kRow) others.insert(others.end(), all.begin(), all.end());
        std::stable_sort(others.begin(), others.end(), [](auto* x, auto* y) { return path_less(shown_path(*x), shown_path(*y)); });
        // Where there are too many, those that are told of: folders first, then what says most of itself.
        if (!full_ && others.size() > kFiles) {
            std::stable_sort(others.begin(), others.end(), [&](auto* x, auto* y) { return weight(*x) > weight(*y); });
            std::sort(others.begin(), others.begin() + kFiles, [](auto* x, auto* y) { return path_less(shown_path(*x), shown_path(*y)); });
        }
        for (size_t i = 0; i < others.size() && (full_ || i < kFiles); i++) entry(*others[i], fs, indent);
        if (!full_ && others.size() > kFiles) rest({others.begin() + kFiles, others.end()}, "other entries", fs, indent);
        for (auto& [names, all] : by_attribute)
            if (all.size() > kRow)
                line(indent,
                     colors_.yellow("~ ") + names + " of " + many(all.size(), "entry", "entries") + colors_.dim(" (-v lists them)"));
        if (!modules.empty()) rest(modules, "modules", fs, indent);
    }
    /// Within an image in a file, where the outer one was made anew too.
    bool only_times(const Delta& c) const {
        return nested_ && no_times_ && c.how == Delta::How::Same && !c.moved &&
               std::all_of(c.attributes.begin(), c.attributes.end(), [&](auto& v) { return hides(v); });
    }
    static int weight(const Delta& c) {
        return (c.type == Entry::Type::Directory) * 8 + !c.options.empty() * 8 + !c.inside.empty() * 4 +
               (c.how == Delta::How::Removed || c.how == Delta::How::Added) * 2 + c.moved;
    }
    std::string attribute_names(const Delta& c) const {
        std::string out;
        for (auto& v : c.attributes)
            if (full_ || !v.follows) out += (out.empty() ? "" : ", ") + printable(v.name);
        return out;
    }

    /// "modules: 12 added, 3 removed, 3890 changed (210 in code)", and the names of the first two.
    void rest(const std::vector<const Delta*>& all, const std::string& what, const Delta& fs, size_t indent) {
        std::string added, removed;
        u64 n_added = 0, n_removed = 0, changed = 0, moved = 0, code = 0, times = 0;
        for (auto* c : all) {
            auto path = local(shown_path(*c), c->path_b.empty() ? fs.path_a : fs.path_b);
            auto last = path.substr(path.rfind('/') + 1);
            if (c->how == Delta::How::Added) n_added++, added += (added.empty() ? "" : " ") + last;
            if (c->how == Delta::How::Removed) n_removed++, removed += (removed.empty() ? "" : " ") + last;
            moved += c->moved;
            changed += c->how == Delta::How::Changed, code += c->how == Delta::How::Changed && has_code(*c);
            times += c->how == Delta::How::Same && !c->moved;
        }
        std::string text;
        for (auto& [count, word] : {std::pair(n_added, "added"),
                                    {n_removed, "removed"},
                                    {changed, "changed"},
                                    {moved, "renamed"},
                                    {times, "with other attributes"}}) {
            if (!count) continue;
            text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + word;
            if (count == changed && code && std::string_view(word) == "changed") text += " (" + std::to_string(code) + " in their code)";
        }
        line(indent, colors_.yellow("~ ") + what + ": " + text + colors_.dim(" (-v lists them)"));
        wrapped('+', added, indent + 4);
        wrapped('-', removed, indent + 4);
    }
    void entry(const Delta& c, const Delta& fs, size_t indent) {
        std::string more;
        auto type = c.type == Entry::Type::File ? "" : ' ' + std::string(fieldstrip::name_of(c.type));
        const bool folder = c.type == Entry::Type::Directory;
        if (folder && (c.how == Delta::How::Added || c.how == Delta::How::Removed || c.moved)) more += "  folder, " + many(c.files, "file");
        if (!folder && c.how == Delta::How::Added) more += " " + type + (type.empty() ? ' ' + size_text(c.size_b) : "");
        if (!folder && c.how == Delta::How::Removed) more += " " + type + (type.empty() ? ' ' + size_text(c.size_a) : "");
        if (c.how == Delta::How::Changed)
            more +=
                "  " + (c.size_a == c.size_b ? "the same size" : std::to_string(c.size_a) + " → " + std::to_string(c.size_b) + " bytes");
        if (c.text) more += ", +" + std::to_string(c.text->added) + " -" + std::to_string(c.text->removed) + " lines";
        if (!c.options.empty()) more += ", " + many(c.options.size(), "option");
        for (auto& v : c.attributes)
            if (full_ || !(v.follows || hides(v))) more += "  " + words(v);
        std::vector<const Delta*> texts;
        u64 others = 0;
        if (!full_) inner(c, texts, others);
        line(indent, marked(c, clip(name(c, fs) + more, indent + 2)));
        details(c, indent + 4);
        if (full_) {
            for (auto& i : c.inside) node(i, indent + 4);
            return;
        }
        // Of an image in a file: what it says of itself; all else by number.
        for (auto* t : texts) {
            if (t->text && tight_)
                line(indent + 4,
                     colors_.dim("+" + std::to_string(t->text->added) + " -" + std::to_string(t->text->removed) + " lines inside"));
            const bool files = std::any_of(t->inside.begin(), t->inside.end(), [](auto& i) { return i.thing == Delta::Thing::Entry; });
            const bool outer = std::exchange(nested_, true);
            if (files) list(*t, indent + 4);
            nested_ = outer;
            versions(*t, indent + 4);
            values(t->options, indent + 4, kFiles, "options");
            if (t->text) text(*t->text, indent + 4);
            if (!tight_) values(t->fields, indent + 4, kFew, "fields");
        }
        if (others) line(indent + 4, colors_.dim(many(others, "part") + " inside of it not the same (-v)"));
    }
    void inner(const Delta& c, std::vector<const Delta*>& texts, u64& others) const {
        for (auto& i : c.inside) {
            if (i.thing == Delta::Thing::Entry || i.follows) continue;
            const bool files = std::any_of(i.inside.begin(), i.inside.end(), [](auto& e) { return e.thing == Delta::Thing::Entry; });
            if (i.text || !i.options.empty() || files || is_real(i.fields))
                texts.push_back(&i);
            else if (!i.values.empty())
                texts.push_back(&i), others += i.how != Delta::How::Same;
            else
                others += i.how != Delta::How::Same || i.moved;
            inner(i, texts, others);
        }
    }

    const Difference& d_;
    const Options& o_;
    bool nested_ = false;
};

}  // namespace

void diff_as_text(const Difference& d, const Options& o) { Text(d, o).run(); }

}  // namespace fieldstrip::cli
