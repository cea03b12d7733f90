// Source: the format as Unix's compress(1) and its successors read it (ncompress 4.2's behaviour; The Open Group, XCU compress).
#include "codecs/lzw.h"

#include <cmath>

namespace fieldstrip::lzw {
namespace {

constexpr unsigned kFirstBits = 9, kClear = 256;
constexpr u64 kStep = 1 << 16;
constexpr double kEnough = 4096;  // bits of proof

/// Codes in groups of eight: where their width changes, the rest of a group is passed over.
struct BitReader {
    ByteView in;
    u64 at = 0, group = 0;  // in bits; where the first group of this width begins
    u64 left() const { return in.size() * 8 - at; }
    void align(unsigned width) {
        u64 step = u64{8} * width;
        at = std::min(group + (at - group + step - 1) / step * step, u64{in.size()} * 8);
        group = at;
    }
    unsigned code(unsigned width) {
        u64 byte = at / 8;
        u32 v = 0;
        for (unsigned i = 0; i < 3 && byte + i < in.size(); i++) v |= u32{in[byte + i]} << (8 * i);
        v >>= at % 8;
        at += width;
        return v & ((1u << width) - 1);
    }
};

}  // namespace

Result<Read> read(ByteView in, const Params& p, const Take& take, Context& cx) {
    Read out{Read::End::Wrong};
    const u32 size = 1u << p.most, first = p.block ? kClear + 1 : kClear;
    // They grow with the width of the codes: most candidates end at their first ones.
    std::vector<u16> prefix(1 << kFirstBits);
    Bytes last(1 << kFirstBits), text, buffer;
    u32 next = first, limit = p.most > kFirstBits ? (1u << kFirstBits) - 1 : size, before = 0;
    unsigned width = kFirstBits;
    bool any = false;  // a code since the table was empty
    u8 head = 0;       // the first byte of what the code before was
    double proof = 0;
    BitReader bits{in};
    bool wanted = true;
    auto hand_on = [&]() -> Result<void> {
        TRY_VOID(cx.spend(&Limits::decoded, buffer.size()));
        out.made += buffer.size();
        if (wanted && !buffer.empty()) wanted = take(buffer);
        buffer.clear();
        return {};
    };
    auto ended = [&](Read::End how, std::string_view why) -> Result<Read> {
        TRY_VOID(hand_on());
        out.end = wanted ? how : Read::End::Stopped;
        out.used = (bits.at + 7) / 8, out.bits = unsigned(proof), out.why = why;
        return out;
    };
    for (;;) {
        if (bits.left() < 8) {
            bool clean = !bits.left() || !(in.back() >> (8 - bits.left()));
            return ended(clean ? Read::End::Whole : Read::End::Wrong, clean ? "" : "bits behind the last code");
        }
        if (next > limit && width < p.most) {
            width++;
            limit = width == p.most ? size : (1u << width) - 1;
            bits.align(width - 1);
            if (prefix.size() < size_t{1} << width) prefix.resize(size_t{1} << width), last.resize(size_t{1} << width);
        }
        if (bits.left() < width) return ended(Read::End::Wrong, "bytes behind the last code");
        const u32 code = bits.code(width);
        if (p.block && code == kClear && any) {
            bits.align(width);
            next = first, width = kFirstBits, limit = p.most > kFirstBits ? (1u << kFirstBits) - 1 : size;
            any = false;
            continue;
        }
        const u32 known = any ? std::min(next + (next < size), 1u << width) : 256;
        if (code >= known || (p.block && code == kClear)) return ended(Read::End::Wrong, "a code that is not in the table yet");
        if (proof < kEnough) proof -= std::log2(double(known) / double(1u << width));
        // Backwards through the table.
        text.clear();
        u32 c = code;
        if (any && code == next) text.push_back(head), c = before;
        while (c >= 256) {
            text.push_back(last[c]);
            c = prefix[c];
        }
        head = u8(c);
        text.push_back(head);
        buffer.insert(buffer.end(), text.rbegin(), text.rend());
        if (any && next < size) {
            prefix[next] = u16(before);
            last[next] = head;
            next++;
        }
        before = code;
        any = true;
        if (buffer.size() >= kStep) {
            TRY_VOID(hand_on());
            if (!wanted) return ended(Read::End::Stopped, "");
        }
    }
}

namespace {

class BitWriter {
  public:
    explicit BitWriter(const Take& take) : take_(take) {}
    void code(u32 v, unsigned width) {
        kept_ |= v << count_;
        count_ += width;
        bits_ += width;
        flush();
    }
    void align(unsigned width) {
        u64 step = u64{8} * width, to = group_ + (bits_ - group_ + step - 1) / step * step;
        while (bits_ < to) {  // groups end with whole bytes
            u64 n = std::min<u64>(8, to - bits_);
            count_ += unsigned(n), bits_ += n;
            flush();
        }
        group_ = bits_;
    }
    u64 bytes() const { return bits_ / 8; }
    bool wanted() const { return wanted_; }
    void finish() {
        if (count_) out_.push_back(u8(kept_));
        if (wanted_ && !out_.empty()) wanted_ = take_(out_);
    }

  private:
    void flush() {
        while (count_ >= 8) {
            out_.push_back(u8(kept_));
            kept_ >>= 8, count_ -= 8;
        }
        if (out_.size() < kStep) return;
        wanted_ = wanted_ && take_(out_);
        out_.clear();
    }
    const Take& take_;
    Bytes out_;
    u32 kept_ = 0;
    unsigned count_ = 0;
    u64 bits_ = 0, group_ = 0;
    bool wanted_ = true;
};

/// (code, byte) → code.
class Table {
  public:
    u32* find(u32 code, u8 byte) {
        u32 key = (code << 8 | byte) + 1;  // 0: empty
        for (u32 i = key * 2654435761u >> 14;; i = (i + 1) % kSlots)
            if (!keys_[i] || keys_[i] == key) return keys_[i] ? &codes_[i] : (free_ = i, key_ = key, nullptr);
    }
    /// Behind a find that found nothing.
    void add(u32 code) { keys_[free_] = key_, codes_[free_] = code; }
    void clear() { std::fill(keys_.begin(), keys_.end(), 0); }

  private:
    static constexpr u32 kSlots = 1 << 18;
    std::vector<u32> keys_ = std::vector<u32>(kSlots), codes_ = std::vector<u32>(kSlots);
    u32 free_ = 0, key_ = 0;
};

}  // namespace

Result<void> encode(ByteView content, const Params& p, const Take& take, Context& cx) {
    if (p.most < kFirstBits || p.most > 16) return fail(Error::Kind::Unsupported, "compress has codes of 9 to 16 bits");
    if (content.empty()) return {};
    constexpr u64 kGap = 10000;
    const u32 first = p.block ? kClear + 1 : kClear;
    auto end_of = [&](unsigned width) { return width < p.most ? (1u << width) + 1 : 1u << p.most; };
    Table table;
    BitWriter out(take);
    u32 next = first, now = content[0];
    unsigned width = kFirstBits;
    bool grows = true;
    u64 checkpoint = kGap, ratio = 0;
    for (u64 at = 1; at < content.size(); at++) {
        if (auto* code = table.find(now, content[at])) {
            now = *code;
            continue;
        }
        out.code(now, width);
        now = content[at];
        if (grows) table.add(next++);
        if (!out.wanted()) return {};
        if (at % 4096 == 0) TRY_VOID(cx.spend(&Limits::decoded, 0));
        if (grows && next >= end_of(width)) {
            if (width < p.most)
                out.align(width), width++;
            else
                grows = false;
        }
        const u64 read = at + 1;
        if (grows || read < checkpoint || !p.block) continue;
        checkpoint = read + kGap;
        constexpr u64 kHeader = 3;
        u64 written = out.bytes() + kHeader, is;
        if (read > 0x7FFFFF)
            is = written >> 8 ? read / (written >> 8) : 0x7FFFFFFF;
        else
            is = (read << 8) / written;
        if (is >= ratio) {
            ratio = is;
            continue;
        }
        ratio = 0;
        table.clear();
        out.code(kClear, width);
        out.align(width);
        width = kFirstBits, next = first, grows = true;
    }
    out.code(now, width);
    out.finish();
    return {};
}

}  // namespace fieldstrip::lzw
