// Decoders, over what the encoders make of the mixed bytes; told as bytes of content a second.
#include "codecs/bzip2.h"
#include "codecs/deflate.h"
#include "codecs/lz4.h"
#include "codecs/lzma1.h"
#include "codecs/lzma_marked.h"
#include "codecs/lzma_reader.h"
#include "codecs/lzo.h"
#include "codecs/lzw.h"
#include "codecs/rtime.h"
#include "codecs/rubin.h"
#include "codecs/xz_buffer.h"
#include "codecs/zlib.h"
#include "codecs/zstd.h"
#include "codecs/zstd_frame.h"
#include "micro/codecs.h"

namespace fieldstrip::micro {
namespace {

/// Makes `size` bytes of `packed`, into `out` if it likes; how many it made.
using Decode = std::function<u64(ByteView packed, std::span<u8> out, Context&)>;

/// One over what `from` encodes.
void add_decoder(const std::string& name, std::string_view from, Decode decode) {
    auto& e = encoder(from);
    add_prepared("decode/" + name, e.content, [name, decode, &e](ByteView content) -> Work {
        std::vector<Bytes> packed;
        Context cx({.decoded = kUnbounded});
        for (ByteView v = content; !v.empty(); v = v.subspan(std::min<u64>(v.size(), e.piece)))
            packed.push_back(e.encode(v.first(std::min<u64>(v.size(), e.piece)), cx));
        return [name, decode, piece = e.piece, packed = std::move(packed)](ByteView) {
            Context cx({.decoded = kUnbounded});
            Bytes out(piece);
            for (auto& p : packed)
                if (decode(p, out, cx) != piece) wrong(name + " does not decode");
        };
    });
}

bool look_at(ByteView v) { return keep(v.size()), true; }

void add_deflate() {
    for (auto* from : {"deflate, zlib 6", "deflate, libdeflate 6"})
        add_decoder(std::string(from) + ", to its exact end", from, [](ByteView packed, std::span<u8>, Context& cx) {
            deflate::Reader reader;
            return must(reader.read(packed, look_at, cx), "deflate").made;
        });
    add_decoder("zlib, blocks of 128 KiB", "zlib 9, blocks of 128 KiB",
                [](ByteView packed, std::span<u8> out, Context&) { return zlib::decode(packed, out).value_or(0); });
}

void add_lzma() {
    add_decoder("lzma2", "lzma2, xz -6", [](ByteView packed, std::span<u8> out, Context& cx) {
        u64 made = 0;
        auto count = [&](ByteView v) { return made += v.size(), true; };
        must(lzma2::decode(packed, {{lzma2::kLzma2, {lzma2::code_of(1 << 23)}}}, out.size(), count, cx), "lzma2");
        return made;
    });
    add_decoder("xz, arm, blocks of 128 KiB", "xz -6, arm, blocks of 128 KiB", [](ByteView packed, std::span<u8> out, Context& cx) {
        return must(xz_buffer::decode(packed, out.size(), cx), "xz").size();
    });
    add_decoder("lzma, counting what proves it", "lzma, liblzma -6", [](ByteView packed, std::span<u8>, Context& cx) {
        lzma_reader::Reader reader;
        return must(reader.read(packed, {}, look_at, cx), "lzma").made;
    });
    add_decoder("lzma, with its marker", "lzma, liblzma -6", [](ByteView packed, std::span<u8>, Context& cx) {
        return must(lzma_marked::read(packed, 1 << 23, look_at, cx), "lzma").made;
    });
    add_decoder("lzma, of known size", "lzma, SDK", [](ByteView packed, std::span<u8> out, Context&) {
        return lzma1::decode(packed, {3, 0, 2, 1 << 23}, out) ? out.size() : 0;
    });
}

u64 bunzip(ByteView packed, Context& cx) {
    bzip2::Reader reader;
    u64 made = 0, at = 32;
    while (bzip2::bits_at(packed, at, 48) == bzip2::kBlockMagic) {
        auto block = must(reader.read(packed, at, 9, look_at, cx), "bzip2");
        if (!block.holds()) return 0;
        made += block.made, at = block.to;
    }
    return made;
}

void add_others() {
    add_decoder("bzip2", "bzip2 -9", [](ByteView packed, std::span<u8>, Context& cx) { return bunzip(packed, cx); });
    add_decoder("lz4, blocks of 128 KiB", "lz4 9, blocks of 128 KiB",
                [](ByteView packed, std::span<u8> out, Context& cx) { return must(lz4::decode(packed, out.size(), cx), "lz4").size(); });
    add_decoder("lz4, its sequences alone", "lz4 9, blocks of 128 KiB",
                [](ByteView packed, std::span<u8> out, Context&) { return lz4::walk(packed, 0, out.size()).made; });
    if (lzo::available())
        add_decoder("lzo, blocks of 128 KiB", "lzo1x_999, blocks of 128 KiB", [](ByteView packed, std::span<u8> out, Context& cx) {
            return must(lzo::decode(packed, out.size(), cx), "lzo").size();
        });
    add_decoder("compress, 16 bits", "compress, 16 bits",
                [](ByteView packed, std::span<u8>, Context& cx) { return must(lzw::read(packed, {}, look_at, cx), "lzw").made; });
    add_decoder("rtime, pages of 4 KiB of runs", "rtime, pages of 4 KiB of runs",
                [](ByteView packed, std::span<u8> out, Context&) { return rtime::decode(packed, out) ? out.size() : 0; });
    // Nothing here encodes rubin; noise decodes to something, as far as it goes.
    add("decode/rubin, pages of 4 KiB", noise, [](ByteView v) {
        Bytes out(4096);
        for (; v.size() >= 2 * out.size(); v = v.subspan(out.size())) keep(rubin::decode(rubin::Kind::Mips, v.first(2 * out.size()), out));
    });
    add_decoder("zstd, blocks of 128 KiB", "zstd 15, blocks of 128 KiB",
                [](ByteView packed, std::span<u8> out, Context& cx) { return must(zstd::decode(packed, out.size(), cx), "zstd").size(); });
    add_decoder("zstd, a frame", "zstd -3", [](ByteView packed, std::span<u8>, Context& cx) {
        return must(zstd_frame::read(packed, *zstd_frame::read_header(packed), look_at, cx), "zstd").made;
    });
}

}  // namespace

void add_decoders() { add_deflate(), add_lzma(), add_others(); }

}  // namespace fieldstrip::micro
