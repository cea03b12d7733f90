// lzip: "LZIP", a version, the dictionary's size in a byte; an LZMA stream (lc 3, lp 0, pb 2) that ends with a marker; crc32 and size of
// its content, and the member's own size. Members directly behind each other are one (plzip makes many). Numbers are little-endian.
//
// Source: draft-diaz-lzip-09 (Antonio Diaz Diaz: "Lzip Compressed Format and the 'application/lzip' Media Type").
#include "base/text.h"
#include "formats/lzip/magics.h"
#include "formats/lzip/members.h"
#include "model/walk.h"

namespace fieldstrip {
namespace lzip {
namespace {

constexpr u8 kMagic[] = {'L', 'Z', 'I', 'P'};
constexpr FindingKind kFindings[1] = {
    {"end-unknown", Severity::Error, "The LZMA stream of an lzip member can't be read on, and no trailer tells where the member ends."},
};
using End = lzma_marked::Read::End;

std::string name_of(const char* check, size_t i) { return i ? nth(check, i) : check; }
Check::Outcome outcome(bool pass) { return pass ? Check::Outcome::Pass : Check::Outcome::Fail; }

class Lzip final : public Coded {
  public:
    explicit Lzip(Buffer bytes) : bytes_(std::move(bytes)) {}
    /// All checks need decoding.
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    void check(const Member&, size_t i, const CheckSink&) const;
    Buffer bytes_;
};

void Lzip::check(const Member& m, size_t i, const CheckSink& checks) const {
    u64 begin = m.at + kHeader;
    if (!m.whole) {
        Extent covers{begin, m.end - begin};
        checks({name_of("crc32", i), {m.end, 0}, {&covers, 1}, {}, {}, Check::Outcome::Fail});
        return;
    }
    auto t = read_trailer(bytes_.view(), m);
    Extent covers{begin, m.trailer() - begin};
    auto tell = [&](const char* name, u64 at, unsigned width, u64 stored, std::optional<u64> is) {
        auto expected = big_endian(stored, width), found = is ? big_endian(*is, width) : Bytes{};
        checks({name_of(name, i), {m.trailer() + at, width}, {&covers, 1}, expected, found, outcome(expected == found)});
    };
    bool good = m.decoded();
    tell("crc32", 0, 4, t.crc, good ? std::optional<u64>(m.crc) : std::nullopt);
    tell("content_size", 4, 8, t.content, good ? std::optional(m.read.made) : std::nullopt);
    tell("member_size", 12, 8, t.size, m.end - m.at);
}

Result<Lost> Lzip::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "an lzip stream has one content");
    auto all = bytes_.view();
    u64 at = 0;
    for (size_t i = 0; at < all.size(); i++) {
        if (!read_header(all.subspan(at))) return fail(Error::Kind::Damaged, "what follows a member is none", {at, all.size() - at});
        auto m = TRY(read_member(all, at, true, sink, cx));
        if (m.stopped()) return Lost{};
        if (checks) check(m, i, checks);
        if (!m.decoded()) {
            auto why = m.read.end == End::Cut && !m.whole ? "the stream is cut" : "the LZMA stream does not decode";
            return fail(Error::Kind::Damaged, why, {at + kHeader + m.read.used, 0});
        }
        at = m.end;
    }
    return Lost{};
}

Result<Layout> layout_of(ByteView bytes, Context& cx) {
    Walk w(bytes, Endian::Little);
    w.magic("magic", kMagic);
    w.u8("version").is(kept_inside());
    w.u8("dictionary").is(kept_inside()).hex();
    // A trailer of the last member is one if the member that it says begins with a header.
    u64 n = bytes.size(), size = le64(bytes, n - 8);
    bool whole = size >= kLeast && size <= n && read_header(bytes.subspan(n - size));
    bool cut = false;
    if (!whole) {
        u64 at = 0;
        while (at < n && read_header(bytes.subspan(at))) {
            auto m = read_member(bytes, at, true, [](ByteView) { return true; }, cx);
            if (!m) break;
            if (!m->whole) cut = m->read.end == End::Cut, at = n;
            whole = m->whole && m->end == n;
            at = std::max(at, m->end);
        }
    }
    w.opaque("lzma", w.left() - (whole ? kTrailer : 0));
    if (whole) {
        w.u32("crc32").is(kept_inside()).hex();
        w.u64("content_size").is(kept_inside());
        w.u64("member_size").is(kept_inside());
    } else if (cut) {
        w.finding({&findings::cut, "the lzip stream is cut: its end is missing", {kHeader, n - kHeader}});
    } else {
        w.finding(
            {&kFindings[0], "the LZMA stream is damaged, and no trailer is found: where it ends is not known", {kHeader, n - kHeader}});
    }
    return std::move(w).done();
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto stopped = std::unexpected(No{"stopped at a limit before its end"});
    auto all = space.subspan(at);
    if (!read_header(all)) return std::unexpected(No{"no lzip header"});
    Claim claim{{at, 0}, 0, "crc32 and sizes of content and member"};
    u64 here = 0;
    while (read_header(all.subspan(here))) {
        auto m = read_member(all, here, !at || here, [](ByteView) { return true; }, cx);
        if (!m && !here) return stopped;
        if (!m) break;
        bool cut = !m->whole && m->read.end == End::Cut && (m->read.used >= 4096 || (!at && !here && m->read.used >= 256));
        if (!m->whole && !cut) {
            if (here) break;
            return std::unexpected(No{m->read.end == End::Cut ? "cut before anything proves it" : "the LZMA stream does not decode",
                                      {at + kHeader + m->read.used, 0}});
        }
        unsigned bits = 41;
        if (m->whole) {
            auto t = read_trailer(all, *m);
            bits += (m->decoded() && t.crc == m->crc ? 32 : 0) + (m->decoded() && t.content == m->read.made ? 32 : 0) +
                    (t.size == m->end - here ? 40 : 0);
        } else {
            bits += 40;
        }
        claim.bits = std::min(claim.bits + bits, 1u << 20);
        if (claim.sound && !holds(all, *m))
            claim.sound = false, claim.why = cut ? "decodes to the end of its space" : "crc32 or a size of one member";
        here = m->end;
        claim.extent.size = here;
        if (!m->whole) break;
    }
    return claim;
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto dictionary = read_header(bytes.view());
    if (!dictionary) return fail(Error::Kind::NotThis, "no lzip header");
    auto layout = TRY(layout_of(bytes.view(), cx));
    return Item{.label = "lzip stream, dictionary " + human_size(*dictionary),
                .layout = std::move(layout),
                .inside = std::make_unique<Lzip>(bytes)};
}

constexpr std::string_view kLimits[] = {
    "version 0 (lzip before 1.6) is not recognised",
    "more than 4096 members are read, but have no recipe",
    "what is behind a member that does not decode is not delivered",
};

}  // namespace
}  // namespace lzip

namespace formats {
extern const Format lzip{.id = "lzip",
                         .title = "lzip stream",
                         .magics = magics::lzip,
                         .may_begin = [](ByteView from) { return fieldstrip::lzip::read_header(from).has_value(); },
                         .recognise = fieldstrip::lzip::recognise,
                         .open = fieldstrip::lzip::open,
                         .make = fieldstrip::lzip::make,
                         .made_by = fieldstrip::lzip::made_by,
                         .findings = fieldstrip::lzip::kFindings,
                         .limits = fieldstrip::lzip::kLimits,
                         .source = "draft-diaz-lzip-09"};
}  // namespace formats

}  // namespace fieldstrip
