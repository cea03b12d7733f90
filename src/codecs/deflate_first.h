// The first block of a deflate stream: how long encoders make it tells most of them apart, before anything is encoded.
#pragma once
#include "codecs/deflate.h"

namespace fieldstrip::deflate {

struct FirstBlock {
    std::optional<u64> symbols = {};  // literals and matches; not counted where it is the last
    bool last = false;
    /// As its codes tell: of 3, 4 or 5 bytes are among them, or there are many lengths and none of these.
    enum class Matches {
        Untold,
        Short,
        Long
    } matches = Matches::Untold;
};
/// Nothing where it is stored, damaged, cut, or longer than any encoder here makes one. Only its codes are read where it is the last, or
/// where symbols are not to be counted, which is done bit by bit: who tries what is likely first need not wait for it.
std::optional<FirstBlock> first_block(ByteView encoded, bool count = true);

/// False where a stream that begins with this block is surely not made with these parameters.
bool may_begin_with(const FirstBlock&, const Params&);

}  // namespace fieldstrip::deflate
