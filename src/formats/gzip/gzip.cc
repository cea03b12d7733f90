// gzip: a deflate stream with a header of 10 bytes (and optional fields) before it, and crc32 and size of its content behind it. Several
// such members directly behind each other are one stream: readers put their contents together. No field says how long the deflate stream
// is, so where a member ends is known only by decoding it. All numbers are little-endian.
//
// Source: RFC 1952 (gzip), RFC 1951 (deflate).
#include "base/text.h"
#include "formats/gzip/ahead.h"
#include "formats/gzip/magics.h"
#include "model/walk.h"

namespace fieldstrip {
namespace gzip {
namespace {

constexpr u8 kMagic[] = {0x1F, 0x8B};
const Names kMethods = {{8, "deflate"}};
const Names kExtraFlags = {{0, "default"}, {2, "best"}, {4, "fastest"}};
const Names kSystems = {{0, "fat"},       {1, "amiga"}, {2, "vms"},       {3, "unix"},          {4, "vm-cms"},
                        {5, "atari-tos"}, {6, "hpfs"},  {7, "macintosh"}, {8, "z-system"},      {9, "cp-m"},
                        {10, "tops-20"},  {11, "ntfs"}, {12, "qdos"},     {13, "acorn-riscos"}, {255, "unknown"}};
constexpr Bits kFlagBits[] = {{"text", 0, 1}};  // the others say which fields follow

enum class Tail {
    Whole,
    Cut,
    Damaged
};

constexpr u64 kCheap = 1 << 16;  // encoded bytes that are decoded without a second thought

/// Only decoding tells for sure whether the last 8 bytes are crc32 and size, and of long streams that is done only where they don't look
/// so: where the size is not one that is usual for as many bytes. (Of streams that are cut, one of 500 MiB / their size passes for whole.
/// Its crc32 fails, in any case.)
Tail tail_of(ByteView bytes, const Header& first, Context& cx) {
    u64 n = bytes.size(), encoded = n - first.size, size = n - first.size >= 10 ? le32(bytes, n - 4) : kUnbounded;
    if (encoded > kCheap && is_usual(size, encoded)) return Tail::Whole;
    deflate::Reader reader;
    u64 at = 0;
    for (auto header = std::expected<Header, std::string_view>(first); header && at < n; header = read_header(bytes.subspan(at))) {
        auto m = read_member(reader, bytes, at, *header, [](ByteView) { return true; }, cx);
        if (!m) break;  // at a limit, which the Context says: taken for whole
        if (!m->whole && m->read.end != deflate::Read::End::Wrong) return Tail::Cut;
        if (!m->whole) return may_fill(bytes.subspan(at), *header) ? Tail::Whole : Tail::Damaged;
        at = m->end();
    }
    return encoded >= 8 ? Tail::Whole : Tail::Cut;
}

Result<Layout> walk(ByteView bytes, const Header& header, Tail tail) {
    Walk w(bytes, Endian::Little);
    w.magic("magic", kMagic);
    w.u8("method").in(kMethods).is(kept_inside());
    w.u8("flags").bits(kFlagBits).is(kept_inside()).hex();
    w.u32("mtime").time();
    w.u8("extra_flags").in(kExtraFlags);
    w.u8("os").in(kSystems);
    std::string last = "os";
    if (header.flags & kExtra) {
        auto size = w.u16("extra_size").is(size_of("extra"));
        w.raw("extra", size);
        last = "extra";
    }
    if (header.flags & kName) w.text_z("name"), last = "name";
    if (header.flags & kComment) w.text_z("comment"), last = "comment";
    if (header.flags & kHeaderCrc) w.u16("header_crc").is(digest_of(digest::crc32_low16, {{"magic", last}})).hex();
    u64 end = tail == Tail::Whole ? 8 : 0;
    w.require(w.left() >= end, "crc32");
    w.opaque("deflate", w.good() ? w.left() - end : 0);  // of several members: all up to the last one's end
    if (tail == Tail::Whole) {
        w.u32("crc32").is(kept_inside()).hex();
        w.u32("content_size").is(kept_inside());
    }
    Extent deflate{header.size, bytes.size() - header.size};
    if (tail == Tail::Cut) w.finding({&findings::cut, "the deflate stream is cut: its end, crc32 and size are missing", deflate});
    if (tail == Tail::Damaged) w.finding({&kFindings[0], "the deflate stream is damaged: where it ends is not known", deflate});
    return std::move(w).done();
}

class Gzip final : public Coded {
  public:
    Gzip(Buffer bytes, Tail tail) : bytes_(std::move(bytes)), tail_(tail) {}

    /// All checks need decoding: the first header's are in the layout, and where the others begin is not known before.
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    void check_header(const Member&, size_t i, const CheckSink&) const;
    void check_end(const Member&, size_t i, const CheckSink&) const;
    Buffer bytes_;
    Tail tail_;
};

std::string name_of(const char* check, size_t i) { return i ? nth(check, i) : check; }

Result<Lost> Gzip::decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const {
    struct Ahead {
        Member member;
        Bytes content;
    };
    const auto all = bytes_.view();
    auto ahead = [&](u64 at, Context& own) -> std::optional<Ahead> {
        deflate::Reader reader;
        Ahead out;
        auto eat = [&](ByteView v) { return out.content.insert(out.content.end(), v.begin(), v.end()), true; };
        auto m = read_member(reader, all, at, *read_header(all.subspan(at)), eat, own);
        if (!m || !m->whole) return {};
        out.member = *m;
        return out;
    };
    size_t i = 0;
    deflate::Reader reader;
    auto next = [&](u64 at, std::optional<Ahead> made) -> Result<u64> {
        auto header = read_header(all.subspan(at));
        if (!header) return fail(Error::Kind::Damaged, "what follows a member is none", {at, all.size() - at});
        if (made && !cx.has(&Limits::decoded, made->content.size())) made.reset();
        if (made) TRY_VOID(cx.spend(&Limits::decoded, made->content.size()));
        if (made && !made->content.empty() && !sink(made->content)) return all.size();
        auto m = made ? made->member : TRY(read_member(reader, all, at, *header, sink, cx));
        if (m.read.end == deflate::Read::End::Stopped) return all.size();
        if (checks) {
            if (i && header->flags & kHeaderCrc) check_header(m, i, checks);
            check_end(m, i, checks);
        }
        i++;
        if (m.whole) return m.end();
        auto why = m.read.end == deflate::Read::End::Wrong ? "deflate stream: " + std::string(m.read.why) : "the stream is cut";
        return fail(Error::Kind::Damaged, why, {m.deflated().end(), 0});
    };
    TRY_VOID(each_member<Ahead>(all, ahead, next, cx));
    return Lost{};
}

void Gzip::check_header(const Member& m, size_t i, const CheckSink& checks) const {
    auto covered = bytes_.view().subspan(m.at, m.header.crc_at());
    Extent covers{m.at, m.header.crc_at()};
    auto expected = big_endian(le16(bytes_.view(), covers.end()), 2), found = big_endian(crc32(covered) & 0xFFFF, 2);
    checks({name_of("header_crc", i),
            {covers.end(), 2},
            {&covers, 1},
            expected,
            found,
            expected == found ? Check::Outcome::Pass : Check::Outcome::Fail});
}

void Gzip::check_end(const Member& m, size_t i, const CheckSink& checks) const {
    if (!m.whole) {  // what can't be decoded has failed its crc32; it is the last of the stream's, where that has an end
        u64 end = tail_ == Tail::Whole && m.read.end == deflate::Read::End::Wrong ? 8 : 0;
        Extent covers{m.deflated().offset, bytes_.size() - end - std::min(bytes_.size() - end, m.deflated().offset)};
        Extent at{bytes_.size() - end, end / 2};
        Bytes expected;
        if (end) expected = big_endian(le32(bytes_.view(), at.offset), 4);
        checks({name_of("crc32", i), at, {&covers, 1}, expected, {}, Check::Outcome::Fail});
        return;
    }
    auto covers = m.deflated();
    auto tell = [&](const char* name, u64 at, u32 stored, u32 is) {
        auto expected = big_endian(stored, 4), found = big_endian(is, 4);
        checks({name_of(name, i), {at, 4}, {&covers, 1}, expected, found, stored == is ? Check::Outcome::Pass : Check::Outcome::Fail});
    };
    tell("crc32", covers.end(), m.stored_crc, m.crc);
    tell("size", covers.end() + 4, m.stored_size, u32(m.read.made));
}

Result<Item> open_as(const Buffer& bytes, bool sound, Context& cx) {
    auto header = read_header(bytes.view());
    if (!header) return fail(Error::Kind::NotThis, std::string(header.error()));
    auto tail = sound ? Tail::Whole : tail_of(bytes.view(), *header, cx);
    auto layout = TRY(walk(bytes.view(), *header, tail));
    std::string label = "gzip stream";
    if (auto* name = layout.find("name")) label += ": \"" + show(*name, bytes.view().subspan(name->extent.offset, name->extent.size)) + '"';
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Gzip>(bytes, tail)};
}
Result<Item> open(const Buffer& bytes, Context& cx) { return open_as(bytes, false, cx); }
Result<Item> open_sound(const Buffer& bytes, Context& cx) { return open_as(bytes, true, cx); }

constexpr std::string_view kLimits[] = {
    "a stream that zopfli or another encoder made is made again by the nearest parameters, which gives other bytes of the same content",
    "of a long member that GNU gzip made only the beginning is encoded to prove it: who changed it behind 256 KiB that were saved is not "
    "seen",
    "more than 4096 members are not made again",
    "zeros between members end the stream",
};

}  // namespace
}  // namespace gzip

namespace formats {
extern const Format gzip{.id = "gzip",
                         .title = "gzip stream",
                         .magics = magics::gzip,
                         .may_begin = fieldstrip::gzip::may_begin,
                         .recognise = fieldstrip::gzip::recognise,
                         .open = fieldstrip::gzip::open,
                         .open_sound = fieldstrip::gzip::open_sound,
                         .make = fieldstrip::gzip::make,
                         .denser = fieldstrip::gzip::denser,
                         .stretch = fieldstrip::gzip::stretch,
                         .made_by = fieldstrip::gzip::made_by,
                         .findings = fieldstrip::gzip::kFindings,
                         .limits = fieldstrip::gzip::kLimits,
                         .source = "RFC 1952, RFC 1951"};
}  // namespace formats

}  // namespace fieldstrip
