// Sources: zlib.h (Z_BLOCK, and what each kind of flush writes), RFC 1951 (blocks).
#include "codecs/deflate_flush.h"

#include <zlib.h>

#include <array>
#include <new>

namespace fieldstrip::deflate {
namespace {

constexpr u64 kMostRuns = 4096;
constexpr u64 kFeed = u64{1} << 20;

}  // namespace

Flushes flushes_of(ByteView encoded, Context& cx) {
    z_stream z{};
    if (inflateInit2(&z, -15) != Z_OK) throw std::bad_alloc();
    std::unique_ptr<z_stream, decltype(&inflateEnd)> ends(&z, inflateEnd);
    std::array<u8, 1 << 16> out;
    z.next_in = const_cast<u8*>(encoded.data());
    u64 fed = 0, bit = 0, begun = 0,
        flushed = 0;  // of the block: its first bit, and the content before it; the content before the last flush
    Flushes found;
    auto at = [&](u64 i) { return i / 8 < encoded.size() ? encoded[i / 8] >> i % 8 & 1u : 1u; };
    for (u64 steps = 0;; steps++) {
        if (steps % 64 == 0 && !cx.spend(&Limits::decoded, 0)) return {};
        if (!z.avail_in) fed += z.avail_in = uInt(std::min<u64>(encoded.size() - fed, kFeed));
        z.next_out = out.data();
        z.avail_out = uInt(out.size());
        int rc = ::inflate(&z, Z_BLOCK);
        if (rc == Z_STREAM_END) return found;
        if (rc != Z_OK) return {};
        if ((z.data_type & 192) == 192) return found;  // behind the last block
        if (!(z.data_type & 128)) continue;
        const u64 now = z.total_out, type = at(bit + 1) | at(bit + 2) << 1;
        if (now == begun && z.total_in && type < 2) {
            auto kinds = type ? std::vector{Flush::Partial} : std::vector{Flush::Sync, Flush::Full};
            if (!found.kinds.empty() && found.kinds != kinds) return {};
            found.kinds = kinds;
            const u64 size = now - flushed;
            if (!found.after.empty() && found.after.back().size == size)
                found.after.back().count++;
            else if (found.after.size() == kMostRuns)
                return {};
            else
                found.after.push_back({size, 1});
            flushed = now;
        }
        begun = now;
        bit = 8 * (fed - z.avail_in) - (z.data_type & 7);
    }
}

}  // namespace fieldstrip::deflate
