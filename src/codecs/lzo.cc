// Sources: lzo/lzo1x.h and doc/LZO.TXT of LZO 2.10 (worst case, workspaces).
#include "codecs/lzo.h"

#if FIELDSTRIP_LZO
#include <lzo/lzo1x.h>
#endif

namespace fieldstrip::lzo {
namespace {

constexpr std::string_view kNames[kAlgorithms] = {"lzo1x_1", "lzo1x_1_11", "lzo1x_1_12", "lzo1x_1_15", "lzo1x_999"};

}  // namespace

std::string_view name_of(Algorithm a) { return kNames[unsigned(a)]; }

std::optional<Algorithm> algorithm_of(std::string_view name) {
    for (unsigned i = 0; i < kAlgorithms; i++)
        if (kNames[i] == name) return Algorithm(i);
    return {};
}

#if FIELDSTRIP_LZO

namespace {

/// No byte of a stream stands for more than 255 of content, but for a few of the first and last ones.
u64 most_of(u64 size) { return size > kUnbounded / 512 ? kUnbounded : size * 256 + 64; }

struct Compressor {
    lzo_uint workspace;
    int (*run)(const lzo_bytep, lzo_uint, lzo_bytep, lzo_uintp, lzo_voidp);
};
constexpr Compressor kFast[] = {{LZO1X_1_MEM_COMPRESS, lzo1x_1_compress},
                                {LZO1X_1_11_MEM_COMPRESS, lzo1x_1_11_compress},
                                {LZO1X_1_12_MEM_COMPRESS, lzo1x_1_12_compress},
                                {LZO1X_1_15_MEM_COMPRESS, lzo1x_1_15_compress}};

}  // namespace

bool available() { return true; }

Result<Bytes> decode(ByteView in, u64 limit, Context& cx) {
    Bytes out(std::min(limit, most_of(in.size())));
    lzo_uint made = out.size();
    Bytes none(1);  // for content of no bytes: the library wants an address
    int rc = lzo1x_decompress_safe(in.data(), in.size(), out.empty() ? none.data() : out.data(), &made, nullptr);
    if (rc == LZO_E_OUTPUT_OVERRUN) return fail(Error::Kind::Damaged, "the LZO data holds more than it may");
    if (rc == LZO_E_INPUT_NOT_CONSUMED) return fail(Error::Kind::Damaged, "the LZO data ends before its block does");
    if (rc == LZO_E_INPUT_OVERRUN) return fail(Error::Kind::Damaged, "the LZO data ends before its end");
    if (rc != LZO_E_OK) return fail(Error::Kind::Damaged, "the LZO data does not decode");
    TRY_VOID(cx.spend(&Limits::decoded, made));
    out.resize(made);
    return out;
}

Result<Bytes> encode(ByteView in, const Params& p, Context& cx) {
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    bool best = p.algorithm == Algorithm::Lzo1x_999;
    if (unsigned(p.algorithm) >= kAlgorithms || (best && (p.level < 1 || p.level > 9)))
        return fail(Error::Kind::Unsupported, "LZO has no level " + std::to_string(p.level));
    Bytes out(in.size() + in.size() / 16 + 64 + 3);
    lzo_uint made = 0;
    int rc;
    if (best) {
        std::vector<lzo_align_t> work(LZO1X_999_MEM_COMPRESS / sizeof(lzo_align_t) + 1);
        rc = lzo1x_999_compress_level(in.data(), in.size(), out.data(), &made, work.data(), nullptr, 0, nullptr, p.level);
    } else {
        auto& one = kFast[unsigned(p.algorithm)];
        std::vector<lzo_align_t> work(one.workspace / sizeof(lzo_align_t) + 1);
        rc = one.run(in.data(), in.size(), out.data(), &made, work.data());
    }
    if (rc == LZO_E_OK && p.optimize && !in.empty()) {
        Bytes again(in.size());
        lzo_uint size = again.size();
        rc = lzo1x_optimize(out.data(), made, again.data(), &size, nullptr);
        if (size != in.size()) rc = LZO_E_ERROR;
    }
    if (rc != LZO_E_OK) return fail(Error::Kind::Unsupported, "LZO does not encode this");
    out.resize(made);
    return out;
}

#else

namespace {
std::unexpected<Error> left_out() {
    return fail(Error::Kind::Unsupported, "LZO is not in this program: it was built with FIELDSTRIP_LZO=OFF");
}
}  // namespace

bool available() { return false; }
Result<Bytes> decode(ByteView, u64, Context&) { return left_out(); }
Result<Bytes> encode(ByteView, const Params&, Context&) { return left_out(); }

#endif

}  // namespace fieldstrip::lzo
