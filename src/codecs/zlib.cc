// Sources: RFC 1950 (the two bytes before, the adler32 behind), zlib.h (deflateInit2), libdeflate.h.
#include "codecs/zlib.h"

#include <zlib.h>

#include <new>

#include "codecs/deflate_decoder.h"

namespace fieldstrip::zlib {

u32 adler32(ByteView v, u32 so_far) { return v.empty() ? so_far : libdeflate_adler32(so_far, v.data(), v.size()); }

std::optional<u64> decode(ByteView in, std::span<u8> out) {
    size_t used = 0, made = 0;
    auto rc = libdeflate_zlib_decompress_ex(deflate::decoder_of_thread(), in.data(), in.size(), out.data(), out.size(), &used, &made);
    if (rc != LIBDEFLATE_SUCCESS || used != in.size()) return {};
    return made;
}

std::optional<u64> decode_unsummed(ByteView in, std::span<u8> out) {
    if (in.size() < 2 || (in[0] & 15) != 8 || (in[0] << 8 | in[1]) % 31 || in[1] & 32) return {};
    size_t made = 0, used = 0;
    auto rc =
        libdeflate_deflate_decompress_ex(deflate::decoder_of_thread(), in.data() + 2, in.size() - 2, out.data(), out.size(), &used, &made);
    if (rc != LIBDEFLATE_SUCCESS) return {};
    return made;
}

struct Deflater::State {
    z_stream z{};
    ~State() { deflateEnd(&z); }
};

Deflater::Deflater(std::unique_ptr<State> state) : state_(std::move(state)) {}
Deflater::Deflater(Deflater&&) noexcept = default;
Deflater& Deflater::operator=(Deflater&&) noexcept = default;
Deflater::~Deflater() = default;

Result<Deflater> Deflater::with(const deflate::Params& p) {
    auto state = std::make_unique<State>();
    bool none = !p.stored.empty() || p.program != deflate::Program::Zlib || p.window < 9 || p.window > 15;
    int rc = none ? Z_STREAM_ERROR : deflateInit2(&state->z, p.level, Z_DEFLATED, p.window, p.mem_level, p.strategy);
    if (rc == Z_MEM_ERROR) throw std::bad_alloc();
    if (rc != Z_OK) return fail(Error::Kind::Unsupported, "zlib takes no such parameters: " + deflate::words(p));
    return Deflater(std::move(state));
}

void Deflater::encode(ByteView in, Bytes& out) {
    auto& z = state_->z;
    deflateReset(&z);
    auto before = out.size();
    out.resize(before + deflateBound(&z, uLong(in.size())));
    z.next_in = const_cast<u8*>(in.data());
    z.avail_in = uInt(in.size());
    z.next_out = out.data() + before;
    z.avail_out = uInt(out.size() - before);
    ::deflate(&z, Z_FINISH);
    out.resize(out.size() - z.avail_out);
}

Result<std::optional<deflate::Params>> find(ByteView content, ByteView encoded, const deflate::Params& likely, deflate::Budget& budget,
                                            Context& cx) {
    if (encoded.size() < 6 || (encoded[0] & 15) != 8 || encoded[0] >> 4 > 7) return std::nullopt;
    auto first = likely;
    first.window = std::max(9, 8 + (encoded[0] >> 4));  // zlib makes 9 of 8
    deflate::Source source = [&](const deflate::Take& take) {
        take(content);
        return Result<void>();
    };
    auto found = TRY(deflate::find(source, encoded.subspan(2, encoded.size() - 6), first, deflate::Among::Zlib, budget, cx));
    if (!found || !found->stored.empty() || found->window != first.window) return std::nullopt;
    auto again = TRY(Deflater::with(*found));  // its two bytes in front say the level, too
    Bytes made;
    again.encode(content, made);
    if (!equal(made, encoded)) return std::nullopt;
    return found;
}

}  // namespace fieldstrip::zlib
