#include "formats/tar/keep.h"

#include "base/text.h"
#include "formats/tar/sparse.h"

namespace fieldstrip::tar {
namespace {

std::string text_of(const Key& k) { return word_of(k.key) + (k.value ? ':' + word_of(*k.value) : ""); }

std::optional<Key> key_of(std::string_view s) {
    auto colon = s.find(':');
    auto key = text_of_word(s.substr(0, colon));
    if (!key) return {};
    if (colon == s.npos) return Key{*key};
    auto value = text_of_word(s.substr(colon + 1));
    return value ? std::optional(Key{*key, *value}) : std::nullopt;
}

std::string text_of(const Patch& p) {
    return std::string(1, p.header) + '.' + p.field + ':' + std::to_string(p.check) + ':' + hex(p.bytes);
}

std::optional<Patch> patch_of(std::string_view s) {
    auto first = s.find(':'), last = s.rfind(':');
    if (s.size() < 2 || s[1] != '.' || first == s.npos || first == last) return {};
    auto check = decimal(s.substr(first + 1, last - first - 1));
    auto bytes = from_hex(s.substr(last + 1));
    if (!check || *check > 0xFFFF || !bytes) return {};
    return Patch{s[0], std::string(s.substr(2, first - 2)), u16(*check), std::move(*bytes)};
}

/// Values of a recipe; remembers whether one could not be read.
struct Values {
    const Recipe& recipe;
    bool good = true;
    void read(std::string_view name, auto& to, auto parse) {
        if (!recipe.has(name)) return;
        auto v = parse(recipe.text(name));
        good = good && v;
        if (v) to = std::move(*v);
    }
    void list(std::string_view name, auto& to, auto parse) {
        good = good && each_word(recipe.text(name), ',', [&](std::string_view w) {
                   auto v = parse(w);
                   if (v) to.push_back(std::move(*v));
                   return v.has_value();
               });
    }
};

bool is_plain(char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("._+-/").find(c) != std::string_view::npos;
}

}  // namespace

std::string word_of(std::string_view s) {
    if (std::all_of(s.begin(), s.end(), is_plain)) return '~' + std::string(s);
    return hex(as_bytes(s));
}

std::optional<std::string> text_of_word(std::string_view w) {
    if (w.starts_with('~')) return std::string(w.substr(1));
    auto bytes = from_hex(w);
    if (!bytes) return {};
    return std::string(as_text(*bytes));
}

std::string Keep::line() const {
    Recipe r;
    r.set("n", index);
    auto text = [&](const char* name, const std::optional<std::string>& s) {
        if (s) r.set(name, word_of(*s));
    };
    text("before", before);
    text("after", after);
    text("ext", extensions);
    std::string words;
    for (auto& k : pax) words += (words.empty() ? "" : ",") + text_of(k);
    if (!pax.empty()) r.set("pax", std::exchange(words, {}));
    text("magic", magic);
    text("link", link);
    if (is_hard) r.set("hard", u64{1});
    if (is_dangling) r.set("dangling", u64{1});
    if (sparse) r.set("sparse", tar::text_of(*sparse));
    if (name_end) r.set("name_end", hex(*name_end));
    if (link_end) r.set("link_end", hex(*link_end));
    if (fill) r.set("fill", hex(*fill));
    if (other_data) r.set("other_data", other_data);
    for (auto& p : patches) words += (words.empty() ? "" : ",") + text_of(p);
    if (!patches.empty()) r.set("as", words);
    return r.line();
}

Result<Keep> Keep::of(std::string_view line) {
    Keep k;
    auto recipe = Recipe::of_line(line);
    Values v{recipe};
    u64 hard = 0, dangling = 0;
    v.read("n", k.index, decimal);
    v.read("before", k.before, text_of_word);
    v.read("after", k.after, text_of_word);
    v.read("ext", k.extensions, text_of_word);
    v.list("pax", k.pax, key_of);
    v.read("magic", k.magic, text_of_word);
    v.read("link", k.link, text_of_word);
    v.read("hard", hard, decimal);
    v.read("dangling", dangling, decimal);
    v.read("sparse", k.sparse, sparse_of);
    v.read("name_end", k.name_end, from_hex);
    v.read("link_end", k.link_end, from_hex);
    v.read("fill", k.fill, from_hex);
    v.read("other_data", k.other_data, decimal);
    v.list("as", k.patches, patch_of);
    k.is_hard = hard, k.is_dangling = dangling;
    if (!v.good || (k.magic && k.magic->size() != 8))
        return fail(Error::Kind::Damaged, "what was kept of an entry can't be read: " + std::string(line));
    return k;
}

Spelled spelled(std::string_view name) {
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

}  // namespace fieldstrip::tar
