#include "base/text.h"

#include <charconv>
#include <ctime>

namespace fieldstrip {
namespace {

constexpr char kDigits[] = "0123456789abcdef";

/// How many bytes the UTF-8 character at the beginning has; 0: it is none (overlong, surrogate, cut).
size_t utf8_length(std::string_view s) {
    auto byte = [&](size_t i) { return i < s.size() ? u8(s[i]) : u8{0}; };
    u8 a = byte(0);
    if (a < 0x80) return 1;
    size_t n = a >= 0xC2 && a <= 0xDF ? 2 : (a & 0xF0) == 0xE0 ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
    for (size_t i = 1; i < n; i++)
        if ((byte(i) & 0xC0) != 0x80) return 0;
    if (n == 3 && ((a == 0xE0 && byte(1) < 0xA0) || (a == 0xED && byte(1) > 0x9F))) return 0;
    if (n == 4 && ((a == 0xF0 && byte(1) < 0x90) || (a == 0xF4 && byte(1) > 0x8F))) return 0;
    return n;
}

/// How many bytes of ASCII stand at its beginning.
size_t ascii_length(std::string_view s) {
    size_t n = 0;
    for (u64 v; n + 8 <= s.size(); n += 8)
        if (std::memcpy(&v, s.data() + n, 8); v & 0x8080808080808080) break;
    while (n < s.size() && u8(s[n]) < 0x80) n++;
    return n;
}

/// How many bytes of ASCII at its beginning stand in an escaped text as they are.
size_t plain_length(std::string_view s) {
    const auto end = std::ranges::find_if(s, [](char c) { return u8(c) < 0x20 || u8(c) >= 0x7F || c == '\\'; });
    return size_t(end - s.begin());
}

}  // namespace

void append_hex(std::string& out, ByteView b) {
    static constexpr auto kPairs = [] {
        std::array<std::array<char, 2>, 256> pairs{};
        for (size_t c = 0; c < 256; c++) pairs[c] = {kDigits[c >> 4], kDigits[c & 15]};
        return pairs;
    }();
    out.resize(out.size() + b.size() * 2);
    char* to = out.data() + out.size() - b.size() * 2;
    for (u8 c : b) std::memcpy(to, kPairs[c].data(), 2), to += 2;
}

std::string hex(ByteView b) {
    std::string out;
    append_hex(out, b);
    return out;
}

std::optional<Bytes> from_hex(std::string_view s) {
    static constexpr u8 kNone = 255;
    static constexpr auto kValues = [] {
        std::array<u8, 256> values;
        values.fill(kNone);
        for (u8 v = 0; v < 16; v++) values[u8("0123456789abcdef"[v])] = values[u8("0123456789ABCDEF"[v])] = v;
        return values;
    }();
    if (s.size() % 2) return {};
    Bytes out(s.size() / 2);
    u8 worst = 0;
    for (size_t i = 0; i < out.size(); i++) {
        const u8 high = kValues[u8(s[2 * i])], low = kValues[u8(s[2 * i + 1])];
        worst = std::max({worst, high, low});
        out[i] = u8(high << 4 | low);
    }
    if (worst == kNone) return {};
    return out;
}

std::string hex_number(u64 v) {
    char text[24] = "0x";
    return {text, std::to_chars(text + 2, text + sizeof text, v, 16).ptr};
}

std::optional<u64> parse_number(std::string_view s) {
    bool is_hex = s.starts_with("0x") || s.starts_with("0X");
    if (is_hex) s.remove_prefix(2);
    u64 v = 0;
    auto [end, ec] = std::from_chars(s.data(), s.data() + s.size(), v, is_hex ? 16 : 10);
    if (s.empty() || ec != std::errc{} || end != s.data() + s.size()) return {};
    return v;
}

std::optional<u64> parse_size(std::string_view s) {
    if (s.empty()) return {};
    unsigned shift = 0;
    switch (s.back()) {
        case 'k':
        case 'K': shift = 10; break;
        case 'm':
        case 'M': shift = 20; break;
        case 'g':
        case 'G': shift = 30; break;
        default: break;
    }
    if (shift) s.remove_suffix(1);
    auto v = parse_number(s);
    if (!v || *v > (kUnbounded >> shift)) return {};
    return *v << shift;
}

std::string base64(ByteView b) {
    constexpr char kSet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (size_t i = 0; i < b.size(); i += 3) {
        u32 v = u32{b[i]} << 16 | (i + 1 < b.size() ? u32{b[i + 1]} << 8 : 0) | (i + 2 < b.size() ? u32{b[i + 2]} : 0);
        for (int k = 0; k < 4; k++) out += i + size_t(k) <= b.size() ? kSet[v >> (18 - 6 * k) & 63] : '=';
    }
    return out;
}

std::optional<Bytes> from_base64(std::string_view s) {
    auto value = [](char c) -> int {
        if (c >= 'A' && c <= 'Z') return c - 'A';
        if (c >= 'a' && c <= 'z') return c - 'a' + 26;
        if (c >= '0' && c <= '9') return c - '0' + 52;
        return c == '+' ? 62 : c == '/' ? 63 : -1;
    };
    while (s.ends_with('=')) s.remove_suffix(1);
    Bytes out;
    u32 bits = 0, held = 0;
    for (char c : s) {
        if (value(c) < 0) return {};
        bits = bits << 6 | u32(value(c)), held += 6;
        if (held >= 8) out.push_back(u8(bits >> (held -= 8)));
    }
    return out;
}

bool is_utf8(std::string_view s) {
    while (s.remove_prefix(ascii_length(s)), !s.empty()) {
        size_t n = utf8_length(s);
        if (!n) return false;
        s.remove_prefix(n);
    }
    return true;
}

std::string to_utf8(std::string_view s) {
    std::string out;
    while (!s.empty()) {
        size_t n = utf8_length(s);
        n ? out.append(s.substr(0, n)) : out.append("\xEF\xBF\xBD");
        s.remove_prefix(n ? n : 1);
    }
    return out;
}

bool misleads(std::string_view s) {
    const size_t n = utf8_length(s);
    const u8 a = n ? u8(s[0]) : u8{0}, b = n > 1 ? u8(s[1]) : u8{0}, c = n > 2 ? u8(s[2]) : u8{0};
    if (n == 1) return a < 0x20 || a == 0x7F;
    if (n == 2) return (a == 0xC2 && b < 0xA0) || (a == 0xD8 && b == 0x9C);  // C1 controls, which a terminal obeys too; U+061C
    // U+200E, U+200F, U+2028 to U+202E, U+2066 to U+2069: they turn the order of what stands beside them, or end a line.
    if (n == 3 && a == 0xE2 && b == 0x80) return c == 0x8E || c == 0x8F || (c >= 0xA8 && c <= 0xAE);
    return n == 3 && a == 0xE2 && b == 0x81 && c >= 0xA6 && c <= 0xA9;
}

std::string escape(std::string_view s) {
    std::string out;
    for (;;) {
        const size_t plain = plain_length(s);
        out.append(s, 0, plain);
        s.remove_prefix(plain);
        if (s.empty()) return out;
        size_t n = utf8_length(s);
        if (!n || misleads(s)) {
            n = n ? n : 1;
            for (size_t i = 0; i < n; i++) out += "\\x", out += kDigits[u8(s[i]) >> 4], out += kDigits[s[i] & 15];
        } else if (s[0] == '\\') {
            out += "\\\\";
        } else {
            out.append(s.substr(0, n));
        }
        s.remove_prefix(n);
    }
}

std::optional<std::string> unescape(std::string_view s) {
    std::string out;
    for (size_t i = 0; i < s.size(); i++) {
        if (s[i] != '\\') {
            out += s[i];
        } else if (i + 1 < s.size() && s[i + 1] == '\\') {
            out += '\\', i++;
        } else if (i + 3 < s.size() && s[i + 1] == 'x') {
            auto byte = from_hex(s.substr(i + 2, 2));
            if (!byte) return {};
            out += char((*byte)[0]), i += 3;
        } else {
            return {};
        }
    }
    return out;
}

std::string human_size(u64 n) {
    constexpr const char* kUnits[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
    if (n < 1024) return std::to_string(n) + " B";
    double v = double(n);
    size_t unit = 0;
    while (v >= 1024 && unit + 1 < std::size(kUnits)) v /= 1024, unit++;
    char text[40];
    std::snprintf(text, sizeof text, v < 10 ? "%.2f %s" : v < 100 ? "%.1f %s" : "%.0f %s", v, kUnits[unit]);
    return text;
}

std::string utc_time(i64 seconds) {
    std::time_t t = seconds;
    std::tm tm{};
    if (!gmtime_r(&t, &tm)) return std::to_string(seconds);
    char text[40];
    return {text, std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &tm)};
}

}  // namespace fieldstrip
