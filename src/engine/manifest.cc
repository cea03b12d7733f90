#include "engine/manifest.h"

#include <nlohmann/json.hpp>

#include "base/json.h"
#include "base/text.h"
#include "engine/mtree.h"
#include "engine/names.h"
#include "model/in_order.h"

namespace fieldstrip {
namespace {

constexpr std::string_view kSchema = "fieldstrip.manifest/2";
constexpr std::string_view kBefore = "fieldstrip.manifest/1";  // all that is kept has a value there
constexpr int kDeepest = 200;

struct HoldsWord {
    const char* word;
    bool Holds::* member;
};
constexpr HoldsWord kHolds[] = {{"mode", &Holds::mode},       {"owner", &Holds::owner},          {"mtime", &Holds::mtime},
                                {"links", &Holds::links},     {"symlinks", &Holds::symlinks},    {"devices", &Holds::devices},
                                {"fifos", &Holds::fifos},     {"sockets", &Holds::sockets},      {"xattrs", &Holds::xattrs},
                                {"folders", &Holds::folders}, {"executable", &Holds::executable}};

bool has_host(const Entry& e) { return e.is_file() || e.is(Entry::Type::Directory) || e.is(Entry::Type::Symlink); }

/// Metadata as its mtree line says it: one spelling for both.
void write(JsonWriter& j, const Record::Line& l, Context&) {
    auto& e = l.entry;
    j.object().text("line", mtree_line(e));
    if (e.is_file()) j.number("node", e.node).number("size", e.size).text("sha256", l.sha256);
    if (!e.keep.empty()) j.text("keep", e.keep);
    if (l.host != (has_host(e) ? host_path(e.path) : "")) j.text("host", l.host);
    if (!l.whole) j.boolean("whole", false);
    if (!l.lost.empty()) {
        j.key("lost").array();
        for (auto& lost : l.lost) j.extent(lost);
        j.end();
    }
    j.end();
}

// About so many bytes of text, in memory until they are written.
u64 text_size(const Record::Line&) { return 512; }
u64 text_size(const Record& r) {
    constexpr u64 kEach = 64;
    u64 out = kEach * (8 + r.fields.size() + r.layout.size() + r.recipe.all().size());
    for (auto& p : r.layout) out += p.value ? 2 * p.value->size() : 0;
    for (auto& c : r.children) out += text_size(c);
    for (auto& l : r.lines) out += text_size(l);
    return out;
}

void write(JsonWriter&, const Record&, Context&);

/// Members of an array, of which a file system may have hundreds of thousands: so many together are written beside others.
template <class T>
void write_all(JsonWriter& j, std::span<const T> all, size_t together, Context& cx) {
    if (all.size() <= together) {
        for (auto& one : all) write(j, one, cx);
        return;
    }
    auto part = [&](size_t i) { return all.subspan(i * together, std::min(together, all.size() - i * together)); };
    in_order<std::string>((all.size() + together - 1) / together,
                          [&](size_t i) {
                              u64 size = 0;
                              for (auto& one : part(i)) size += text_size(one);
                              return size;
                          },
                          [&](size_t i) {
                              auto to = j.part();
                              for (auto& one : part(i)) write(*to, one, cx);
                              return to->take();
                          },
                          [&](size_t, std::string text) { return j.append(text), true; }, cx);
}

void write(JsonWriter& j, const Record& r, Context& cx) {
    j.object().bytes("name", r.name).text("kind", r.kind).text("format", r.format).number("offset", r.offset).number("size", r.size);
    if (r.format == "padding") j.number("pad", r.pad);
    if (!r.whole) j.boolean("whole", false);
    for (auto& [key, value] : {std::pair("file", &r.file), {"carved", &r.carved}, {"place", &r.place}, {"toml", &r.toml}})
        if (!value->empty()) j.text(key, *value);
    if (!r.fields.empty()) {
        j.key("fields").object();
        for (auto& [name, value] : r.fields) j.text(name, value);
        j.end();
    }
    if (!r.layout.empty()) {
        j.key("layout").array();
        for (auto& p : r.layout) {
            j.object().text("name", p.name).number("size", p.size);
            if (p.value)
                j.key("value").hex(*p.value);
            else if (p.kept)
                j.boolean("kept", true);
            j.end();
        }
        j.end();
    }
    if (!r.recipe.all().empty()) {
        j.key("recipe").object();
        for (auto& [name, value] : r.recipe.all()) j.text(name, value);
        j.end();
    }
    if (!r.mtree.empty()) {
        j.text("mtree", r.mtree).key("holds").array();
        for (auto& h : kHolds)
            if (r.holds.*h.member) j.text(h.word);
        j.end().key("entries").array();
        write_all<Record::Line>(j, r.lines, 1024, cx);
        j.end();
    }
    if (!r.children.empty()) {
        j.key("children").array();
        write_all<Record>(j, r.children, 32, cx);
        j.end();
    }
    j.end();
}

using Json = nlohmann::ordered_json;

/// The member, or an empty one of its kind. Never a temporary: a loop over its items() would outlive it.
const Json& member(const Json& j, const char* key, const Json& none) {
    auto m = j.find(key);
    return m == j.end() ? none : *m;
}

/// A whole number up to `most`. The library would take a fraction or what is too large, too, and make another number of it.
u64 whole_number(const Json& v, u64 most = ~u64{0}) {
    if (!v.is_number_unsigned() || v.get<u64>() > most) throw std::runtime_error("is not such a number: " + v.dump());
    return v.get<u64>();
}
u64 number(const Json& j, const char* key, u64 most = ~u64{0}) {
    try {
        return whole_number(j.at(key), most);
    } catch (const std::runtime_error& e) {
        throw std::runtime_error(std::string(key) + ' ' + e.what());
    }
}
u64 number_or(u64 none, const Json& j, const char* key, u64 most = ~u64{0}) { return j.contains(key) ? number(j, key, most) : none; }

/// A path of the folder: who wrote the manifest may not be who extracted.
void must_stay_inside(const std::string& path) {
    if (!path.empty() && !stays_below(path)) throw std::runtime_error("a path that leads out of the folder: " + path);
}

Record::Line read_line(const Json& j) {
    auto text = j.at("line").get<std::string>();
    auto parsed = parse_mtree(text, "the manifest");
    if (!parsed || parsed->size() != 1) throw std::runtime_error("an entry is none: " + text);
    Record::Line l{.entry = std::move((*parsed)[0].entry)};
    auto& e = l.entry;
    e.node = number_or(0, j, "node");
    e.size = number_or(0, j, "size");
    e.keep = j.value("keep", "");
    l.sha256 = j.value("sha256", "");
    l.host = j.value("host", has_host(e) ? host_path(e.path) : "");
    l.whole = j.value("whole", true);
    const Json no_array = Json::array();
    for (auto& lost : member(j, "lost", no_array)) l.lost.push_back({whole_number(lost.at(0)), whole_number(lost.at(1))});
    must_stay_inside(l.host);
    return l;
}

Record read_record(const Json& j, int depth) {
    if (depth > kDeepest) throw std::runtime_error("too deep");
    Record r;
    j.at("name").get_to(r.name);
    j.at("kind").get_to(r.kind);
    j.at("format").get_to(r.format);
    r.offset = number(j, "offset");
    r.size = number(j, "size");
    r.pad = u8(number_or(0, j, "pad", 0xFF));
    r.whole = j.value("whole", true);
    r.file = j.value("file", "");
    r.carved = j.value("carved", "");
    r.place = j.value("place", "");
    r.toml = j.value("toml", "");
    const Json no_object = Json::object(), no_array = Json::array();
    for (auto& [name, value] : member(j, "fields", no_object).items()) r.fields.emplace_back(name, value.get<std::string>());
    for (auto& p : member(j, "layout", no_array)) {
        Record::Piece piece{p.at("name").get<std::string>(), number(p, "size"), p.value("kept", false), {}};
        if (p.contains("value")) piece.kept = true, piece.value = from_hex(p["value"].get<std::string>()).value();
        r.layout.push_back(std::move(piece));
    }
    for (auto& [name, value] : member(j, "recipe", no_object).items()) r.recipe.set(name, value.get<std::string>());
    r.mtree = j.value("mtree", "");
    for (auto* path : {&r.file, &r.carved, &r.place, &r.toml, &r.mtree}) must_stay_inside(*path);
    if (!r.mtree.empty()) {
        auto& words = member(j, "holds", no_array);
        for (auto& h : kHolds) r.holds.*h.member = std::find(words.begin(), words.end(), h.word) != words.end();
        for (auto& l : member(j, "entries", no_array)) r.lines.push_back(read_line(l));
    }
    for (auto& c : member(j, "children", no_array)) r.children.push_back(read_record(c, depth + 1));
    return r;
}

}  // namespace

void write_json(const Manifest& m, const std::function<void(std::string_view)>& out, Context& cx) {
    JsonWriter j(out, true);
    j.object()
        .text("schema", kSchema)
        .key("image")
        .object()
        .bytes("name", m.image_name)
        .number("size", m.image_size)
        .text("sha256", m.image_sha256)
        .end();
    j.text("path", m.path).text("parts", m.parts).key("files").array();
    for (auto& f : m.files) j.object().text("path", f.path).number("size", f.size).text("sha256", f.sha256).end();
    j.end().key("root");
    write(j, m.root, cx);
    j.end().newline();
}

Result<Manifest> parse_manifest(std::string_view text) {
    try {
        auto j = Json::parse(text);
        if (j.at("schema") != kSchema && j.at("schema") != kBefore)
            return fail(Error::Kind::Damaged, "the manifest is of another version: " + j.at("schema").dump());
        Manifest m;
        auto& image = j.at("image");
        image.at("name").get_to(m.image_name);
        m.image_size = number(image, "size");
        image.at("sha256").get_to(m.image_sha256);
        j.at("path").get_to(m.path);
        j.at("parts").get_to(m.parts);
        for (auto& f : j.at("files"))
            m.files.push_back({f.at("path").get<std::string>(), number(f, "size"), f.at("sha256").get<std::string>()});
        m.root = read_record(j.at("root"), 0);
        return m;
    } catch (const std::exception& e) {
        return fail(Error::Kind::Damaged, std::string("the manifest can't be read: ") + e.what());
    }
}

}  // namespace fieldstrip
