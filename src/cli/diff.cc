// diff: what is not the same in two images.
#include "cli/diff.h"

#include "base/text.h"
#include "cli/page.h"
#include "cli/written.h"

namespace fieldstrip::cli {
namespace {

std::string_view name_of(Delta::How h) {
    using enum Delta::How;
    return h == Same ? "same" : h == Added ? "added" : h == Removed ? "removed" : "changed";
}

class Json {
  public:
    explicit Json(JsonWriter& j) : j_(j) {}

    void change(const Delta& c) {
        const bool entry = c.thing == Delta::Thing::Entry;
        j_.object()
            .text("thing", entry ? "entry" : "node")
            .text("how", name_of(c.how))
            .boolean("moved", c.moved)
            .boolean("follows", c.follows);
        if (entry) j_.text("type", fieldstrip::name_of(c.type)).boolean("with_folder", c.with_folder);
        side("before", c.path_a, c.at_a, c.size_a, c.format_a, c.label_a, c.how != Delta::How::Added);
        side("after", c.path_b, c.at_b, c.size_b, c.format_b, c.label_b, c.how != Delta::How::Removed);
        if (!c.note.empty()) j_.text("note", c.note);
        if (c.files) j_.number("files", c.files);
        values("fields", c.fields), values("attributes", c.attributes), values("values", c.values), values("options", c.options);
        if (c.text) text(*c.text);
        if (c.binary) binary(*c.binary);
        if (!c.inside.empty()) {
            j_.key("inside").array();
            for (auto& i : c.inside) change(i);
            j_.end();
        }
        j_.end();
    }

  private:
    void side(const char* key, const std::string& path, std::optional<u64> at, u64 size, const std::string& format,
              const std::string& label, bool there) {
        if (!there) return;
        j_.key(key).object().bytes("path", path).number("size", size);
        if (at) j_.number("at", *at);
        if (!format.empty()) j_.text("format", format);
        if (!label.empty()) j_.text("label", label);
        j_.end();
    }
    void values(const char* key, const std::vector<ValueChange>& all) {
        if (all.empty()) return;
        auto one = [&](const char* k, auto& v) {
            if (v)
                j_.bytes(k, *v);
            else
                j_.key(k).null();
        };
        j_.key(key).array();
        for (auto& v : all) {
            j_.object().bytes("name", v.name);
            one("before", v.before), one("after", v.after);
            j_.boolean("follows", v.follows).end();
        }
        j_.end();
    }
    void text(const TextChange& t) {
        j_.key("text").object().number("removed", t.removed).number("added", t.added).number("left_out", t.left_out).key("hunks").array();
        for (auto& h : t.hunks) {
            j_.object()
                .key("before")
                .array()
                .number(h.line_a)
                .number(h.count_a)
                .end()
                .key("after")
                .array()
                .number(h.line_b)
                .number(h.count_b)
                .end();
            j_.key("lines").array();
            for (auto& l : h.lines) j_.text(l.sign + l.text);
            j_.end().end();
        }
        j_.end().end();
    }
    void binary(const BinaryChange& b) {
        j_.key("binary").object().number("differing", b.differing).boolean("executable", b.executable).boolean("code", b.code());
        j_.key("ranges").array();
        for (auto& r : b.ranges) j_.extent(r);
        j_.end().key("sections").array();
        for (auto& s : b.sections) {
            j_.object().bytes("name", s.name).key("before");
            s.before ? j_.number(*s.before) : j_.null();
            j_.key("after");
            s.after ? j_.number(*s.after) : j_.null();
            j_.boolean("code", s.code).end();
        }
        j_.end();
        strings("strings_removed", b.removed), strings("strings_added", b.added);
        j_.number("more_strings_removed", b.more_removed).number("more_strings_added", b.more_added).end();
    }
    void strings(const char* key, const std::vector<std::string>& all) {
        j_.key(key).array();
        for (auto& s : all) j_.text(s);
        j_.end();
    }
    JsonWriter& j_;
};

}  // namespace

void diff_as_json(const Difference& d, const Options& o, bool complete) {
    auto j = json_out();
    j.object().text("schema", "fieldstrip.diff/1").bytes("before", o.images[0]).bytes("after", o.images[1]);
    j.boolean("equal", d.equal).boolean("complete", complete).key("counts").object();
    auto& n = d.counts;
    j.number("all", n.all());
    j.number("regions_added", n.regions_added).number("regions_removed", n.regions_removed);
    j.number("regions_changed", n.regions_changed).number("regions_moved", n.regions_moved);
    j.number("fields", n.fields).number("options", n.options).number("versions", n.versions);
    j.number("files_added", n.files_added).number("files_removed", n.files_removed);
    j.number("files_changed", n.files_changed).number("files_moved", n.files_moved);
    j.number("folders_added", n.folders_added).number("folders_removed", n.folders_removed).number("folders_moved", n.folders_moved);
    j.number("attributes", n.attributes).number("follow", n.follow).end();
    if (!d.equal) {
        j.key("root");
        Json(j).change(d.root);
    }
    j.end().newline();
}

namespace {
Result<void> write_page(Written& page, const Difference& d, const Opened (&sides)[2], const Options& o, Context& cx) {
    auto made = TRY(page_of(sides[1], cx, o.images[0], &d));
    TRY_VOID(cx.undisturbed());
    for (auto& side : sides) TRY_VOID(is_as_it_was(side));
    return page.write(made.html);
}
}  // namespace

int diff(const Options& o) {
    if (o.images.size() != 2) return complain("diff", "needs two images"), kUsage;
    if (parse_target(o.images[0]).file == "-" && parse_target(o.images[1]).file == "-")
        return complain("diff", "standard input can be one of the two only"), kUsage;
    Written page(o.html);
    if (page.is_printed() && o.json) return complain("diff", "only one of the two can go to standard output"), kUsage;
    if (page.is_asked()) {
        for (auto& image : o.images) {
            auto file = parse_target(image).file;
            if (page.is_file())
                if (int code = refuse_same(page.name(), file, image, "the page would take the image's place")) return code;
            if (file != "-")
                if (auto there = open_file(file); !there) return failed(image, there.error());
        }
        if (auto made = page.create(); !made) return failed("", made.error());
        give_up_the_rest(o, grants_for({&page}));
    }
    Work cx(o);
    Opened sides[2];
    u64 size = 0;
    for (size_t i = 0; i < 2; i++) {
        auto opened = open_target(o.images[i], o, cx, true);
        if (!opened) return failed(o.images[i], opened.error());
        sides[i] = std::move(*opened);
        if (auto& rest = sides[i].rest; !rest.empty()) {
            while (rest.ends_with('/')) rest.pop_back();
            auto list = sides[i].node->entries(cx);
            if (!list || !*list || !(*list)->is_folder(rest))
                return complain(o.images[i], "neither a node nor a folder is called so"), kRefused;
        }
        auto all = sides[i].root->bytes(cx);
        if (!all) return failed(o.images[i], all.error());
        size += std::min(all->size(), kUnbounded / 4);
    }
    cx.limits = limits_for(o, size);
    auto what = differences(*sides[0].node, *sides[1].node, cx, sides[0].rest, sides[1].rest);
    if (!what) {
        if (auto good = cx.undisturbed(); !good) return failed(o.images[0], good.error());
        return failed(o.images[0], what.error());
    }
    if (page.is_asked())
        if (auto done = write_page(page, *what, sides, o, cx); !done) return failed(o.images[1], done.error());
    if (o.json)
        diff_as_json(*what, o, cx.complete());
    else if (!page.is_printed())
        diff_as_text(*what, o);
    return finished(cx, !what->equal, o.images[0]);
}

}  // namespace fieldstrip::cli
