#include "formats/tar/sparse.h"

#include "base/text.h"

namespace fieldstrip::tar {
namespace {

constexpr std::string_view kKinds[] = {"old", "0.0", "0.1", "1.0"};
constexpr u64 kPair = 24;

/// In order, one behind the other, within the content; sets how much is stored.
bool holds(Sparse& s) {
    u64 end = 0;
    s.stored = 0;
    for (auto& p : s.pieces) {
        auto to = sum(p.offset, p.size);
        if (!to || p.offset < end || *to > s.size) return false;
        end = *to, s.stored += p.size;
    }
    return s.size >> 62 == 0;
}

/// "1,2,3": each a number; false where one is not.
bool numbers_in(std::string_view text, char between, auto&& f) {
    while (true) {
        auto cut = std::min(text.size(), text.find(between));
        auto n = decimal(text.substr(0, cut));
        if (!n || !f(*n)) return false;
        if (cut == text.size()) return true;
        text.remove_prefix(cut + 1);
    }
}

/// Takes offsets and sizes by turns.
struct Pairs {
    std::vector<Extent>& to;
    bool half = false;
    bool operator()(u64 n) {
        if (half)
            to.back().size = n;
        else
            to.push_back({n, 0});
        half = !half;
        return true;
    }
};

bool read_map_before_data(ByteView data, Sparse& s) {
    auto text = as_text(data);
    u64 count = 0, seen = 0;
    Pairs pairs{s.pieces};
    while (true) {
        auto line = text.find('\n', s.map_bytes);
        if (line == text.npos || line - s.map_bytes > 20) return false;
        auto n = decimal(text.substr(s.map_bytes, line - s.map_bytes));
        if (!n) return false;
        s.map_bytes = line + 1;
        if (!seen)
            count = *n;
        else
            pairs(*n);
        if (count > data.size()) return false;
        if (seen++ == 2 * count) break;
    }
    if (gap_to(s.map_bytes, kBlock) > data.size() - s.map_bytes) return false;
    s.map_bytes = round_up(s.map_bytes);
    return true;
}

void put_octal(std::span<u8> f, u64 v) {
    const Spelling usual{.digits = 11, .end = "n"};
    usual.holds(v) ? usual.put(f, v) : put_base256(f, i64(v));
}

}  // namespace

u64 read_old_sparse(ByteView space, Member& m) {
    Sparse s;
    auto head = space.subspan(m.head, kBlock);
    bool good = true, more = head[at::more] != 0, ended = false;
    auto pairs = [&](ByteView block, u64 from, u64 count) {
        for (u64 i = 0; i < count && !ended; i++) {
            auto pair = block.subspan(from + i * kPair, kPair);
            ended = !pair[kPair / 2];
            if (ended) return;
            auto offset = number_of(pair.first(kPair / 2)), size = number_of(pair.subspan(kPair / 2));
            good = good && offset.value_or(-1) >= 0 && size.value_or(-1) >= 0;
            if (good) s.pieces.push_back({u64(*offset), u64(*size)});
        }
    };
    pairs(head, at::pairs, 4);
    u64 at = m.head + kBlock;
    for (; more && at + kBlock <= space.size(); at += kBlock) {
        auto block = space.subspan(at, kBlock);
        pairs(block, 0, at::more_pairs);
        more = block[at::more_more] != 0;
    }
    auto size = number_of(head.subspan(at::real_size, 12)), stored = number_of(field(head, at::size));
    s.size = u64(size.value_or(0));
    if (good && !more && size.value_or(-1) >= 0 && holds(s) && s.stored == u64(stored.value_or(-1))) m.sparse = std::move(s);
    return at;
}

void read_pax_sparse(ByteView space, std::span<const Record> records, Member& m) {
    auto value = [&](std::string_view key) {
        auto* r = find_record(records, key);
        return r ? r->value : std::string_view();
    };
    Sparse s;
    bool good = true;
    auto size = decimal(value("GNU.sparse.size"));
    if (value("GNU.sparse.major") == "1" && value("GNU.sparse.minor") == "0") {
        s.kind = Sparse::Kind::Pax10;
        size = decimal(value("GNU.sparse.realsize"));
        good = read_map_before_data(space.subspan(m.data.offset, m.data.size), s);
    } else if (auto map = value("GNU.sparse.map"); !map.empty()) {
        s.kind = Sparse::Kind::Pax01;
        Pairs pairs{s.pieces};
        good = numbers_in(map, ',', pairs);
    } else if (size) {
        s.kind = Sparse::Kind::Pax00;
        for (auto& r : records) {
            auto n = decimal(r.value);
            if (r.key == "GNU.sparse.offset") s.pieces.push_back({n.value_or(kUnbounded), 0});
            if (r.key == "GNU.sparse.numbytes" && !s.pieces.empty()) s.pieces.back().size = n.value_or(kUnbounded);
        }
    }
    s.size = size.value_or(0);
    auto all = size && good && holds(s) ? sum(s.map_bytes, s.stored) : std::nullopt;
    if (all == m.data_size) m.sparse = std::move(s);
}

Bytes put_old_sparse(const Sparse& s, std::span<u8> head) {
    constexpr u64 kFirst = 4;
    auto pair = [](std::span<u8> to, const Extent& e) {
        put_octal(to.first(kPair / 2), e.offset);
        put_octal(to.subspan(kPair / 2, kPair / 2), e.size);
    };
    for (size_t i = 0; i < kFirst && i < s.pieces.size(); i++) pair(head.subspan(at::pairs + i * kPair, kPair), s.pieces[i]);
    put_octal(head.subspan(at::real_size, 12), s.size);
    Bytes out;
    if (s.pieces.size() <= kFirst) return out;
    head[at::more] = 1;
    for (size_t i = kFirst; i < s.pieces.size(); i++) {
        size_t in_block = (i - kFirst) % at::more_pairs;
        if (!in_block) {
            if (!out.empty()) out[out.size() - kBlock + at::more_more] = 1;
            out.resize(out.size() + kBlock);
        }
        pair(std::span(out).last(kBlock).subspan(in_block * kPair, kPair), s.pieces[i]);
    }
    return out;
}

Bytes map_before_data(const Sparse& s) {
    auto text = std::to_string(s.pieces.size()) + '\n';
    for (auto& p : s.pieces) text += std::to_string(p.offset) + '\n' + std::to_string(p.size) + '\n';
    text.resize(round_up(text.size()));
    return {text.begin(), text.end()};
}

std::optional<std::string> sparse_value(const Sparse& s, std::string_view key, size_t nth) {
    auto text = [](u64 n) { return std::to_string(n); };
    if (key == "GNU.sparse.size" || key == "GNU.sparse.realsize") return text(s.size);
    if (key == "GNU.sparse.numblocks") return text(s.pieces.size());
    if (key == "GNU.sparse.offset" && nth < s.pieces.size()) return text(s.pieces[nth].offset);
    if (key == "GNU.sparse.numbytes" && nth < s.pieces.size()) return text(s.pieces[nth].size);
    if (key != "GNU.sparse.map") return {};
    std::string map;
    for (auto& p : s.pieces) map += (map.empty() ? "" : ",") + text(p.offset) + ',' + text(p.size);
    return map;
}

std::string text_of(const Sparse& s) {
    std::string out = std::string(kKinds[size_t(s.kind)]) + ',' + std::to_string(s.size);
    for (auto& p : s.pieces) out += ',' + std::to_string(p.offset) + ',' + std::to_string(p.size);
    return out;
}

std::optional<Sparse> sparse_of(std::string_view text) {
    Sparse s;
    auto comma = text.find(',');
    auto kind = std::find(std::begin(kKinds), std::end(kKinds), text.substr(0, comma));
    if (kind == std::end(kKinds) || comma == text.npos) return {};
    s.kind = Sparse::Kind(kind - kKinds);
    Pairs pairs{s.pieces};
    bool first = true;
    bool good = numbers_in(text.substr(comma + 1), ',', [&](u64 n) { return std::exchange(first, false) ? (s.size = n, true) : pairs(n); });
    if (!good || pairs.half || !holds(s)) return {};
    if (s.kind == Sparse::Kind::Pax10) s.map_bytes = map_before_data(s).size();
    return s;
}

std::optional<Sparse> fitted(Sparse s, const Rope& content) {
    u64 was = s.size, last = s.pieces.empty() ? 0 : s.pieces.back().end();
    s.size = content.size();
    if (s.size > was && last == was && !s.pieces.empty()) s.pieces.back().size += s.size - was;
    if (s.size > was && (last != was || s.pieces.empty())) s.pieces.push_back({was, s.size - was});
    while (!s.pieces.empty() && s.pieces.back().offset > s.size) s.pieces.pop_back();
    if (!s.pieces.empty()) s.pieces.back().size = std::min(s.pieces.back().size, s.size - s.pieces.back().offset);
    if (!holds(s)) return {};
    if (s.kind == Sparse::Kind::Pax10) s.map_bytes = map_before_data(s).size();
    u64 from = 0;
    bool zeros = true;
    auto hole = [&](u64 to) {
        if (from < to && zeros) content.each({from, to - from}, [&](ByteView v) { zeros = zeros && is_zeros(v); });
    };
    for (auto& p : s.pieces) hole(p.offset), from = p.end();
    hole(s.size);
    return zeros ? std::optional(std::move(s)) : std::nullopt;
}

Rope pieces_of(const Sparse& s, const Rope& content) {
    Rope out;
    for (auto& p : s.pieces)
        if (p.size) content.each(p, [&](ByteView v) { out.fresh(Bytes(v.begin(), v.end())); });
    return out;
}

}  // namespace fieldstrip::tar
