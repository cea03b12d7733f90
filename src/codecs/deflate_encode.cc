// Encoding: what each program does with its parameters.
#include <libdeflate.h>
#include <zlib.h>

#include <array>
#include <new>

#include "codecs/deflate.h"
#include "codecs/gnu_deflate.h"
#include "codecs/pigz.h"

namespace fieldstrip::deflate {
namespace {

constexpr u64 kSlice = u64{1} << 15;  // of input, between two looks at the output; the output does not depend on it
constexpr u64 kMaxStored = 65535;

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
    // The content up to the next flush.
    constexpr int kFlushes[] = {Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH};
    size_t next = 0;
    u64 times = 0, left = p.flushes.empty() ? kUnbounded : p.flushes[0].size;
    auto flush = [&] {
        while (!left && wanted) {
            run(kFlushes[size_t(p.flush)]);
            if (++times == p.flushes[next].count) next++, times = 0;
            left = next < p.flushes.size() ? p.flushes[next].size : kUnbounded;
        }
    };
    flush();
    Result<void> spent;
    TRY_VOID(content([&](ByteView v) {
        while (!v.empty() && wanted && spent) {
            u64 n = std::min<u64>({v.size(), kSlice, left});
            z.next_in = const_cast<u8*>(v.data());
            z.avail_in = uInt(n);
            spent = cx.spend(&Limits::decoded, 0);  // to be stopped; encoding takes none of it
            if (spent) run(Z_NO_FLUSH);
            v = v.subspan(n);
            if (left != kUnbounded) left -= n, flush();
        }
        return wanted && spent;
    }));
    if (!spent) return spent;
    if (wanted) run(Z_FINISH);
    return {};
}

/// Hands all of the content on in slices, and what comes out of `coder` to `take`.
template <class Coder>
Result<void> encode_with(Coder& coder, const Source& content, const Take& take, Context& cx) {
    Result<void> spent;
    bool wanted = true;
    auto pass = [&] {
        if (auto out = coder.take(); !out.empty()) wanted = take(out);
    };
    TRY_VOID(content([&](ByteView v) {
        while (!v.empty() && wanted && (spent = cx.spend(&Limits::decoded, 0))) {  // to be stopped; encoding takes none of it
            u64 n = std::min<u64>(v.size(), kSlice);
            coder.feed(v.first(n));
            pass();
            v = v.subspan(n);
        }
        return wanted && spent;
    }));
    if (!spent || !wanted) return spent;
    coder.finish();
    pass();
    return {};
}

/// It wants all of its content at once.
Result<void> encode_libdeflate(const Source& content, const Params& p, const Take& take, Context& cx) {
    Bytes all;
    const u64 most = cx.limits.memory / 4;
    bool fits = true;
    TRY_VOID(content([&](ByteView v) {
        fits = fits && v.size() <= most - all.size();
        if (fits) all.insert(all.end(), v.begin(), v.end());
        return fits;
    }));
    if (!fits) return fail(Error::Kind::Unsupported, "libdeflate takes content as a whole, and there is not enough memory for this one");
    TRY_VOID(cx.spend(&Limits::decoded, 0));
    std::unique_ptr<libdeflate_compressor, decltype(&libdeflate_free_compressor)> coder(libdeflate_alloc_compressor(p.level),
                                                                                        libdeflate_free_compressor);
    if (!coder) throw std::bad_alloc();
    Bytes out(libdeflate_deflate_compress_bound(coder.get(), all.size()));
    out.resize(libdeflate_deflate_compress(coder.get(), all.data(), all.size(), out.data(), out.size()));
    take(out);
    return {};
}

Result<void> refuse(const Params& p) { return fail(Error::Kind::Unsupported, "no such deflate parameters: " + words(p)); }

}  // namespace

Result<void> encode(const Source& content, const Params& p, const Take& take, Context& cx) {
    if (p.strategy < 0 || p.strategy > 4 || p.window < 8 || p.window > 15) return refuse(p);
    if (!p.stored.empty()) {
        StoredWriter writer(p.stored, take);
        Result<void> spent;
        TRY_VOID(content([&](ByteView v) { return writer.eat(v) && (spent = cx.spend(&Limits::decoded, 0)); }));
        if (spent) writer.finish();
        return spent;
    }
    switch (p.program) {
        case Program::Zlib: return encode_zlib(content, p, take, cx);
        case Program::Gzip: {
            if (p.level < 1 || p.level > 9) return refuse(p);
            GnuDeflate coder(p.level, p.rsyncable);
            return encode_with(coder, content, take, cx);
        }
        case Program::Pigz: {
            if (p.level < 0 || p.level > 9 || p.piece < 32 || p.piece > 1 << 16) return refuse(p);
            Pigz coder(p);
            return encode_with(coder, content, take, cx);
        }
        case Program::Libdeflate:
            if (p.level < 0 || p.level > 12) return refuse(p);
            return encode_libdeflate(content, p, take, cx);
    }
    return refuse(p);
}

}  // namespace fieldstrip::deflate
