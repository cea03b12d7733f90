#include "codecs/rubin.h"

#include <array>

namespace fieldstrip::rubin {
namespace {

constexpr unsigned kRegister = 16;  // bits
constexpr u64 kUpper = u64{1} << (kRegister - 1), kLower = kUpper - 1;
constexpr u64 kMipsDivider = 1043, kDynamicDivider = 256;
constexpr std::array<u64, 8> kMips = {277, 249, 290, 267, 229, 341, 212, 241};  // how often bit n is 1, of kMipsDivider

class Decoder {
  public:
    Decoder(ByteView in, u64 divider, const std::array<u64, 8>& ones) : in_(in), divider_(divider), ones_(ones) {
        for (unsigned i = 0; i < kRegister; i++) value_ = value_ * 2 + pull();
    }
    u8 byte() {
        unsigned out = 0;
        for (unsigned bit = 0; bit < 8; bit++) out |= unsigned(symbol(ones_[bit])) << bit;
        return u8(out);
    }
    u64 pulled() const { return pulled_; }

  private:
    u64 pull() {
        u64 at = pulled_++;
        return at / 8 < in_.size() ? in_[at / 8] >> (7 - at % 8) & 1 : 0;
    }
    bool symbol(u64 one) {
        while (low_ >= kUpper || range_ + low_ <= kUpper) {
            low_ = (low_ & kLower) << 1;
            range_ <<= 1;
            value_ = ((value_ & kLower) << 1) + pull();
        }
        u64 zero = std::clamp<u64>((divider_ - one) * range_ / divider_, 1, range_ - 1);
        if (value_ < low_ + zero) {
            range_ = zero;
            return false;
        }
        low_ += zero;
        range_ -= zero;
        return true;
    }
    ByteView in_;
    u64 divider_;
    std::array<u64, 8> ones_;
    u64 low_ = 0, range_ = 2 * kUpper, value_ = 0, pulled_ = 0;
};

}  // namespace

bool decode(Kind kind, ByteView in, std::span<u8> out) {
    std::array<u64, 8> ones = kMips;
    u64 divider = kMipsDivider;
    if (kind == Kind::Dynamic) {
        if (in.size() < 8) return false;
        std::copy_n(in.begin(), 8, ones.begin());
        in = in.subspan(8);
        divider = kDynamicDivider;
    }
    Decoder d(in, divider, ones);
    for (u8& byte : out) {
        byte = d.byte();
        if (d.pulled() > 8 * in.size() + kRegister) return false;  // it went on long behind the end
    }
    // The encoder pushes a register's bits at its end, as many as the decoder began with: both count the same, up to a byte.
    u64 used = d.pulled(), there = 8 * in.size();
    return used <= there && there - used < 8;
}

}  // namespace fieldstrip::rubin
