// The configuration that a Linux kernel was built from, as it holds it (IKCONFIG): the file as gzip between two marks, anywhere among its
// read-only data. The kernel reads what lies between the marks (/proc/config.gz), from symbols: places and sizes are linked into it.
//
// Source: Linux, kernel/configs.c, scripts/extract-ikconfig; RFC 1952 (gzip).
#include "codecs/kernel_stream.h"
#include "formats/ikconfig/magics.h"
#include "model/format.h"
#include "model/walk.h"

namespace fieldstrip {
namespace ikconfig {
namespace {

using namespace std::literals;

constexpr auto kStart = "IKCFG_ST"sv, kEnd = "IKCFG_ED"sv;
constexpr u64 kMark = kStart.size();
constexpr u64 kLeast = 18;                   // of a gzip stream: header of 10 bytes, crc32 and size
constexpr u64 kMost = u64{4} << 20;          // as gzip; all options of Linux 6 are 70 KiB
constexpr unsigned kBits = 8 * (2 * 8 + 3);  // the marks, and gzip's magic with its method

/// No gzip stream has flags that nobody defined (RFC 1952, 2.3.1.2: they must be zero).
bool may_begin(ByteView from) { return from.size() >= kMark + kLeast && !(from[kMark + 3] & 0xE0); }

/// Where the second mark is, in the bytes that begin with the first. Looked for no further than to another first one, so that marks by the
/// thousand are not each looked behind.
std::optional<u64> end_mark(ByteView b) {
    constexpr auto kBoth = kStart.substr(0, kMark - 2);
    static_assert(kEnd.starts_with(kBoth));
    const auto text = as_text(b.first(std::min<u64>(b.size(), kMark + kMost)));
    for (u64 at = kMark; (at = text.find(kBoth, at)) != text.npos; at++) {
        auto here = text.substr(at);
        if (here.starts_with(magics::ikconfig[0].bytes)) return {};
        if (here.starts_with(kEnd) && at >= kMark + kLeast) return at;
    }
    return {};
}

Answer recognise(ByteView space, u64 at, Context&) {
    auto bytes = space.subspan(at);
    if (!starts_with(bytes, kStart) || !starts_with(bytes.subspan(kMark), "\x1F\x8B\x08") || !may_begin(bytes))
        return std::unexpected(No{"no gzip stream behind the mark", {at, std::min<u64>(bytes.size(), kMark)}});
    auto end = end_mark(bytes);
    if (!end) return std::unexpected(No{"no second mark behind it", {at, kMark}});
    return Claim{{at, *end + kMark}, kBits, "its two marks, and a gzip stream's begin"};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto all = bytes.view();
    auto end = end_mark(all);
    if (!end) return fail(Error::Kind::NotThis, "no second mark");
    const auto between = all.subspan(kMark, *end - kMark);
    const u64 size = kernel_stream::without_zeros(between, "gzip", cx);
    Walk w(all, Endian::Little);
    w.magic("start", as_bytes(kStart));
    w.part("config", size);
    w.slack("slack", between.size() - size);
    w.magic("end", as_bytes(kEnd));
    return Item{.label = "configuration of a Linux kernel (IKCONFIG)", .layout = TRY(std::move(w).done())};
}

constexpr std::string_view kLimits[] = {
    "it is linked into the kernel and never becomes longer than it was; a shorter one is followed by zeros"};

}  // namespace
}  // namespace ikconfig

namespace formats {
extern const Format ikconfig{.id = "ikconfig",
                             .title = "Configuration inside of a Linux kernel",
                             .magics = magics::ikconfig,
                             .may_begin = fieldstrip::ikconfig::may_begin,
                             .recognise = fieldstrip::ikconfig::recognise,
                             .open = fieldstrip::ikconfig::open,
                             .limits = fieldstrip::ikconfig::kLimits,
                             .source = "Linux: kernel/configs.c, scripts/extract-ikconfig"};
}  // namespace formats

}  // namespace fieldstrip
