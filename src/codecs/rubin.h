// rubin, JFFS2's arithmetic code of single bits, in two kinds: rubinmips with probabilities that are fixed, dynrubin with those of its
// content in 8 bytes before it. Source: Linux fs/jffs2/compr_rubin.c.
#pragma once
#include "base/base.h"

namespace fieldstrip::rubin {

enum class Kind {
    Mips,
    Dynamic
};
/// Exactly the bytes of `out`; false where the code ends before or behind them (it has no check of its own).
bool decode(Kind, ByteView in, std::span<u8> out);

}  // namespace fieldstrip::rubin
