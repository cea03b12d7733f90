#include "formats/lz4/frames.h"

namespace fieldstrip::lz4_frames {

const FindingKind kFindings[1] = {
    {"end-unknown", Severity::Error, "A block of an LZ4 frame has a size that can't be one: where the frame ends is not known."},
};

namespace {

constexpr unsigned kConvincing = 24;  // bits out of a block's matches, where a checksum does not speak for it
constexpr u32 kNothing = 0x02CC5D05;  // the checksum of no content

std::unexpected<No> no(std::string_view why, u64 at = 0) { return std::unexpected(No{why, {at, 0}}); }

std::expected<Frame, No> read_skippable(ByteView all, u64 at) {
    Frame f{.at = at, .header = 8, .skippable = true};
    u64 size = le32(all, at + 4);
    if (size > all.size() - at - 8) return no("a skippable frame that is cut", at);
    f.end_mark = f.end = at + 8 + size;
    return f;
}

std::expected<Frame, No> read_header(ByteView all, u64 at) {
    if (at > all.size() || all.size() - at < 8) return no("cut before an LZ4 frame can end", at);
    auto in = all.subspan(at);
    if ((le32(in) & ~15u) == kSkippable) return read_skippable(all, at);
    if (le32(in) != kMagic || in.size() < 11) return no("no LZ4 frame", at);
    Frame f{.at = at, .header = 6, .flags = in[4]};
    if (f.flags >> 6 != 1) return no("a version of LZ4 frames that there is not", at + 4);
    if (f.is(kContentSize)) {
        if (in.size() < 15) return no("the header is cut", at);
        f.size = le64(in, 6), f.header += 8;
    }
    if (f.is(kDictionary)) f.header += 4;
    if (in.size() < f.header + 1) return no("the header is cut", at);
    f.header_holds = u8(xxh32(in.subspan(4, f.header - 4)) >> 8) == in[f.header];
    f.header++;
    bool fits = !(f.flags & kReserved) && !(in[5] & 0x8F) && in[5] >> 4 >= 4;
    if (!fits && f.header_holds) return no("header fields of a later version", at + 4);
    if (fits) f.block = in[5] >> 4;
    f.bits = 32 + 2 + (fits ? 7 : 0) + (f.header_holds ? 8 : 0);
    return f;
}

/// What the first block proves by its matches.
unsigned bits_of(ByteView all, const Frame& f, const Block& b, bool& broken, Context& cx) {
    broken = false;
    auto data = all.subspan(b.at + 4, std::min(b.size, all.size() - b.at - 4));
    if (b.stored || f.is(kDictionary) || !cx.spend(&Limits::decoded, data.size())) return 0;
    auto w = lz4::walk(data, 0, f.block_size());
    broken = data.size() == b.size ? !w.whole : !w.cut && !w.whole;
    return broken ? 0 : w.bits;
}

/// Whether the content has the checksum that stands behind it.
bool content_holds(ByteView all, const Frame& f, Context& cx) {
    Xxh32 sum;
    auto take = [&](ByteView v) { return sum.eat(v), true; };
    return f.is(kContentChecksum) && decode_frame(all, f, take, cx) && sum.value() == le32(all, f.end - 4);
}

}  // namespace

std::optional<Block> read_block(ByteView all, const Frame& f, u64 at) {
    if (at > all.size() || all.size() - at < 4) return {};
    u32 word = le32(all, at);
    Block b{.at = at, .stored = (word & kStored) != 0, .size = word & ~kStored, .summed = f.is(kBlockChecksums)};
    if (!b.size || b.size > f.block_size()) return {};
    return b;
}

bool may_begin(ByteView from) {
    if (from.size() < 8) return false;
    if ((le32(from) & ~15u) == kSkippable) return le32(from, 4) <= from.size() - 8;
    return read_header(from, 0).has_value();
}

std::expected<Frame, No> read_frame(ByteView all, u64 at, Context& cx) {
    auto header = read_header(all, at);
    if (!header || header->skippable) return header;
    auto f = *header;
    u64 here = f.begin();
    unsigned matches = 0;
    bool broken = false, sums = false;
    while (auto b = read_block(all, f, here)) {
        if (!f.blocks) matches = bits_of(all, f, *b, broken, cx);
        if (broken && !f.header_holds) break;
        f.blocks++;
        if (b->end() > all.size()) {
            here = b->at, f.how = Frame::End::Cut;
            break;
        }
        if (b->summed && f.blocks == 1)  // a good one proves what is cut or damaged behind it
            sums = xxh32(all.subspan(b->at + 4, b->size)) == le32(all, b->end() - 4);
        f.bits = std::min(f.bits + 9, 1u << 16);
        here = b->end();
    }
    f.end_mark = here;
    if (f.how == Frame::End::Whole && all.size() - here < 4) f.how = Frame::End::Cut;
    if (f.how == Frame::End::Whole && (!broken || f.header_holds) && !le32(all, here)) {
        f.end = here + 4 + (f.is(kContentChecksum) ? 4 : 0);
        if (f.end > all.size())
            f.how = Frame::End::Cut;
        else if (f.blocks)
            f.bits += 32;
        else if (f.is(kContentChecksum) && le32(all, here + 4) == kNothing)
            f.bits += 32;
        else
            f.bits += 8;
        if (f.end <= all.size()) {
            bool zeros = broken && !le64(all, here - 8) && (!f.is(kContentChecksum) || !le32(all, here + 4));
            if (zeros && !sums) return no("zeros where its data should be", here);
            if (!f.header_holds && matches < kConvincing && !sums && !content_holds(all, f, cx))
                return no("the header's checksum is wrong", at + f.header - 1);
            f.broken = broken;
            return f;
        }
    } else if (f.how == Frame::End::Whole) {
        f.how = Frame::End::Damaged;
    }
    // It does not end: then something has to speak for what is there.
    // Sizes that lead on, if they are sizes: programs have numbers as small in rows.
    if (f.blocks > 1 && f.header_holds) matches += 9 * unsigned(std::min<u64>(f.blocks - 1, 8));
    if (matches < kConvincing && !sums)
        return no(broken ? "no LZ4 block behind the header" : "not whole, and nothing proves what is there", here);
    f.bits += matches + (sums ? 32 : 0);
    f.end = f.how == Frame::End::Cut ? all.size() : here;
    return f;
}

std::expected<File, No> read_file(ByteView all, Context& cx) {
    File out;
    size_t good = 0;
    for (u64 at = 0; at < all.size();) {
        auto f = read_frame(all, at, cx);
        if (!f) {
            if (!good) return std::unexpected(f.error());
            break;
        }
        at = f->end;
        out.frames.push_back(*f);
        if (f->skippable) continue;
        good = out.frames.size();
        out.size = f->end;
        out.bits = std::min(out.bits + f->bits, 1u << 20);
        out.sound = out.sound && f->header_holds && !f->broken && f->how == Frame::End::Whole;
        if (f->how != Frame::End::Whole) break;
    }
    if (!good) return no("skippable frames alone");
    // Skippable ones behind a frame belong to it; those before what is no frame do too.
    while (good < out.frames.size()) out.size = out.frames[good++].end;
    return out;
}

Result<void> decode_frame(ByteView all, const Frame& f, const lz4::Take& take, Context& cx) {
    if (f.is(kDictionary)) return fail(Error::Kind::Unsupported, "the LZ4 frame needs a dictionary, which is not in it", {f.at, f.header});
    lz4::Decoder decoder(f.block_size(), !f.is(kIndependent));
    u64 at = f.begin();
    for (;;) {
        auto b = read_block(all, f, at);
        if (!b) break;
        if (b->data().end() > all.size()) return fail(Error::Kind::Damaged, "the LZ4 frame is cut", {all.size(), 0});
        auto data = all.subspan(b->at + 4, b->size);
        auto made = b->stored ? decoder.stored(data, cx) : decoder.block(data, cx);
        if (!made && made.error().kind == Error::Kind::Damaged) return fail(Error::Kind::Damaged, made.error().message, b->data());
        if (!made) return std::unexpected(made.error());
        if (!take(*made)) return {};
        at = b->end();
    }
    if (f.how == Frame::End::Cut) return fail(Error::Kind::Damaged, "the LZ4 frame is cut", {all.size(), 0});
    if (f.how == Frame::End::Damaged) return fail(Error::Kind::Damaged, "a block's size can't be one", {at, 0});
    return {};
}

}  // namespace fieldstrip::lz4_frames
