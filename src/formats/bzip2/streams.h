// bzip2 streams, one directly behind the other: "BZh" and a level, blocks that begin at any bit, and an end with a crc32 that is put
// together from those of the blocks.
#pragma once
#include "codecs/bzip2.h"
#include "model/format.h"

namespace fieldstrip::bzip2 {

constexpr u64 kHeader = 4;

/// The level that a header at the beginning of `in` says; nothing where there is none, or no block and no end behind it.
std::optional<unsigned> level_of(ByteView in);

/// A block of a stream, and whether its magic is right.
struct BlockTold {
    Block block;
    size_t number;  // through all streams
    bool magic;
};
struct EndTold {
    u64 begin;  // of the stream, in bytes
    u64 from;   // of the end, in bits
    size_t number;
    unsigned level;
    bool magic;
    u32 stored;
    u32 said;                  // what follows from the crc32 that stand in the blocks
    std::optional<u32> found;  // and from those of their contents; none: one of them can't be decoded
    u64 made;                  // bytes of content
    bool sound;                // all of the stream's checks hold
    u64 end() const { return (from + kEnd + 7) / 8; }
};
/// Who hears of them on the way; either may be empty.
struct Told {
    std::function<void(const BlockTold&)> block;
    std::function<void(const EndTold&)> end;
};

struct Run {
    enum class End {
        Whole,
        Cut,      // by the end of the input
        Damaged,  // where the stream ends is not known
        Stopped   // by the taker
    } end = End::Whole;
    u64 size = 0;  // bytes, as far as it was read
    unsigned bits = 0;
    bool sound = true;
    bool proven = false;  // by a crc32 that holds, or by Huffman codes that are some
    std::string_view why = "no bzip2 header";
    Extent where = {};
};
/// Reads all streams from the beginning of `in`. A block that does not decode is left out, and the next one looked for. `alone`: also where
/// nothing speaks for the first one. An Error is a limit, nothing else.
Result<Run> run(ByteView in, const Take&, const Told&, bool alone, Context&);

extern const FindingKind kFindings[1];  // where the stream ends is not known
Answer recognise(ByteView space, u64 at, Context&);
Result<Recipe> recipe_of(ByteView all, Context&);
Result<Rope> make(const Recipe&, std::span<const Rope> contents, Context&);
std::string made_by(const Recipe&);

}  // namespace fieldstrip::bzip2
