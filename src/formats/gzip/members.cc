#include "formats/gzip/members.h"

#include "formats/gzip/ahead.h"

namespace fieldstrip::gzip {
namespace {

constexpr u64 kLongestText = 1 << 16;  // of name and comment: the format has no bound, file systems have

/// How long a text is, with its NUL. None has the beginning of another stream in it: so no byte is looked through for more than one of the
/// headers that a hostile image may have by the million.
std::optional<u64> text_size(ByteView in) {
    constexpr u64 kFirst = 16;
    in = in.first(std::min<u64>(in.size(), kLongestText));
    for (u64 at = 0, step = kFirst; at < in.size(); at += step, step *= 2) {
        auto piece = in.subspan(at, std::min(step, in.size() - at));
        auto* nul = static_cast<const u8*>(std::memchr(piece.data(), 0, piece.size()));
        if (nul) return u64(nul - in.data()) + 1;
        for (auto* p = piece.data(); (p = static_cast<const u8*>(std::memchr(p, 0x1F, u64(piece.data() + piece.size() - p)))); p++)
            if (starts_with(in.subspan(u64(p - in.data())), {"\x1F\x8B\x08", 3})) return {};
    }
    return {};
}

/// The last member, where `all` ends with its size as all files NAME.gz do: it is decoded at once. Nothing where that is not so, and where
/// anything is wrong with it, which is for others to tell.
std::optional<Member> read_at_once(ByteView all, u64 at, const Header& header, const deflate::Take& take, Context& cx) {
    constexpr u64 kMost = u64{4} << 20;
    auto rest = all.subspan(at + header.size);
    if (rest.size() < 8) return {};
    const u64 encoded = rest.size() - 8, size = le32(rest, encoded + 4);
    if (!size || size > kMost || !is_usual(size, encoded) || !cx.has(&Limits::decoded, size)) return {};
    const auto content = std::make_unique_for_overwrite<u8[]>(size);
    const std::span<u8> out(content.get(), size);
    if (deflate::decode_exactly(rest.first(encoded), out) != encoded || crc32(out) != le32(rest, encoded)) return {};
    if (!cx.spend(&Limits::decoded, size)) return {};
    Member m{.at = at, .header = header, .crc = le32(rest, encoded), .stored_crc = le32(rest, encoded), .stored_size = u32(size)};
    m.whole = take(out);
    m.read = {.end = m.whole ? deflate::Read::End::Whole : deflate::Read::End::Stopped, .used = encoded, .made = size};
    return m;
}

}  // namespace

bool is_usual(u64 content, u64 encoded) { return content <= 8 * encoded + 4096 && encoded <= content + content / 64 + 64; }

std::expected<Header, std::string_view> read_header(ByteView in) {
    auto no = [](std::string_view why) { return std::unexpected(why); };
    if (in.size() < 10 || in[0] != 0x1F || in[1] != 0x8B || in[2] != 8) return no("no gzip header");
    Header h{.size = 10, .flags = in[3], .extra_flags = in[8], .os = in[9]};
    if (h.flags >= 0x20) return no("reserved flags");
    if (h.flags & kExtra) {
        if (in.size() < 12) return no("the header is cut");
        h.size += 2 + le16(in, 10);
    }
    for (auto flag : {kName, kComment}) {
        if (!(h.flags & flag)) continue;
        if (h.size >= in.size()) return no("the header is cut");
        auto size = text_size(in.subspan(h.size));
        if (!size) return no("a text without an end");
        h.size += *size;
    }
    if (h.flags & kHeaderCrc) h.size += 2;
    if (h.size > in.size()) return no("the header is cut");
    if (h.flags & kHeaderCrc) h.crc_holds = le16(in, h.crc_at()) == (crc32(in.first(h.crc_at())) & 0xFFFF);
    return h;
}

unsigned bits_of(const Header& h) {
    unsigned bits = 24 + 3;
    if (h.extra_flags == 0 || h.extra_flags == 2 || h.extra_flags == 4) bits += 6;
    if (h.os <= 13 || h.os == 255) bits += 4;
    if (h.flags & kHeaderCrc && h.crc_holds) bits += 16;
    return bits;
}

deflate::Params hinted(const Header& h) {
    return {.level = h.extra_flags == 2   ? 9
                     : h.extra_flags == 4 ? 1
                                          : 6,
            .program = h.os == 3 ? deflate::Program::Gzip : deflate::Program::Zlib};  // other systems: Python, Java, .NET
}

Result<Member> read_member(deflate::Reader& reader, ByteView all, u64 at, const Header& header, const deflate::Take& take, Context& cx) {
    if (auto m = read_at_once(all, at, header, take, cx)) return *m;
    Member m{.at = at, .header = header};
    auto rest = all.subspan(at + header.size);
    m.read = TRY(reader.read(
        rest,
        [&](ByteView v) {
            m.crc = crc32(v, m.crc);
            return take(v);
        },
        cx));
    m.whole = m.read.end == deflate::Read::End::Whole && rest.size() - m.read.used >= 8;
    if (m.whole) m.stored_crc = le32(rest, m.read.used), m.stored_size = le32(rest, m.read.used + 4);
    return m;
}

std::vector<u64> may_be_members(ByteView all, u64 at, u64 end) {
    constexpr size_t kMost = 1 << 12;
    constexpr std::string_view kBegin = {"\x1F\x8B\x08", 3};
    std::vector<u64> out;
    for (const u8* p = all.data() + at; out.size() < kMost; p++) {
        p = static_cast<const u8*>(memmem(p, u64(all.data() + end - p), kBegin.data(), kBegin.size()));
        if (!p) break;
        if (may_begin(all.subspan(u64(p - all.data())))) out.push_back(u64(p - all.data()));
    }
    return out;
}

u64 most_in(u64 encoded) { return std::min(encoded * 1032 + 1032, std::max<u64>(encoded * 8, u64{64} << 20)); }

}  // namespace fieldstrip::gzip
