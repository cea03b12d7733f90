// Sources: RFC 1951 (block headers, stored blocks), zlib.h (Z_BLOCK, deflateInit2).
#include "codecs/deflate.h"

#include <zlib.h>

#include <array>
#include <new>

#include "base/text.h"

namespace fieldstrip::deflate {
namespace {

constexpr u64 kFeed = u64{1} << 30;   // zlib counts input in 32 bits
constexpr u64 kSlice = u64{1} << 15;  // a candidate's input between two looks at its output; zlib's output does not depend on it
constexpr u64 kLongestCodes = 600;    // more of a block than a header with codes can have: 17 + 19 * 3 + 316 * 14 bits
constexpr u64 kMaxRuns = 4096, kMaxStored = 65535;

/// The type of the block whose header begins at that bit; 3, which is none, where the input ends before.
unsigned block_type(ByteView in, u64 bit) {
    auto at = [&](u64 i) { return i / 8 < in.size() ? in[i / 8] >> i % 8 & 1u : 1u; };
    return at(bit + 1) | at(bit + 2) << 1;
}

}  // namespace

bool may_begin(ByteView in) {
    if (in.size() < 2) return false;
    switch (in[0] >> 1 & 3) {
        case 0: return in.size() >= 5 && (le16(in, 1) ^ le16(in, 3)) == 0xFFFF;
        case 1: return true;
        case 2:
            return in[0] >> 3 <= 29 &&
                   (in[1] & 31) <= 29;  // HLIT to 286, HDIST to 30 (as zlib, no reader takes the two more that could be said)
        default: return false;
    }
}

Stored stored_ahead(ByteView in) {
    u64 at = 0;
    while (may_begin(in.subspan(at))) {
        if (in[at] & 6) return {at, true};
        u64 size = 5 + le16(in, at + 1);
        if (size > in.size() - at) break;
        bool last = in[at] & 1;
        at += size;
        if (last) return {at, true};
    }
    return {at, false};
}

struct Reader::State {
    z_stream z{};
};

Reader::Reader() : state_(std::make_unique<State>()) {
    if (inflateInit2(&state_->z, -15) != Z_OK) throw std::bad_alloc();
}
Reader::~Reader() { inflateEnd(&state_->z); }

Result<Read> Reader::read(ByteView in, const Take& take, Context& cx) {
    std::array<u8, 1 << 16> out;
    auto& z = state_->z;
    inflateReset(&z);
    z.next_in = const_cast<u8*>(in.data());
    z.avail_in = 0;
    z.next_out = out.data();
    z.avail_out = uInt(out.size());
    Read r{};
    u64 fed = 0, block = 0;
    auto type = block_type(in, 0);
    for (;;) {
        if (!z.avail_in) fed += z.avail_in = uInt(std::min(in.size() - fed, kFeed));
        int rc = ::inflate(&z, Z_BLOCK);
        r.used = fed - z.avail_in;
        if (rc == Z_OK && z.data_type & 128) {  // behind a block
            r.own_codes += type == 2;
            type = block_type(in, 8 * r.used - (z.data_type & 7));
            block = r.used;
        }
        bool ended = rc == Z_STREAM_END || (rc != Z_OK && (rc != Z_BUF_ERROR || (z.avail_out && fed == in.size())));
        if (z.avail_out && !ended) continue;
        if (ended && type == 2 && r.used - block > kLongestCodes) r.own_codes++;
        u64 n = out.size() - z.avail_out;
        TRY_VOID(cx.spend(&Limits::decoded, n));
        r.made += n;
        if (n && !take(ByteView(out).first(n))) return r.end = Read::End::Stopped, r;
        if (rc == Z_STREAM_END) return r.end = Read::End::Whole, r;
        if (rc == Z_BUF_ERROR && ended) return r.end = Read::End::Cut, r;
        if (rc == Z_MEM_ERROR) throw std::bad_alloc();
        if (ended) return r.end = Read::End::Wrong, r.why = z.msg ? z.msg : "no deflate stream", r;
        z.next_out = out.data();
        z.avail_out = uInt(out.size());
    }
}

const std::string_view kStrategies[5] = {"default", "filtered", "huffman", "rle", "fixed"};

std::string words(const Params& p) {
    if (!p.stored.empty()) return "stored blocks";
    auto out = "zlib level " + std::to_string(p.level) + ", mem_level " + std::to_string(p.mem_level);
    if (p.strategy) out += ", strategy " + std::string(kStrategies[p.strategy]);
    if (p.window != 15) out += ", window " + std::to_string(p.window);
    return out;
}

std::string text_of(const std::vector<Run>& runs) {
    std::string out;
    for (auto& r : runs) out += (out.empty() ? "" : ",") + std::to_string(r.size) + (r.count == 1 ? "" : "x" + std::to_string(r.count));
    return out;
}

std::optional<std::vector<Run>> runs_of(std::string_view text) {
    std::vector<Run> out;
    while (!text.empty()) {
        auto one = text.substr(0, text.find(','));
        text.remove_prefix(std::min(text.size(), one.size() + 1));
        auto x = one.find('x');
        auto size = parse_number(one.substr(0, x)), count = x == one.npos ? std::optional<u64>(1) : parse_number(one.substr(x + 1));
        if (!size || *size > kMaxStored || !count || !*count || out.size() == kMaxRuns) return {};
        out.push_back({*size, *count});
    }
    return out;
}

namespace {

/// Writes stored blocks. The last one is marked, so each waits until another follows.
class StoredWriter {
  public:
    StoredWriter(const std::vector<Run>& runs, const Take& take) : runs_(runs), take_(take) {}
    bool eat(ByteView v) {
        while (!v.empty() && wanted_) {
            if (state_ != kOpen) begin();
            u64 n = std::min<u64>(v.size(), size_ - block_.size());
            block_.insert(block_.end(), v.begin(), v.begin() + i64(n));
            v = v.subspan(n);
            if (block_.size() == size_) state_ = kFull;
        }
        return wanted_;
    }
    void finish() {
        if (state_ == kOpen) state_ = kFull;
        while (wanted_ && run_ < runs_.size() && !runs_[run_].size)
            begin(), state_ = kFull;  // empty ones at the end, as flushing makes them
        put(true);
    }

  private:
    void begin() {
        if (state_ == kFull) put(false);
        size_ = kMaxStored;
        if (run_ < runs_.size()) {
            size_ = runs_[run_].size;
            if (++count_ == runs_[run_].count) run_++, count_ = 0;
        }
        state_ = kOpen;
    }
    void put(bool last) {
        u8 head[5] = {last};
        store(std::span(head).subspan(1), 2, Endian::Little, block_.size());
        store(std::span(head).subspan(3), 2, Endian::Little, ~block_.size());
        wanted_ = wanted_ && take_(head) && (block_.empty() || take_(block_));
        block_.clear();
    }
    const std::vector<Run>& runs_;
    const Take& take_;
    enum {
        kNone,
        kOpen,
        kFull
    } state_ = kNone;
    size_t run_ = 0;
    u64 count_ = 0, size_ = 0;
    Bytes block_;
    bool wanted_ = true;
};

/// The blocks of a stream that has only stored ones; nothing for any other, and where they are too many of too many sizes.
std::vector<Run> stored_runs(ByteView in) {
    std::vector<Run> out;
    for (u64 at = 0; in.size() - at >= 5 && in[at] <= 1 && may_begin(in.subspan(at));) {
        u64 size = le16(in, at + 1);
        if (size > in.size() - at - 5) return {};
        if (!out.empty() && out.back().size == size && (size || out.back().count < kMaxRuns))
            out.back().count++;
        else if (out.size() == kMaxRuns)
            return {};
        else
            out.push_back({size, 1});
        bool last = in[at];
        at += 5 + size;
        if (last) return at == in.size() ? out : std::vector<Run>{};
    }
    return {};
}

Result<void> encode_zlib(const Source& content, const Params& p, const Take& take, Context& cx) {
    z_stream z{};
    int rc = deflateInit2(&z, p.level, Z_DEFLATED, -p.window, p.mem_level, p.strategy);
    if (rc == Z_MEM_ERROR) throw std::bad_alloc();
    if (rc != Z_OK) return fail(Error::Kind::Unsupported, "zlib takes no such parameters: " + words(p));
    std::unique_ptr<z_stream, decltype(&deflateEnd)> ends(&z, deflateEnd);
    std::array<u8, 1 << 14> out;
    bool wanted = true;
    auto run = [&](int flush) {
        do {
            z.next_out = out.data();
            z.avail_out = uInt(out.size());
            ::deflate(&z, flush);
            u64 n = out.size() - z.avail_out;
            wanted = wanted && (!n || take(ByteView(out).first(n)));
        } while (wanted && !z.avail_out);
        return wanted;
    };
    Result<void> spent;
    TRY_VOID(content([&](ByteView v) {
        while (!v.empty() && wanted && spent) {
            u64 n = std::min<u64>(v.size(), kSlice);
            z.next_in = const_cast<u8*>(v.data());
            z.avail_in = uInt(n);
            spent = cx.spend(&Limits::decoded, 0);  // to be stopped; encoding takes none of it
            if (spent) run(Z_NO_FLUSH);
            v = v.subspan(n);
        }
        return wanted && spent;
    }));
    if (!spent) return spent;
    if (wanted) run(Z_FINISH);
    return {};
}

}  // namespace

Result<void> encode(const Source& content, const Params& p, const Take& take, Context& cx) {
    if (p.strategy < 0 || p.strategy > 4 || p.window < 8 || p.window > 15)
        return fail(Error::Kind::Unsupported, "no such deflate parameters");
    if (p.stored.empty()) return encode_zlib(content, p, take, cx);
    StoredWriter writer(p.stored, take);
    Result<void> spent;
    TRY_VOID(content([&](ByteView v) { return writer.eat(v) && (spent = cx.spend(&Limits::decoded, 0)); }));
    if (spent) writer.finish();
    return spent;
}

namespace {

/// What writers use, the likely first: levels with both usual memory sizes, then strategies, small memory, small windows.
std::vector<Params> candidates(const Params& likely) {
    std::vector<Params> out = {likely};
    auto add = [&](Params p) {
        if (std::find(out.begin(), out.end(), p) == out.end()) out.push_back(std::move(p));
    };
    constexpr int kLevels[] = {6, 9, 1, 3, 8, 7, 5, 4, 2};
    add({likely.level, 8, likely.strategy, likely.window});
    add({likely.level, 9, likely.strategy, likely.window});
    for (int window : {likely.window, 15})
        for (int memory : {8, 9})
            for (int level : kLevels) add({level, memory, 0, window});
    for (int strategy = 1; strategy <= 4; strategy++)
        for (int level : kLevels)
            if (level == 6 || strategy == Z_FILTERED || strategy == Z_FIXED)
                add({level, 8, strategy, likely.window});  // the others look for no matches
    for (int memory = 1; memory <= 7; memory++)
        for (int level : {6, 9, 1}) add({level, memory, 0, likely.window});
    for (int window = 14; window >= 9; window--)
        for (int level : {6, 9, 1}) add({level, 8, 0, window});
    return out;
}

}  // namespace

Result<std::optional<Params>> find(const Source& content, ByteView encoded, const Params& likely, Budget& budget, Context& cx) {
    std::vector<Params> all = {{.level = 0, .stored = stored_runs(encoded)}};
    if (all[0].stored.empty()) all = candidates(likely);
    for (auto& p : all) {
        u64 at = 0, read = 0;
        bool same = true;
        Source counted = [&](const Take& take) {
            return content([&](ByteView v) {
                while (!v.empty()) {
                    auto slice = v.first(std::min<u64>(v.size(), kSlice));
                    read += slice.size();
                    if (!take(slice)) return false;
                    v = v.subspan(slice.size());
                }
                return true;
            });
        };
        TRY_VOID(encode(
            counted, p,
            [&](ByteView v) {
                same = v.size() <= encoded.size() - at && equal(v, encoded.subspan(at, v.size()));
                at += v.size();
                return same;
            },
            cx));
        if (same && at == encoded.size()) return p;
        u64 cost = read + (u64{1} << 14);  // zlib's own beginning is not free
        if (budget.left < cost) return std::nullopt;
        budget.left -= cost;
    }
    return std::nullopt;
}

}  // namespace fieldstrip::deflate
