// XXH32, the checksum of LZ4's frames.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// Eats bytes piece by piece; the value can be asked for at any time.
class Xxh32 {
  public:
    explicit Xxh32(u32 seed = 0);
    void eat(ByteView);
    u32 value() const;

  private:
    u32 lanes_[4], seed_;
    u64 size_ = 0;
    u8 rest_[16];
};

inline u32 xxh32(ByteView v) {
    Xxh32 x;
    x.eat(v);
    return x.value();
}

}  // namespace fieldstrip
