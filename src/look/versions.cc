#include "look/versions.h"

#include <set>

namespace fieldstrip {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_printable(char c) { return c >= 0x20 && c < 0x7F; }

constexpr size_t kLongest = 40;  // of a version

/// How long a version at the beginning of it is; 0: there is none. `begun`: digits and a dot stand before it.
size_t version_size(std::string_view s, bool begun) {
    size_t n = 0, dots = begun;
    auto digits = [&] {
        size_t from = n;
        while (n < s.size() && is_digit(s[n])) n++;
        return n - from;
    };
    if (size_t first = digits(); !first || first > 8) return 0;
    while (n + 1 < s.size() && s[n] == '.' && is_digit(s[n + 1])) {
        n++, dots++;
        if (digits() > 8) return 0;
    }
    if (!dots) return 0;
    size_t plain = n;
    if (size_t from = n; n < s.size() && s[n] >= 'a' && s[n] <= 'z') {  // 1.0.2k, 9.2p1, 0.94.14rc21
        while (n < s.size() && s[n] >= 'a' && s[n] <= 'z') n++;
        if (n - from > 5) return 0;
        digits();
        plain = n;
    }
    if (n < s.size() && s[n] == '-') {  // 5.4.0-rc4, 4.4.3-P1, 2.1.12-stable
        for (std::string_view word : {"rc", "P", "stable", "beta", "alpha", "pre", "dev"})
            if (s.substr(n + 1).starts_with(word)) {
                n += 1 + word.size();
                digits();
                break;
            }
        if (n < s.size() && is_letter(s[n])) n = plain;
    }
    if (n < s.size() && (is_letter(s[n]) || is_digit(s[n]) || s[n] == '*')) return 0;
    if (n + 1 < s.size() && s[n] == '.' && !s.substr(n).starts_with(".so") && (s[n + 1] == '%' || is_letter(s[n + 1]) || s[n + 1] == '*'))
        return 0;  // a format, a name
    const bool zeros = std::all_of(s.begin(), s.begin() + std::ptrdiff_t(n), [](char c) { return c == '0' || c == '.'; });
    return zeros || n > kLongest ? 0 : n;
}

size_t word_size(std::string_view s) {
    size_t n = 0;
    while (n < s.size() && n <= kLongest && s[n] > ' ' && is_printable(s[n])) n++;
    auto word = s.substr(0, n);
    const bool good = n && n <= kLongest && is_digit(s[0]) && word.find('.') != word.npos && word.find('%') == word.npos;
    return good ? n : 0;
}

size_t number_size(std::string_view s) {
    size_t n = 0;
    while (n < s.size() && is_digit(s[n])) n++;
    const bool ends = n == s.size() || !(is_letter(s[n]) || (s[n] == '.' && n + 1 < s.size() && is_digit(s[n + 1])));
    return n && n <= 8 && ends ? n : 0;
}

bool match_rest(std::string_view p, std::string_view s, size_t at, std::string_view& version, size_t& end) {
    for (; !p.empty(); p.remove_prefix(1)) {
        auto rest = s.substr(at);
        size_t n = 0;
        switch (p[0]) {
            case '^':
                if (at && is_printable(s[at - 1])) return false;
                continue;
            case '$':
                if (!rest.empty() && is_printable(rest[0])) return false;
                continue;
            case '~': {
                constexpr size_t kMost = 80;
                for (size_t skip = 0; skip <= kMost && skip <= rest.size(); skip++) {
                    if (match_rest(p.substr(1), s, at + skip, version, end)) return true;
                    if (skip < rest.size() && !is_printable(rest[skip])) break;
                }
                return false;
            }
            case '!':
            case '@': {
                size_t begin = at;
                while (begin && (is_digit(s[begin - 1]) || s[begin - 1] == '.')) begin--;
                n = version_size(rest, at - begin > 1 && s[at - 1] == '.');
                while (begin < at && s[begin] == '.') begin++;
                if (p[0] == '!' && rest.substr(0, n).find('p') == rest.npos) return false;
                if (n && version.empty()) version = s.substr(begin, at - begin + n);
                break;
            }
            case '&': n = word_size(rest); break;
            case '#': n = number_size(rest); break;
            default:
                if (rest.empty() || rest[0] != p[0]) return false;
                at++;
                continue;
        }
        if (!n) return false;
        if (version.empty()) version = rest.substr(0, n);
        at += n;
    }
    end = at;
    return true;
}

/// To the end of the string that begins there.
size_t string_size(std::string_view s, u64 at) {
    size_t n = 0;
    while (n < 160 && at + n < s.size() && is_printable(s[at + n])) n++;
    return n;
}

/// Programs hold strings between zeros; text that only speaks of a program has none.
bool is_in_program(ByteView bytes, u64 at) {
    constexpr u64 kNear = 4096;
    const u64 from = at - std::min(at, kNear);
    return std::memchr(bytes.data() + from, 0, std::min(bytes.size() - from, 2 * kNear)) != nullptr;
}

struct Tables {
    std::vector<std::string_view> needles;
    struct Use {
        size_t program;
        bool with;
    };
    std::vector<std::vector<Use>> uses;  // by needle
    size_t calls_zlib[2];
    Tables() {
        auto rows = programs();
        auto use = [&](std::string_view needle, Use u) {
            auto at = size_t(std::find(needles.begin(), needles.end(), needle) - needles.begin());
            if (at == needles.size()) needles.push_back(needle), uses.emplace_back();
            uses[at].push_back(u);
        };
        for (size_t i = 0; i < rows.size(); i++) {
            if (auto anchor = anchor_of(rows[i].pattern); !anchor.empty()) use(anchor, {i, false});
            if (!rows[i].with.empty()) use(rows[i].with, {i, true});
        }
        for (size_t i = 0; i < 2; i++) {
            use(i ? "flateInit_" : "flateInit2_", {0, true});
            calls_zlib[i] = needle_of(i ? "flateInit_" : "flateInit2_");
        }
    }
    size_t needle_of(std::string_view needle) const { return size_t(std::find(needles.begin(), needles.end(), needle) - needles.begin()); }
};

const Tables& tables() {
    static const Tables t;
    return t;
}

/// Who calls zlib hands it the version of its header: a string that stands alone too.
bool is_of_zlib(std::string_view v) { return v.starts_with("1.2.") || v.starts_with("1.1.") || v == "1.3" || v == "1.3.1"; }

bool is_address(std::string_view v) {
    if (std::count(v.begin(), v.end(), '.') != 3) return false;
    for (std::string_view begin : {"127.", "192.168.", "255.", "224.", "239.", "169.254.", "172.", "8.8.", "10."})
        if (v.starts_with(begin)) return true;
    return false;
}

Component component_of(const VersionRow& p, std::string_view version, const char* source) {
    Component c{.kind = p.kind, .name = std::string(p.name), .version = std::string(version), .source = source};
    if (p.cpe.empty()) return c;
    c.cpe = std::string("cpe:2.3:") + (p.kind == Component::Kind::Kernel ? "o:" : "a:") + std::string(p.cpe) + ':';
    for (char x : version) {
        if (!is_letter(x) && !is_digit(x) && !std::strchr(".-_", x)) c.cpe += '\\';
        c.cpe += x;
    }
    c.cpe += ":*:*:*:*:*:*:*";
    return c;
}

}  // namespace

std::string_view anchor_of(std::string_view pattern) {
    if (pattern.starts_with('^')) pattern.remove_prefix(1);
    auto literal = pattern.substr(0, pattern.find_first_of("@!&#~^$"));
    return literal.size() < 5 ? std::string_view() : literal;
}

std::optional<VersionMatch> match_version(std::string_view pattern, ByteView bytes, u64 at) {
    // As much of it as a pattern can need: a space may be a whole flash.
    constexpr u64 kReach = 512;
    const u64 from = at ? at - 1 : 0;
    auto near = as_text(bytes.subspan(from, std::min<u64>(bytes.size() - from, kReach)));
    std::string_view version;
    size_t end = 0;
    if (!match_rest(pattern, near, at - from, version, end) || version.empty()) return {};
    return VersionMatch{version, end - (at - from)};
}

const std::vector<std::string_view>& VersionFinder::needles() { return tables().needles; }

void VersionFinder::hit(size_t needle, u64 at) {
    if (seen_.empty()) seen_.resize(needles().size());
    seen_[needle] = true;
    constexpr size_t kMost = 4096;  // more than any program says of itself
    for (auto& use : tables().uses[needle]) {
        if (use.with || hits_.size() >= kMost) continue;
        auto m = match_version(programs()[use.program].pattern, space_.bytes, at);
        if (m && is_in_program(space_.bytes, at)) hits_.push_back({use.program, at, *m});
    }
}

/// Strings that begin with their version, of the programs that are known to be here.
void VersionFinder::find_alone() {
    constexpr u64 kLargest = u64{64} << 20;  // a program; what is longer is a flash with many
    std::vector<size_t> wanted;
    for (size_t i = 0; i < programs().size(); i++) {
        auto& p = programs()[i];
        if (anchor_of(p.pattern).empty() && seen_[tables().needle_of(p.with)]) wanted.push_back(i);
    }
    auto bytes = space_.bytes;
    if (wanted.empty() || bytes.size() > kLargest) return;
    const bool zlib = seen_[tables().calls_zlib[0]] || seen_[tables().calls_zlib[1]];
    std::vector<std::vector<Hit>> hits(wanted.size());
    for (u64 at = 0; at < bytes.size();) {
        auto* zero = static_cast<const u8*>(std::memchr(bytes.data() + at, 0, bytes.size() - at));
        if (!zero) break;
        u64 begin = u64(zero - bytes.data());  // a table may stand right before it, without a zero
        while (begin > at && is_printable(char(bytes[begin - 1])) && u64(zero - bytes.data()) - begin <= kLongest) begin--;
        at = u64(zero - bytes.data()) + 1;
        if (begin == at - 1 || (!is_digit(char(bytes[begin])) && bytes[begin] != 'v')) continue;
        for (size_t i = 0; i < wanted.size(); i++) {
            auto m = match_version(programs()[wanted[i]].pattern, bytes, begin);
            if (!m || hits[i].size() > 1 || is_address(m->version) || (zlib && is_of_zlib(m->version))) continue;
            if (hits[i].empty() || hits[i][0].match.version != m->version) hits[i].push_back({wanted[i], begin, *m});
        }
    }
    for (auto& h : hits)
        if (h.size() == 1) hits_.push_back(h[0]);
}

/// A library that is called by its version, and is one.
void VersionFinder::find_name(Found& out) {
    if (!starts_with(space_.bytes,
                     "\x7F"
                     "ELF"))
        return;
    auto name = std::string_view(space_.name).substr(space_.name.rfind('/') + 1);
    for (auto& p : named_files()) {
        auto m = match_version(p.pattern, as_bytes(name), 0);
        if (!m || m->size != name.size()) continue;
        const bool said =
            std::any_of(out.components.begin(), out.components.end(), [&](auto& c) { return c.name == p.name && c.version == m->version; });
        if (said) continue;
        auto c = component_of(p, m->version, "file name");
        c.evidence.push_back({space_.path, 0, excerpt(name)});
        out.components.push_back(std::move(c));
    }
}

void VersionFinder::done(Found& out) {
    std::set<std::pair<std::string_view, std::string_view>> said;
    if (!seen_.empty()) find_alone();
    for (auto& h : hits_) {
        auto& p = programs()[h.program];
        if (!p.with.empty() && !seen_[tables().needle_of(p.with)]) continue;
        if (!said.emplace(p.name, h.match.version).second) continue;
        auto c = component_of(p, h.match.version, "version string");
        c.evidence.push_back({space_.path, h.at, excerpt(space_.text().substr(h.at, string_size(space_.text(), h.at)))});
        out.components.push_back(std::move(c));
    }
    find_name(out);
}

}  // namespace fieldstrip
