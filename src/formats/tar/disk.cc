#include "formats/tar/disk.h"

#include "base/text.h"

namespace fieldstrip::tar {
namespace {

constexpr Extent kNumbers[] = {at::mode, at::uid, at::gid, at::size, at::mtime, at::chksum};

bool is_octal(u8 c) { return c >= '0' && c <= '7'; }
bool is_end(u8 c) { return c == 0 || c == ' '; }

}  // namespace

std::string_view text_at(ByteView block, const Extent& e) {
    auto text = as_text(field(block, e));
    return text.substr(0, text.find('\0'));
}

bool is_zeros(ByteView b) { return b.empty() || one_value(b) == u8{0}; }

std::optional<i64> number_of(ByteView f) {
    if (f[0] == 0x80 || f[0] == 0xFF) {
        u64 v = f[0] == 0xFF ? ~u64{0} : 0;
        for (size_t i = 1; i < f.size(); i++) {
            if (i + 8 < f.size() && f[i] != (f[0] == 0xFF ? 0xFF : 0)) return {};
            v = v << 8 | f[i];
        }
        // What has 8 bytes has its sign in the highest bit.
        if (f.size() > 8 && (f[0] == 0xFF) != (i64(v) < 0)) return {};
        return i64(v);
    }
    size_t i = 0;
    while (i < f.size() && f[i] == ' ') i++;
    u64 v = 0;
    for (; i < f.size() && is_octal(f[i]); i++) {
        if (v >> 60) return {};
        v = v * 8 + u64(f[i] - '0');
    }
    for (; i < f.size(); i++)
        if (!is_end(f[i])) return {};
    return i64(v);
}

std::string Spelling::text() const { return digits || !end.empty() ? (spaces ? "s" : "z") + std::to_string(digits) + end : "e"; }

std::optional<Spelling> Spelling::of_text(std::string_view s) {
    if (s == "e") return Spelling{};
    if (s.empty() || (s[0] != 's' && s[0] != 'z')) return {};
    Spelling out{.spaces = s[0] == 's'};
    s.remove_prefix(1);
    auto digits = s.substr(0, std::min(s.size(), s.find_first_not_of("0123456789")));
    auto n = parse_number(digits);
    out.end = s.substr(digits.size());
    if (!n || *n + out.end.size() > 12 || out.end.find_first_not_of("sn") != out.end.npos) return {};
    out.digits = u8(*n);
    return out;
}

Spelling Spelling::of(ByteView f) {
    Spelling s;
    if (!number_of(f) || f[0] >= 0x80 || is_zeros(f)) return s;
    s.spaces = f[0] == ' ';
    size_t i = 0;
    while (i < f.size() && (f[i] == ' ' || is_octal(f[i])) && !(i && f[i] == ' ' && is_octal(f[i - 1]))) i++;
    s.digits = u8(i);
    for (; i < f.size(); i++) s.end += f[i] ? 's' : 'n';
    return s;
}

void Spelling::put(std::span<u8> f, u64 value) const {
    std::fill(f.begin(), f.end(), u8{0});
    if (digits + end.size() > f.size()) return;
    for (size_t i = digits; i-- > 0; value >>= 3) f[i] = !value && spaces && i + 1u < digits ? u8(' ') : u8('0' + (value & 7));
    for (size_t i = 0; i < end.size(); i++) f[digits + i] = end[i] == 's' ? ' ' : 0;
}

void put_base256(std::span<u8> f, i64 value) {
    for (size_t i = f.size(); i-- > 1; value >>= 8) f[i] = u8(value);
    f[0] = value < 0 ? 0xFF : 0x80;
}

u32 sum_of(ByteView block) {
    u32 sum = 0;
    for (u8 c : block) sum += c;
    for (u8 c : field(block, at::chksum)) sum -= c;
    return sum + u32(' ') * at::chksum.size;
}

Sum check_sum(ByteView block) {
    Sum s;
    auto expected = number_of(field(block, at::chksum));
    s.expected = u32(expected.value_or(0));
    s.found = sum_of(block);
    // Bytes from 0x80 on are 256 less where they are signed.
    u32 high = 0;
    for (u8 c : block) high += c >> 7;
    for (u8 c : field(block, at::chksum)) high -= c >> 7;
    s.good = expected && !is_zeros(field(block, at::chksum)) && (*expected == s.found || *expected == i64(s.found) - 256 * i64(high));
    return s;
}

Look look_at(ByteView block, unsigned* bits) {
    if (block.size() < kBlock) return Look::None;
    unsigned wrong = 0, proof = 0;
    bool magic = starts_with(field(block, at::magic), std::string_view("ustar\0", 6)) || magic_of(block) == kGnu;
    wrong += !magic;
    proof += magic ? 48 : 0;
    bool empty = true;
    for (auto& e : kNumbers) {
        auto f = field(block, e);
        if (!number_of(f)) {
            if (++wrong > 1) return Look::None;
            continue;
        }
        if (is_zeros(f)) continue;
        empty = false;
        if (f[0] < 0x80) proof += 5 * unsigned(std::count_if(f.begin(), f.end(), is_octal));
    }
    if (empty || (!magic && !block[0])) return Look::None;
    bool good = wrong <= 1 && number_of(field(block, at::size)).value_or(-1) >= 0 && check_sum(block).good;
    if (good) proof += 16;
    if (bits) *bits = proof;
    return good ? Look::Good : wrong <= 1 ? Look::Damaged : Look::None;
}

bool spells_numbers(ByteView block) {
    auto in_digits = [&](const Extent& e) {
        auto f = field(block, e);
        return number_of(f) && f[0] < 0x80 && !is_zeros(f);
    };
    return size_t(std::count_if(std::begin(kNumbers), std::end(kNumbers), in_digits)) + 1 >= std::size(kNumbers);
}

}  // namespace fieldstrip::tar
