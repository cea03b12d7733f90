// LZW as compress writes it (.Z, behind its three bytes of header): codes of 9 to 16 bits, in groups of eight.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzw {

using Take = std::function<bool(ByteView)>;

struct Params {
    unsigned most = 16;  // bits of a code: 9 … 16
    bool block = true;   // code 256 empties the table
    bool operator==(const Params&) const = default;
};

struct Read {
    enum class End {
        Whole,  // with the last byte of the input, and no bit that is set left over
        Wrong,  // a code that can't be, or something left over
        Stopped
    } end;
    u64 used = 0, made = 0;
    unsigned bits = 0;  // of proof: how improbable it is that chance makes each code one that is in the table by then
    std::string_view why = {};
};
/// All of `in`: the format has no end of its own. Spends `decoded`; an Error is a limit, nothing else.
Result<Read> read(ByteView in, const Params&, const Take&, Context&);
/// As ncompress 4.2 does: the table is emptied where the ratio falls, looked at each 10000 bytes once it is full.
Result<void> encode(ByteView content, const Params&, const Take&, Context&);

}  // namespace fieldstrip::lzw
