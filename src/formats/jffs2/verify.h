// What is inside of a JFFS2. For now: the checksums of its nodes.
#pragma once
#include "model/format.h"

namespace fieldstrip::jffs2 {

class Volume : public Inside {
  public:
    /// The first node lies at 0.
    Volume(Buffer bytes, Endian endian) : bytes_(std::move(bytes)), endian_(endian) {}
    Result<void> verify(const CheckSink&, Context&) const final;

  private:
    Buffer bytes_;
    Endian endian_;
};

}  // namespace fieldstrip::jffs2
