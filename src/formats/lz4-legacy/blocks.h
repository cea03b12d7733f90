// The legacy LZ4 stream: a magic, then blocks of 8 MiB of content, each behind the size that it has; no checksum, no end mark. It ends with
// the first block of less than 8 MiB.
#pragma once
#include "codecs/lz4.h"
#include "model/format.h"

namespace fieldstrip::lz4_legacy {

constexpr u32 kMagic = 0x184C2102;
constexpr u64 kContent = 8 << 20, kMostData = kContent + kContent / 255 + 16;  // of a block; the second is LZ4_compressBound

struct Block {
    u64 at = 0, size = 0;  // of its size; of its data, as far as it is there
    u64 made = 0;
    bool whole = false;
    Extent data() const { return {at + 4, size}; }
};
struct Stream {
    u64 at = 0, end = 0;
    std::vector<Block> blocks;
    bool cut = false;
};
/// Streams that follow each other.
struct File {
    std::vector<Stream> streams;
    u64 size = 0;
    unsigned bits = 0;
    bool cut() const { return streams.back().cut; }
};
std::expected<File, No> read_file(ByteView, Context&);

Result<Recipe> recipe_of(ByteView, const File&, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::lz4_legacy
