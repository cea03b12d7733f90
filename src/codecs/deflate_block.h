// Writes the blocks of a deflate stream (RFC 1951) from literals and matches, choosing codes as Info-ZIP's, GNU gzip's and zlib's trees.c
// do: of all codes that are equally short, the same one.
#pragma once
#include <array>

#include "base/base.h"

namespace fieldstrip::deflate {

class BlockWriter {
  public:
    void literal(u8 c) {
        symbols_.push_back(c);
        literals_[c]++;
    }
    /// 3 … 258 bytes from 1 … 32768 back.
    void match(unsigned length, unsigned distance);
    size_t symbols() const { return symbols_.size(); }
    size_t matches() const { return matches_; }
    /// What the matches' distances take if no distance is likelier than another, in bits.
    u64 distance_bits() const;

    /// Writes the block. `plain`: its content, where it is still at hand, so that it may be stored. `align`: the next one begins with a
    /// byte.
    void end(std::optional<ByteView> plain, bool last, bool align);
    /// What was written: whole bytes, and after the last block all.
    Bytes take() { return std::exchange(out_, {}); }

  private:
    void bits(u64 value, unsigned n) {
        held_ |= value << count_;
        count_ += n;
        if (count_ >= 32) drain();
    }
    void drain() {
        for (; count_ >= 8; count_ -= 8, held_ >>= 8) out_.push_back(u8(held_));
    }
    void align_bits() {
        count_ = (count_ + 7) & ~7u;
        drain();
    }
    void stored(ByteView, bool last);

    std::vector<u32> symbols_;  // a literal; or distance << 16 | length
    size_t matches_ = 0;
    std::array<u32, 286> literals_{};  // how often each code is used, that of the block's end aside
    std::array<u32, 30> distances_{};
    Bytes out_;
    u64 held_ = 0;
    unsigned count_ = 0;
};

}  // namespace fieldstrip::deflate
