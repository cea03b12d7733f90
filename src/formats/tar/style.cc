#include "formats/tar/style.h"

#include "base/text.h"

namespace fieldstrip::tar {
namespace {

constexpr Field kUstarFields[] = {
    {"name", at::name, at::prefix}, {"mode", at::mode},   {"uid", at::uid},     {"gid", at::gid},           {"size", at::size},
    {"mtime", at::mtime},           {"type", at::type},   {"link", at::link},   {"magic", at::magic},       {"uname", at::uname},
    {"gname", at::gname},           {"major", at::major}, {"minor", at::minor}, {"end", at::behind_prefix}, {"chksum", at::chksum}};
constexpr Field kOtherFields[] = {{"name", at::name},   {"mode", at::mode},     {"uid", at::uid},     {"gid", at::gid},
                                  {"size", at::size},   {"mtime", at::mtime},   {"type", at::type},   {"link", at::link},
                                  {"magic", at::magic}, {"uname", at::uname},   {"gname", at::gname}, {"major", at::major},
                                  {"minor", at::minor}, {"atime", at::atime},   {"ctime", at::ctime}, {"offset", at::offset},
                                  {"names", at::names}, {"sparse", at::sparse}, {"end", at::rest},    {"chksum", at::chksum}};

constexpr u8 kExtensions[] = {'x', 'X', 'L', 'K'};
constexpr std::pair<const char*, Spelling Style::*> kNumbers[] = {
    {"mode", &Style::mode},   {"uid", &Style::uid},       {"gid", &Style::gid},       {"size", &Style::size},
    {"mtime", &Style::mtime}, {"chksum", &Style::chksum}, {"device", &Style::device}, {"no-device", &Style::no_device}};

/// A block of a header as words: what is not zero.
std::string runs_of(const Block& b) {
    std::string out;
    for (size_t i = 0; i < b.size();) {
        size_t end = i;
        while (end < b.size() && b[end]) end++;
        if (end > i) out += (out.empty() ? "" : ",") + std::to_string(i) + ':' + hex(ByteView(b).subspan(i, end - i));
        i = end + 1;
    }
    return out;
}

bool set_runs(Block& b, std::string_view text) {
    return each_word(text, ',', [&](std::string_view w) {
        auto colon = std::min(w.size(), w.find(':'));
        auto at = decimal(w.substr(0, colon));
        auto bytes = from_hex(w.substr(std::min(w.size(), colon + 1)));
        if (!at || !bytes || *at > b.size() || bytes->size() > b.size() - *at) return false;
        std::copy(bytes->begin(), bytes->end(), b.begin() + i64(*at));
        return true;
    });
}

std::string names_of(const std::map<u64, std::string>& names) {
    std::string out;
    for (auto& [id, name] : names) out += (out.empty() ? "" : ",") + std::to_string(id) + ':' + word_of(name);
    return out;
}

bool set_names(std::map<u64, std::string>& names, std::string_view text) {
    return each_word(text, ',', [&](std::string_view w) {
        auto colon = std::min(w.size(), w.find(':'));
        auto id = decimal(w.substr(0, colon));
        auto name = text_of_word(w.substr(std::min(w.size(), colon + 1)));
        if (id && name) names[*id] = *name;
        return id && name;
    });
}

/// GNU's: `type` with one constant name, all else as of root.
ExtensionStyle usual_extension(u8 type, const Style& s) {
    ExtensionStyle e;
    auto put = [&](const Extent& at, std::string_view text) { std::copy(text.begin(), text.end(), e.like.begin() + i64(at.offset)); };
    put(at::name, "././@LongLink");
    auto number = [&](const Extent& at, const Spelling& how, u64 v) { how.put(std::span(e.like).subspan(at.offset, at.size), v); };
    number(at::mode, s.mode, 0644), number(at::uid, s.uid, 0), number(at::gid, s.gid, 0), number(at::mtime, s.mtime, 0);
    number(at::major, s.no_device, 0), number(at::minor, s.no_device, 0);
    put(at::magic, s.magic);
    if (type != 'x') return e;
    e.folder = "PaxHeaders", e.dot = true;
    return e;
}

}  // namespace

std::span<const Field> fields_of(std::string_view magic) {
    return magic.starts_with(std::string_view("ustar\0", 6)) ? std::span<const Field>(kUstarFields) : std::span<const Field>(kOtherFields);
}

Bytes field_bytes(ByteView block, const Field& f) {
    Bytes out;
    for (auto& e : {f.first, f.second}) {
        auto b = field(block, e);
        out.insert(out.end(), b.begin(), b.end());
    }
    return out;
}

std::string ExtensionStyle::name_for(std::string_view name) const {
    if (folder.empty()) return std::string(text_at(like, at::name));
    while (name.size() > 1 && name.ends_with('/')) name.remove_suffix(1);
    auto slash = name.rfind('/');
    auto dir = slash == name.npos ? std::string(dot ? "./" : "") : std::string(name.substr(0, slash + 1));
    return dir + folder + '/' + std::string(slash == name.npos ? name : name.substr(slash + 1));
}

void Style::complete() {
    for (u8 type : kExtensions)
        if (!extensions.contains(type)) extensions[type] = usual_extension(type, *this);
}

Recipe Style::recipe() const {
    Recipe r;
    r.set("dialect", magic == kGnu ? "gnu" : pax ? "pax" : magic == kUstar ? "ustar" : "other");
    if (magic != kGnu && magic != kUstar) r.set("magic", hex(as_bytes(magic)));
    if (magic != kUstar && pax) r.set("pax", u64{1});
    std::string numbers;
    for (auto& [name, how] : kNumbers) numbers += (numbers.empty() ? "" : ",") + std::string(name) + ':' + (this->*how).text();
    r.set("numbers", numbers);
    if (regular != '0') r.set("regular", u64{regular});
    if (!before.empty()) r.set("before", word_of(before));
    if (slash != "/") r.set("slash", word_of(slash));
    if (!longest) r.set("split", "shortest");
    if (!users.empty()) r.set("users", names_of(users));
    if (!groups.empty()) r.set("groups", names_of(groups));
    for (auto& [type, e] : extensions) {
        std::string name{'e', 'x', 't', '.', char(type)};
        r.set(name, runs_of(e.like));
        std::string follow;
        for (auto& f : e.follow) follow += (follow.empty() ? "" : ",") + f;
        if (!follow.empty()) r.set(name + ".follow", follow);
        if (!e.folder.empty()) r.set(name + ".folder", word_of(e.folder));
        if (e.dot) r.set(name + ".dot", u64{1});
    }
    std::string words;
    for (auto& [index, bytes] : loose) words += (words.empty() ? "" : ",") + std::to_string(index) + ':' + hex(bytes);
    if (!loose.empty()) r.set("loose", words);
    if (zeros != 2 * kBlock) r.set("zeros", zeros);
    return r;
}

Result<Style> Style::of(const Recipe& r) {
    Style s;
    bool good = true;
    auto dialect = r.text("dialect");
    if (dialect == "gnu") s.magic = kGnu;
    s.pax = dialect == "pax" || r.has("pax");
    if (r.has("magic")) s.magic = as_text(from_hex(r.text("magic")).value_or(Bytes{}));
    good = s.magic.size() == 8 && each_word(r.text("numbers"), ',', [&](std::string_view w) {
               auto colon = std::min(w.size(), w.find(':'));
               auto how = Spelling::of_text(w.substr(std::min(w.size(), colon + 1)));
               for (auto& [name, field] : kNumbers)
                   if (how && w.substr(0, colon) == name) s.*field = *how;
               return how.has_value();
           });
    auto word = [&](std::string_view name, std::string& to) {
        if (!r.has(name)) return;
        auto text = text_of_word(r.text(name));
        good = good && text;
        if (text) to = *text;
    };
    if (r.has("regular")) s.regular = u8(decimal(r.text("regular")).value_or('0'));
    word("before", s.before), word("slash", s.slash);
    s.longest = r.text("split") != "shortest";
    good = good && set_names(s.users, r.text("users")) && set_names(s.groups, r.text("groups"));
    for (u8 type : kExtensions) {
        std::string name{'e', 'x', 't', '.', char(type)};
        if (!r.has(name)) continue;
        auto& e = s.extensions[type];
        good = good && set_runs(e.like, r.text(name));
        each_word(r.text(name + ".follow"), ',', [&](std::string_view w) { return e.follow.emplace_back(w), true; });
        word(name + ".folder", e.folder);
        e.dot = r.has(name + ".dot");
    }
    s.complete();
    good = good && each_word(r.text("loose"), ',', [&](std::string_view w) {
               auto colon = std::min(w.size(), w.find(':'));
               auto index = decimal(w.substr(0, colon));
               auto bytes = from_hex(w.substr(std::min(w.size(), colon + 1)));
               if (index && bytes) s.loose.emplace_back(*index, std::move(*bytes));
               return index && bytes;
           });
    if (r.has("zeros")) s.zeros = decimal(r.text("zeros")).value_or(kUnbounded);
    if (!good || s.zeros > 2 * kBlock) return fail(Error::Kind::Damaged, "the recipe of a tar archive can't be read");
    return s;
}

}  // namespace fieldstrip::tar
