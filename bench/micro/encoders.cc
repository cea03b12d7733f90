// Encoders with the parameters that are met most, over the mixed bytes.
#include "codecs/bzip2.h"
#include "codecs/deflate.h"
#include "codecs/lz4.h"
#include "codecs/lzlib.h"
#include "codecs/lzma_encoder.h"
#include "codecs/lzma_sdk.h"
#include "codecs/lzo.h"
#include "codecs/lzw.h"
#include "codecs/rtime.h"
#include "codecs/xz_buffer.h"
#include "codecs/zlib.h"
#include "codecs/zstd.h"
#include "codecs/zstd_frame.h"
#include "micro/codecs.h"

namespace fieldstrip::micro {
namespace {

constexpr u64 kBlock = 128 << 10;  // squashfs's own

/// All that an encoder hands out.
template <class F>
Bytes collected(const char* what, F encode) {
    Bytes out;
    must(encode([&](ByteView v) {
             out.insert(out.end(), v.begin(), v.end());
             return true;
         }),
         what);
    return out;
}

Encoder deflate_with(const char* name, const deflate::Params& p) {
    return {name, [=](ByteView v, Context& cx) {
                auto source = [v](const deflate::Take& take) { return take(v), Result<void>(); };
                return collected(name, [&](auto take) { return deflate::encode(source, p, take, cx); });
            }};
}

lzma2::Chain chain(std::string_view filter = "") {
    lzma2::Chain out;
    if (!filter.empty()) out.push_back({*lzma2::id_of(filter), {}});
    out.push_back({lzma2::kLzma2, {lzma2::code_of(1 << 23)}});
    return out;
}

void add_deflate(std::vector<Encoder>& out) {
    using enum deflate::Program;
    out.push_back(deflate_with("deflate, zlib 6", {}));
    out.push_back(deflate_with("deflate, zlib 9", {.level = 9}));
    out.push_back(deflate_with("deflate, gzip 6", {.program = Gzip}));
    out.push_back(deflate_with("deflate, pigz 6", {.program = Pigz}));
    out.push_back(deflate_with("deflate, libdeflate 6", {.program = Libdeflate}));
    out.push_back({"zlib 9, blocks of 128 KiB",
                   [](ByteView v, Context&) {
                       auto deflater = must(zlib::Deflater::with({.level = 9}), "zlib");
                       Bytes packed;
                       deflater.encode(v, packed);
                       return packed;
                   },
                   kBlock});
}

void add_lzma(std::vector<Encoder>& out) {
    out.push_back({"lzma2, xz -6", [](ByteView v, Context& cx) {
                       Bytes packed;
                       auto into = [&](ByteView b) { return packed.insert(packed.end(), b.begin(), b.end()), true; };
                       lzma2::Encoder e(chain(), {}, v.size(), into, cx);
                       e.feed(v);
                       must(e.finish(), "lzma2");
                       return packed;
                   }});
    out.push_back({"xz -6, arm, blocks of 128 KiB",
                   [](ByteView v, Context& cx) { return must(xz_buffer::encode(v, chain("arm"), {}, xz_buffer::Check::Crc32, cx), "xz"); },
                   kBlock});
    out.push_back({"lzma, liblzma -6", [](ByteView v, Context& cx) {
                       return collected("lzma", [&](auto take) { return lzma_encoder::encode(v, true, {}, take, cx); });
                   }});
    out.push_back({"lzma, SDK", [](ByteView v, Context& cx) {
                       u64 at = 0;
                       auto fill = [&](std::span<u8> to) {
                           const u64 n = std::min<u64>(to.size(), v.size() - at);
                           std::copy_n(v.begin() + std::ptrdiff_t(at), n, to.begin());
                           at += n;
                           return n;
                       };
                       return collected("SDK", [&](auto take) { return lzma_sdk::encode(fill, v.size(), {}, take, cx); });
                   }});
    out.push_back({"lzip -6", [](ByteView v, Context& cx) {
                       return collected("lzip", [&](auto take) { return lzlib::encode(v, lzlib::levels()[6], take, cx); });
                   }});
}

void add_others(std::vector<Encoder>& out) {
    out.push_back({"bzip2 -9", [](ByteView v, Context& cx) {
                       auto source = [v](const bzip2::Take& take) { return take(v), Result<void>(); };
                       return collected("bzip2", [&](auto take) { return bzip2::encode(source, 9, take, cx); });
                   }});
    for (int level : {0, 9})
        out.push_back({"lz4 " + std::to_string(level) + ", blocks of 128 KiB",
                       [=](ByteView v, Context& cx) { return must(lz4::encode(v, level, cx), "lz4"); }, kBlock});
    out.push_back({"lz4 frame -1", [](ByteView v, Context& cx) {
                       auto source = [v](const lz4::Take& take) { return take(v), Result<void>(); };
                       return collected("lz4 frame", [&](auto take) { return lz4::encode_frame(source, {}, take, cx); });
                   }});
    for (auto algorithm : {lzo::Algorithm::Lzo1x_1, lzo::Algorithm::Lzo1x_999})
        if (lzo::available())
            out.push_back({std::string(lzo::name_of(algorithm)) + ", blocks of 128 KiB",
                           [=](ByteView v, Context& cx) { return must(lzo::encode(v, {.algorithm = algorithm}, cx), "lzo"); }, kBlock});
    out.push_back({"compress, 16 bits",
                   [](ByteView v, Context& cx) { return collected("lzw", [&](auto take) { return lzw::encode(v, {}, take, cx); }); }});
    out.push_back({"rtime, pages of 4 KiB of runs",
                   [](ByteView v, Context&) {
                       auto encoded = rtime::encode(v, v.size());
                       if (!encoded || encoded->consumed != v.size()) wrong("a page of runs is no smaller by rtime");
                       return std::move(encoded->code);
                   },
                   4096, runs});
    out.push_back({"zstd 15, blocks of 128 KiB", [](ByteView v, Context& cx) { return must(zstd::encode(v, 15, cx), "zstd"); }, kBlock});
    out.push_back({"zstd -3", [](ByteView v, Context& cx) {
                       return collected("zstd", [&](auto take) { return zstd_frame::encode(v, {}, take, cx); });
                   }});
}

}  // namespace

const std::vector<Encoder>& encoders() {
    static const auto all = [] {
        std::vector<Encoder> out;
        add_deflate(out), add_lzma(out), add_others(out);
        return out;
    }();
    return all;
}

const Encoder& encoder(std::string_view name) {
    for (auto& e : encoders())
        if (e.name == name) return e;
    wrong("no encoder is called " + std::string(name));
}

void add_encoders() {
    for (auto& e : encoders())
        add("encode/" + e.name, e.content, [&e](ByteView v) {
            Context cx({.decoded = kUnbounded});
            for (; !v.empty(); v = v.subspan(std::min<u64>(v.size(), e.piece)))
                keep(e.encode(v.first(std::min<u64>(v.size(), e.piece)), cx).size());
        });
}

}  // namespace fieldstrip::micro
