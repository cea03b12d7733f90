// Makes lzip members as lzip and plzip do: lzip's own encoder, as the library lzlib has it, and which of its parameters made given bytes.
#pragma once
#include "model/context.h"

namespace fieldstrip::lzlib {

using Take = std::function<bool(ByteView)>;

constexpr u32 kFastDictionary = 65535;  // with a match length of 16: the encoder of level 0

struct Params {
    u32 dictionary = 1 << 23;  // as told; what is longer than the content is cut to it
    u32 match_length = 36;     // 5 ... 273
    bool operator==(const Params&) const = default;
};
/// Of lzip's levels 0 ... 9.
std::span<const Params> levels();

/// One member, header and trailer too; `take` may stop it, which is no error.
Result<void> encode(ByteView content, const Params&, const Take&, Context&);
/// The parameters that make exactly `member`, whose header says `dictionary`. A candidate ends at its first wrong byte, and all of the
/// member is compared. `budget`: bytes that wrong ones may encode.
Result<std::optional<Params>> find(ByteView member, ByteView content, u32 dictionary, u64& budget, Context&);

}  // namespace fieldstrip::lzlib
