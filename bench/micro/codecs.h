// The codecs with encoders here, and what is decoded of what they make.
#pragma once
#include "micro/micro.h"
#include "model/context.h"

namespace fieldstrip::micro {

/// Encodes the content, or each of its pieces.
struct Encoder {
    std::string name;
    std::function<Bytes(ByteView, Context&)> encode;
    u64 piece = kSize;
    Content content = mixed;  // rtime makes nothing of most bytes
};
const std::vector<Encoder>& encoders();
const Encoder& encoder(std::string_view name);

}  // namespace fieldstrip::micro
