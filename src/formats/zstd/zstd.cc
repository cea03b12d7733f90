// zstd: frames behind each other, which are one content; skippable frames among them hold what readers pass over. A frame: magic, a header
// with the window or the content's size, blocks whose headers say their sizes, perhaps the low half of the content's XXH64.
// Source: RFC 8878.
#include "base/text.h"
#include "formats/zstd/frames.h"
#include "formats/zstd/magics.h"
#include "model/walk.h"

namespace fieldstrip {
namespace zstd {
namespace {

using zstd_frame::Read;

constexpr FindingKind kFindings[] = {
    {"damaged", Severity::Error, "A zstd frame can't be decoded to its end."},
    {"dictionary", Severity::Warning, "A zstd frame was made with a dictionary that is not in it: its content can't be decoded."}};

bool nothing(ByteView) { return true; }

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto all = space.subspan(at);
    if (!zstd_frame::read_header(all) && !zstd_frame::skippable(all)) return std::unexpected(No{"no frame"});
    if (!cx.spend(&Limits::decoded, 0)) return std::unexpected(No{"stopped at a limit before its end"});
    Claim claim{{at, 0}, 0, "frames that decode to their end"};
    bool checked = true;
    std::string_view why;
    auto any = read_frames(
        all, nothing,
        [&](const Frame& f) {
            claim.bits = std::min(claim.bits + f.bits(), 1u << 20);
            claim.sound = claim.sound && f.sound() && !f.header.dictionary;
            claim.extent.size = f.end();
            checked = checked && (f.skippable || (f.header.checksum && f.sound()));
        },
        why, cx);
    if (!any) {
        if (any.error().kind == Error::Kind::Limit) return std::unexpected(No{"stopped at a limit before its end"});
        return std::unexpected(No{"does not decode"});
    }
    if (!*any) return std::unexpected(No{why});
    if (checked) claim.why = "frames whose checksum holds";
    if (!claim.sound) claim.why = "blocks that decode; something in it is wrong, cut or needs a dictionary";
    if (!at && claim.extent.size == all.size()) claim.bits += 8;
    return claim;
}

constexpr Bits kDescriptor[] = {{"dictionary", 0, 2}, {"checksum", 2, 1}, {"single_segment", 5, 1}, {"content_size", 6, 2}};

/// The first frame's header, and all the rest as one piece; what can't be known is not asked for.
Result<Layout> layout_of(ByteView bytes) {
    Walk w(bytes, Endian::Little);
    if (zstd_frame::skippable(bytes)) {
        w.u32("skippable_magic").is(kept_inside()).hex();
        w.u32("skippable_size").is(kept_inside());
        w.opaque("frames", w.left());
        return std::move(w).done();
    }
    auto h = zstd_frame::read_header(bytes);
    if (!h) return fail(Error::Kind::NotThis, "no zstd frame");
    w.u32("magic").is(kept_inside()).hex();
    auto descriptor = w.u8("descriptor").is(kept_inside()).bits(kDescriptor).hex();
    u64 d = descriptor;
    if (!h->single) w.u8("window").is(kept_inside()).hex();
    if (auto code = d & 3) w.number("dictionary_id", code == 3 ? 4 : unsigned(code)).is(kept_inside());
    if (h->content) w.number("content_size", d >> 6 ? 1u << (d >> 6) : 1u).is(kept_inside());
    w.opaque("blocks", w.left());
    return std::move(w).done();
}

class Content final : public Coded {
  public:
    explicit Content(Buffer bytes) : bytes_(std::move(bytes)) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    Buffer bytes_;
};

void report(const Frame& f, size_t i, const CheckSink& checks) {
    auto name = [&](const char* what) { return i ? nth(what, i) : std::string(what); };
    bool whole = !f.cut && !f.damaged;
    u64 end = f.header.checksum && !f.cut ? 4 : 0;
    Extent covers{f.at + f.header.size, f.size - f.header.size - end};
    if (!end)
        return checks({name("decode"), {covers.offset, 0}, {&covers, 1}, {}, {}, whole ? Check::Outcome::Pass : Check::Outcome::Fail});
    auto expected = big_endian(f.read.stored, 4), found = big_endian(f.read.is, 4);
    if (!whole) expected = found = {};
    bool pass = whole && f.read.holds(f.header);
    checks({name("checksum"), {f.end() - 4, 4}, {&covers, 1}, expected, found, pass ? Check::Outcome::Pass : Check::Outcome::Fail});
}

Result<Lost> Content::decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const {
    std::optional<Error> wrong;
    u64 end = 0;
    bool stopped = false;
    size_t i = 0;
    std::string_view why;
    bool any = TRY(read_frames(
        bytes_.view(), sink,
        [&](const Frame& f) {
            end = f.end();
            if (f.skippable) return;
            if (f.header.dictionary) {
                wrong = {Error::Kind::Unsupported,
                         "the frame needs the dictionary " + std::to_string(f.header.dictionary) + ", which is not in it"};
                return;
            }
            stopped = f.read.end == Read::End::Stopped;
            if (stopped) return;
            if (checks) report(f, i, checks);
            i++;
            if (f.cut) wrong = {Error::Kind::Damaged, "the zstd frame is cut", {end, 0}};
            if (f.damaged) wrong = {Error::Kind::Damaged, "the zstd frame does not decode", {f.at + f.read.used, 0}};
        },
        why, cx));
    if (stopped) return Lost{};
    if (wrong) return std::unexpected(*wrong);
    if (!any) return fail(Error::Kind::Damaged, "the zstd frame does not decode: " + std::string(why), {0, bytes_.size()});
    if (end != bytes_.size()) return fail(Error::Kind::Damaged, "what follows a frame is none", {end, bytes_.size() - end});
    return Lost{};
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto all = bytes.view();
    auto layout = TRY(layout_of(all));
    size_t frames = 0, skipped = 0;
    u64 at = 0, content = 0;
    bool known = true;
    while (at < all.size() && frames + skipped < kMostFrames) {
        auto rest = all.subspan(at);
        if (auto size = zstd_frame::skippable(rest); size && *size <= rest.size()) {
            at += *size;
            skipped++;
            continue;
        }
        auto h = zstd_frame::read_header(rest);
        if (!h) break;
        auto blocks = zstd_frame::walk(rest, *h);
        frames++;
        known = known && h->content;
        content = sum(content, h->content.value_or(0)).value_or(kUnbounded);
        if (h->dictionary)
            layout.findings.push_back(
                {&kFindings[1], "the frame needs the dictionary " + std::to_string(h->dictionary) + ", which is not in it", {at, h->size}});
        if (blocks.end == zstd_frame::Blocks::End::Cut) {
            layout.findings.push_back({&findings::cut, "the zstd frame is cut: its end is missing", {at, rest.size()}});
            break;
        }
        if (blocks.end == zstd_frame::Blocks::End::Wrong) {
            layout.findings.push_back({&kFindings[0], "the zstd frame is damaged: its blocks lead nowhere", {at, rest.size()}});
            break;
        }
        at += blocks.size;
    }
    auto label = std::to_string(frames) + (frames == 1 ? " frame" : " frames");
    if (skipped) label += ", " + std::to_string(skipped) + " skippable";
    if (known) label += ", " + human_size(content) + " decoded";
    return Item{.label = "zstd stream: " + label, .layout = std::move(layout), .inside = std::make_unique<Content>(bytes)};
}

constexpr std::string_view kLimits[] = {
    "frames that need a dictionary are found, but not decoded",
    "made again byte for byte: what the libzstd that is linked makes by its levels; of other releases of it the nearest is made",
    "skippable frames of more than 64 KiB, and more than 4096 frames, are not made again",
};

}  // namespace
}  // namespace zstd

namespace formats {
extern const Format zstd{.id = "zstd",
                         .title = "Zstandard stream",
                         .magics = magics::zstd,
                         .may_begin = fieldstrip::zstd::may_begin,
                         .recognise = fieldstrip::zstd::recognise,
                         .open = fieldstrip::zstd::open,
                         .make = fieldstrip::zstd::make,
                         .made_by = fieldstrip::zstd::made_by,
                         .findings = fieldstrip::zstd::kFindings,
                         .limits = fieldstrip::zstd::kLimits,
                         .source = "RFC 8878"};
}  // namespace formats

}  // namespace fieldstrip
