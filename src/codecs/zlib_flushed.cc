#include "codecs/zlib_flushed.h"

#include <zlib.h>

#include <new>

namespace fieldstrip::zlib {

std::optional<Flushed> encode_flushed(ByteView in, u64 space, int level) {
    constexpr u64 kEnd = 12;
    if (space <= kEnd || in.empty()) return {};
    z_stream z{};
    if (auto rc = deflateInit(&z, level); rc == Z_MEM_ERROR)
        throw std::bad_alloc();
    else if (rc != Z_OK)
        return {};
    Bytes out(space);
    z.next_in = const_cast<u8*>(in.data());
    z.next_out = out.data();
    int rc = Z_OK;
    while (rc == Z_OK && z.total_out < space - kEnd && z.total_in < in.size()) {
        z.avail_out = uInt(space - (z.total_out + kEnd));
        z.avail_in = uInt(std::min<u64>(in.size() - z.total_in, z.avail_out));
        rc = deflate(&z, Z_PARTIAL_FLUSH);
    }
    if (rc == Z_OK) {
        z.avail_out += kEnd;
        z.avail_in = 0;
        rc = deflate(&z, Z_FINISH);
    }
    const u64 made = z.total_out, consumed = z.total_in;
    deflateEnd(&z);
    if (rc != Z_STREAM_END || made >= consumed) return {};
    out.resize(made);
    return Flushed{std::move(out), consumed};
}

}  // namespace fieldstrip::zlib
