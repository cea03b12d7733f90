// Sources: ITU-T X.690 (DER), RFC 5280 (certificates), RFC 8017 (PKCS #1), RFC 5208 and 5958 (PKCS #8), RFC 5915 (EC keys).
#include "look/der.h"

namespace fieldstrip {
namespace {

struct Named {
    std::string_view oid;  // its content
    std::string_view name;
};
constexpr std::string_view kRsa("\x2A\x86\x48\x86\xF7\x0D\x01\x01\x01", 9), kEc("\x2A\x86\x48\xCE\x3D\x02\x01", 7);
constexpr Named kAlgorithms[] = {
    {kRsa, "RSA"},
    {kEc, "EC"},
    {{"\x2A\x86\x48\xCE\x38\x04\x01", 7}, "DSA"},
    {{"\x2B\x65\x70", 3}, "Ed25519"},
    {{"\x2B\x65\x71", 3}, "Ed448"},
    {{"\x2B\x65\x6E", 3}, "X25519"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x05\x0D", 9}, "PBES2"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x02", 9}, "MD2 with RSA"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x04", 9}, "MD5 with RSA"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x05", 9}, "SHA-1 with RSA"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0B", 9}, "SHA-256 with RSA"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0C", 9}, "SHA-384 with RSA"},
    {{"\x2A\x86\x48\x86\xF7\x0D\x01\x01\x0D", 9}, "SHA-512 with RSA"},
    {{"\x2A\x86\x48\xCE\x3D\x04\x01", 7}, "SHA-1 with ECDSA"},
    {{"\x2A\x86\x48\xCE\x3D\x04\x03\x02", 8}, "SHA-256 with ECDSA"},
    {{"\x2A\x86\x48\xCE\x3D\x04\x03\x03", 8}, "SHA-384 with ECDSA"},
};
constexpr Named kNameParts[] = {{"\x55\x04\x03", "CN"}, {"\x55\x04\x0A", "O"}, {"\x55\x04\x0B", "OU"}};

std::string_view name_of_oid(ByteView oid, std::span<const Named> names) {
    for (auto& n : names)
        if (as_text(oid) == n.oid) return n.name;
    return {};
}

/// Of an INTEGER's content; 0: none that is positive.
u64 bits_of(ByteView n) {
    while (!n.empty() && !n[0]) n = n.subspan(1);
    if (n.empty()) return 0;
    return 8 * (n.size() - 1) + u64(std::bit_width(n[0]));
}

std::string sized(std::string_view name, u64 bits) { return std::string(name) + (bits ? ", " + std::to_string(bits) + " bits" : ""); }

/// version, modulus, exponents, primes …: nine numbers of which the second is the key's size.
std::optional<PrivateKey> read_rsa(ByteView in) {
    u64 bits = 0;
    for (int i = 0; i < 9; i++) {
        auto n = next_der(in, der::kInteger);
        if (!n || n->value.empty() || (i == 0 && (n->value.size() != 1 || n->value[0] > 1))) return {};
        if (i == 1) bits = bits_of(n->value);
        if (i && n->value[0] & 0x80) return {};
    }
    if (bits < 256 || bits > 32768) return {};
    return PrivateKey{sized("RSA", bits)};
}

/// SEC 1: 1, the number, then perhaps which curve and the public point.
std::optional<PrivateKey> read_ec(ByteView in) {
    auto version = next_der(in, der::kInteger), number = next_der(in, der::kOctets);
    if (!version || !number || !equal(version->value, as_bytes("\x01"))) return {};
    if (number->value.size() < 20 || number->value.size() > 66 || one_value(number->value)) return {};
    for (auto more = next_der(in); more; more = next_der(in))
        if (more->tag != 0xA0 && more->tag != 0xA1) return {};
    return in.empty() ? std::optional(PrivateKey{sized("EC", 8 * number->value.size())}) : std::nullopt;
}

std::optional<PrivateKey> read_pkcs8(ByteView in) {
    auto version = next_der(in, der::kInteger), algorithm = next_der(in, der::kSequence), key = next_der(in, der::kOctets);
    if (!version || version->value.size() != 1 || version->value[0] > 1 || !algorithm || !key) return {};
    auto inside = algorithm->value;
    auto oid = next_der(inside, der::kOid);
    auto name = oid ? name_of_oid(oid->value, kAlgorithms) : std::string_view();
    if (name.empty()) return {};
    auto content = key->value;
    auto seq = next_der(content, der::kSequence);
    if (name == "RSA") return seq ? read_rsa(seq->value) : std::nullopt;
    if (name == "EC") return seq ? read_ec(seq->value) : std::nullopt;
    if (key->value.size() < 20) return {};
    return PrivateKey{std::string(name)};
}

std::optional<PrivateKey> read_encrypted(ByteView in) {
    auto algorithm = next_der(in, der::kSequence), data = next_der(in, der::kOctets);
    if (!algorithm || !data || !in.empty() || data->value.size() < 40) return {};
    auto inside = algorithm->value;
    auto oid = next_der(inside, der::kOid);
    constexpr std::string_view kPkcs5("\x2A\x86\x48\x86\xF7\x0D\x01\x05", 8), kPkcs12("\x2A\x86\x48\x86\xF7\x0D\x01\x0C", 8);
    if (!oid || !(starts_with(oid->value, kPkcs5) || starts_with(oid->value, kPkcs12))) return {};
    return PrivateKey{"of a kind that is encrypted too", true};
}

std::string read_name(ByteView in) {
    std::string out;
    for (int parts = 0; parts < 32; parts++) {
        auto set = next_der(in, der::kSet);
        if (!set) break;
        auto inside = set->value;
        auto pair = next_der(inside, der::kSequence);
        if (!pair) break;
        auto rest = pair->value;
        auto oid = next_der(rest, der::kOid), value = next_der(rest);
        auto key = oid ? name_of_oid(oid->value, kNameParts) : std::string_view();
        if (key.empty() || !value || value->value.size() > 256) continue;
        auto text = std::string(key) + '=' + std::string(as_text(value->value));
        if (key == "CN")
            out = text + (out.empty() ? "" : ", ") + out;
        else
            out += (out.empty() ? "" : ", ") + text;
    }
    return out;
}

i64 days_before(i64 y, i64 m, i64 d) {  // from 1970-01-01, in the Gregorian calendar
    y -= m <= 2;
    const i64 era = (y >= 0 ? y : y - 399) / 400, of_era = y - era * 400;
    const i64 of_year = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/// UTCTime, GeneralizedTime; both end in Z.
std::optional<i64> read_time(const Der& t) {
    auto s = as_text(t.value);
    const size_t year_digits = t.tag == 0x17 ? 2 : t.tag == 0x18 ? 4 : 0;
    if (!year_digits || s.size() < year_digits + 9 || s.back() != 'Z') return {};
    auto digits = s.substr(0, s.size() - 1);
    if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) return {};
    auto number = [&](size_t at, size_t n) {
        i64 v = 0;
        for (size_t i = at; i < at + n && i < digits.size(); i++) v = 10 * v + (digits[i] - '0');
        return v;
    };
    i64 year = number(0, year_digits);
    if (year_digits == 2) year += year < 50 ? 2000 : 1900;
    const size_t at = year_digits;
    const i64 month = number(at, 2), day = number(at + 2, 2), hour = number(at + 4, 2), minute = number(at + 6, 2),
              second = number(at + 8, 2);
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 60) return {};
    return ((days_before(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
}

std::string algorithm_of(ByteView sequence) {
    auto oid = next_der(sequence, der::kOid);
    auto name = oid ? name_of_oid(oid->value, kAlgorithms) : std::string_view();
    return std::string(name);
}

}  // namespace

std::optional<Der> next_der(ByteView& rest) {
    if (rest.size() < 2 || (rest[0] & 0x1F) == 0x1F) return {};
    u64 size = rest[1], header = 2;
    if (size & 0x80) {
        const unsigned n = size & 0x7F;
        if (n < 1 || n > 4 || rest.size() < 2 + n) return {};
        size = load(rest.subspan(2, n), n, Endian::Big);
        header += n;
        if (size < 0x80 || (n > 1 && !rest[2])) return {};  // not the shortest
    }
    if (size > rest.size() - header) return {};
    Der d{rest[0], rest.first(header + size), rest.subspan(header, size)};
    rest = rest.subspan(header + size);
    return d;
}

std::optional<Der> next_der(ByteView& rest, u8 tag) {
    auto copy = rest;
    auto d = next_der(copy);
    if (!d || d->tag != tag) return {};
    rest = copy;
    return d;
}

std::optional<PrivateKey> read_private_key(ByteView bytes, u64& size) {
    auto all = next_der(bytes, der::kSequence);
    if (!all) return {};
    size = all->whole.size();
    if (auto k = read_rsa(all->value)) return k;
    if (auto k = read_ec(all->value)) return k;
    if (auto k = read_pkcs8(all->value)) return k;
    return read_encrypted(all->value);
}

std::optional<Certificate> read_certificate(ByteView bytes, u64& size) {
    auto all = next_der(bytes, der::kSequence);
    if (!all) return {};
    size = all->whole.size();
    auto in = all->value;
    auto signed_part = next_der(in, der::kSequence), algorithm = next_der(in, der::kSequence), signature = next_der(in, der::kBits);
    if (!signed_part || !algorithm || !signature || !in.empty()) return {};
    in = signed_part->value;
    if (!in.empty() && in[0] == 0xA0) next_der(in);  // version
    if (!next_der(in, der::kInteger) || !next_der(in, der::kSequence)) return {};
    auto issuer = next_der(in, der::kSequence), validity = next_der(in, der::kSequence), subject = next_der(in, der::kSequence),
         key = next_der(in, der::kSequence);
    if (!issuer || !validity || !subject || !key) return {};
    auto times = validity->value;
    auto from = next_der(times), until = next_der(times);
    auto a = from ? read_time(*from) : std::nullopt, b = until ? read_time(*until) : std::nullopt;
    if (!a || !b) return {};
    Certificate c{.subject = read_name(subject->value),
                  .issuer = read_name(issuer->value),
                  .self_signed = equal(subject->value, issuer->value),
                  .from = *a,
                  .until = *b,
                  .signature = algorithm_of(algorithm->value)};
    auto of_key = key->value;
    if (auto what = next_der(of_key, der::kSequence)) c.key = algorithm_of(what->value);
    if (auto bits = next_der(of_key, der::kBits); bits && c.key == "RSA" && !bits->value.empty()) {
        auto inside = bits->value.subspan(1);
        if (auto pair = next_der(inside, der::kSequence)) {
            auto numbers = pair->value;
            if (auto n = next_der(numbers, der::kInteger)) c.key = sized("RSA", bits_of(n->value));
        }
    }
    return c;
}

}  // namespace fieldstrip
