// Sources, for what stands in front: squashfs-tools lzma_xz_wrapper.c and lzma_wrapper.c (the 13 bytes); sasquatch's ZLib.cpp,
// lzma_wrapper.c and uncomp.c, which keep what OpenWrt (Oleg Vdovikin's LZMA_Lib), DD-WRT, squashfs7z and sqlzma did.
#include "formats/squashfs/lzma_block.h"

namespace fieldstrip::squashfs {
namespace {

constexpr std::string_view kNames[kLzmaFrames] = {"alone", "properties", "bare", "dd-wrt", "7zip", "7zip-properties"};
constexpr u32 kDictionary = 1 << 23;  // of decoders that are told none

struct Start {
    LzmaFront front;
    u64 at;  // of the stream
};

/// lc, lp, pb and the dictionary, 5 bytes from `at` on; the stream begins with a zero, as all do.
bool properties(ByteView b, u64 at, Start& s) {
    if (b.size() < at + 10 || !lzma_alone::set_properties(s.front.header, b[at])) return false;
    s.front.header.dictionary = le32(b, at + 1);
    return true;
}

/// Nothing where it can't be in that frame.
std::optional<Start> start_of(LzmaFrame frame, ByteView b, u64 limit) {
    Start s{{.frame = frame, .header = {.dictionary = kDictionary}}, 0};
    bool seven = starts_with(b, "7zip");
    switch (frame) {
        case LzmaFrame::Alone: {
            auto h = lzma_alone::read_header(b);
            if (!h || (h->size && *h->size > limit)) return {};
            s.front.header = *h;
            s.at = lzma_alone::kHeader;
            break;
        }
        case LzmaFrame::Properties:
            if (!properties(b, 0, s)) return {};
            s.at = 5;
            break;
        case LzmaFrame::Bare: break;
        case LzmaFrame::DdWrt: {
            if (b.size() < 5 || b[0] > 4 || b[1] > 4 || b[2] > 4 || b[1] + b[2] > 4) return {};
            auto& h = s.front.header;
            h.pb = b[0], h.lc = b[1], h.lp = b[2];
            s.at = 4;
            break;
        }
        case LzmaFrame::SevenZip:
            if (!seven) return {};
            s.at = 4;
            break;
        case LzmaFrame::SevenZipProperties:
            if (!seven || !properties(b, 4, s)) return {};
            s.at = 9;
            break;
    }
    if (b.size() < s.at + 5 || b[s.at]) return {};
    return s;
}

/// Where nothing says a size, a marker does; without one, the block is full.
Result<Bytes> read(Start& s, ByteView b, u64 limit, Context& cx) {
    auto stream = b.subspan(s.at);
    auto whole = [&](Result<lzma_alone::Decoded> d) -> Result<Bytes> {
        if (!d) return std::unexpected(d.error());
        if (d->used != stream.size()) return fail(Error::Kind::Damaged, "the LZMA data ends before its block does");
        return std::move(d->content);
    };
    auto& h = s.front.header;
    if (h.size) return whole(lzma_alone::decode_raw(stream, h, limit, cx));
    auto marked = whole(lzma_alone::decode_raw(stream, h, limit, cx));
    if (marked || marked.error().kind == Error::Kind::Limit || s.front.frame == LzmaFrame::Alone) return marked;
    h.size = limit;
    auto full = whole(lzma_alone::decode_raw(stream, h, limit, cx));
    h.size.reset();
    if (!full) return marked;
    s.front.marker = false;
    return full;
}

}  // namespace

std::string_view name_of(LzmaFrame f) { return kNames[unsigned(f)]; }
std::optional<LzmaFrame> frame_of(std::string_view name) {
    for (unsigned i = 0; i < kLzmaFrames; i++)
        if (kNames[i] == name) return LzmaFrame(i);
    return {};
}

Result<LzmaBlock> decode_lzma(ByteView stored, u64 limit, Context& cx) {
    std::optional<Error> first;
    for (unsigned i = 0; i < kLzmaFrames; i++) {
        auto s = start_of(LzmaFrame(i), stored, limit);
        if (!s) continue;
        auto content = read(*s, stored, limit, cx);
        if (content) return LzmaBlock{s->front, std::move(*content)};
        if (content.error().kind == Error::Kind::Limit) return std::unexpected(content.error());
        if (!first) first = content.error();
    }
    if (first) return std::unexpected(std::move(*first));
    return fail(Error::Kind::Damaged, "the block does not begin as LZMA does");
}

Result<bool> has_marker(ByteView stored, const LzmaBlock& block, Context& cx) {
    auto s = start_of(block.front.frame, stored, block.content.size());
    if (!s) return false;
    s->front.header.size.reset();
    auto stream = stored.subspan(s->at);
    auto read = lzma_alone::decode_raw(stream, s->front.header, block.content.size(), cx);
    if (!read && read.error().kind == Error::Kind::Limit) return std::unexpected(read.error());
    return read && read->used == stream.size();
}

Result<Bytes> encode_lzma(ByteView plain, const LzmaFront& front, const lzma_alone::Params& p, Context& cx) {
    auto h = front.header;
    auto params = p;
    params.marker = front.marker;
    if (front.frame == LzmaFrame::Alone) {
        if (h.size)
            h.size = plain.size();
        else
            params.marker = true;
        return lzma_alone::encode(plain, h, params, cx);
    }
    Bytes out;
    if (front.frame == LzmaFrame::SevenZip || front.frame == LzmaFrame::SevenZipProperties) out = {'7', 'z', 'i', 'p'};
    if (front.frame == LzmaFrame::DdWrt) out = {u8(h.pb), u8(h.lc), u8(h.lp), u8(p.nice ? p.nice : 128)};
    if (front.frame == LzmaFrame::Properties || front.frame == LzmaFrame::SevenZipProperties) {
        auto five = lzma_alone::write_header(h);
        out.insert(out.end(), five.begin(), five.begin() + 5);
    }
    auto stream = TRY(lzma_alone::encode_raw(plain, h, params, cx));
    out.insert(out.end(), stream.begin(), stream.end());
    return out;
}

}  // namespace fieldstrip::squashfs
