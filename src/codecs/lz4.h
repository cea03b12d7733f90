// LZ4 in blocks without a frame.
#pragma once
#include "model/context.h"

namespace fieldstrip::lz4 {

/// At most `limit` bytes. Damaged: it is no LZ4 block, does not end with `in`, or holds more. Spends `decoded`.
Result<Bytes> decode(ByteView in, u64 limit, Context&);
/// `level` 0: LZ4_compress_default; 1 … 12: LZ4_compress_HC with it.
Result<Bytes> encode(ByteView in, int level, Context&);

/// What the sequences of a block say, without decoding it: 2 GB/s.
struct Walked {
    bool whole = false;  // well formed, and ends with `in`
    bool cut = false;    // well formed as far as it goes, and goes on
    u64 made = 0;        // bytes of content so far
    u64 settled = 0;     // bytes of `in` before its last two sequences: what more content would not change by making these longer
    unsigned bits = 0;   // of proof: matches that reach no farther back than there are bytes
};
/// `before`: bytes that lie before the block's content, for matches to reach back into; more than `limit` are wrong.
Walked walk(ByteView in, u64 before, u64 limit);

/// Blocks that follow each other, each of at most `most` bytes; linked ones see the last 64 KiB before them.
class Decoder {
  public:
    Decoder(u64 most, bool linked);
    /// What is decoded is valid until the next call. Damaged: it does not decode. Spends `decoded`.
    Result<ByteView> block(ByteView in, Context&);
    /// One that is stored as it is.
    Result<ByteView> stored(ByteView in, Context&);

  private:
    void turn();
    u64 most_;
    bool linked_;
    Bytes buffer_;  // what is looked back into, then the block
    u64 history_ = 0, made_ = 0;
};

using Take = std::function<bool(ByteView)>;
using Source = std::function<Result<void>(const Take&)>;

/// A frame as LZ4F makes it.
struct FrameParams {
    int level = 1;                // below 0: fast ones; 3 … 12: HC; 0 to 2 are the same
    bool favor_decoding = false;  // of levels from 10 on
    bool whole = false;           // its content was in memory as a whole: linked blocks then look back into it in another way
    unsigned block = 7;           // 4 … 7: 64 KiB, 256 KiB, 1 MiB, 4 MiB
    bool linked = false, block_checksums = false, content_checksum = true;
    std::optional<u64> size = {};  // of the content, in the header
    u64 block_size() const { return u64{1} << (8 + 2 * block); }
    bool operator==(const FrameParams&) const = default;
};
/// `take` may stop it: that is no error. Unsupported: parameters that there are not.
Result<void> encode_frame(const Source& content, const FrameParams&, const Take&, Context&);

}  // namespace fieldstrip::lz4
