// Sources: Linux, init/version.c (linux_banner); U-Boot, common/version.c (version_string).
#include "model/banner.h"

#include "base/text.h"

namespace fieldstrip {
namespace {

constexpr std::string_view kBegins[] = {"Linux version ", "U-Boot "};
constexpr u64 kLongest = 300;

/// The line at `at`; "" where it is none: a format string, a part of another text.
std::string_view line_at(ByteView bytes, u64 at, u64 begin) {
    auto text = as_text(bytes.subspan(at, std::min<u64>(bytes.size() - at, kLongest)));
    if (text.size() <= begin || text[begin] < '0' || text[begin] > '9') return {};
    size_t n = 0;
    while (n < text.size() && text[n] >= 0x20 && text[n] < 0x7F) n++;
    text = text.substr(0, n);
    return text.find(" (") != text.npos ? text : std::string_view();
}

}  // namespace

std::optional<Banner> banner_in(ByteView bytes) {
    std::optional<Banner> first;
    for (auto begin : kBegins) {
        const u64 end = first ? first->where.offset : bytes.size();
        for (u64 at = 0; at < end;) {
            auto* found = static_cast<const u8*>(memmem(bytes.data() + at, end - at, begin.data(), begin.size()));
            if (!found) break;
            at = u64(found - bytes.data());
            if (auto text = line_at(bytes, at, begin.size()); !text.empty()) {
                first = {{at, text.size()}, text};
                break;
            }
            at++;
        }
    }
    return first;
}

}  // namespace fieldstrip
