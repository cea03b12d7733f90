// An xz file from its content and its recipe.
#include "base/text.h"
#include "formats/xz/plan.h"
#include "model/in_order.h"

namespace fieldstrip::xz {
namespace {

/// Cuts content of another size as whoever made the file would have: all as it was, and what is more or less at the end of the last stream
/// with blocks.
Result<void> cut_anew(Plan& plan, u64 size) {
    size_t last = plan.streams.size() - 1;
    for (size_t i = 0; i < plan.streams.size(); i++)
        if (!plan.streams[i].sizes.empty()) last = i;
    u64 left = size;
    for (size_t i = 0; i <= last; i++) {
        auto& sizes = plan.streams[i].sizes;
        const u64 first = sizes.empty() ? 0 : sizes[0];
        bool uniform = sizes.size() > 1 && sizes.back() <= first && first;
        for (size_t k = 0; k + 1 < sizes.size(); k++) uniform = uniform && sizes[k] == first;
        std::vector<u64> now;
        for (u64 old : sizes) {
            if (!left) break;
            now.push_back(std::min(old, left));
            left -= now.back();
        }
        if (i == last && uniform && left && now.back() < first) {
            u64 more = std::min(left, first - now.back());
            now.back() += more;
            left -= more;
        }
        if (i == last && uniform && left / first >= u64{1} << 20)
            return fail(Error::Kind::Limit, "the content makes more than 2^20 xz blocks");
        while (i == last && uniform && left) {
            now.push_back(std::min(left, first));
            left -= now.back();
        }
        if (i == last && left) {
            if (now.empty()) now.push_back(0);
            now.back() += left;
        }
        sizes = std::move(now);
    }
    return {};
}

struct Made {
    Bytes bytes;
    Record record;
};

Result<Made> make_block(const StreamPlan& p, size_t i, const Rope& content, Extent e, Context& cx) {
    Bytes payload, plain;
    bool stored = i < p.stored.size() && p.stored[i];
    auto take = [&](ByteView v) { return payload.insert(payload.end(), v.begin(), v.end()), true; };
    std::optional<lzma2::Encoder> encoder;
    if (!stored) encoder.emplace(p.chain, p.params, e.size, take, cx);
    auto check = check_value(p.check, [&](const Eat& eat) {
        content.each(e, [&](ByteView v) {
            eat(v);
            if (stored)
                plain.insert(plain.end(), v.begin(), v.end());
            else
                encoder->feed(v);
        });
    });
    if (stored)
        payload = lzma2::store_plainly(plain);
    else
        TRY_VOID(encoder->finish());
    auto out = write_block_header(header_of(p, i, payload.size(), e.size));
    const u64 header = out.size();
    out.insert(out.end(), payload.begin(), payload.end());
    out.resize(out.size() + gap_to(payload.size(), 4));
    out.insert(out.end(), check.begin(), check.end());
    return Made{std::move(out), {header + payload.size() + check.size(), e.size}};
}

void append(Bytes& out, const Bytes& more) { out.insert(out.end(), more.begin(), more.end()); }

/// All of a stream, several at a time where memory allows as many encoders. `at`: in the content; goes on.
Result<void> add_blocks(Bytes& out, std::vector<Record>& records, const StreamPlan& p, const Rope& content, u64& at, Context& cx) {
    std::vector<Extent> extents;
    for (u64 size : p.sizes) extents.push_back({at, size}), at += size;
    const bool room = lzma2::encoder_memory(p.chain, p.params) <= cx.limits.memory / cx.pool.threads();
    Result<void> done;
    in_order<Result<Made>>(
        extents.size(), [&](size_t i) { return room ? extents[i].size : kUnbounded / 2; },
        [&](size_t i) { return make_block(p, i, content, extents[i], cx); },
        [&](size_t, Result<Made> made) {
            if (!made) return done = std::unexpected(std::move(made).error()), false;
            append(out, made->bytes);
            records.push_back(made->record);
            return true;
        },
        cx);
    return done;
}

/// "xz -6 --check=crc32 --arm --lzma2=dict=32MiB"
std::string command(const StreamPlan& p) {
    std::string out = "xz", check = " --check=" + check_name(p.check);
    if (p.sizes.empty()) return out + check + " (of nothing)";
    bool usual = p.params.lc == 3 && !p.params.lp && p.params.pb == 2;
    auto level = lzma2::level_of(p.params.preset, p.dictionary());
    const bool single = p.params.nice || p.params.finder || p.params.fast;
    if (level && usual && !single && p.chain.size() == 1) {
        out += " -" + lzma2::name_of_preset(*level) + check;
    } else {
        out += check;
        for (auto& f : p.chain) {
            auto words = filter_words(f);
            if (auto colon = words.find(':'); colon != words.npos) words[colon] = '=';
            if (f.id != lzma2::kLzma2) out += " --" + words;
        }
        out += " --lzma2=preset=" + lzma2::name_of_preset(level.value_or(p.params.preset));
        if (!level) {
            auto d = p.dictionary();
            out += ",dict=" + (d % (1 << 20) ? std::to_string(d >> 10) + "KiB" : std::to_string(d >> 20) + "MiB");
        }
        if (!usual)
            out += ",lc=" + std::to_string(p.params.lc) + ",lp=" + std::to_string(p.params.lp) + ",pb=" + std::to_string(p.params.pb);
        if (p.params.nice) out += ",nice=" + std::to_string(p.params.nice);
        if (p.params.finder) out += ",mf=" + std::string(lzma2::name_of_finder(p.params.finder));
        if (p.params.fast) out += ",mode=fast";
    }
    if (p.says_compressed && p.says_content) out += " -T2";
    if (p.sizes.size() > 1) out += " --block-size=" + std::to_string(p.sizes[0]);
    return out;
}

}  // namespace

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "an xz file has one content");
    auto plan = TRY(from_recipe(recipe));
    auto& content = contents[0];
    std::optional<u64> expected = 0;
    for (auto& s : plan.streams)
        for (u64 n : s.sizes) expected = expected ? sum(*expected, n) : expected;
    if (expected != content.size()) TRY_VOID(cut_anew(plan, content.size()));
    Bytes out;
    u64 at = 0;
    for (auto& s : plan.streams) {
        if (!check_known(s.check)) return fail(Error::Kind::Unsupported, "nobody knows how to make the xz " + check_name(s.check));
        append(out, write_stream_header(s.check));
        std::vector<Record> records;
        TRY_VOID(add_blocks(out, records, s, content, at, cx));
        auto index = write_index(records);
        append(out, index);
        append(out, write_footer(s.check, index.size()));
        if (&s != &plan.streams.back()) out.resize(out.size() + s.padding);
    }
    Rope rope;
    rope.fresh(std::move(out));
    return rope;
}

std::string made_by(const Recipe& recipe) {
    auto plan = from_recipe(recipe);
    if (!plan) return "not found";
    std::string out = plan->exact ? "" : "not found: nearest is ", before;
    size_t shown = 0;
    for (auto& s : plan->streams) {
        auto words = command(s);
        if (words == before) continue;
        if (shown++ == 3) return out + " + …";
        out += (shown > 1 ? " + " : "") + words;
        before = words;
    }
    return out;
}

}  // namespace fieldstrip::xz
