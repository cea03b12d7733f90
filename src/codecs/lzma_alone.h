// LZMA as it was before LZMA2: one stream without chunks, with the 13 bytes in front that .lzma files have (lc, lp, pb in a byte, u32
// dictionary, u64 size or all ones) or with what others put there.
#pragma once
#include "codecs/lzma2.h"

namespace fieldstrip::lzma_alone {

constexpr u64 kHeader = 13;

struct Header {
    u32 lc = 3, lp = 0, pb = 2;
    u32 dictionary = 1 << 23;
    std::optional<u64> size = {};  // of the content; none: the stream has an end marker
    bool operator==(const Header&) const = default;
};
/// lc, lp and pb out of the byte that holds them; false where it is not one that can be, or that liblzma does not take (lc + lp > 4).
bool set_properties(Header&, u8);
u8 properties_of(const Header&);
/// Nothing where `in` is shorter, or where its first byte is none.
std::optional<Header> read_header(ByteView in);
Bytes write_header(const Header&);

struct Decoded {
    Bytes content;
    u64 used;  // bytes of input; what lies behind is not looked at
};
/// What the header says of the stream, which begins at `in`. With a size it ends there, with or without a marker; without one it ends with
/// its marker. Damaged: it does not, or holds more than `limit`. Spends `decoded`.
Result<Decoded> decode_raw(ByteView in, const Header&, u64 limit, Context&);
/// Header and stream.
Result<Decoded> decode(ByteView in, u64 limit, Context&);

/// What liblzma's encoder is told; the header's lc, lp, pb and dictionary are its.
struct Params {
    u32 preset = 6, nice = 0;  // see lzma2::Params
    bool marker = true;        // at the end, though a size may be known
};
/// The stream alone.
Result<Bytes> encode_raw(ByteView content, const Header&, const Params&, Context&);
/// With the header in front, the way it is given (its size is not looked at).
Result<Bytes> encode(ByteView content, const Header&, const Params&, Context&);

}  // namespace fieldstrip::lzma_alone
