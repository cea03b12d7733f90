// The text of an environment: "name=value" and a NUL, again and again, and one more NUL.
#pragma once
#include "base/base.h"

namespace fieldstrip::uboot_env {

/// Behind the crc (and a redundant copy's flags) the text begins.
constexpr u64 kCrc = 4, kLongest = u64{512} << 10;

/// What consoles show. Values may hold any byte but NUL; those of nearly all environments hold no other than these.
inline bool is_text(u8 c) { return (c >= 0x20 && c < 0x7F) || c == '\t' || c == '\n' || c == '\r' || c == 0x1B; }
inline bool all_text(ByteView b) { return std::all_of(b.begin(), b.end(), is_text); }

struct Variables {
    u64 end = 0;  // behind the last NUL
    unsigned count = 0;
};
/// Calls f(ByteView) for each with its NUL, from `from` on; nothing where they do not end before `limit`. f says false to stop.
template <class F>
std::optional<Variables> each_variable(ByteView all, u64 from, u64 limit, F&& f) {
    Variables out;
    limit = std::min<u64>(limit, all.size());
    while (from < limit && all[from]) {
        auto* nul = static_cast<const u8*>(std::memchr(all.data() + from, 0, limit - from));
        if (!nul) return {};
        auto one = all.subspan(from, u64(nul - (all.data() + from)) + 1);
        if (!f(one)) return {};
        out.count++;
        from += one.size();
    }
    if (from >= limit || !out.count) return {};
    out.end = from + 1;
    return out;
}

/// The name of one, without its '='; "" where there is none.
inline std::string_view name_of(ByteView one) {
    auto text = as_text(one);
    auto equals = text.find('=');
    return equals == text.npos ? std::string_view() : text.substr(0, equals);
}

}  // namespace fieldstrip::uboot_env
