// The crc64 of ECMA-182, reflected, as streams of xz have it.
#pragma once
#include "base/base.h"

namespace fieldstrip {

/// Of more bytes; `so_far` of nothing is 0.
u64 crc64(ByteView, u64 so_far = 0);

}  // namespace fieldstrip
