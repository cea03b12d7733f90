// As much of DER as keys and certificates take: read within bounds, never copied.
#pragma once
#include "base/base.h"

namespace fieldstrip {

struct Der {
    u8 tag = 0;
    ByteView whole, value;
};
/// The element at the beginning, which `rest` then begins behind. Lengths are DER's own: the shortest that say it, at most 4 bytes of them.
std::optional<Der> next_der(ByteView& rest);
/// The same where it must have that tag.
std::optional<Der> next_der(ByteView& rest, u8 tag);

namespace der {
constexpr u8 kInteger = 0x02, kBits = 0x03, kOctets = 0x04, kNull = 0x05, kOid = 0x06, kSequence = 0x30, kSet = 0x31;
}

struct PrivateKey {
    std::string kind;  // "RSA, 2048 bits"
    bool encrypted = false;
};
/// PKCS #1, SEC 1 or PKCS #8 that begins there and is whole; `size`: how long it is.
std::optional<PrivateKey> read_private_key(ByteView bytes, u64& size);

struct Certificate {
    std::string subject, issuer;  // "CN=router, O=Maker": bytes as they are
    bool self_signed = false;
    i64 from = 0, until = 0;  // seconds
    std::string key, signature;
};
std::optional<Certificate> read_certificate(ByteView bytes, u64& size);

}  // namespace fieldstrip
