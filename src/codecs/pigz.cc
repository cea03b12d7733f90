// Source: pigz 2.6, pigz.c (compress_thread, single_compress): which of zlib's functions it calls in which order.
#include "codecs/pigz.h"

#include <zlib.h>

#include <array>
#include <new>

namespace fieldstrip::deflate {
namespace {

constexpr size_t kDictionary = 1 << 15;

}  // namespace

struct Pigz::State {
    z_stream z{};
    ~State() { deflateEnd(&z); }
};

Pigz::Pigz(const Params& p) : state_(std::make_unique<State>()), params_(p) {
    if (deflateInit2(&state_->z, p.level, Z_DEFLATED, -15, 8, Z_DEFAULT_STRATEGY) != Z_OK) throw std::bad_alloc();
}
Pigz::~Pigz() = default;

void Pigz::run(int flush) {
    std::array<u8, 1 << 14> out;
    auto& z = state_->z;
    do {
        z.next_out = out.data();
        z.avail_out = uInt(out.size());
        ::deflate(&z, flush);
        out_.insert(out_.end(), out.begin(), out.end() - z.avail_out);
    } while (!z.avail_out);
}

void Pigz::piece(bool last) {
    auto& z = state_->z;
    if (!first_ && (!params_.one_thread || params_.independent)) {
        deflateReset(&z);
        if (!params_.independent) deflateSetDictionary(&z, before_.data(), uInt(before_.size()));
    }
    first_ = false;
    z.next_in = held_.data();
    z.avail_in = uInt(held_.size());
    if (last) return run(Z_FINISH);
    run(Z_BLOCK);
    int bits = 0;
    deflatePending(&z, Z_NULL, &bits);
    if (bits & 1 || params_.independent) {
        run(Z_SYNC_FLUSH);
    } else if (bits & 7) {
        do {  // an empty block with the fixed code is ten bits
            deflatePrime(&z, 10, 2);
            deflatePending(&z, Z_NULL, &bits);
        } while (bits & 7);
        run(params_.one_thread ? Z_NO_FLUSH : Z_BLOCK);
    }
    if (params_.independent) run(Z_FULL_FLUSH);
}

void Pigz::feed(ByteView in) {
    const size_t size = size_t(params_.piece) << 10;
    while (!in.empty()) {
        if (held_.size() == size) {
            piece(false);
            if (!params_.one_thread) before_.assign(held_.end() - i64(std::min(kDictionary, size)), held_.end());
            held_.clear();
        }
        auto n = std::min(in.size(), size - held_.size());
        held_.insert(held_.end(), in.begin(), in.begin() + i64(n));
        in = in.subspan(n);
    }
}

void Pigz::finish() { piece(true); }

}  // namespace fieldstrip::deflate
