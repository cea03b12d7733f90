// Sources: RFC 1951 (block headers, stored blocks), zlib.h (Z_BLOCK).
#include "codecs/deflate.h"

#include <zlib.h>

#include <array>
#include <new>

#include "codecs/deflate_decoder.h"

namespace fieldstrip::deflate {
namespace {

constexpr u64 kFeed = u64{1} << 30;  // zlib counts input in 32 bits

/// The type of the block whose header begins at that bit; 3, which is none, where the input ends before.
unsigned block_type(ByteView in, u64 bit) {
    auto at = [&](u64 i) { return i / 8 < in.size() ? in[i / 8] >> i % 8 & 1u : 1u; };
    return at(bit + 1) | at(bit + 2) << 1;
}

}  // namespace

Stored stored_ahead(ByteView in) {
    u64 at = 0;
    while (may_begin(in.subspan(at))) {
        if (in[at] & 6) return {at, true};
        u64 size = 5 + le16(in, at + 1);
        if (size > in.size() - at) break;
        bool last = in[at] & 1;
        at += size;
        if (last) return {at, true};
    }
    return {at, false};
}

struct Reader::State {
    z_stream z{};
};

Reader::Reader() : state_(std::make_unique<State>()) {
    if (inflateInit2(&state_->z, -15) != Z_OK) throw std::bad_alloc();
}
Reader::~Reader() { inflateEnd(&state_->z); }

Result<Read> Reader::read(ByteView in, const Take& take, Context& cx) {
    std::array<u8, 1 << 16> out;
    auto& z = state_->z;
    inflateReset(&z);
    z.next_in = const_cast<u8*>(in.data());
    z.avail_in = 0;
    z.next_out = out.data();
    z.avail_out = uInt(out.size());
    Read r{};
    u64 fed = 0;
    uLong before = 0;  // what had come out when the block began
    auto type = block_type(in, 0);
    for (;;) {
        if (!z.avail_in) fed += z.avail_in = uInt(std::min(in.size() - fed, kFeed));
        int rc = ::inflate(&z, Z_BLOCK);
        r.used = fed - z.avail_in;
        if (rc == Z_OK && z.data_type & 128) {  // behind a block
            r.own_codes += type == 2;
            type = block_type(in, 8 * r.used - (z.data_type & 7));
            before = z.total_out;
        }
        bool ended = rc == Z_STREAM_END || (rc != Z_OK && (rc != Z_BUF_ERROR || (z.avail_out && fed == in.size())));
        if (z.avail_out && !ended) continue;
        if (ended && type == 2 && z.total_out != before) r.own_codes++;  // its codes were taken
        u64 n = out.size() - z.avail_out;
        TRY_VOID(cx.spend(&Limits::decoded, n));
        r.made += n;
        if (n && !take(ByteView(out).first(n))) return r.end = Read::End::Stopped, r;
        if (rc == Z_STREAM_END) return r.end = Read::End::Whole, r;
        if (rc == Z_BUF_ERROR && ended) return r.end = Read::End::Cut, r;
        if (rc == Z_MEM_ERROR) throw std::bad_alloc();
        if (ended) return r.end = Read::End::Wrong, r.why = z.msg ? z.msg : "no deflate stream", r;
        z.next_out = out.data();
        z.avail_out = uInt(out.size());
    }
}

std::optional<u64> decode_exactly(ByteView in, std::span<u8> out) {
    size_t used = 0;
    const auto rc = libdeflate_deflate_decompress_ex(decoder_of_thread(), in.data(), in.size(), out.data(), out.size(), &used, nullptr);
    return rc == LIBDEFLATE_SUCCESS ? std::optional<u64>(used) : std::nullopt;
}

}  // namespace fieldstrip::deflate
