// Blocks of LZMA without chunks: what stands in front of the stream differs by who packed it.
#pragma once
#include "codecs/lzma_alone.h"

namespace fieldstrip::squashfs {

enum class LzmaFrame : u8 {
    Alone,              // the 13 bytes of .lzma with the size: mksquashfs 4, sqlzma 3.x
    Properties,         // 5 of them, without the size
    Bare,               // nothing, and lc 3, lp 0, pb 2: OpenWrt's and others' 2.x and 3.0
    DdWrt,              // pb, lc, lp, fast bytes, one byte each
    SevenZip,           // "7zip", then as Bare
    SevenZipProperties  // "7zip", then as Properties
};
constexpr unsigned kLzmaFrames = 6;
std::string_view name_of(LzmaFrame);
std::optional<LzmaFrame> frame_of(std::string_view name);

/// What stands in front of a stream.
struct LzmaFront {
    LzmaFrame frame = LzmaFrame::Alone;
    lzma_alone::Header header = {};
    bool marker = true;  // at the end of the stream; of a stream whose size is said, reading does not tell
};
struct LzmaBlock {
    LzmaFront front;
    Bytes content;
};
/// Reads a block in whichever frame it can be read to its last byte.
Result<LzmaBlock> decode_lzma(ByteView stored, u64 limit, Context&);
/// Does its stream end with a marker, though its size may be said?
Result<bool> has_marker(ByteView stored, const LzmaBlock&, Context&);
/// `nice` is also DD-WRT's fourth byte.
Result<Bytes> encode_lzma(ByteView plain, const LzmaFront&, const lzma_alone::Params&, Context&);

}  // namespace fieldstrip::squashfs
