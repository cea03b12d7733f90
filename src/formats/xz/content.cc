#include "formats/xz/content.h"

#include "base/text.h"
#include "codecs/lzma2_block.h"
#include "model/in_order.h"

namespace fieldstrip::xz {
namespace {

/// The first of a kind has the bare name.
std::string name_of(std::string_view name, size_t i) { return i ? nth(name, i) : std::string(name); }

Check::Outcome outcome(bool pass) { return pass ? Check::Outcome::Pass : Check::Outcome::Fail; }

struct Reporter {
    ByteView all;
    const CheckSink& sink;

    void crc(std::string_view name, size_t i, u64 at, Extent covers) const {
        auto expected = big_endian(le32(all, at), 4), found = big_endian(crc32(all.subspan(covers.offset, covers.size)), 4);
        sink({name_of(name, i), {at, 4}, {&covers, 1}, expected, found, outcome(expected == found)});
    }
    /// Bytes that must be what follows from others.
    void bytes(std::string_view name, size_t i, Extent at, ByteView found) const {
        auto expected = all.subspan(at.offset, at.size);
        sink({name_of(name, i), at, {}, expected, found, outcome(equal(expected, found))});
    }
};

Bytes numbers(const Record& r) {
    auto out = big_endian(r.unpadded, 8), content = big_endian(r.content, 8);
    out.insert(out.end(), content.begin(), content.end());
    return out;
}

}  // namespace

Result<void> Content::verify(const CheckSink& sink, Context& cx) const {
    Reporter report{bytes_.view(), sink};
    for (size_t i = 0; i < file_.streams.size(); i++) {
        auto& s = file_.streams[i];
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        report.bytes("stream_header", i, {s.at, 8}, ByteView(write_stream_header(s.check)).first(8));
        report.crc("stream_header_crc", i, s.at + 8, {s.at + 6, 2});
        for (size_t b = s.first; b < s.first + s.count; b++) verify_block(s, b, sink);
        if (!s.cut) verify_end(s, i, sink);
    }
    return {};
}

void Content::verify_block(const Stream& s, size_t i, const CheckSink& sink) const {
    auto& b = file_.blocks[i];
    auto all = bytes_.view();
    Reporter report{all, sink};
    if (!b.header) {
        Extent covers{b.at, 1};
        sink({name_of("block_header_crc", i), {b.at, 0}, {&covers, 1}, {}, {}, Check::Outcome::Fail});
        return;
    }
    report.crc("block_header_crc", i, b.at + b.header - 4, {b.at, b.header - 4});
    if (auto h = read_block_header(all.subspan(b.at)); h && (h->compressed || h->content) && !s.cut) {
        auto expected = numbers({h->compressed.value_or(b.payload), h->content.value_or(b.content)}),
             found = numbers({b.seen.size, b.seen.content});
        sink({name_of("block_sizes", i), {b.at, b.header}, {}, expected, found, outcome(expected == found)});
    }
    // Also where there is none: an edit may make a block that needs some, or no longer does.
    if (auto p = b.padding(); p.end() <= all.size()) report.bytes("block_padding", i, p, Bytes(p.size));
}

void Content::verify_end(const Stream& s, size_t i, const CheckSink& sink) const {
    auto all = bytes_.view();
    Reporter report{all, sink};
    report.crc("index_crc", i, s.index.end() - 4, {s.index.offset, s.index.size - 4});
    auto index = all.subspan(s.index.offset, s.index.size);
    std::vector<Record> seen, said;
    for (auto& b : file_.of(s)) seen.push_back({b.header + b.seen.size + check_size(s.check), b.seen.content});
    if (auto shape = read_index_shape(index)) said = read_records(index, *shape);
    auto expected = numbers({said.size(), 0}), found = numbers({seen.size(), 0});
    for (size_t k = 0; k < std::min(seen.size(), said.size()); k++) {
        if (seen[k] == said[k] && k) continue;
        expected = numbers(said[k]), found = numbers(seen[k]);  // the first record, or the first that differs
        if (expected != found) break;
    }
    sink({name_of("index", i), {s.index.offset, s.index.size - 4}, {}, expected, found, outcome(said == seen && index[0] == 0)});
    report.crc("footer_crc", i, s.footer.offset, {s.footer.offset + 4, 6});
    report.bytes("footer", i, {s.footer.offset + 4, 8}, ByteView(write_footer(s.check, s.index.size)).subspan(4));
}

namespace {

/// One run through all blocks.
struct Decoding {
    ByteView all;
    const Sink& sink;
    const CheckSink& checks;
    Context& cx;
    u64 delivered = 0;  // of the content
    bool stopped = false;
    Lost lost = {};
    bool holds = true;  // so far: each block's check

    bool deliver(ByteView v) {
        delivered += v.size();
        return stopped = stopped || !sink(v), !stopped;
    }
    Result<void> zeros(u64 n);
    Result<void> block(const Stream&, const Block&, size_t i);
    Result<void> blocks(const Stream&, std::span<const Block>);
    void report(const Stream&, const Block&, size_t i, const Bytes& found, bool decoded);
};

Result<void> Decoding::zeros(u64 n) {
    if (n) lost.push_back({delivered, n});
    const Bytes block(std::min<u64>(n, 1 << 16));
    while (n && !stopped) {
        auto some = std::min<u64>(n, block.size());
        TRY_VOID(cx.spend(&Limits::decoded, some));
        deliver(ByteView(block).first(some));
        n -= some;
    }
    return {};
}

void Decoding::report(const Stream& s, const Block& b, size_t i, const Bytes& found, bool decoded) {
    auto say = [&](const Check& c) {
        holds = holds && c.outcome != Check::Outcome::Fail;
        if (checks) checks(c);
    };
    auto covers = b.payload_extent();
    Extent at{b.check_at(), check_size(s.check)};
    if (!at.size || at.end() > all.size()) {  // none, or cut off
        say({name_of(s.check ? "check" : "decode", i), {b.payload_at(), 0}, {&covers, 1}, {}, {}, outcome(decoded && !at.size)});
        return;
    }
    auto stored = all.subspan(at.offset, at.size);
    Bytes expected(stored.begin(), stored.end()), computed = decoded ? found : Bytes{};
    bool pass = decoded && expected == found;
    if (s.check == 1 || s.check == 4) std::reverse(expected.begin(), expected.end()), std::reverse(computed.begin(), computed.end());
    auto how = !decoded || check_known(s.check) ? outcome(pass) : Check::Outcome::Unchecked;
    say({name_of("check", i), at, {&covers, 1}, expected, computed, how});
}

Result<void> Decoding::block(const Stream& s, const Block& b, size_t i) {
    auto header = b.header ? read_block_header(all.subspan(b.at)) : std::nullopt;
    bool known = s.sizes_known || b.seen.ended || (header && header->content);
    u64 size = s.sizes_known || b.seen.ended || !header ? b.content : header->content.value_or(b.content), produced = 0;
    bool too_much = false;
    Result<void> done = header ? Result<void>{} : fail(Error::Kind::Damaged, "the block header can't be read");
    auto found = check_value(s.check, [&](const Eat& eat) {
        if (!header) return;
        auto out = [&](ByteView v) {
            auto take = known ? std::min<u64>(v.size(), size - produced) : v.size();
            too_much = take < v.size();
            v = v.first(take);
            produced += take;
            eat(v);
            return deliver(v) && !too_much;
        };
        done = lzma2::decode(all.subspan(b.payload_at(), b.payload), header->chain, b.seen.content, out, cx);
    });
    if (stopped) return {};
    if (!done && done.error().kind != Error::Kind::Damaged) return done;
    report(s, b, i, found, done && !too_much && produced == size);
    if (!known) return fail(Error::Kind::Damaged, done ? "the block is cut short" : done.error().message, {b.at, b.header + b.payload});
    return zeros(size - produced);
}

/// A block decoded into memory.
struct Ahead {
    std::optional<Bytes> content;  // nothing where decoding it in order is to say why
    Bytes check = {};
};

/// What filters before LZMA2 make of what it gave: liblzma's, of data that is stored as it is.
std::optional<Bytes> filtered(const Bytes& from, const lzma2::Chain& chain, Context& cx) {
    Context own({.decoded = kUnbounded, .memory = cx.limits.memory}, 1, cx.alarm);
    Bytes out;
    out.reserve(from.size());
    auto take = [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; };
    if (!lzma2::decode(lzma2::store_plainly(from), chain, from.size(), take, own) || out.size() != from.size()) return {};
    return out;
}

Ahead decode_ahead(ByteView all, const Stream& s, const Block& b, u64 most, Context& cx) {
    auto header = read_block_header(all.subspan(b.at));
    if (!header || b.content > most || b.content != b.seen.content) return {};
    auto& [filter, properties] = header->chain.back();
    auto dictionary = properties.size() == 1 ? lzma2::dictionary_of(properties[0]) : std::nullopt;
    if (filter != lzma2::kLzma2 || !dictionary) return {};
    Bytes out(b.content + lzma2::kSlack);
    auto made = lzma2::decode_block(all.subspan(b.payload_at(), b.payload), out, *dictionary);
    if (!made || made->used != b.payload || made->made != b.content) return {};
    out.resize(b.content);
    if (header->chain.size() > 1) {
        auto more = filtered(out, header->chain, cx);
        if (!more) return {};
        out = *std::move(more);
    }
    auto check = check_value(s.check, [&](const Eat& eat) { eat(out); });
    if (check.empty() || !equal(check, all.subspan(b.check_at(), check.size()))) return {};
    return {std::move(out), std::move(check)};
}

/// Blocks of a stream that is sound, each whole, several at a time. What is unusual about one is what decoding it in order says.
Result<void> Decoding::blocks(const Stream& s, std::span<const Block> blocks) {
    const u64 most = ahead_budget(cx) / 2;
    Result<void> done;
    in_order<Ahead>(
        blocks.size(), [&](size_t i) { return std::min(blocks[i].content, most); },
        [&](size_t i) { return decode_ahead(all, s, blocks[i], most, cx); },
        [&](size_t i, Ahead one) {
            // A limit ends it where it would have, and what is decoded again is paid for once.
            const bool fits = one.content && cx.has(&Limits::decoded, blocks[i].content);
            if (fits) done = cx.spend(&Limits::decoded, blocks[i].content);
            if (!fits) done = block(s, blocks[i], s.first + i);
            if (!fits || !done) return done && !stopped;
            if (deliver(*one.content)) report(s, blocks[i], s.first + i, one.check, true);
            return !stopped;
        },
        cx);
    return done;
}

}  // namespace

Result<Lost> Content::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "an xz file has one content");
    Decoding run{.all = bytes_.view(), .sink = sink, .checks = checks, .cx = cx};
    for (auto& s : file_.streams) {
        if (s.sound() && check_known(s.check) && check_size(s.check))
            TRY_VOID(run.blocks(s, file_.of(s)));
        else
            for (size_t i = s.first; i < s.first + s.count && !run.stopped; i++) TRY_VOID(run.block(s, file_.blocks[i], i));
        if (run.stopped) break;
        if (s.cut) return fail(Error::Kind::Damaged, "the xz stream is cut short", {bytes_.size(), 0});
    }
    if (!run.stopped) holds_ = run.holds ? Holds::Yes : Holds::No;
    return std::move(run.lost);
}

}  // namespace fieldstrip::xz
