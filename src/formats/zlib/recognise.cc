// What two bytes promise is everywhere, so all that is cheaper than decoding is asked first, and only the adler32 at the end proves it.
#include <bit>

#include "codecs/zlib.h"
#include "formats/zlib/stream.h"

namespace fieldstrip::zlib_stream {

namespace {

constexpr u64 kConvincing = 4096;  // encoded bytes that were read without an error, where the adler32 does not prove them

using End = deflate::Read::End;

/// Method, window up to 32 KiB, a sum that holds, no dictionary; the usual window.
unsigned bits_of_header(ByteView in) { return 4 + 1 + 5 + 1 + (in[0] == 0x78 ? 3 : 0); }

/// What the blocks prove, whatever they hold.
unsigned bits_of_blocks(ByteView deflated, const deflate::Read& r) {
    unsigned bits = 18 * unsigned(std::min<u64>(r.own_codes, 8));
    unsigned first = deflated.empty() ? 3 : deflated[0] >> 1 & 3;
    if (first == 0) bits += 16;                // a length and its complement
    if (first == 1 && r.used > 64) bits += 6;  // noise ends a block with the fixed code, or refers to what is not there, within so many
    return bits;
}

}  // namespace

std::string_view why_none(ByteView in) {
    if (in.size() < kHeader + 1) return "no header";
    if ((in[0] & 15) != 8 || in[0] >> 4 > 7 || (in[0] << 8 | in[1]) % 31) return "no header";
    if (in[1] & 0x20) return "it needs a dictionary that is not in it";
    return deflate::may_begin(in.subspan(kHeader)) ? "" : "no deflate stream behind the header";
}

bool may_begin(ByteView from) { return from.size() > kHeader && deflate::may_begin(from.subspan(kHeader)); }

Result<Stream> read(ByteView in, const deflate::Take& take, Context& cx) {
    Stream s;
    deflate::Reader reader;
    auto rest = in.subspan(kHeader);
    s.read = TRY(reader.read(
        rest,
        [&](ByteView v) {
            s.adler = zlib::adler32(v, s.adler);
            return take(v);
        },
        cx));
    s.whole = s.read.end == End::Whole && rest.size() - s.read.used >= kEnd;
    if (s.whole) s.stored = be32(rest, s.read.used);
    return s;
}

Result<Stream> read_alone(ByteView in, const deflate::Take& take, Context& cx) {
    constexpr u64 kSmall = u64{64} << 10, kUsual = 32;  // encoded bytes, and how many an image's decode to
    if (in.size() > kSmall || in.size() < kHeader + kEnd) return read(in, take, cx);
    const u64 room = kUsual * in.size();
    const auto content = std::make_unique_for_overwrite<u8[]>(room);
    const auto made = zlib::decode(in, {content.get(), room});
    if (!made || !cx.has(&Limits::decoded, *made)) return read(in, take, cx);  // what is wrong with it is told there
    TRY_VOID(cx.spend(&Limits::decoded, *made));
    const u32 adler = be32(in, in.size() - kEnd);
    Stream s{
        .read = {.end = End::Whole, .used = in.size() - kHeader - kEnd, .made = *made}, .adler = adler, .stored = adler, .whole = true};
    if (*made && !take({content.get(), *made})) s.read.end = End::Stopped, s.whole = false;
    return s;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto no = [](std::string_view why, Extent where = {}) { return std::unexpected(No{why, where}); };
    auto all = space.subspan(at);
    if (auto why = why_none(all); !why.empty()) return no(why);
    const auto stopped = no("stopped at a limit before its end");
    if (!cx.spend(&Limits::decoded, 0)) return stopped;  // nothing is decoded once a limit is met, not even a little for each of many
    if (auto stored = deflate::stored_ahead(all.subspan(kHeader)); !stored.lead_on) {
        if (!cx.spend(&Limits::decoded, stored.size)) return stopped;  // else headers among stored blocks cost their square
        return no("no deflate stream behind the header", {at + kHeader + stored.size, 0});
    }
    auto s = read(all, [](ByteView) { return true; }, cx);
    if (!s) return stopped;
    auto deflated = all.subspan(kHeader, s->read.used);
    unsigned bits = bits_of_header(all) + bits_of_blocks(deflated, s->read);
    if (s->holds()) {
        unsigned sum = s->read.made ? 32 : 8;  // an empty one is mostly zeros
        return Claim{{at, s->end()}, bits + sum, "adler32 of the content"};
    }
    const auto used = s->read.used;
    if (!cx.spend(&Limits::decoded, 8 * used)) return stopped;  // blocks without content take as long as so much of it
    // Alone in its space (a file, the payload of an image), it can begin nowhere else, and should end where that ends.
    const unsigned place = unsigned(std::bit_width(space.size()));
    if (s->whole && !at && s->end() == all.size()) return Claim{{0, all.size()}, bits + 2 * place, "decodes to its end", false};
    const bool convincing = s->read.own_codes && used >= kConvincing;
    if (s->whole && convincing) return Claim{{at, s->end()}, bits, "decodes to its end", false};
    if (!at && s->read.own_codes) return Claim{{0, all.size()}, bits + place, "header and blocks of a stream that is all there is", false};
    // Elsewhere: programs hold streams in pieces (PNG), and pieces of programs hold parts of streams.
    if (s->read.end == End::Wrong) return no(s->read.why, {at + s->deflated().end(), 0});
    return no(s->whole ? "adler32 is wrong" : "cut before its adler32", {at + kHeader, used});
}

}  // namespace fieldstrip::zlib_stream
