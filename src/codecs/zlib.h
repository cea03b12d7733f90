// zlib streams (RFC 1950) that are small and of known size: the blocks of file systems. Deflate's parameters are those of codecs/deflate.h.
#pragma once
#include "codecs/deflate.h"

namespace fieldstrip::zlib {

/// Of more bytes; `so_far` of nothing is 1. 21 GB/s.
u32 adler32(ByteView, u32 so_far = 1);

/// How many bytes the stream that is all of `in` decodes to, at most those of `out`; nothing where it is none, has more, or its adler32 is
/// wrong.
std::optional<u64> decode(ByteView in, std::span<u8> out);
/// The same, but for the adler32, which is not looked at and need not be there.
std::optional<u64> decode_unsummed(ByteView in, std::span<u8> out);

/// Encodes one stream after another with the same parameters, as zlib's compress2 does; not for two threads at once.
class Deflater {
  public:
    ~Deflater();
    Deflater(Deflater&&) noexcept;
    Deflater& operator=(Deflater&&) noexcept;
    /// Unsupported: parameters that zlib refuses (stored blocks, among them).
    static Result<Deflater> with(const deflate::Params&);
    /// Behind `out`.
    void encode(ByteView in, Bytes& out);

  private:
    struct State;
    explicit Deflater(std::unique_ptr<State>);
    std::unique_ptr<State> state_;
};

/// The parameters that make exactly the stream `encoded` of `content`, if any do.
Result<std::optional<deflate::Params>> find(ByteView content, ByteView encoded, const deflate::Params& likely, deflate::Budget&, Context&);

}  // namespace fieldstrip::zlib
