#include "formats/cpio/keep.h"

#include "base/text.h"

namespace fieldstrip::cpio {
namespace {

using enum Entry::Type;

std::string text_of(const Device& d) { return std::to_string(d.major) + ':' + std::to_string(d.minor); }

std::optional<Device> device_of(std::string_view s) {
    auto colon = s.find(':');
    if (colon == s.npos) return {};
    auto major = parse_number(s.substr(0, colon)), minor = parse_number(s.substr(colon + 1));
    if (!major || !minor) return {};
    return Device{*major, *minor};
}

/// Reads values by name and remembers whether one was none.
class Values {
  public:
    explicit Values(const Recipe& r) : recipe_(r) {}
    void number(std::string_view name, auto& to) { read(name, to, parse_number); }
    void device(std::string_view name, Device& to) { read(name, to, device_of); }
    void bytes(std::string_view name, auto& to) { read(name, to, from_hex); }
    void text(std::string_view name, std::optional<std::string>& to) {
        read(name, to, [](std::string_view s) -> std::optional<std::string> {
            auto b = from_hex(s);
            if (!b) return {};
            return std::string(as_text(*b));
        });
    }
    void digits(std::string_view name, auto& to) { read(name, to, Digits::of_text); }
    bool good() const { return good_; }

  private:
    void read(std::string_view name, auto& to, auto parse) {
        if (!recipe_.has(name)) return;
        auto v = parse(recipe_.text(name));
        if (v)
            to = std::move(*v);
        else
            good_ = false;
    }
    const Recipe& recipe_;
    bool good_ = true;
};

}  // namespace

std::string Keep::line() const {
    Recipe r;
    if (archive) r.set("in", archive);
    r.set("ino", ino);
    if (dev != Device{}) r.set("dev", text_of(dev));
    r.set("nlink", nlink);
    if (links) r.set("links", *links);
    if (kind) r.set("kind", *kind);
    if (rdev != Device{}) r.set("rdev", text_of(rdev));
    if (before) r.set("before", hex(as_bytes(*before)));
    if (after) r.set("after", hex(as_bytes(*after)));
    if (!name_rest.empty()) r.set("name_rest", hex(name_rest));
    if (name_fill) r.set("name_fill", hex(*name_fill));
    if (data_fill) r.set("data_fill", hex(*data_fill));
    if (data) r.set("data", u64(*data));
    if (check) r.set("check", *check);
    if (sum) r.set("sum", *sum);
    if (digits) r.set("digits", digits->text());
    if (other_data) r.set("other_data", other_data);
    return r.line();
}

Result<Keep> Keep::of(std::string_view line) {
    Keep k;
    auto recipe = Recipe::of_line(line);
    Values v(recipe);
    v.number("in", k.archive);
    v.number("ino", k.ino);
    v.device("dev", k.dev);
    v.number("nlink", k.nlink);
    v.number("links", k.links);
    v.number("kind", k.kind);
    v.device("rdev", k.rdev);
    v.text("before", k.before);
    v.text("after", k.after);
    v.bytes("name_rest", k.name_rest);
    v.bytes("name_fill", k.name_fill);
    v.bytes("data_fill", k.data_fill);
    std::optional<u64> data;
    v.number("data", data);
    if (data) k.data = *data != 0;
    v.number("check", k.check);
    v.number("sum", k.sum);
    v.digits("digits", k.digits);
    v.number("other_data", k.other_data);
    if (!v.good()) return fail(Error::Kind::Damaged, "what was kept of an entry can't be read: " + std::string(line));
    return k;
}

Spelling spelling_of(std::string_view name) {
    size_t from = 0;
    while (name.substr(from).starts_with("./")) {
        from += 2;
        while (from < name.size() && name[from] == '/') from++;
    }
    auto rest = name.substr(from);
    if (rest.empty() || rest == ".") return {name, {}, {}};
    auto end = rest.find_last_not_of('/');
    size_t length = end == rest.npos ? rest.size() : end + 1;  // of "/" alone all of it is the path
    return {name.substr(0, from), rest.substr(0, length), rest.substr(length)};
}

std::string spell(const Keep& k, std::string_view path) {
    if (path.empty()) return k.before.value_or(".");
    return k.before.value_or("") + std::string(path) + k.after.value_or("");
}

u64 mode_of(Entry::Type type) {
    switch (type) {
        case File: return 0100000;
        case Directory: return 0040000;
        case Symlink: return 0120000;
        case CharDevice: return 0020000;
        case BlockDevice: return 0060000;
        case Fifo: return 0010000;
        case Socket: return 0140000;
    }
    return 0;
}

Entry::Type type_of(u64 mode) {
    for (auto type : {Directory, Symlink, CharDevice, BlockDevice, Fifo, Socket})
        if ((mode & 0170000) == mode_of(type)) return type;
    return File;
}

Style::Links usual_links(Variant v) { return shape_of(v).links_once ? Style::Links::Last : Style::Links::All; }

std::string Style::text() const {
    Recipe r;
    const Header usual = {.name_size = kTrailer.size() + 1};
    if (digits.which != Digits::Upper) r.set("digits", digits.text());
    if (links != usual_links(variant)) r.set("links", links == Links::First ? "first" : links == Links::Last ? "last" : "all");
    if (!trailer) r.set("trailer", "none");
    auto number = [&](const char* name, u64 Header::* field) {
        if (trailer_header.*field != usual.*field) r.set(std::string("trailer.") + name, trailer_header.*field);
    };
    number("ino", &Header::ino), number("mode", &Header::mode), number("uid", &Header::uid), number("gid", &Header::gid);
    number("nlink", &Header::nlink), number("mtime", &Header::mtime), number("size", &Header::size), number("check", &Header::check);
    if (trailer_header.dev != Device{}) r.set("trailer.dev", text_of(trailer_header.dev));
    if (trailer_header.rdev != Device{}) r.set("trailer.rdev", text_of(trailer_header.rdev));
    if (trailer_digits != digits) r.set("trailer.digits", trailer_digits.text());
    if (!trailer_rest.empty()) r.set("trailer.name_rest", hex(trailer_rest));
    if (trailer_fill) r.set("trailer.fill", hex(*trailer_fill));
    if (align) r.set("align", align);
    if (zeros && !align) r.set("zeros", zeros);
    auto line = r.line();
    std::replace(line.begin(), line.end(), ' ', ',');
    return std::string(shape_of(variant).name) + (line.empty() ? "" : ",") + line;
}

Result<Style> Style::of(std::string_view text) {
    auto bad = [&] { return fail(Error::Kind::Damaged, "the recipe's archive can't be read: " + std::string(text)); };
    auto comma = std::min(text.size(), text.find(','));
    auto variant = variant_named(text.substr(0, comma));
    if (!variant) return bad();
    std::string line(text.substr(comma));
    std::replace(line.begin(), line.end(), ',', ' ');
    auto recipe = Recipe::of_line(line);
    Style s{.variant = *variant, .links = usual_links(*variant)};
    Values v(recipe);
    v.digits("digits", s.digits);
    if (auto links = recipe.text("links"); !links.empty())
        s.links = links == "first" ? Links::First : links == "last" ? Links::Last : Links::All;
    s.trailer = recipe.text("trailer") != "none";
    auto& h = s.trailer_header;
    v.number("trailer.ino", h.ino), v.number("trailer.mode", h.mode), v.number("trailer.uid", h.uid), v.number("trailer.gid", h.gid);
    v.number("trailer.nlink", h.nlink), v.number("trailer.mtime", h.mtime), v.number("trailer.size", h.size);
    v.number("trailer.check", h.check), v.device("trailer.dev", h.dev), v.device("trailer.rdev", h.rdev);
    s.trailer_digits = s.digits;
    v.digits("trailer.digits", s.trailer_digits);
    v.bytes("trailer.name_rest", s.trailer_rest);
    v.bytes("trailer.fill", s.trailer_fill);
    v.number("align", s.align), v.number("zeros", s.zeros);
    if (!v.good() || s.zeros > kMostZeros || s.align > kMostZeros) return bad();
    h.name_size = kTrailer.size() + 1 + s.trailer_rest.size();
    return s;
}

// All in one value: there may be very many archives, and a recipe looks for a name from its beginning.
Recipe recipe_of(std::span<const Style> styles) {
    std::string text;
    for (auto& s : styles) text += (text.empty() ? "" : ";") + s.text();
    Recipe r;
    r.set("archives", std::move(text));
    return r;
}

Result<std::vector<Style>> styles_of(const Recipe& r) {
    std::vector<Style> out;
    auto text = r.text("archives");
    while (!text.empty()) {
        auto one = text.substr(0, text.find(';'));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        out.push_back(TRY(Style::of(one)));
    }
    if (out.empty()) return fail(Error::Kind::Damaged, "the recipe has no archives");
    return out;
}

}  // namespace fieldstrip::cpio
