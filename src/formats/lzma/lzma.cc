// lzma: one LZMA stream behind lc, lp, pb (a byte), the dictionary (u32) and the content's size (u64; all ones: not known, then an end
// marker ends it, which may stand there in any case). There is no magic and no checksum. Some write the first 5 bytes only.
// Source: XZ Utils, doc/lzma-file-format.txt (public domain); LZMA SDK, lzma.txt and DOC/lzma-specification.txt (public domain).
#include "base/text.h"
#include "formats/lzma/stream.h"
#include "model/walk.h"

namespace fieldstrip {
namespace lzma {
namespace {

using End = lzma_reader::Read::End;

constexpr FindingKind kFindings[] = {
    {"damaged", Severity::Error, "The LZMA stream can't be read on from some place, so where it ends is not known."},
    {"dictionary-too-small", Severity::Warning,
     "Matches reach farther back than the dictionary that the header says: readers that believe it can't read the stream."}};

bool nothing(ByteView) { return true; }

std::string_view why(const Stream& s) {
    if (s.read.end == End::Cut) return "decodes to the end of its space";
    if (!s.whole()) return "decodes up to where it is damaged";
    if (s.read.marker) return "decodes to its end marker, and nothing is left over";
    return s.header.size ? "decodes to the size that its header says, and nothing is left over"
                         : "decodes to the end of its space, and nothing is left over";
}

bool may_begin(ByteView from) { return read_header(from, true) || read_header(from, false); }

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto all = space.subspan(at);
    if (!may_begin(all)) return std::unexpected(No{"no header with a stream behind it"});
    // Nothing is decoded once a limit is met, not even a little for each of many.
    if (!cx.spend(&Limits::decoded, 0)) return std::unexpected(No{"stopped at a limit before its end"});
    auto s = read(all, !at, nothing, cx);
    if (!s) return std::unexpected(No{"stopped at a limit before its end"});
    if (!*s) return std::unexpected(No{"does not decode to an end"});
    auto& one = **s;
    bool whole = one.whole();
    return Claim{{at, one.read.end == End::Cut ? all.size() : one.size()}, proof(one, !at && one.size() == all.size()), why(one), whole};
}

std::string properties_words(const Header& h) {
    return "lc " + std::to_string(h.lc) + ", lp " + std::to_string(h.lp) + ", pb " + std::to_string(h.pb);
}

Result<Layout> layout_of(ByteView bytes, const Header& h) {
    Walk w(bytes, Endian::Little);
    w.u8("properties").is(kept_inside()).hex();
    auto dictionary = w.u32("dictionary");
    if (!h.has_size) dictionary.is(kept_inside());
    if (h.has_size) {
        auto size = w.u64("size").is(kept_inside());
        if (!h.size) size.hex();
    }
    w.opaque("stream", w.left());
    return std::move(w).done();
}

class Content final : public Coded {
  public:
    Content(Buffer bytes, Header header) : bytes_(std::move(bytes)), header_(header) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    Buffer bytes_;
    Header header_;
};

Result<Lost> Content::decode(size_t, const Sink& sink, const CheckSink& checks, Context& cx) const {
    lzma_reader::Reader reader;
    auto r = TRY(reader.read(bytes_.view().subspan(header_.bytes()), header_.shape(true), sink, cx));
    if (r.end == End::Stopped) return Lost{};
    // No checksum is there: what can be checked is that the range coder ends with nothing left, and with the last byte.
    u64 used = header_.bytes() + r.used;
    bool whole = r.end == End::Whole && used == bytes_.size();
    if (checks) {
        Extent covers{header_.bytes(), bytes_.size() - header_.bytes()};
        checks({"decode", {covers.offset, 0}, {&covers, 1}, {}, {}, whole ? Check::Outcome::Pass : Check::Outcome::Fail});
    }
    if (r.end == End::Cut) return fail(Error::Kind::Damaged, "the LZMA stream is cut", {used, 0});
    if (r.end == End::Wrong) return fail(Error::Kind::Damaged, "LZMA stream: " + std::string(r.why), {used, 0});
    if (!whole) return fail(Error::Kind::Damaged, "the LZMA stream ends before its bytes do", {used, bytes_.size() - used});
    return Lost{};
}

/// Only decoding tells whether it is whole; at a limit, which the Context says, it is taken for that.
Result<Item> open(const Buffer& bytes, Context& cx) {
    auto all = bytes.view();
    auto header = read_header(all, true);
    if (!header) header = read_header(all, false);
    if (!header) return fail(Error::Kind::NotThis, "no LZMA header");
    auto layout = TRY(layout_of(all, *header));
    std::string label = "LZMA stream: " + properties_words(*header) + ", dictionary " + human_size(header->dictionary);
    if (!header->size) label += header->has_size ? ", size not said" : ", header of 5 bytes";
    lzma_reader::Reader reader;
    if (auto r = reader.read(all.subspan(header->bytes()), header->shape(true), nothing, cx)) {
        label += ", " + human_size(r->made) + " decoded";
        Extent stream{header->bytes(), all.size() - header->bytes()};
        if (r->end == End::Cut) layout.findings.push_back({&findings::cut, "the LZMA stream is cut: its end is missing", stream});
        if (r->end == End::Wrong) layout.findings.push_back({&kFindings[0], "the LZMA stream is damaged: " + std::string(r->why), stream});
        if (r->farthest > std::max<u64>(header->dictionary, 4096))
            layout.findings.push_back({&kFindings[1],
                                       "matches reach " + std::to_string(r->farthest) + " bytes back, the dictionary is said to be " +
                                           std::to_string(header->dictionary),
                                       {1, 4}});
    }
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Content>(bytes, *header)};
}

constexpr std::string_view kLimits[] = {
    "a stream of a few bytes whose size is known and which has no end marker is found only where it is alone",
    "the header of 5 bytes is found with the usual lc, lp, pb and dictionaries, before a stream with an end marker or alone in its space",
    "made again byte for byte: what liblzma's presets and the LZMA SDK 9.22 make; of other encoders the nearest of those is made",
};

}  // namespace
}  // namespace lzma

namespace formats {
extern const Format lzma{.id = "lzma",
                         .title = "LZMA stream (.lzma)",
                         .find = fieldstrip::lzma::find,
                         .may_begin = fieldstrip::lzma::may_begin,
                         .recognise = fieldstrip::lzma::recognise,
                         .open = fieldstrip::lzma::open,
                         .make = fieldstrip::lzma::make,
                         .made_by = fieldstrip::lzma::made_by,
                         .findings = fieldstrip::lzma::kFindings,
                         .limits = fieldstrip::lzma::kLimits,
                         .source = "XZ Utils: doc/lzma-file-format.txt; LZMA SDK: DOC/lzma-specification.txt"};
}  // namespace formats

}  // namespace fieldstrip
