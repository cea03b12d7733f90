// LZ4 frames that follow each other: header, blocks with their sizes, an end mark; skippable frames before and between. Found from headers
// and sizes alone; nothing is decoded.
#pragma once
#include "codecs/lz4.h"
#include "codecs/xxh32.h"
#include "model/format.h"

namespace fieldstrip::lz4_frames {

enum Flag : u8 {
    kDictionary = 1,
    kReserved = 2,
    kContentChecksum = 4,
    kContentSize = 8,
    kBlockChecksums = 16,
    kIndependent = 32
};
constexpr u32 kMagic = 0x184D2204, kSkippable = 0x184D2A50;  // skippable: with any low 4 bits
constexpr u32 kStored = 1u << 31;                            // in a block's size

struct Frame {
    u64 at = 0, header = 0;  // header: its size
    bool skippable = false;
    u8 flags = 0, block = 0;  // block: 4 … 7; 0 where the header says none
    std::optional<u64> size = {};
    bool header_holds = true;
    u64 blocks = 0;    // how many
    u64 end_mark = 0;  // where it lies; in a frame that does not end, where it was read up to
    u64 end = 0;
    enum class End {
        Whole,
        Cut,     // by the end of the bytes
        Damaged  // a block's size can't be one
    } how = End::Whole;
    bool broken = false;  // the first block is seen not to decode
    unsigned bits = 0;
    bool is(Flag f) const { return flags & f; }
    u64 begin() const { return at + header; }
    u64 block_size() const { return block ? u64{1} << (8 + 2 * block) : u64{1} << 22; }
};
/// Whether its header can be one.
bool may_begin(ByteView from);
/// The frame at `at`, or why there is none. `why` is for people.
std::expected<Frame, No> read_frame(ByteView, u64 at, Context&);

struct Block {
    u64 at = 0;  // of its size
    bool stored = false;
    u64 size = 0;
    bool summed = false;  // a checksum follows it
    Extent data() const { return {at + 4, size}; }
    u64 end() const { return at + 4 + size + (summed ? 4 : 0); }
};
/// The block at `at` of that frame; nothing where its end mark lies, or what is none. Its data may be cut.
std::optional<Block> read_block(ByteView, const Frame&, u64 at);

/// All frames from the beginning on, up to the last that is none of skippable ones.
struct File {
    std::vector<Frame> frames;
    u64 size = 0;
    unsigned bits = 0;
    bool sound = true;
    const Frame& last() const { return frames.back(); }
};
std::expected<File, No> read_file(ByteView, Context&);

extern const FindingKind kFindings[1];  // where it ends is not known
Result<Recipe> recipe_of(ByteView, const File&, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

/// Delivers a frame's content. Damaged: with where.
Result<void> decode_frame(ByteView, const Frame&, const lz4::Take&, Context&);

}  // namespace fieldstrip::lz4_frames
