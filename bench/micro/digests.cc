// Digests and checksums.
#include "base/digest.h"
#include "codecs/crc64.h"
#include "codecs/xxh32.h"
#include "codecs/xxhash64.h"
#include "codecs/zlib.h"
#include "micro/micro.h"

namespace fieldstrip::micro {

void add_digests() {
    for (auto* d : {&digest::crc32, &digest::jamcrc32, &digest::crc32_low16, &digest::crc32_linux, &digest::adler32, &digest::sum16,
                    &digest::sum32, &digest::md5, &digest::sha1, &digest::sha256})
        add("digest/" + std::string(d->name), noise, [d](ByteView v) { keep(d->of([&](const Eat& eat) { eat(v); })[0]); });
    add("digest/crc64", noise, [](ByteView v) { keep(crc64(v)); });
    add("digest/xxh32", noise, [](ByteView v) { keep(xxh32(v)); });
    add("digest/xxh64", noise, [](ByteView v) {
        Xxhash64 x;
        x.eat(v);
        keep(x.value());
    });
}

}  // namespace fieldstrip::micro
