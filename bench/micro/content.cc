// The bytes that are gone over: made here, from one sequence of numbers, the same on every machine.
#include "micro/micro.h"

namespace fieldstrip::micro {
namespace {

constexpr u64 kRepeated = 256 << 10;

/// splitmix64 (Steele, Lea, Flood 2014).
class Numbers {
  public:
    explicit Numbers(u64 seed) : state_(seed) {}
    u64 next() {
        u64 z = state_ += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
    /// 0 … n - 1, small ones more often.
    u64 small(u64 n) { return std::min(next() % n, next() % n); }

  private:
    u64 state_;
};

std::shared_ptr<const Bytes> made(u64 seed, const std::function<void(Bytes&, Numbers&)>& piece) {
    auto out = std::make_shared<Bytes>();
    out->reserve(kSize + 65536);
    Numbers numbers(seed);
    while (out->size() < kSize) piece(*out, numbers);
    out->resize(kSize);
    return out;
}

void put_word(Bytes& out, u64 which) {
    Numbers letters(which + 1);
    for (u64 n = 1 + which % 9; n; n--) out.push_back(u8("etaoinshrdlucmfwypvbgkqjxz"[letters.small(26)]));
}
void put_text(Bytes& out, Numbers& n) {
    put_word(out, n.small(3000));
    out.push_back(n.next() % 12 ? ' ' : '\n');
}
void put_number(Bytes& out, u64 v, unsigned width) {
    out.resize(out.size() + width);
    store(std::span(out).last(width), width, Endian::Little, v);
}
void put_code(Bytes& out, Numbers& n) {
    for (int i = 0; i < 600; i++) put_number(out, (0xE0 + n.small(6)) << 24 | n.small(64) << 18 | n.small(16) << 12 | n.small(4096), 4);
    for (u64 i = 0, at = n.next() % 65536; i < 60; i++) put_number(out, at += n.small(200), 4);
    for (int i = 0; i < 20; i++) put_word(out, n.small(3000)), out.push_back(0);
}
void put_run(Bytes& out, Numbers& n) {
    out.resize(out.size() + 1 + n.small(4096), u8(n.next() % 3 * 0x7F));
    for (u64 i = n.next() % 32; i; i--) out.push_back(u8(n.next()));
}

}  // namespace

std::shared_ptr<const Bytes> noise() {
    static const auto all = made(1, [](Bytes& out, Numbers& n) { put_number(out, n.next(), 8); });
    return all;
}
std::shared_ptr<const Bytes> text() {
    static const auto all = made(2, put_text);
    return all;
}
std::shared_ptr<const Bytes> code() {
    static const auto all = made(3, put_code);
    return all;
}
std::shared_ptr<const Bytes> zeros() {
    static const auto all = std::make_shared<const Bytes>(kSize);
    return all;
}
std::shared_ptr<const Bytes> runs() {
    static const auto all = made(4, put_run);
    return all;
}
std::shared_ptr<const Bytes> mixed() {
    static const auto all = made(5, [](Bytes& out, Numbers& n) {
        for (int i = 0; i < 4000; i++) put_text(out, n);
        for (int i = 0; i < 20; i++) put_code(out, n);
        for (int i = 0; i < 4; i++) put_run(out, n);
        for (int i = 0; i < 500; i++) put_number(out, n.next(), 8);
    });
    return all;
}
Content repeated(std::string_view magic) {
    return [magic] {
        auto out = std::make_shared<Bytes>();
        while (out->size() < kRepeated) out->insert(out->end(), magic.begin(), magic.end());
        out->resize(kRepeated);
        return std::shared_ptr<const Bytes>(std::move(out));
    };
}

}  // namespace fieldstrip::micro
