// What a node's data decodes to.
// Source: Linux fs/jffs2/compr*.c; for lzma, which Linux does not have, OpenWrt's patch of it and U-Boot's fs/jffs2/compr_lzma.c.
#pragma once
#include <map>

#include "formats/jffs2/log.h"
#include "model/format.h"

namespace fieldstrip::jffs2 {

/// No node holds more: it would not fit into the memory that a kernel gives it.
constexpr u64 kMostData = u64{16} << 20;

/// Decodes one node after another, and keeps the last few: newer nodes may cut one into many pieces. Not for two threads at once.
class Decoder {
  public:
    Decoder(const Log& log, Context& cx) : log_(log), cx_(cx) {}
    struct Data {
        Bytes content;
        bool adler = true;  // zlib's own sum is right; Linux does not look at it
    };
    /// All raw.size() bytes; null where it does not decode to them. The pointer is good until the next call. Not for holes (kZero).
    Result<const Data*> decode(const Ref&, const RawInode&);
    /// One that no erase block has to hold.
    Result<bool> decode(u8 compr, ByteView in, std::span<u8> out, bool& adler);

  private:
    struct Kept {
        u32 place;
        bool good;
        Data data;
    };
    const Log& log_;
    Context& cx_;
    std::vector<Kept> kept_;
    size_t next_ = 0;
};

std::string_view name_of(u8 compr);

}  // namespace fieldstrip::jffs2
