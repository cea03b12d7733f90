// bzip2: blocks that begin at any bit, each with a crc32 of its own. Reading with exact ends, block by block; writing with libbz2.
#pragma once
#include "model/context.h"

namespace fieldstrip::bzip2 {

/// Where bytes go, in order; false when no more is wanted.
using Take = std::function<bool(ByteView)>;
/// Where content comes from: calls its argument with all of it in order, until it gets false.
using Source = std::function<Result<void>(const Take&)>;

constexpr u64 kBlockMagic = 0x314159265359, kEndMagic = 0x177245385090;  // 48 bits, wherever the block before ends
constexpr u64 kBlockHead = 48 + 32, kEnd = 48 + 32;                      // in bits: magic and crc32

/// `count` bits (at most 56) from bit `at` on, the first of them the highest; zeros behind the end.
u64 bits_at(ByteView in, u64 at, unsigned count);
/// The first of the two magics that begins in bits from … to - 1.
std::optional<u64> next_magic(ByteView in, u64 from, u64 to);
/// So many bits a block of that level has at most.
u64 longest_block(unsigned level);

/// What reading a block found; all of it is told, also of one that is not whole.
struct Block {
    enum class End {
        Whole,
        Cut,     // the input ended first
        Wrong,   // no block
        Stopped  // by the taker
    } end = End::Wrong;
    u64 from = 0, to = 0;       // bits: its magic's first, and behind its last (not Whole: how far it was read)
    u32 stored = 0, crc = 0;    // what its header says, and what its content has
    u64 made = 0;               // bytes of content
    unsigned codes = 0;         // Huffman codes that were read, if all of them are complete: noise has none
    std::string_view why = {};  // Wrong: why
    bool holds() const { return end == End::Whole && stored == crc; }
};

/// Reads blocks, one after another; 3.6 MB once there was something to read.
class Reader {
  public:
    /// The block at bit `from`; its magic is not looked at. Spends `decoded`; an Error is a limit, nothing else.
    Result<Block> read(ByteView in, u64 from, unsigned level, const Take&, Context&);

  private:
    std::unique_ptr<u32[]> links_;
    u32 room_ = 0;
};

/// One stream, as bzip2 -LEVEL makes it. `take` may stop it: that is no error.
Result<void> encode(const Source& content, unsigned level, const Take& take, Context&);

}  // namespace fieldstrip::bzip2
