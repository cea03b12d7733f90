// bzip2: "BZh" and a digit for the size of its blocks, blocks of up to 900 kB that begin at any bit, and an end with a crc32 that is put
// together from those of the blocks. No field says how long anything is, so the end is known only by decoding. Several streams directly
// behind each other are one: bzip2 puts their contents together (and pbzip2 makes them so).
//
// Source: bzip2 1.0.8, decompress.c; the crc32 is that of the highest bit first (poly 0x04c11db7).
#include "base/text.h"
#include "formats/bzip2/magics.h"
#include "formats/bzip2/streams.h"
#include "model/walk.h"

namespace fieldstrip {
namespace bzip2 {
namespace {

constexpr u8 kMagic[] = {'B', 'Z', 'h'};
const Names kLevels = {{'1', "100k"}, {'2', "200k"}, {'3', "300k"}, {'4', "400k"}, {'5', "500k"},
                       {'6', "600k"}, {'7', "700k"}, {'8', "800k"}, {'9', "900k"}};

std::string name_of(const char* check, size_t i) { return i ? nth(check, i) : check; }
Extent bytes_of(u64 from, u64 to) { return {from / 8, (to + 7) / 8 - from / 8}; }
Check::Outcome outcome(bool pass) { return pass ? Check::Outcome::Pass : Check::Outcome::Fail; }

class Bzip2 final : public Coded {
  public:
    explicit Bzip2(Buffer bytes) : bytes_(std::move(bytes)) {}
    /// All of them need decoding: where a block begins is not known before.
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), cx); }

  private:
    void check_block(const BlockTold&, const CheckSink&) const;
    void check_end(const EndTold&, const CheckSink&) const;
    Buffer bytes_;
};

void Bzip2::check_block(const BlockTold& b, const CheckSink& checks) const {
    auto& [block, i, magic] = b;
    auto covers = bytes_of(block.from, block.to);
    auto at = bytes_of(block.from, std::min(block.from + 48, block.to));
    auto found = big_endian(bits_at(bytes_.view(), block.from, 48), 6);
    checks({name_of("block_magic", i), at, {}, big_endian(kBlockMagic, 6), found, outcome(magic)});
    bool there = block.from + kBlockHead <= bytes_.size() * 8, whole = block.end == Block::End::Whole;
    Bytes expected, is;
    if (there) expected = big_endian(bits_at(bytes_.view(), block.from + 48, 32), 4);
    if (whole) is = big_endian(block.crc, 4);
    at = there ? bytes_of(block.from + 48, block.from + kBlockHead) : Extent{covers.offset, 0};
    checks({name_of("block_crc", i), at, {&covers, 1}, expected, is, outcome(block.holds())});
}

void Bzip2::check_end(const EndTold& e, const CheckSink& checks) const {
    auto expected = big_endian(kEndMagic, 6), found = big_endian(bits_at(bytes_.view(), e.from, 48), 6);
    checks({name_of("end_magic", e.number), bytes_of(e.from, e.from + 48), {}, expected, found, outcome(e.magic)});
    Extent covers{e.begin + kHeader, (e.from + 7) / 8 - e.begin - kHeader};
    expected = big_endian(e.stored, 4);
    found = e.found ? big_endian(*e.found, 4) : Bytes{};
    checks({name_of("stream_crc", e.number),
            bytes_of(e.from + 48, e.from + kEnd),
            {&covers, 1},
            expected,
            found,
            outcome(e.found == e.stored)});
}

Result<Lost> Bzip2::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "a bzip2 stream has one content");
    std::optional<Error> broken;
    Told told{[&](const BlockTold& b) {
                  if (checks) check_block(b, checks);
                  if (b.block.end == Block::End::Whole || broken) return;
                  auto why = b.block.end == Block::End::Cut ? "the stream is cut"
                                                            : "block " + std::to_string(b.number) + ": " + std::string(b.block.why);
                  broken = Error{Error::Kind::Damaged, why, bytes_of(b.block.from, b.block.to)};
              },
              [&](const EndTold& e) {
                  if (checks) check_end(e, checks);
              }};
    // How much a block held that can't be decoded is not known: the others are decoded behind it for their checks alone.
    auto done = TRY(run(bytes_.view(), [&](ByteView v) { return broken ? bool(checks) : sink(v); }, told, true, cx));
    if (broken) return std::unexpected(*broken);
    if (done.end == Run::End::Stopped) return Lost{};
    if (done.end != Run::End::Whole || done.size < bytes_.size())
        return fail(Error::Kind::Damaged, "the stream is damaged: " + std::string(done.why), {done.size, 0});
    return Lost{};
}

/// Whether the last bits are an end.
bool ends(ByteView b) {
    for (u64 pad = 0; pad < 8; pad++)
        if (b.size() * 8 >= kHeader * 8 + kEnd + pad && bits_at(b, b.size() * 8 - kEnd - pad, 48) == kEndMagic) return true;
    return false;
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto level = level_of(bytes.view());
    if (!level) return fail(Error::Kind::NotThis, "no bzip2 header");
    Walk w(bytes.view(), Endian::Little);
    w.magic("magic", kMagic);
    w.u8("level").in(kLevels).is(kept_inside());
    Extent blocks{w.here(), w.left()};
    w.opaque("blocks", w.left());
    if (!ends(bytes.view())) {
        auto how = run(bytes.view(), [](ByteView) { return true; }, {}, true, cx);
        if (how && how->end == Run::End::Cut) w.finding({&findings::cut, "the bzip2 stream is cut: its end is missing", blocks});
        if (how && how->end == Run::End::Damaged)
            w.finding({&kFindings[0], "the bzip2 stream is damaged: " + std::string(how->why) + "; where it ends is not known", blocks});
    }
    auto layout = TRY(std::move(w).done());
    return Item{.label = "bzip2 stream, blocks of " + std::to_string(*level) + "00 kB",
                .layout = std::move(layout),
                .inside = std::make_unique<Bzip2>(bytes)};
}

constexpr std::string_view kLimits[] = {
    "randomised blocks (bzip2 0.9.0 and before) are not decoded",
    "content behind a block that does not decode is not delivered, since how much is missing is not known; its blocks are checked",
    "a stream of lbzip2 or 7-Zip is made again by libbz2, which gives other bytes of the same content",
    "more than 4096 streams behind each other are read, but have no recipe",
};

}  // namespace
}  // namespace bzip2

namespace formats {
extern const Format bzip2{.id = "bzip2",
                          .title = "bzip2 stream",
                          .magics = magics::bzip2,
                          .may_begin = [](ByteView from) { return fieldstrip::bzip2::level_of(from).has_value(); },
                          .recognise = fieldstrip::bzip2::recognise,
                          .open = fieldstrip::bzip2::open,
                          .make = fieldstrip::bzip2::make,
                          .made_by = fieldstrip::bzip2::made_by,
                          .findings = fieldstrip::bzip2::kFindings,
                          .limits = fieldstrip::bzip2::kLimits,
                          .source = "bzip2 1.0.8"};
}  // namespace formats

}  // namespace fieldstrip
