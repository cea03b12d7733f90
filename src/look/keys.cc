// Sources: RFC 7468 (PEM), RFC 1421 (Proc-Type), OpenSSH's PROTOCOL.key, PuTTY's sshpubk.c, RFC 3986 (userinfo in URLs).
#include "look/keys.h"

#include "base/text.h"
#include "look/der.h"

namespace fieldstrip {
namespace {

using namespace std::string_view_literals;

enum Needle {
    kPem,
    kPutty,
    kFirstKey,  // in DER: what stands behind the header of the outer SEQUENCE
    kLastKey = kFirstKey + 8,
    kCertificate,
    kFirstUrl
};

const std::vector<std::string_view> kNeedles = {
    "-----BEGIN "sv,
    "PuTTY-User-Key-File-"sv,
    "\x02\x01\x00\x02\x41\x00"sv,                          // RSA, 512 bits
    "\x02\x01\x00\x02\x81\x81\x00"sv,                      // 1024
    "\x02\x01\x00\x02\x82\x01\x01\x00"sv,                  // 2048
    "\x02\x01\x00\x02\x82\x01\x81\x00"sv,                  // 3072
    "\x02\x01\x00\x02\x82\x02\x01\x00"sv,                  // 4096
    "\x02\x01\x00\x30\x0D\x06\x09\x2A\x86\x48\x86\xF7"sv,  // PKCS #8, RSA
    "\x02\x01\x00\x30\x13\x06\x07\x2A\x86\x48\xCE\x3D"sv,  // PKCS #8, EC
    "\x02\x01\x00\x30\x05\x06\x03\x2B\x65"sv,              // PKCS #8, Ed25519
    "\x30\x77\x02\x01\x01\x04\x20"sv,                      // SEC 1, P-256: with its header
    "\xA0\x03\x02\x01\x02\x02"sv,                          // version 3, then the serial number
    "http://"sv,
    "https://"sv,
    "ftp://"sv,
    "rtsp://"sv,
    "mqtt://"sv,
    "telnet://"sv,
};

std::string day(i64 seconds) { return utc_time(seconds).substr(0, 10); }

/// Without line ends, be they written as such or as the letters of a string in a source.
std::string joined_lines(std::string_view body) {
    std::string out;
    for (size_t i = 0; i < body.size(); i++) {
        if (body[i] == '\\' && i + 1 < body.size() && (body[i + 1] == 'n' || body[i + 1] == 'r')) {
            i++;
            continue;
        }
        if (!std::strchr(" \t\r\n\"", body[i]) || !body[i]) out += body[i];
    }
    return out;
}

/// OpenSSH's own: the cipher's name stands at its beginning.
std::optional<PrivateKey> read_openssh(ByteView b) {
    constexpr std::string_view kMagic("openssh-key-v1\0", 15);
    if (!starts_with(b, kMagic)) return {};
    b = b.subspan(kMagic.size());
    if (b.size() < 4 || be32(b) > b.size() - 4 || be32(b) > 64) return {};
    auto cipher = as_text(b.subspan(4, be32(b)));
    return PrivateKey{"OpenSSH", cipher != "none"};
}

/// Whether somebody would write it in an example.
bool is_placeholder(std::string_view word) {
    for (auto w :
         {"user", "username", "login", "name", "pass", "password", "passwd", "pwd", "foo", "bar", "PASSWORD", "USER", "USERNAME", "xxx"})
        if (word == w) return true;
    return false;
}

/// Libraries of cryptography hold keys that are public, for their tests.
bool holds_own_keys(std::string_view file) {
    auto name = file.substr(file.rfind('/') + 1);
    for (auto begin : {"libgnutls", "libmbedtls", "libmbedcrypto", "libmbedx509", "libpolarssl", "libwolfssl", "libcrypto.", "libgcrypt"})
        if (name.starts_with(begin)) return true;
    return false;
}

/// Where it is explained how a URL may be written.
bool is_manual(std::string_view path) {
    return path.find("/share/man/") != path.npos || path.find("/share/doc/") != path.npos || path.find("/share/info/") != path.npos;
}

}  // namespace

const std::vector<std::string_view>& KeyFinder::needles() { return kNeedles; }

void KeyFinder::hit(size_t needle, u64 at, Found& out) {
    if (at < behind_ || out.concerns.size() > kFlood) return;
    if (needle == kPem) return pem(at, out);
    if (needle == kPutty) return putty(at, out);
    if (needle <= kLastKey) return der_key(at, out);
    if (needle == kCertificate) return der_certificate(at);
    url(at, out);
}

void KeyFinder::key(std::string what, bool encrypted, u64 at, Found& out) {
    auto said = "private key: " + what + (encrypted ? ", encrypted" : "");
    auto weight = encrypted ? Severity::Warning : Severity::Error;
    if (holds_own_keys(space_.name)) said += ", in a library that tests itself with such", weight = Severity::Note;
    out.concerns.push_back({Concern::Kind::PrivateKey, weight, said, {space_.path, at, excerpt(what)}});
}

void KeyFinder::pem(u64 at, Found& out) {
    constexpr u64 kMost = 65536;
    constexpr std::string_view kBegin = "-----BEGIN ";
    auto text = space_.text().substr(at, kMost);
    auto label_end = text.find("-----", kBegin.size());
    if (label_end == text.npos || label_end > kBegin.size() + 40) return;
    auto label = text.substr(kBegin.size(), label_end - kBegin.size());
    const bool is_key = label.ends_with("PRIVATE KEY");
    if (!is_key && !label.ends_with("CERTIFICATE")) return;
    auto end_line = "-----END " + std::string(label) + "-----";
    auto end = text.find("-----", label_end + 5);
    if (end == text.npos || !text.substr(end).starts_with(end_line)) return;
    auto body = text.substr(label_end + 5, end - label_end - 5);
    bool encrypted = body.find("Proc-Type: 4,ENCRYPTED") != body.npos;
    if (auto headers = body.find("DEK-Info:"); headers != body.npos) {
        auto blank = std::min({body.find("\n\n", headers), body.find("\r\n\r\n", headers), body.find("\\n\\n", headers)});
        if (blank == body.npos) return;
        body = body.substr(blank);
    }
    auto bytes = from_base64(joined_lines(body));
    if (!bytes || bytes->size() < 32) return;
    behind_ = at + end + end_line.size();
    u64 size = 0;
    if (!is_key) return certificate(*bytes, at);
    if (encrypted) return key(std::string(label.substr(0, label.find(' '))), true, at, out);
    auto k = label.starts_with("OPENSSH") ? read_openssh(*bytes) : read_private_key(*bytes, size);
    if (k)
        key(k->kind, k->encrypted, at, out);
    else if (label.starts_with("DSA") && (*bytes)[0] == der::kSequence)
        key("DSA", false, at, out);
}

void KeyFinder::putty(u64 at, Found& out) {
    auto text = space_.text().substr(at, 512);
    auto line = text.find("Encryption: ");
    if (text.find("Private-Lines:") == text.npos && line == text.npos) return;
    key("PuTTY", line != text.npos && !text.substr(line + 12).starts_with("none"), at, out);
}

void KeyFinder::der_key(u64 at, Found& out) {
    // The header of the SEQUENCE is before it: 2, 3 or 4 bytes; or it begins here.
    for (u64 header : {4, 3, 2, 0}) {
        if (at < header || space_.bytes[at - header] != der::kSequence) continue;
        u64 size = 0;
        auto k = read_private_key(space_.bytes.subspan(at - header), size);
        if (!k) continue;
        behind_ = at - header + size;
        return key(k->kind + ", DER", k->encrypted, at - header, out);
    }
}

void KeyFinder::der_certificate(u64 at) {
    for (u64 header : {8, 7, 6}) {
        if (at < header || space_.bytes[at - header] != der::kSequence) continue;
        const size_t before = certificates_.size();
        u64 size = 0;
        if (!read_certificate(space_.bytes.subspan(at - header), size)) continue;
        certificate(space_.bytes.subspan(at - header, size), at - header);
        if (certificates_.size() > before) behind_ = at - header + size;
        return;
    }
}

void KeyFinder::certificate(ByteView der, u64 at) {
    constexpr size_t kMost = 4096;
    u64 size = 0;
    auto c = read_certificate(der, size);
    if (!c || certificates_.size() >= kMost) return;
    const bool expired = c->until < now_;
    const bool weak = c->signature.starts_with("MD") || (c->signature.starts_with("SHA-1") && !c->self_signed);
    auto issuer = c->self_signed ? "itself" : c->issuer.empty() ? "nobody named" : c->issuer;
    auto what = "certificate of " + (c->subject.empty() ? "nobody named" : c->subject) + ", issued by " + issuer + ", valid from " +
                day(c->from) + " to " + day(c->until) + (c->key.empty() ? "" : ", " + c->key) + (expired ? ": expired" : "") +
                (weak ? ": signed by " + c->signature : "");
    certificates_.push_back({{Concern::Kind::Certificate,
                              expired || weak ? Severity::Warning : Severity::Note,
                              excerpt(what, 400),
                              {space_.path, at, excerpt(c->subject)}},
                             expired});
}

void KeyFinder::done(Found& out) {
    constexpr size_t kMany = 4;
    if (certificates_.size() > kMany) {
        const auto expired = size_t(std::count_if(certificates_.begin(), certificates_.end(), [](auto& c) { return c.expired; }));
        out.concerns.push_back({Concern::Kind::Certificate, Severity::Note,
                                std::to_string(certificates_.size()) + " certificates, " + std::to_string(expired) + " of them expired",
                                certificates_[0].concern.evidence});
    }
    for (auto& c : certificates_)
        if (certificates_.size() <= kMany || c.concern.weight != Severity::Note) out.concerns.push_back(std::move(c.concern));
}

void KeyFinder::url(u64 at, Found& out) {
    auto text = space_.text().substr(at, 256);
    const size_t from = text.find("://") + 3;
    auto is_word = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || (c && std::strchr(".-_~!*+=", c));
    };
    auto word = [&](size_t& i) {
        const size_t begin = i;
        while (i < text.size() && is_word(text[i])) i++;
        return text.substr(begin, i - begin);
    };
    size_t i = from;
    auto user = word(i);
    if (user.empty() || i >= text.size() || text[i++] != ':') return;
    auto password = word(i);
    if (password.empty() || i >= text.size() || text[i++] != '@') return;
    auto host = word(i);
    if (host.size() < 3 || host.starts_with("example") || is_manual(space_.path) || is_placeholder(user) || is_placeholder(password))
        return;
    behind_ = at + i;
    out.concerns.push_back({Concern::Kind::Secret,
                            Severity::Warning,
                            "a password in a URL: user " + std::string(user) + " at " + std::string(host),
                            {space_.path, at, excerpt(text.substr(0, i))}});
}

}  // namespace fieldstrip
