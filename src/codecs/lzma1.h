// Raw LZMA without a header, as JFFS2 and other file systems hold it: the parameters are known from elsewhere, and the size.
#pragma once
#include "base/base.h"

namespace fieldstrip::lzma1 {

struct Props {
    unsigned lc = 0, lp = 0, pb = 0;
    u32 dict = 1 << 13;
};
/// Exactly the bytes of `out`; false where `in` does not hold them. liblzma does not say how much of `in` was needed when no end marker is
/// there, so what lies behind the last of them is not looked at.
bool decode(ByteView in, const Props&, std::span<u8> out);

}  // namespace fieldstrip::lzma1
