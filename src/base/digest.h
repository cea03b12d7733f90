// Digests by value: an algorithm is one constant, and a format that has its own checksum writes one more.
#pragma once
#include "base/base.h"

struct sha256_ctx;  // nettle's

namespace fieldstrip {

using Eat = std::function<void(ByteView)>;
using Feed = std::function<void(const Eat&)>;  // calls its argument with all the bytes, in order

struct Digest {
    std::string_view name;
    bool number;               // a number: stored in the field's endianness and width. Else bytes, as they are.
    Bytes (*of)(const Feed&);  // numbers big-endian
};

namespace digest {
extern const Digest crc32, jamcrc32, adler32, sum16, sum32, md5, sha1, sha256;
/// The low 16 bits of crc32: gzip's own header.
extern const Digest crc32_low16;
/// crc32 with a start of 0 and no final complement, as Linux's crc32(0, …) in fs/jffs2.
extern const Digest crc32_linux;
/// The bytes themselves: a field that repeats others (GPT's backup entries, a second superblock) is a digest like any other.
extern const Digest copy;
}  // namespace digest

/// zlib's crc32 of more bytes; `so_far` of nothing is 0. 12 GB/s.
u32 crc32(ByteView, u32 so_far = 0);
Bytes sha256(ByteView);
std::string sha256_hex(const Feed&);
/// Of bytes that come when there is time.
class Sha256 {
  public:
    Sha256();
    Sha256(Sha256&&) noexcept;
    ~Sha256();
    void eat(ByteView);
    /// Once, of all that it ate.
    std::string hex();

  private:
    std::unique_ptr<sha256_ctx> cx_;
};
Bytes big_endian(u64 value, unsigned width);

}  // namespace fieldstrip
