// Deflate as GNU gzip writes it: zlib's older relative, which finds mostly the same matches but ends blocks elsewhere and looks beyond the
// end of its input. All versions since 1.5 write the same.
#pragma once
#include "codecs/deflate_block.h"

namespace fieldstrip::deflate {

class GnuDeflate {
  public:
    /// `level` 1 … 9.
    GnuDeflate(int level, bool rsyncable);
    ~GnuDeflate();
    GnuDeflate(const GnuDeflate&) = delete;
    GnuDeflate& operator=(const GnuDeflate&) = delete;
    void feed(ByteView);
    void finish();
    /// What has come out since it was asked last.
    Bytes take();

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fieldstrip::deflate
