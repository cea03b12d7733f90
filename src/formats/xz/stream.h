// Where the parts of an xz file lie: streams, their blocks, indexes and footers. Found from headers alone; nothing is decoded.
#pragma once
#include "formats/xz/wire.h"
#include "model/format.h"

namespace fieldstrip::xz {

struct Block {
    u64 at = 0, header = 0;  // header: its size, 0 where it can't be told
    u64 payload = 0;         // its size
    u64 content = 0;
    lzma2::Chunks seen = {};    // what its chunk headers say
    bool header_holds = false;  // its crc32, and what it says of sizes
    u64 payload_at() const { return at + header; }
    Extent payload_extent() const { return {payload_at(), payload}; }
    Extent padding() const { return {payload_at() + payload, gap_to(payload, 4)}; }
    u64 check_at() const { return padding().end(); }
};

struct Stream {
    u64 at = 0;
    u8 check = 0;
    size_t first = 0, count = 0;  // of its blocks
    Extent index = {}, footer = {};
    u64 end = 0, padding = 0;  // padding: behind it, where another stream follows
    bool header_holds = true, index_holds = true, footer_holds = true, blocks_hold = true;  // blocks: padding, sizes as the index says
    bool sizes_known = true;  // of the blocks: from an index that holds, or from chunk headers that lead to a footer
    bool cut = false;         // by the end of the bytes: then no index, no footer (or part of them)
    bool sound() const { return header_holds && index_holds && footer_holds && blocks_hold && !cut; }
};

struct File {
    std::vector<Stream> streams;
    std::vector<Block> blocks;
    u64 size = 0;
    unsigned bits = 0;
    bool sound = true;
    std::span<const Block> of(const Stream& s) const { return std::span(blocks).subspan(s.first, s.count); }
};

/// Reads the streams that begin with the first byte, up to where the last one ends. `must_begin`: the magic has to be there.
std::expected<File, No> read(ByteView, bool must_begin, Context&);

}  // namespace fieldstrip::xz
