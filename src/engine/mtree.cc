#include "engine/mtree.h"

#include <map>
#include <unordered_map>

#include "base/text.h"
#include "engine/entries.h"
#include "engine/words.h"

namespace fieldstrip {
namespace {

/// As vis(3) with octal escapes: blanks, controls, what is no UTF-8, and what means something in a line.
void encode(std::string& out, std::string_view s) {
    auto as_it_is = [](char c) { return c > 0x20 && c < 0x7F && c != '\\' && c != '#' && c != '='; };
    if (std::ranges::all_of(s, as_it_is)) {
        out += s;
        return;
    }
    bool plain = is_utf8(s);
    size_t hidden = 0;  // bytes of a character that a terminal would obey are still to come
    for (size_t i = 0; i < s.size(); i++) {
        const u8 b = u8(s[i]);
        if (b >= 0xC0 && plain && misleads(s.substr(i))) hidden = b >= 0xE0 ? 3 : 2;
        if (b <= 0x20 || b == 0x7F || b == '\\' || b == '#' || b == '=' || (b >= 0x80 && !plain) || hidden) {
            hidden -= hidden > 0;
            out += '\\';
            for (int shift : {6, 3, 0}) out += char('0' + (b >> shift & 7));
        } else {
            out += s[i];
        }
    }
}

std::optional<std::string> decoded(std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] != '\\') {
            out += s[i];
            continue;
        }
        unsigned v = 0;
        if (i + 3 >= s.size()) return {};
        for (int k = 1; k <= 3; k++) {
            if (s[i + k] < '0' || s[i + k] > '7') return {};
            v = v * 8 + unsigned(s[i + k] - '0');
        }
        if (v > 255) return {};
        out += char(v);
        i += 3;
    }
    return out;
}

constexpr u64 kUsualRest = 80;  // of a line, behind its path and target

using Words = std::vector<std::string_view>;
Words words_of(std::string_view line) {
    Words out;
    while (!line.empty()) {
        auto begin = line.find_first_not_of(" \t\r");
        if (begin == line.npos) break;
        auto end = line.find_first_of(" \t\r", begin);
        out.push_back(line.substr(begin, end == line.npos ? end : end - begin));
        line.remove_prefix(end == line.npos ? line.size() : end);
    }
    return out;
}

class Reader {
  public:
    explicit Reader(std::string_view title) : title_(title) {}

    Result<void> line(const Words& words, u64 number, std::vector<MtreeLine>& out) {
        number_ = number;
        if (words[0] == "/set" || words[0] == "/unset") {
            for (auto& w : Words(words.begin() + 1, words.end())) {
                auto key = std::string(w.substr(0, w.find('=')));
                if (words[0] == "/set")
                    defaults_[key] = std::string(w);
                else
                    defaults_.erase(key);
            }
            return {};
        }
        MtreeLine l{.number = number};
        auto path = decoded(words[0]);
        if (!path || (*path != "." && !path->starts_with("./"))) return wrong("a name begins with ./", words[0]);
        l.entry.path = *path == "." ? "" : path->substr(2);
        bool typed = false;
        for (auto& [key, word] : defaults_) TRY_VOID(keyword(l, word, typed));
        for (auto& w : Words(words.begin() + 1, words.end())) TRY_VOID(keyword(l, w, typed));
        if (!typed) return wrong("type= is missing", words[0]);
        out.push_back(std::move(l));
        return {};
    }

  private:
    std::unexpected<Error> wrong(std::string_view why, std::string_view word) const {
        return fail(Error::Kind::Unsupported,
                    std::string(title_) + " line " + std::to_string(number_) + ": " + std::string(why) + ": '" + escape(word) + "'");
    }

    Result<void> keyword(MtreeLine& l, std::string_view word, bool& typed) {
        auto equals = word.find('=');
        auto key = word.substr(0, equals), value = equals == word.npos ? std::string_view() : word.substr(equals + 1);
        auto& e = l.entry;
        auto number = parse_number(value);
        if (key == "type") {
            auto t = type_of_name(value == "link" ? "symlink" : value);
            if (!t) return wrong("no kind of entry", word);
            e.type = *t, typed = true;
        } else if (key == "mode") {
            u32 mode = 0;
            for (char c : value) {
                if (c < '0' || c > '7' || mode > 0777) return wrong("a mode is four octal digits", word);
                mode = mode * 8 + u32(c - '0');
            }
            if (value.empty()) return wrong("a mode is four octal digits", word);
            e.mode = mode, l.has_mode = true;
        } else if (key == "uid" || key == "gid") {
            if (!number || *number > 0xFFFFFFFF) return wrong("no number of 32 bits", word);
            (key == "uid" ? e.uid : e.gid) = u32(*number), l.has_owner = true;
        } else if (key == "time") {
            auto seconds = value.substr(0, value.find('.'));
            bool before = seconds.starts_with('-');
            auto n = parse_number(before ? seconds.substr(1) : seconds);
            if (!n || *n >> 62) return wrong("a time is seconds", word);
            e.mtime = before ? -i64(*n) : i64(*n), l.has_time = true;
        } else if (key == "link") {
            auto target = decoded(value);
            if (!target) return wrong("a name with a broken escape", word);
            e.target = *target;
        } else if (key == "device") {
            TRY_VOID(device(e, value, word));
        } else if (key == "inode") {
            if (!number) return wrong("no number", word);
            l.link_group = *number;
        } else if (key.starts_with("xattr.")) {
            auto name = decoded(key.substr(6));
            auto bytes = from_base64(value);
            if (!name || !bytes) return wrong("an attribute is xattr.NAME=base64", word);
            e.xattrs[*name] = *bytes;
        } else if (key != "size" && key != "nlink" && key != "uname" && key != "gname" && key != "cksum" && !key.ends_with("digest") &&
                   key != "optional") {
            return wrong("an unknown keyword", word);
        }
        return {};
    }

    /// "native,5,1", "linux,5,1", "5,1"
    Result<void> device(Entry& e, std::string_view value, std::string_view word) const {
        auto second = value.rfind(',');
        auto first = second == value.npos || !second ? value.npos : value.rfind(',', second - 1);
        if (second == value.npos) return wrong("a device is native,MAJOR,MINOR", word);
        auto major = parse_number(value.substr(first == value.npos ? 0 : first + 1, second - (first == value.npos ? 0 : first + 1)));
        auto minor = parse_number(value.substr(second + 1));
        if (!major || !minor || *major > 0xFFFFFFFF || *minor > 0xFFFFFFFF) return wrong("a device is native,MAJOR,MINOR", word);
        e.major = u32(*major), e.minor = u32(*minor);
        return {};
    }

    std::string_view title_;
    u64 number_ = 0;
    std::map<std::string, std::string> defaults_;
};

void append_line(std::string& out, const Entry& e, u64 link_group, u64 links) {
    auto number = [&](std::string_view word, auto value) { out.append(word).append(std::to_string(value)); };
    out += e.path.empty() ? "." : "./";
    encode(out, e.path);
    out.append(" type=").append(name_of(e.type));
    if (e.mode) out.append(" mode=").append(mode_octal(*e.mode));
    if (e.uid) number(" uid=", *e.uid);
    if (e.gid) number(" gid=", *e.gid);
    if (e.mtime) number(" time=", *e.mtime), out += ".0";
    if (e.is_device()) number(" device=native,", e.major), number(",", e.minor);
    if (e.is(Entry::Type::Symlink)) out += " link=", encode(out, e.target);
    if (links > 1) number(" nlink=", links), number(" inode=", link_group);
    for (auto& [name, value] : e.xattrs) {
        out += " xattr.";
        encode(out, name);
        out.append("=").append(base64(value));
    }
}

}  // namespace

std::string mtree_line(const Entry& e) {
    std::string out;
    out.reserve(e.path.size() + e.target.size() + kUsualRest);
    append_line(out, e, 0, 1);
    return out;
}

std::vector<u64> link_groups(std::span<const Entry> entries) {
    struct Group {
        u64 number = 0, links = 0;
    };
    std::unordered_map<u64, Group> groups;  // by node
    for (auto& e : entries)
        if (e.is_file()) groups[e.node].links++;
    std::vector<u64> out(entries.size());
    u64 next = 1;
    for (size_t i = 0; i < entries.size(); i++) {
        if (!entries[i].is_file()) continue;
        auto& g = groups[entries[i].node];
        if (g.links > 1) out[i] = g.number ? g.number : g.number = next++;
    }
    return out;
}

std::string mtree_file(std::span<const Entry> entries, std::string_view title) {
    auto groups = link_groups(entries);
    std::unordered_map<u64, u64> links;
    for (u64 g : groups) links[g]++;
    std::string out = "#mtree\n# What " + std::string(title) +
                      " holds: a line an entry. Devices, fifos and sockets exist by their line alone; of all others the line says owner, "
                      "mode and time.\n";
    u64 room = out.size();
    for (auto& e : entries) room += e.path.size() + e.target.size() + kUsualRest;
    out.reserve(room);
    for (size_t i = 0; i < entries.size(); i++) {
        append_line(out, entries[i], groups[i], groups[i] ? links[groups[i]] : 1);
        out += '\n';
    }
    return out;
}

Result<std::vector<MtreeLine>> parse_mtree(std::string_view text, std::string_view title) {
    std::vector<MtreeLine> out;
    Reader reader(title);
    std::string joined;
    for (u64 number = 1; !text.empty(); number++) {
        auto line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(text.size(), line.size() + 1));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.ends_with('\\')) {  // goes on in the next line
            joined += std::string(line.substr(0, line.size() - 1)) + ' ';
            continue;
        }
        joined += line;
        auto whole = std::exchange(joined, {});
        auto words = words_of(whole);
        if (words.empty() || words[0].starts_with('#')) continue;
        TRY_VOID(reader.line(words, number, out));
    }
    return out;
}

}  // namespace fieldstrip
