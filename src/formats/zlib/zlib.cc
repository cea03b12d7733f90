// zlib: a deflate stream with two bytes before it and the adler32 of its content behind it. Nothing says how long it is, so where it ends
// is known only by decoding it. Numbers are big-endian.
//
// Source: RFC 1950 (zlib), RFC 1951 (deflate).
#include "base/digest.h"
#include "formats/zlib/magics.h"
#include "formats/zlib/stream.h"
#include "model/walk.h"

namespace fieldstrip {
namespace zlib_stream {
namespace {

const Names kWindows = {{0x08, "deflate-256"}, {0x18, "deflate-512"}, {0x28, "deflate-1k"},  {0x38, "deflate-2k"},
                        {0x48, "deflate-4k"},  {0x58, "deflate-8k"},  {0x68, "deflate-16k"}, {0x78, "deflate-32k"}};

/// Whether the end of its space cuts it off; only decoding tells. Where it is damaged, its adler32 is thought to be the last four bytes.
bool is_cut(ByteView bytes, Context& cx) {
    auto s = read_alone(bytes, [](ByteView) { return true; }, cx);
    return s && !s->whole && s->read.end != deflate::Read::End::Wrong;  // at a limit, which the Context says: taken for whole
}

Result<Layout> walk(ByteView bytes, bool cut) {
    Walk w(bytes, Endian::Big);
    w.u8("method").in(kWindows).is(kept_inside());
    w.u8("flags").is(kept_inside()).hex();
    const u64 end = cut ? 0 : kEnd;
    w.require(w.left() >= end, "adler32");
    w.opaque("deflate", w.good() ? w.left() - end : 0);
    if (!cut) w.u32("adler32").is(kept_inside()).hex();
    if (cut) w.finding({&findings::cut, "the deflate stream is cut: its end and adler32 are missing", {kHeader, bytes.size() - kHeader}});
    return std::move(w).done();
}

class Zlib final : public Coded {
  public:
    explicit Zlib(Buffer bytes) : bytes_(std::move(bytes)) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }  // its one check needs decoding
    Result<Lost> decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const override {
        auto all = bytes_.view();
        auto s = TRY(read_alone(all, sink, cx));
        if (s.read.end == deflate::Read::End::Stopped) return Lost{};
        const bool exact = s.whole && s.end() == all.size();
        if (checks) {
            // What can't be decoded has failed its adler32, which is at the end if the stream has one.
            const bool has_end = s.whole || s.read.end == deflate::Read::End::Wrong;
            Extent at{all.size() - (has_end ? kEnd : 0), has_end ? kEnd : 0}, covers{kHeader, at.offset - kHeader};
            Bytes expected, found;
            if (has_end) expected = big_endian(be32(all, at.offset), kEnd);
            if (exact) found = big_endian(s.adler, kEnd);
            auto outcome = exact && s.holds() ? Check::Outcome::Pass : Check::Outcome::Fail;
            checks({"adler32", at, {&covers, 1}, expected, found, outcome});
        }
        if (exact) return Lost{};
        auto why = s.read.end == deflate::Read::End::Wrong ? "deflate stream: " + std::string(s.read.why) : "the stream is cut";
        return fail(Error::Kind::Damaged, why, {s.deflated().end(), 0});
    }
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    Buffer bytes_;
};

Result<Item> open_as(const Buffer& bytes, bool sound, Context& cx) {
    auto all = bytes.view();
    if (auto why = why_none(all); !why.empty() || all.size() < kHeader + kEnd) return fail(Error::Kind::NotThis, "no zlib stream");
    auto layout = TRY(walk(all, !sound && is_cut(all, cx)));
    return Item{.label = "zlib stream", .layout = std::move(layout), .inside = std::make_unique<Zlib>(bytes)};
}
Result<Item> open(const Buffer& bytes, Context& cx) { return open_as(bytes, false, cx); }
Result<Item> open_sound(const Buffer& bytes, Context& cx) { return open_as(bytes, true, cx); }

constexpr std::string_view kLimits[] = {
    "a stream that zopfli or another encoder made is made again by the nearest zlib parameters, which gives other bytes of the same "
    "content",
    "a stream that needs a preset dictionary is not recognised: the dictionary is not in it",
};

}  // namespace
}  // namespace zlib_stream

namespace formats {
extern const Format zlib{.id = "zlib",
                         .title = "zlib stream",
                         .magics = magics::zlib,
                         .may_begin = fieldstrip::zlib_stream::may_begin,
                         .recognise = fieldstrip::zlib_stream::recognise,
                         .open = fieldstrip::zlib_stream::open,
                         .open_sound = fieldstrip::zlib_stream::open_sound,
                         .make = fieldstrip::zlib_stream::make,
                         .made_by = fieldstrip::zlib_stream::made_by,
                         .limits = fieldstrip::zlib_stream::kLimits,
                         .source = "RFC 1950, RFC 1951"};
}  // namespace formats

}  // namespace fieldstrip
