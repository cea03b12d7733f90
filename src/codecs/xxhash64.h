// xxHash of 64 bits, as Zstandard's checksum: of the content, its low half is stored.
#pragma once
#include "base/base.h"

namespace fieldstrip {

class Xxhash64 {
  public:
    void eat(ByteView);
    u64 value() const;

  private:
    void stripe(const u8*);
    static constexpr u64 k1 = 0x9E3779B185EBCA87, k2 = 0xC2B2AE3D27D4EB4F;
    u64 lanes_[4] = {k1 + k2, k2, 0, 0 - k1};
    u8 kept_[32] = {};
    u64 size_ = 0;
};

}  // namespace fieldstrip
