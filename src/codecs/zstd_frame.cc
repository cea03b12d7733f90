#include "codecs/zstd_frame.h"

#define ZSTD_STATIC_LINKING_ONLY  // for a decoder that does not check, and for the memory that an encoder needs
#include <zstd.h>
#include <zstd_errors.h>

#include <bit>
#include <new>

#include "codecs/xxhash64.h"

namespace fieldstrip::zstd_frame {
namespace {

constexpr u64 kMostBlock = 128 << 10;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* p) const {
        Free(p);
    }
};

}  // namespace

std::optional<Header> read_header(ByteView in) {
    if (in.size() < 6 || le32(in) != 0xFD2FB528) return {};
    const u8 d = in[4];
    Header h{.single = (d & 0x20) != 0, .checksum = (d & 4) != 0};
    if (d & 8) return {};  // reserved
    const u64 dictionary = (d & 3) == 3 ? 4 : d & 3, code = d >> 6, content = code ? u64{1} << code : h.single ? 1 : 0;
    h.size = 5 + !h.single + dictionary + content;
    if (in.size() < h.size) return {};
    u64 at = 5;
    if (!h.single) {
        u64 base = u64{1} << (10 + (in[at] >> 3));
        h.window = base + base / 8 * (in[at] & 7);
        at++;
    }
    h.dictionary = u32(load(in.subspan(at), unsigned(dictionary), Endian::Little));
    at += dictionary;
    if (content) h.content = load(in.subspan(at), unsigned(content), Endian::Little) + (content == 2 ? 256 : 0);
    if (h.single) h.window = *h.content;
    return h;
}

std::optional<u64> skippable(ByteView in) {
    if (in.size() < 8 || (le32(in) & ~u32{15}) != 0x184D2A50) return {};
    return u64{le32(in, 4)} + 8;
}

u64 most_in_block(const Header& h) { return std::min(kMostBlock, std::max<u64>(h.window, 1)); }

Blocks walk(ByteView in, const Header& h) {
    Blocks out{Blocks::End::Wrong, h.size};
    const u64 most = most_in_block(h);
    for (bool last = false; !last;) {
        auto left = in.subspan(out.size);
        if (left.size() < 3) return out.end = Blocks::End::Cut, out;
        u32 word = u32(load(left, 3, Endian::Little)), type = word >> 1 & 3, size = word >> 3;
        if (type == 3 || size > most) return out;
        u64 stored = 3 + (type == 1 ? 1 : size);
        if (left.size() < stored) return out.end = Blocks::End::Cut, out;
        out.size += stored;
        out.blocks++;
        out.packed += type == 2 && size >= 32;
        last = word & 1;
    }
    if (h.checksum && in.size() - out.size < 4) return out.end = Blocks::End::Cut, out;
    out.size += h.checksum ? 4 : 0;
    out.end = Blocks::End::Whole;
    return out;
}

namespace {

/// A decoder and its buffer. To make them costs a hundred times what most candidates do, which fail at their first block: one of each
/// thread that has no large window is kept.
class Decoder {
  public:
    Decoder() : both_(std::move(spare())) {
        if (both_) return;
        both_ = std::make_unique<Both>();
        both_->d.reset(ZSTD_createDCtx());
        if (!both_->d) throw std::bad_alloc();
        both_->buffer.resize(ZSTD_DStreamOutSize());
    }
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;
    ~Decoder() {
        constexpr size_t kKept = 1 << 20;
        if (ZSTD_sizeof_DCtx(get()) > kKept || ZSTD_isError(ZSTD_DCtx_reset(get(), ZSTD_reset_session_and_parameters))) return;
        spare() = std::move(both_);
    }
    ZSTD_DCtx* get() const { return both_->d.get(); }
    Bytes& buffer() { return both_->buffer; }

  private:
    struct Both {
        std::unique_ptr<ZSTD_DCtx, Deleter<ZSTD_freeDCtx>> d;
        Bytes buffer;
    };
    static std::unique_ptr<Both>& spare() {
        thread_local std::unique_ptr<Both> one;
        return one;
    }
    std::unique_ptr<Both> both_;
};

}  // namespace

Result<Read> read(ByteView in, const Header& h, const Take& take, Context& cx) {
    if (h.dictionary)
        return fail(Error::Kind::Unsupported, "the frame needs the dictionary " + std::to_string(h.dictionary) + ", which is not in it");
    Decoder d;
    ZSTD_DCtx_setParameter(d.get(), ZSTD_d_windowLogMax, ZSTD_WINDOWLOG_MAX);
    ZSTD_DCtx_setParameter(d.get(), ZSTD_d_forceIgnoreChecksum, ZSTD_d_ignoreChecksum);
    Read out{Read::End::Damaged};
    Xxhash64 sum;
    Bytes& buffer = d.buffer();
    ZSTD_inBuffer from{in.data(), in.size(), 0};
    for (size_t left = 1; left;) {
        ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
        u64 before = from.pos;
        left = ZSTD_decompressStream(d.get(), &to, &from);
        out.used = from.pos;
        if (ZSTD_isError(left)) return ZSTD_getErrorCode(left) == ZSTD_error_memory_allocation ? Result<Read>(cx.limit("memory")) : out;
        TRY_VOID(cx.spend(&Limits::decoded, to.pos));
        ByteView v(buffer.data(), to.pos);
        sum.eat(v);
        out.made += v.size();
        // A window is memory as far as it is filled: what by chance asks for a large one fails long before.
        if (h.window > cx.limits.memory / 2 && out.made > cx.limits.memory / 2) return cx.limit("memory");
        if (!v.empty() && !take(v)) return out.end = Read::End::Stopped, out;
        if (left && !to.pos && before == from.pos) return out;  // the input ended
    }
    if (from.pos != in.size()) return out;
    if (h.checksum) out.stored = le32(in, in.size() - 4), out.is = u32(sum.value());
    out.end = Read::End::Whole;
    return out;
}

namespace {

constexpr u64 kStep = 128 << 10;
constexpr u64 kBudget = u64{1} << 30;  // of what wrong candidates may cost: bytes, by the level's slowness

u64 cost(int level) { return level < 6 ? 1 : level < 13 ? 4 : level < 16 ? 16 : 48; }

}  // namespace

std::string words(const Params& p) {
    std::string out = "zstd ";
    if (p.level < 0)
        out += "--fast=" + std::to_string(-p.level);
    else
        out += (p.level > 19 ? "--ultra -" : "-") + std::to_string(p.level);
    if (p.long_) out += " --long" + (p.window ? "=" + std::to_string(p.window) : std::string());
    if (!p.long_ && p.window) out += " --zstd=wlog=" + std::to_string(p.window);
    if (!p.workers) out += " --single-thread";
    if (!p.checksum) out += " --no-check";
    return out;
}

Params likely(const Header& h) {
    Params p{.says_size = h.content.has_value(), .checksum = h.checksum};
    // Of contents whose size was not known, the high levels show by their windows, which are their own (kernels are made with 22).
    if (h.content) return p;
    for (int level : {19, 20, 21, 22})
        if (h.window == u64{1} << ZSTD_getCParams(level, ZSTD_CONTENTSIZE_UNKNOWN, 0).windowLog) p.level = level;
    return p;
}

namespace {

std::unexpected<Error> error_of(size_t code, Context& cx) {
    if (ZSTD_getErrorCode(code) == ZSTD_error_memory_allocation) return cx.limit("memory");
    return fail(Error::Kind::Unsupported, "libzstd " ZSTD_VERSION_STRING " does not encode this with these parameters");
}

ZSTD_compressionParameters shape_of(const Params& p, u64 content) {
    auto shape = ZSTD_getCParams(p.level, p.says_size ? content : ZSTD_CONTENTSIZE_UNKNOWN, 0);
    if (p.window) shape.windowLog = p.window;
    return shape;
}

/// The tool has a worker do its jobs, unless it knows that there is little. What it makes in one job can be made without threads, which the
/// library that is linked may not have.
bool is_one_job(const Params& p, u64 content) {
    if (!p.workers || p.long_ || (p.says_size && content <= (512 << 10))) return false;
    return content && content <= u64{1} << std::min(std::max(20u, shape_of(p, content).windowLog + 2), 29u);
}

/// The same for one job, which knows how much there is: a binary tree that holds a node for each byte finds what a larger one finds, and
/// level 22 asks for 512 MiB of them whatever there is.
ZSTD_compressionParameters job_shape_of(const Params& p, u64 content) {
    auto shape = shape_of(p, content);
    const auto enough = unsigned(std::bit_width(content + 16)) + 1;
    if (shape.strategy >= ZSTD_btlazy2) shape.chainLog = std::min(shape.chainLog, std::max(enough, 10u));
    return shape;
}

u64 memory_of(const Params& p, u64 content) {
    if (is_one_job(p, content)) return ZSTD_estimateCCtxSize_usingCParams(job_shape_of(p, content));
    return ZSTD_estimateCStreamSize_usingCParams(shape_of(p, content));
}

/// As a worker: 512 KiB at a time, from one piece of memory.
Result<void> encode_job(ZSTD_CCtx* c, ByteView content, const Params& p, const Take& take, Context& cx) {
    constexpr u64 kJobStep = 512 << 10;
    ZSTD_parameters all{job_shape_of(p, content.size()), {p.says_size, p.checksum, 0}};
    auto begun = ZSTD_compressBegin_advanced(c, nullptr, 0, all, p.says_size ? content.size() : ZSTD_CONTENTSIZE_UNKNOWN);
    if (ZSTD_isError(begun)) return error_of(begun, cx);
    Bytes buffer(ZSTD_compressBound(kJobStep) + 64);
    for (u64 at = 0; at < content.size();) {
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        auto some = content.subspan(at, std::min<u64>(kJobStep, content.size() - at));
        at += some.size();
        auto one = at == content.size() ? ZSTD_compressEnd : ZSTD_compressContinue;
        auto made = one(c, buffer.data(), buffer.size(), some.data(), some.size());
        if (ZSTD_isError(made)) return error_of(made, cx);
        if (made && !take(ByteView(buffer).first(made))) return {};
    }
    return {};
}

}  // namespace

Result<void> encode(ByteView content, const Params& p, const Take& take, Context& cx) {
    if (p.level < -99 || p.level > ZSTD_maxCLevel()) return fail(Error::Kind::Unsupported, "zstd has no level " + std::to_string(p.level));
    std::unique_ptr<ZSTD_CCtx, Deleter<ZSTD_freeCCtx>> c(ZSTD_createCCtx());
    if (!c) throw std::bad_alloc();
    if (is_one_job(p, content.size())) return encode_job(c.get(), content, p, take, cx);
    auto set = [&](ZSTD_cParameter which, int value) { return !ZSTD_isError(ZSTD_CCtx_setParameter(c.get(), which, value)); };
    bool good = set(ZSTD_c_compressionLevel, p.level) && set(ZSTD_c_checksumFlag, p.checksum) && set(ZSTD_c_contentSizeFlag, p.says_size);
    if (p.window) good = good && set(ZSTD_c_windowLog, int(p.window));
    if (p.long_) good = good && set(ZSTD_c_enableLongDistanceMatching, 1);
    if (p.says_size) good = good && !ZSTD_isError(ZSTD_CCtx_setPledgedSrcSize(c.get(), content.size()));
    if (!good) return fail(Error::Kind::Unsupported, "zstd parameters that libzstd " ZSTD_VERSION_STRING " does not have");
    Bytes buffer(ZSTD_CStreamOutSize());
    // Reading from a pipe the tool learns of the end after the last byte only.
    bool ends_late = !p.says_size;
    for (u64 at = 0, left = 1; left || at < content.size();) {
        bool late = at == content.size();
        ZSTD_inBuffer from{content.data() + at, std::min<u64>(kStep, content.size() - at), 0};
        at += from.size;
        auto how = at == content.size() && (late || !ends_late) ? ZSTD_e_end : ZSTD_e_continue;
        do {
            TRY_VOID(cx.spend(&Limits::decoded, 0));
            ZSTD_outBuffer to{buffer.data(), buffer.size(), 0};
            left = ZSTD_compressStream2(c.get(), &to, &from, how);
            if (ZSTD_isError(left)) return error_of(left, cx);
            if (to.pos && !take(ByteView(buffer).first(to.pos))) return {};
        } while (how == ZSTD_e_end ? left != 0 : from.pos < from.size);
        if (how != ZSTD_e_end) left = 1;
    }
    return {};
}

Result<std::optional<Params>> find(ByteView frame, const Header& h, ByteView content, Context& cx) {
    constexpr int kLevels[] = {3, 1, 9, 10, 5, 6, 2, 4, 7, 8, 11, 12, -1, 15, 19, 22, 13, 14, 16, 17, 18, 20, 21, -2, -3, -4, -5, -6, -7};
    u64 budget = kBudget;
    auto makes = [&](const Params& p) -> Result<bool> {
        auto shape = shape_of(p, content.size());
        if (memory_of(p, content.size()) / 2 > cx.limits.memory) return false;
        u64 at = 0;
        bool same = true;
        TRY_VOID(encode(
            content, p,
            [&](ByteView v) {
                same = v.size() <= frame.size() - at && equal(v, frame.subspan(at, v.size()));
                at += v.size();
                return same;
            },
            cx));
        u64 tables = (u64{1} << shape.hashLog) + (u64{1} << shape.chainLog);
        budget -= std::min(budget, (at ? std::min<u64>(content.size(), 4 * at + 2 * kStep) * cost(p.level) : 0) + tables);
        return same && at == frame.size();
    };
    auto one = likely(h);
    const unsigned log = h.single ? 0 : unsigned(std::bit_width(h.window)) - 1;
    // A window of one's own is rare, and rarer than that is the search for long distances.
    for (auto [distances, own] : {std::pair(false, false), {false, true}, {true, true}, {true, false}})
        for (bool workers : {true, false})
            for (int level : kLevels) {
                if (!budget) return std::optional<Params>{};
                one.level = level, one.workers = workers, one.long_ = distances, one.window = 0;
                unsigned usual = shape_of(one, content.size()).windowLog;
                if (own) one.window = log;
                if (own ? !log || log == usual : log && log != (distances ? 27 : usual)) continue;
                auto with_worker = one;
                with_worker.workers = true;
                if (!workers && !is_one_job(with_worker, content.size())) continue;  // makes the same
                if (TRY(makes(one))) return one;
            }
    return std::optional<Params>{};
}

}  // namespace fieldstrip::zstd_frame
