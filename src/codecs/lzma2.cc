// LZMA2: chunks of at most 2 MiB, each with a header that says its sizes, and a zero byte behind the last.
//   00 end | 01, 02 stored (01: forget the dictionary), u16 size - 1 | 80 … ff LZMA: 5 bits of the content's size - 1, u16 the rest of it,
//   u16 packed size - 1, and from c0 on a byte with lc, lp, pb.
// Source: XZ Utils, doc/xz-file-format.txt section 5.3 and src/liblzma/lzma/lzma2_decoder.c (public domain, 0BSD).
#include "codecs/lzma2.h"

#include "codecs/lzma2_options.h"

namespace fieldstrip::lzma2 {
namespace {

constexpr size_t kStep = 1 << 16;

struct Name {
    u64 id;
    std::string_view name;
};
constexpr Name kNames[] = {{kDelta, "delta"}, {4, "x86"},   {5, "powerpc"}, {6, "ia64"},   {7, "arm"},
                           {8, "armthumb"},   {9, "sparc"}, {10, "arm64"},  {11, "riscv"}, {kLzma2, "lzma2"}};

std::unexpected<Error> unsupported() {
    return fail(Error::Kind::Unsupported, "filters that liblzma " LZMA_VERSION_STRING " does not have");
}

/// What lzma_code answered, when it is neither OK nor the end.
std::unexpected<Error> error_of(lzma_ret ret, Context& cx) {
    switch (ret) {
        case LZMA_MEM_ERROR: return cx.limit("memory");
        case LZMA_BUF_ERROR: return fail(Error::Kind::Damaged, "the LZMA2 data ends before its end");
        case LZMA_OPTIONS_ERROR: return unsupported();
        default: return fail(Error::Kind::Damaged, "the LZMA2 data does not decode");
    }
}

}  // namespace

std::string_view name_of(u64 id) {
    for (auto& n : kNames)
        if (n.id == id) return n.name;
    return {};
}
std::optional<u64> id_of(std::string_view name) {
    for (auto& n : kNames)
        if (n.name == name) return n.id;
    return {};
}
std::optional<u32> dictionary_of(u8 code) {
    if (code > 40) return {};
    return code == 40 ? ~u32{0} : (u32{2} | (code & 1)) << (code / 2 + 11);
}
u8 code_of(u32 dictionary) {
    u8 code = 0;
    while (code < 40 && *lzma2::dictionary_of(code) < dictionary) code++;
    return code;
}

/// Goes on from where a walk has stopped.
static Chunks walk_from(ByteView b, Chunks out, u64 enough, u64 enough_content, u64 most) {
    while (out.size < enough && out.content < enough_content && out.count < most) {
        auto left = b.subspan(out.size);
        if (left.empty()) return out.cut = true, out;
        u8 control = left[0];
        if (!control) return out.size++, out.ended = true, out;
        bool packed = control & 0x80, with_properties = control >= 0xC0;
        if (!packed && control > 2) return out;
        if (!out.count && control != 1 && control < 0xE0) return out;  // the first one has no dictionary to go on with
        u64 header = packed ? with_properties ? 6 : 5 : 3;
        if (left.size() < header) return out.cut = true, out;
        auto be16 = [&](u64 at) { return u64(left[at]) << 8 | left[at + 1]; };
        u64 content = (packed ? u64(control & 0x1F) << 16 : 0) + be16(1) + 1, size = packed ? be16(3) + 1 : content;
        if (with_properties) {
            Params p;
            if (!set_properties(p, left[5])) return out;
            if (out.properties && *out.properties != left[5]) out.one_kind = false;
            if (!out.properties) out.properties = left[5];
        } else if (packed && !out.properties) {
            return out;  // nothing says its lc, lp, pb
        }
        out.stored = out.stored && !packed;
        out.coded += packed ? content : 0;
        out.count++;
        out.content += content;  // at most 2 MiB per 6 bytes: no overflow
        if (left.size() < header + size) return out.cut = true, out;
        out.size += header + size;
    }
    return out;
}

Chunks walk(ByteView b, u64 enough, u64 enough_content, u64 most) { return walk_from(b, {}, enough, enough_content, most); }

Result<void> decode(ByteView payload, const Chain& chain, u64 content, const Out& out, Context& cx) {
    Options options;
    auto dictionary = dictionary_of(chain);
    if (!dictionary || !options.set(chain)) return unsupported();
    options.lzma.dict_size = shrink(*dictionary, content);
    if (options.lzma.dict_size > cx.limits.memory) return cx.limit("memory");
    Coder coder;
    auto& s = coder.stream;
    if (auto ret = lzma_raw_decoder(&s, options.filters.data()); ret != LZMA_OK)
        return ret == LZMA_MEM_ERROR ? error_of(ret, cx) : unsupported();
    Bytes buffer(kStep);
    s.next_in = payload.data();
    s.avail_in = payload.size();
    for (;;) {
        s.next_out = buffer.data();
        s.avail_out = buffer.size();
        auto ret = lzma_code(&s, LZMA_FINISH);
        auto n = buffer.size() - s.avail_out;
        TRY_VOID(cx.spend(&Limits::decoded, n));
        if (n && !out(ByteView(buffer).first(n))) return {};
        if (ret == LZMA_STREAM_END) break;
        if (ret != LZMA_OK) return error_of(ret, cx);
    }
    if (s.avail_in) return fail(Error::Kind::Damaged, "the LZMA2 data ends before its block does");
    return {};
}

bool set_properties(Params& p, u8 v) {
    if (v >= 9 * 5 * 5) return false;
    p.lc = v % 9, p.lp = v / 9 % 5, p.pb = v / 45;
    return p.lc + p.lp <= LZMA_LCLP_MAX;
}
std::string name_of_preset(u32 preset) {
    return std::to_string(preset & LZMA_PRESET_LEVEL_MASK) + (preset & LZMA_PRESET_EXTREME ? "e" : "");
}
std::optional<u32> preset_of(std::string_view name) {
    u32 flags = 0;
    if (name.ends_with('e')) flags = LZMA_PRESET_EXTREME, name.remove_suffix(1);
    if (name.size() != 1 || name[0] < '0' || name[0] > '9') return {};
    return u32(name[0] - '0') | flags;
}

constexpr u32 k3e = 3 | LZMA_PRESET_EXTREME, k4e = 4 | LZMA_PRESET_EXTREME;

std::optional<u32> level_of(u32 preset, u32 dictionary) {
    for (u32 level = 0; level < 20; level++) {
        u32 name = level % 10 | (level < 10 ? 0 : LZMA_PRESET_EXTREME);
        lzma_options_lzma a{}, b{};
        if (lzma_lzma_preset(&a, name) || lzma_lzma_preset(&b, preset)) return {};
        if (a.dict_size == dictionary && a.nice_len == b.nice_len && a.mf == b.mf && a.depth == b.depth && a.mode == b.mode) return name;
    }
    return {};
}

std::vector<u32> presets_for(u32 dictionary) {
    constexpr u32 kSets[] = {6, k4e, 3, 4, 5, k3e, 2, 1, 0};  // all others are one of these with another dictionary
    std::vector<u32> out;
    for (bool by_default : {true, false})
        for (u32 p : kSets)
            if (level_of(p, dictionary).has_value() == by_default) out.push_back(p);
    return out;
}

struct Encoder::State {
    Out out;
    Context& cx;
    Coder coder = {};
    Bytes buffer = Bytes(kStep);
    bool stopped = false;
    std::optional<Error> error = {};

    bool run(ByteView in, lzma_action action) {
        auto& s = coder.stream;
        s.next_in = in.data();
        s.avail_in = in.size();
        while (!stopped && !error) {
            s.next_out = buffer.data();
            s.avail_out = buffer.size();
            auto ret = lzma_code(&s, action);
            auto n = buffer.size() - s.avail_out;
            if (n && !out(ByteView(buffer).first(n))) stopped = true;
            if (auto go_on = cx.spend(&Limits::decoded, 0); !go_on) error = go_on.error();
            if (ret == LZMA_STREAM_END) return true;
            if (ret != LZMA_OK && ret != LZMA_BUF_ERROR) error = error_of(ret, cx).error();
            if (action == LZMA_RUN && !s.avail_in && s.avail_out) break;
        }
        return !stopped && !error;
    }
};

Encoder::Encoder(const Chain& chain, const Params& p, u64 content, Out out, Context& cx)
    : state_(new State{.out = std::move(out), .cx = cx}) {
    Options options;
    if (!options.set(chain, p)) {
        state_->error = unsupported().error();
        return;
    }
    auto room = cx.limits.memory > kUnbounded / 2 ? kUnbounded : 2 * cx.limits.memory;
    auto fits = [&] { return lzma_raw_encoder_memusage(options.filters.data()) <= room; };
    if (!fits()) options.lzma.dict_size = shrink(options.lzma.dict_size, content);
    if (!fits()) {
        state_->error = cx.limit("memory").error();
        return;
    }
    state_->coder.stream.allocator = tables_for(options.lzma.dict_size, content);
    if (auto ret = lzma_raw_encoder(&state_->coder.stream, options.filters.data()); ret != LZMA_OK)
        state_->error = error_of(ret, cx).error();
}
Encoder::~Encoder() = default;

bool Encoder::feed(ByteView v) {
    for (size_t at = 0; at < v.size() && !state_->stopped && !state_->error; at += kStep)
        state_->run(v.subspan(at, std::min(kStep, v.size() - at)), LZMA_RUN);
    return !state_->stopped && !state_->error;
}
Result<void> Encoder::finish() {
    state_->run({}, LZMA_FINISH);
    if (state_->error) return std::unexpected(*state_->error);
    return {};
}

Bytes store_plainly(ByteView content) {
    Bytes out;
    out.reserve(content.size() + (content.size() / kStep + 1) * 3 + 1);
    for (size_t at = 0; at < content.size(); at += kStep) {
        auto one = content.subspan(at, std::min(kStep, content.size() - at));
        out.insert(out.end(), {u8(at ? 2 : 1), u8((one.size() - 1) >> 8), u8(one.size() - 1)});
        out.insert(out.end(), one.begin(), one.end());
    }
    out.push_back(0);
    return out;
}

constexpr u64 kMuch = 128 << 10;  // bytes of content: where so many are coded, an encoder is taken for known by all of their chunks

Telling telling(ByteView payload, u64 packed, u64 content) {
    Chunks c;
    bool tells = false;
    auto go_on = [&] {  // by a chunk, or over the end
        const u64 before = c.size;
        c = walk_from(payload, c, kUnbounded, kUnbounded, c.count + 1);
        return c.size > before && !c.ended;
    };
    bool more = go_on();
    if (more && c.coded >= kMuch) {
        tells = true;
        if (c.size < payload.size() && !payload[c.size]) go_on();
        more = false;
    }
    while (more && !tells && c.size < packed && c.content < content) {
        tells = c.coded >= kMuch;  // then the next one only lets the encoder give out what it made of these
        more = go_on();
    }
    return {c, tells || c.ended};
}

/// Whether what these parameters make begins as the block's first chunk does, up to `most` bytes of it; nothing where that can't be told.
/// All of a chunk, if it shall be proven: a nice length shows only where there is a long match, however much was compared before.
/// LZMA2 gives nothing until it has a whole chunk and has looked beyond it, but LZMA says the same of a first chunk from its first byte on.
static std::optional<bool> begins_alike(ByteView payload, ByteView content, const Chain& chain, const Params& p, u32 dictionary, u64 most,
                                        Context& cx) {
    constexpr u64 kHeader = 6, kEnd = 16;  // of a chunk of LZMA2: what is flushed there, LZMA goes on with
    if (payload.size() < kHeader || payload[0] < 0xE0) return {};
    const u64 packed = std::min(load(payload.subspan(3, 2), 2, Endian::Big) + 1, payload.size() - kHeader);
    const u64 compared = std::min(most, packed - std::min(packed, kEnd));
    Options options;
    if (!options.set(chain, p)) return {};
    options.filters[chain.size() - 1].id = LZMA_FILTER_LZMA1;
    options.lzma.dict_size = std::min(options.lzma.dict_size, dictionary);
    if (lzma_raw_encoder_memusage(options.filters.data()) / 2 > cx.limits.memory) return {};
    Coder coder;
    auto& s = coder.stream;
    s.allocator = tables_for(options.lzma.dict_size, compared);
    if (lzma_raw_encoder(&s, options.filters.data()) != LZMA_OK) return {};
    // What was taken in is given out only while more comes in: so little at a time that there is room for all of it.
    constexpr u64 kFeed = 4 << 10;
    Bytes out(4 * kFeed);
    u64 at = 0;
    for (u64 fed = 0; fed < content.size() && at < compared; fed += kFeed) {
        s.next_in = content.data() + fed;
        s.avail_in = std::min(kFeed, content.size() - fed);
        s.next_out = out.data();
        s.avail_out = out.size();
        if (lzma_code(&s, LZMA_RUN) != LZMA_OK || s.avail_in || cx.is_stopped()) return {};
        const u64 n = std::min<u64>(out.size() - s.avail_out, compared - at);
        if (!equal(ByteView(out).first(n), payload.subspan(kHeader + at, n))) return false;
        at += n;
    }
    return at ? std::optional(true) : std::nullopt;
}

bool may_make(ByteView payload, ByteView content, const Chain& chain, const Params& p, u32 dictionary, Context& cx) {
    constexpr u64 kCompared = 6 << 10;
    return begins_alike(payload, content, chain, p, dictionary, kCompared, cx).value_or(true);
}

Result<bool> makes(ByteView payload, ByteView content, bool whole, u64 content_size, const Chain& chain, const Params& p, u32 dictionary,
                   Context& cx) {
    if (!whole && walk(payload, kUnbounded, kUnbounded, 1).content == content.size())
        if (auto alike = begins_alike(payload, content, chain, p, dictionary, kUnbounded, cx)) return *alike;
    u64 at = 0;
    bool same = true;
    auto compare = [&](ByteView v) {
        same = same && v.size() <= payload.size() - at && equal(v, payload.subspan(at, v.size()));
        at += v.size();
        return same;
    };
    auto smaller = chain;
    if (auto said = dictionary_of(chain); said && *said > dictionary) smaller.back().properties = {code_of(dictionary)};
    Encoder encoder(smaller, p, content_size, compare, cx);
    if (!encoder.feed(content) || whole) {
        if (auto done = encoder.finish(); !done) return std::unexpected(done.error());
    }
    return same && (whole ? at == payload.size() : at > 0);
}

}  // namespace fieldstrip::lzma2
