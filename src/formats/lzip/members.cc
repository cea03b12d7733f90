#include "formats/lzip/members.h"

#include "base/digest.h"

namespace fieldstrip::lzip {

std::optional<u32> dictionary_of(u8 b) {
    unsigned bits = b & 31;
    if (bits < 12 || bits > 29) return {};
    u32 size = u32{1} << bits;
    if (bits > 12) size -= size / 16 * (b >> 5);
    return size;
}

std::optional<u32> read_header(ByteView in) {
    // The first byte of any LZMA stream is 0.
    if (in.size() < kLeast || !starts_with(in, "LZIP") || in[4] != 1 || in[kHeader]) return {};
    return dictionary_of(in[5]);
}

Trailer read_trailer(ByteView all, const Member& m) {
    auto in = all.subspan(m.trailer(), kTrailer);
    return {le32(in), le64(in, 4), le64(in, 12)};
}

bool holds(ByteView all, const Member& m) {
    if (!m.decoded()) return false;
    auto t = read_trailer(all, m);
    return t.crc == m.crc && t.content == m.read.made && t.size == m.end - m.at;
}

namespace {

/// Where the first bytes behind `at` lie that say of a member which ends with them that it begins there.
std::optional<u64> find_end(ByteView all, u64 at, Context& cx) {
    auto in = all.subspan(at);
    for (u64 here = kLeast - 8; in.size() - here >= 8; here++) {
        if (here % (1 << 20) == 0 && !cx.spend(&Limits::decoded, 1 << 20)) return {};
        if (le64(in, here) == here + 8) return at + here + 8;
    }
    return {};
}

/// The beginning of an LZMA stream: noise is none within its first bytes, and needs no big dictionary for that.
Result<bool> begins(ByteView in, Context& cx) {
    u64 made = 0;
    auto r = TRY(
        lzma_marked::read(in.first(std::min<u64>(in.size(), 4096)), 4096, [&](ByteView v) { return made += v.size(), made < 2048; }, cx));
    return r.end != lzma_marked::Read::End::Wrong;
}

}  // namespace

Result<Member> read_member(ByteView all, u64 at, bool search, const std::function<bool(ByteView)>& take, Context& cx) {
    auto in = all.subspan(at + kHeader);
    Member m{.at = at, .dictionary = *read_header(all.subspan(at)), .end = all.size()};
    if (TRY(begins(in, cx)))
        m.read = TRY(lzma_marked::read(
            in, m.dictionary,
            [&](ByteView v) {
                m.crc = crc32(v, m.crc);
                return take(v);
            },
            cx));
    if (m.stopped()) return m;
    u64 end = at + kHeader + m.read.used;
    m.whole = m.read.end == lzma_marked::Read::End::Whole && all.size() - end >= kTrailer;
    if (m.whole) {
        m.end = end + kTrailer;
        auto t = read_trailer(all, m);
        if (t.crc == m.crc || t.content == m.read.made || t.size == m.end - at) return m;
        m.whole = false, m.end = all.size();
    }
    if (!search && m.read.used < 4096) return m;
    TRY_VOID(cx.spend(&Limits::decoded, 1 << 12));
    if (auto found = find_end(all, at, cx)) m.whole = true, m.end = *found;
    return m;
}

}  // namespace fieldstrip::lzip
