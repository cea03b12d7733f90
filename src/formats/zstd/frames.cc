#include "formats/zstd/frames.h"

#include <bit>

namespace fieldstrip::zstd {

using zstd_frame::Blocks;
using zstd_frame::Read;

unsigned Frame::bits() const {
    constexpr u64 kCounted = 16;  // blocks
    if (skippable) return 28;
    unsigned bits = 32 + 1;  // magic, a reserved bit
    if (header.dictionary)
        return fills ? bits + 3 * unsigned(std::min(blocks, kCounted)) + unsigned(std::bit_width(size)) : 0;  // only a walk over them
    bits += 20 * unsigned(std::min(packed, kCounted));  // bit streams that end where they must
    if (cut || damaged || read.end != Read::End::Whole) return bits;
    if (header.content == read.made) bits += read.made < 256 ? 8 : 16;
    if (header.checksum && read.holds(header)) bits += 32;
    return bits;
}

namespace {

constexpr size_t kMostWaiting = 16;        // skippable frames before the first that is none
constexpr u64 kMostWindow = u64{1} << 31;  // libzstd's own

/// One frame that is not skippable, decoded; nothing where there is none.
Result<std::optional<Frame>> one(ByteView all, u64 at, const zstd_frame::Take& take, std::string_view& why, Context& cx) {
    auto rest = all.subspan(at);
    auto header = zstd_frame::read_header(rest);
    if (!header) return why = "no frame header", std::nullopt;
    auto blocks = zstd_frame::walk(rest, *header);
    Frame f{.at = at, .header = *header, .packed = blocks.packed, .blocks = blocks.blocks};
    if (blocks.end == Blocks::End::Wrong && !blocks.packed) return why = "no block behind the header", std::nullopt;
    f.cut = blocks.end == Blocks::End::Cut;
    f.damaged = blocks.end == Blocks::End::Wrong;
    f.size = f.cut ? rest.size() : blocks.size;
    if (header->dictionary) {
        f.fills = !f.cut && !f.damaged && !at && f.size == all.size();
        if (!f.fills) return why = "it needs a dictionary, and nothing else proves it", std::nullopt;
        return f;
    }
    // Of what chance makes most asks for more memory than there is: only what is whole so far is worth saying so.
    if (header->window > cx.limits.memory / 2 && (blocks.end != Blocks::End::Whole || header->window > kMostWindow))
        return why = "it needs a window that is too large", std::nullopt;
    f.read = TRY(zstd_frame::read(rest.first(f.size), *header, take, cx));
    if (f.read.end == Read::End::Stopped) return f;
    f.damaged = f.damaged || (!f.cut && f.read.end != Read::End::Whole) || (header->content && !f.cut && *header->content != f.read.made);
    // What was decoded before it went wrong is all that speaks for it.
    if (f.cut || f.damaged) f.packed = std::min<u64>(f.packed, f.read.made / (128 << 10) + (f.read.made ? 1 : 0));
    if ((f.cut || f.damaged) && !f.packed) return why = f.cut ? "cut before anything proves it" : "does not decode", std::nullopt;
    return f;
}

}  // namespace

bool may_begin(ByteView from) {
    if (from.size() < 8) return false;
    if (auto size = zstd_frame::skippable(from)) return *size <= from.size();
    auto header = zstd_frame::read_header(from);
    if (!header) return false;
    auto block = from.subspan(header->size);
    if (block.size() < 3) return true;
    const u32 word = u32(load(block, 3, Endian::Little));
    return (word >> 1 & 3) != 3 && word >> 3 <= zstd_frame::most_in_block(*header);
}

Result<bool> read_frames(ByteView all, const zstd_frame::Take& take, const std::function<void(const Frame&)>& each, std::string_view& why,
                         Context& cx) {
    // Skippable frames count once a frame was there or follows.
    std::vector<Frame> waiting;
    bool any = false;
    size_t count = 0;
    for (u64 at = 0; at < all.size() && count < kMostFrames; count++) {
        auto rest = all.subspan(at);
        if (auto size = zstd_frame::skippable(rest)) {
            if (*size > rest.size()) {
                if (!any) why = "a skippable frame that is cut";
                break;
            }
            Frame f{.at = at, .size = *size, .skippable = true};
            if (any)
                each(f);
            else if (waiting.size() == kMostWaiting)
                return why = "skippable frames without end", false;
            else
                waiting.push_back(f);
            at = f.end();
            continue;
        }
        auto f = TRY(one(all, at, take, why, cx));
        if (!f) break;
        for (auto& w : std::exchange(waiting, {})) each(w);
        any = true;
        each(*f);
        if (f->cut || f->damaged || f->read.end == Read::End::Stopped) break;
        at = f->end();
    }
    if (!any && why.empty()) why = "skippable frames alone are nothing";
    return any;
}

}  // namespace fieldstrip::zstd
