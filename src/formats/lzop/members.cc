#include "formats/lzop/members.h"

#include "base/digest.h"

namespace fieldstrip::lzop {

const FindingKind kFindings[1] = {
    {"end-unknown", Severity::Error, "A block of an lzop stream has sizes that can't be: where the stream ends is not known."},
};

namespace {

constexpr u16 kOldest = 0x0900;  // version that lzop reads

std::unexpected<No> no(std::string_view why, u64 at = 0) { return std::unexpected(No{why, {at, 0}}); }

}  // namespace

u32 checksum(ByteView v, bool crc) {
    if (crc) return crc32(v);
    auto value = digest::adler32.of([&](const Eat& eat) { eat(v); });
    return be32(value);
}

std::expected<Header, std::string_view> read_header(ByteView in) {
    auto cut = std::unexpected(std::string_view("the header is cut"));
    if (in.size() < 9 + 25 || !equal(in.first(9), kMagic)) return std::unexpected("no lzop header");
    Header h{.version = u16(load(in.subspan(9, 2), 2, Endian::Big))};
    bool late = h.version >= 0x0940;
    u64 at = 9 + (late ? 6 : 4);
    h.method = in[at++];
    if (late) h.level = in[at++];
    h.flags = be32(in, at), at += 4;
    if (h.is(kFilter)) at += 4;
    at += late ? 12 : 8;  // mode and time
    if (at >= in.size()) return cut;
    h.name = in[at++];
    at += h.name;
    if (in.size() < at + 4) return cut;
    h.summed = at;
    h.holds = checksum(in.subspan(9, at - 9), h.is(kHeaderCrc)) == be32(in, at);
    at += 4;
    if (h.version < kOldest || h.method < 1 || h.method > 3) return std::unexpected("a version or method that there is not");
    if (h.is(kExtra)) {
        if (in.size() - at < 8) return cut;
        u64 n = be32(in, at);
        if (n > in.size() - at - 8) return cut;
        h.extra = {at + 4, n};
        h.holds = h.holds && checksum(in.subspan(at, 4 + n), h.is(kHeaderCrc)) == be32(in, at + 4 + n);
        at += 8 + n;
    }
    h.size = at;
    return h;
}

std::optional<Block> read_block(ByteView all, const Header& h, u64 at) {
    if (at > all.size() || all.size() - at < 8) return {};
    Block b{.at = at, .content = be32(all, at), .size = be32(all, at + 4)};
    if (!b.content || b.content > kMostContent || !b.size || b.size > b.content) return {};
    u64 here = at + 8;
    auto sum = [&](Flag f, std::optional<u64>& where) {
        if (h.is(f)) where = here, here += 4;
    };
    sum(kAdlerContent, b.adler_content), sum(kCrcContent, b.crc_content);
    if (!b.stored()) sum(kAdlerData, b.adler_data), sum(kCrcData, b.crc_data);
    b.data = here;
    return b;
}

std::expected<File, No> read_file(ByteView all, Context& cx) {
    File out;
    while (out.size < all.size()) {
        auto header = read_header(all.subspan(out.size));
        if (!header && out.members.empty()) return no(header.error());
        if (!header) break;
        Member m{.at = out.size, .header = *header};
        u64 at = m.begin();
        if (!cx.spend(&Limits::decoded, 0) && out.members.empty()) return no("stopped at a limit");
        while (auto b = read_block(all, m.header, at)) {
            m.blocks++;
            m.content += b->content;
            if (b->end() > all.size()) {
                m.how = Member::End::Cut;
                break;
            }
            at = b->end();
        }
        m.end_mark = at;
        bool mark = all.size() - at >= 4 && !be32(all, at);
        if (m.how == Member::End::Whole && !mark) m.how = all.size() - at < 8 ? Member::End::Cut : Member::End::Damaged;
        m.end = m.how == Member::End::Whole ? at + 4 : m.how == Member::End::Cut ? all.size() : at;
        // With a wrong checksum the blocks have to lead to the end; cut or damaged, there has to be one.
        bool proven = m.header.holds ? m.how == Member::End::Whole || m.blocks : m.how == Member::End::Whole && m.blocks;
        if (!out.members.empty()) proven = m.how == Member::End::Whole || m.blocks;  // its place speaks too
        if (!proven && out.members.empty())
            return no(m.header.holds ? "no block behind the header" : "the header's checksum is wrong", m.begin());
        if (!proven) break;
        unsigned bits =
            72 + (m.header.holds ? 32 : 0) + 12 * unsigned(std::min<u64>(m.blocks, 100)) + (m.how == Member::End::Whole ? 16 : 0);
        out.bits = std::min(out.bits + bits, 1u << 16);
        out.sound = out.sound && m.header.holds && m.how == Member::End::Whole;
        out.size = m.end;
        bool whole = m.how == Member::End::Whole;
        out.members.push_back(std::move(m));
        if (!whole) break;
    }
    return out;
}

Result<Bytes> decode_block(ByteView all, const Block& b, bool& good, Context& cx) {
    auto data = all.subspan(b.data, b.size);
    good = true;
    if (b.stored()) {
        TRY_VOID(cx.spend(&Limits::decoded, data.size()));
        return Bytes(data.begin(), data.end());
    }
    auto made = lzo::decode(data, b.content, cx);
    if (made && made->size() == b.content) return made;
    if (!made && made.error().kind != Error::Kind::Damaged) return made;
    good = false;
    TRY_VOID(cx.spend(&Limits::decoded, b.content));
    return Bytes(b.content);
}

}  // namespace fieldstrip::lzop
