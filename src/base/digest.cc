#include "base/digest.h"

#include <libdeflate.h>
#include <nettle/md5.h>
#include <nettle/sha1.h>
#include <nettle/sha2.h>

#include "base/text.h"

namespace fieldstrip {

Bytes big_endian(u64 value, unsigned width) {
    Bytes out(width);
    store(out, width, Endian::Big, value);
    return out;
}

u32 crc32(ByteView v, u32 so_far) { return libdeflate_crc32(so_far, v.data() ? v.data() : reinterpret_cast<const u8*>(""), v.size()); }

namespace {
u32 crc_of(const Feed& feed, u32 start = 0) {
    feed([&](ByteView v) { start = crc32(v, start); });
    return start;
}
u32 sum_of(const Feed& feed) {
    u32 s = 0;
    feed([&](ByteView v) {
        for (u8 b : v) s += b;
    });
    return s;
}
u32 adler_of(const Feed& feed) {
    u32 a = 1;
    feed([&](ByteView v) { a = v.empty() ? a : libdeflate_adler32(a, v.data(), v.size()); });
    return a;
}
template <class Context, auto init, auto update, auto finish, size_t size>
Bytes nettle(const Feed& feed) {
    Context cx;
    init(&cx);
    feed([&](ByteView v) { update(&cx, v.size(), v.data()); });
    Bytes out(size);
    finish(&cx, size, out.data());
    return out;
}
constexpr auto kSha256 = nettle<sha256_ctx, sha256_init, sha256_update, sha256_digest, SHA256_DIGEST_SIZE>;
}  // namespace

namespace digest {
const Digest crc32{"crc32", true, [](const Feed& f) { return big_endian(crc_of(f), 4); }};
const Digest jamcrc32{"jamcrc32", true, [](const Feed& f) { return big_endian(u32(~crc_of(f)), 4); }};
const Digest crc32_low16{"crc16", true, [](const Feed& f) { return big_endian(crc_of(f) & 0xFFFF, 2); }};
const Digest crc32_linux{"crc32-linux", true, [](const Feed& f) { return big_endian(u32(~crc_of(f, 0xFFFFFFFF)), 4); }};
const Digest adler32{"adler32", true, [](const Feed& f) { return big_endian(adler_of(f), 4); }};
const Digest sum16{"sum16", true, [](const Feed& f) { return big_endian(sum_of(f) & 0xFFFF, 2); }};
const Digest sum32{"sum32", true, [](const Feed& f) { return big_endian(sum_of(f), 4); }};
const Digest md5{"md5", false, nettle<md5_ctx, md5_init, md5_update, md5_digest, MD5_DIGEST_SIZE>};
const Digest sha1{"sha1", false, nettle<sha1_ctx, sha1_init, sha1_update, sha1_digest, SHA1_DIGEST_SIZE>};
const Digest sha256{"sha256", false, kSha256};
const Digest copy{"copy", false, [](const Feed& f) {
                      Bytes out;
                      f([&](ByteView v) { out.insert(out.end(), v.begin(), v.end()); });
                      return out;
                  }};
}  // namespace digest

Bytes sha256(ByteView v) {
    return kSha256([&](const Eat& eat) { eat(v); });
}
std::string sha256_hex(const Feed& feed) { return hex(kSha256(feed)); }

Sha256::Sha256() : cx_(std::make_unique<sha256_ctx>()) { sha256_init(cx_.get()); }
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256::~Sha256() = default;
void Sha256::eat(ByteView v) { sha256_update(cx_.get(), v.size(), v.data()); }
std::string Sha256::hex() {
    Bytes out(SHA256_DIGEST_SIZE);
    sha256_digest(cx_.get(), out.size(), out.data());
    return fieldstrip::hex(out);
}

}  // namespace fieldstrip
