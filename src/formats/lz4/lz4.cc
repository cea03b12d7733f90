// LZ4 frames: a header with its own checksum byte, blocks with their sizes (and checksums), a mark of four zeros, a checksum of the
// content. Frames directly behind each other, skippable ones among them, are one: lz4 puts their contents together. All numbers are
// little-endian.
//
// Source: lz4, doc/lz4_Frame_format.md 1.6.2 and doc/lz4_Block_format.md.
#include "base/text.h"
#include "formats/lz4/frames.h"
#include "formats/lz4/magics.h"
#include "model/walk.h"

namespace fieldstrip {
namespace lz4_frames {
namespace {

const Names kBlocks = {{0x40, "64 KiB"}, {0x50, "256 KiB"}, {0x60, "1 MiB"}, {0x70, "4 MiB"}};

std::string name_of(const char* check, size_t i) { return i ? nth(check, i) : check; }
Check::Outcome outcome(bool pass) { return pass ? Check::Outcome::Pass : Check::Outcome::Fail; }

class Lz4 final : public Coded {
  public:
    Lz4(Buffer bytes, File file) : bytes_(std::move(bytes)), file_(std::move(file)) {}
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), file_, cx); }

  private:
    void check_content(const Frame&, size_t i, std::optional<u32> sum, std::optional<u64> size, const CheckSink&) const;
    Buffer bytes_;
    File file_;
};

Result<void> Lz4::verify(const CheckSink& checks, Context& cx) const {
    auto all = bytes_.view();
    size_t i = 0, n = 0;
    for (auto& f : file_.frames) {
        if (f.skippable) continue;
        Extent covers{f.at + 4, f.header - 5};
        auto expected = big_endian(all[f.begin() - 1], 1), found = big_endian(xxh32(all.subspan(covers.offset, covers.size)) >> 8 & 255, 1);
        checks({name_of("header_checksum", i++), {f.begin() - 1, 1}, {&covers, 1}, expected, found, outcome(f.header_holds)});
        if (!f.is(kBlockChecksums)) continue;
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        u64 at = f.begin();
        for (u64 b = 0; b < f.blocks; b++) {
            auto block = read_block(all, f, at);
            if (!block || block->end() > all.size()) break;
            at = block->end();
            covers = block->data();
            expected = big_endian(le32(all, at - 4), 4), found = big_endian(xxh32(all.subspan(covers.offset, covers.size)), 4);
            checks({name_of("block_checksum", n++), {at - 4, 4}, {&covers, 1}, expected, found, outcome(expected == found)});
        }
    }
    return {};
}

/// `sum`, `size`: of the content, where it could be decoded.
void Lz4::check_content(const Frame& f, size_t i, std::optional<u32> sum, std::optional<u64> size, const CheckSink& checks) const {
    auto all = bytes_.view();
    Extent covers{f.begin(), f.end_mark - f.begin()};
    if (f.size) {
        Extent at{f.at + 6, 8};
        auto expected = big_endian(*f.size, 8), found = size ? big_endian(*size, 8) : Bytes{};
        checks({name_of("content_size", i), at, {}, expected, found, outcome(f.size == size)});
    }
    if (!f.is(kContentChecksum) || f.how != Frame::End::Whole) {
        checks({name_of("decode", i), {f.begin(), 0}, {&covers, 1}, {}, {}, outcome(size.has_value())});
        return;
    }
    Extent at{f.end - 4, 4};
    auto expected = big_endian(le32(all, at.offset), 4), found = sum ? big_endian(*sum, 4) : Bytes{};
    checks({name_of("content_checksum", i), at, {&covers, 1}, expected, found, outcome(expected == found)});
}

Result<Lost> Lz4::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "an LZ4 stream has one content");
    size_t i = 0;
    for (auto& f : file_.frames) {
        if (f.skippable) continue;
        Xxh32 sum;
        u64 size = 0;
        bool wanted = true;
        auto take = [&](ByteView v) {
            size += v.size();
            if (checks && f.is(kContentChecksum)) sum.eat(v);
            return wanted = sink(v), wanted;
        };
        auto done = decode_frame(bytes_.view(), f, take, cx);
        if (!done && done.error().kind == Error::Kind::Limit) return std::unexpected(done.error());
        if (!wanted) return Lost{};
        bool refused = !done && done.error().kind == Error::Kind::Unsupported;
        if (checks && !refused)
            check_content(f, i, done ? std::optional(sum.value()) : std::nullopt, done ? std::optional(size) : std::nullopt, checks);
        if (!done) return std::unexpected(done.error());
        i++;
    }
    return Lost{};
}

Result<Layout> layout_of(ByteView bytes, const File& file) {
    Walk w(bytes, Endian::Little);
    size_t before = 0;
    while (file.frames[before].skippable) before++;
    auto& f = file.frames[before];
    if (f.at) w.opaque("skippable", f.at);
    w.raw("magic", 4).is(kept_inside());
    w.u8("flags").is(kept_inside()).hex();
    w.u8("block_size").in(kBlocks).is(kept_inside());
    if (f.is(kContentSize)) w.u64("content_size").is(kept_inside());
    if (f.is(kDictionary)) w.u32("dictionary").is(kept_inside()).hex();
    w.u8("header_checksum").is(kept_inside()).hex();
    w.opaque("blocks", f.end_mark - w.here());
    if (f.how == Frame::End::Whole) {
        w.u32("end_mark").is(kept_inside());
        if (f.is(kContentChecksum)) w.u32("content_checksum").is(kept_inside()).hex();
    }
    w.opaque(before + 1 < file.frames.size() ? "frames" : "rest", bytes.size() - w.here());
    for (auto& one : file.frames) {
        Extent where{one.at, one.end - one.at};
        if (one.how == Frame::End::Cut) w.finding({&findings::cut, "the LZ4 frame is cut: its end is missing", where});
        if (one.how == Frame::End::Damaged)
            w.finding({&kFindings[0],
                       "the LZ4 block at " + hex_number(one.end_mark) + " has a size that can't be one; where the frame ends is not known",
                       where});
    }
    return std::move(w).done();
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto file = read_file(space.subspan(at), cx);
    if (!file) return std::unexpected(No{file.error().why, {at + file.error().where.offset, 0}});
    std::string_view why = "header checksum; block sizes lead to the end mark";
    if (!file->sound) why = "matches in its blocks; damaged or cut";
    return Claim{{at, file->size}, file->bits, why, file->sound};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto file = read_file(bytes.view(), cx);
    if (!file) return fail(Error::Kind::NotThis, std::string(file.error().why));
    auto layout = TRY(layout_of(bytes.view(), *file));
    u64 frames = 0, blocks = 0;
    const Frame* first = nullptr;
    for (auto& f : file->frames) {
        if (f.skippable) continue;
        first = first ? first : &f;
        frames++, blocks += f.blocks;
    }
    auto label = (frames == 1 ? "LZ4 frame: " : std::to_string(frames) + " LZ4 frames: ") + std::to_string(blocks) +
                 (blocks == 1 ? " block" : " blocks");
    label += std::string(" of up to ") + human_size(first->block_size()) + (first->is(kIndependent) ? "" : ", linked");
    if (frames == 1 && first->size) label += ", " + human_size(*first->size) + " decoded";
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Lz4>(bytes, std::move(*file))};
}

constexpr std::string_view kLimits[] = {
    "frames that need a dictionary are recognised and not decoded",
    "a block that does not decode ends the content",
    "made again byte for byte: what liblz4's frame functions make a block at a time (the lz4 tool), or of the whole; with blocks of other "
    "sizes "
    "(flushed early) the nearest is made",
    "skippable frames of more than 4 KiB, and more than 4096 frames, have no recipe",
};

}  // namespace
}  // namespace lz4_frames

namespace formats {
extern const Format lz4{.id = "lz4",
                        .title = "LZ4 frames",
                        .magics = magics::lz4,
                        .may_begin = fieldstrip::lz4_frames::may_begin,
                        .recognise = fieldstrip::lz4_frames::recognise,
                        .open = fieldstrip::lz4_frames::open,
                        .make = fieldstrip::lz4_frames::make,
                        .made_by = fieldstrip::lz4_frames::made_by,
                        .findings = fieldstrip::lz4_frames::kFindings,
                        .limits = fieldstrip::lz4_frames::kLimits,
                        .source = "lz4: doc/lz4_Frame_format.md"};
}  // namespace formats

}  // namespace fieldstrip
