// Two spaces with regions in them: which region is which, and what of it only follows from what became of the others.
#include <map>
#include <set>

#include "look/differ_parts.h"

namespace fieldstrip::look {
namespace {

/// Runs that nobody owns are told of one by one where they are few.
constexpr size_t kMostRuns = 8;

}  // namespace

Result<void> Differ::tiles(Node& a, Node& b, Delta& out) {
    auto space_a = TRY(a.bytes(cx_)), space_b = TRY(b.bytes(cx_));
    auto kids_a = TRY(a.children(cx_)), kids_b = TRY(b.children(cx_));
    struct Tile {
        Node* node;
        const Format* format;
        ByteView bytes;
        std::optional<size_t> partner = {};
    };
    auto tiles_of = [&](auto& kids, const Buffer& space) {
        std::vector<Tile> all;
        for (auto& c : kids) all.push_back({c.get(), c->format(cx_), space.view().subspan(c->extent().offset, c->extent().size)});
        return all;
    };
    auto x = tiles_of(kids_a, space_a), y = tiles_of(kids_b, space_b);
    auto offset = [](const Tile& t) { return t.node->extent().offset; };
    auto join = [&](size_t i, size_t j) { x[i].partner = j, y[j].partner = i; };
    auto by_offset = [&](auto&& fits) {
        for (size_t i = 0, j = 0; i < x.size() && j < y.size();) {
            if (offset(x[i]) == offset(y[j])) {
                if (!x[i].partner && !y[j].partner && fits(x[i], y[j])) join(i, j);
                i++, j++;
            } else {
                offset(x[i]) < offset(y[j]) ? i++ : j++;
            }
        }
    };
    // The same bytes, where they were or elsewhere; then the same format there, then in the same order; then whatever is at that offset.
    by_offset([](auto& s, auto& t) { return s.format == t.format && equal(s.bytes, t.bytes); });
    using Kind = std::pair<const Format*, u64>;
    std::map<Kind, std::pair<bool, bool>> sizes;  // what is only on one side need not be read
    auto kind = [](const Tile& t) { return Kind{t.format, t.bytes.size()}; };
    for (auto& s : x) sizes[kind(s)].first |= !s.partner;
    for (auto& t : y) sizes[kind(t)].second |= !t.partner;
    using Key = std::pair<Kind, u32>;
    std::map<Key, std::vector<size_t>> elsewhere;
    auto key = [&](const Tile& t) { return Key{kind(t), crc32(t.bytes)}; };
    auto moves = [&](const Tile& t) { return !t.partner && t.format != &padding && sizes[kind(t)] == std::pair(true, true); };
    for (size_t j = 0; j < y.size(); j++)
        if (moves(y[j])) elsewhere[key(y[j])].push_back(j);
    for (auto& [k, all] : elsewhere) std::reverse(all.begin(), all.end());
    for (size_t i = 0; i < x.size(); i++) {
        if (!moves(x[i])) continue;
        auto there = elsewhere.find(key(x[i]));
        if (there == elsewhere.end() || there->second.empty() || !equal(x[i].bytes, y[there->second.back()].bytes)) continue;
        join(i, there->second.back());
        there->second.pop_back();
    }
    by_offset([](auto& s, auto& t) { return s.format == t.format; });
    std::map<const Format*, std::vector<size_t>> fresh;
    for (size_t j = y.size(); j-- > 0;)
        if (!y[j].partner && is_known(*y[j].format)) fresh[y[j].format].push_back(j);
    for (size_t i = 0; i < x.size(); i++) {
        if (x[i].partner || !is_known(*x[i].format)) continue;
        auto& in_order = fresh[x[i].format];
        if (in_order.empty()) continue;
        join(i, in_order.back());
        in_order.pop_back();
    }
    by_offset([](auto& s, auto& t) { return is_known(*s.format) || is_known(*t.format) || s.format == t.format; });

    // Room keeps its end when what is before it grows, or its begin.
    std::map<u64, size_t> ends;
    for (size_t j = 0; j < y.size(); j++)
        if (!y[j].partner && y[j].format == &padding) ends.emplace(y[j].node->extent().end(), j);
    for (size_t i = 0; i < x.size(); i++)
        if (auto end = ends.find(x[i].node->extent().end()); !x[i].partner && x[i].format == &padding && end != ends.end())
            join(i, end->second);

    // Known ones in the order of the second; those that are gone behind what was before them.
    bool grown = false;  // something before it has another size now, came or went
    u64 last = 0;        // of a, to see whether the order is kept
    std::vector<Delta> rooms, runs;
    auto put = [&](Delta c, const Format* f, const Format* g) {
        const bool room = (!f || f == &padding) && (!g || g == &padding);
        const bool run = !room && !(f && is_known(*f)) && !(g && is_known(*g));
        (room ? rooms : run ? runs : out.inside).push_back(std::move(c));
    };
    for (size_t j = 0; j < y.size(); j++) {
        auto& t = y[j];
        if (!t.partner) {
            put(alone(*t.node, true), nullptr, t.format);
            grown = grown || t.format != &padding;
            continue;
        }
        auto& s = x[*t.partner];
        const bool moved = offset(s) != offset(t) && t.format != &padding, in_order = offset(s) >= last;
        if (is_known(*t.format)) last = std::max(last, offset(s));
        Delta c;
        if (!equal(s.bytes, t.bytes))
            TRY_VOID(compare(*s.node, *t.node, c));
        else if (!moved)
            continue;
        else
            describe(*s.node, *t.node, c), c.format_a = s.format->id, c.format_b = t.format->id;
        if (moved) {
            c.moved = true;
            if (grown && in_order && !is_real([&] {
                    Delta still = c;
                    still.moved = false;
                    return still;
                }()))
                c.follows = true;
            else if (grown && in_order)
                c.moved = false;
        }
        grown = grown || s.bytes.size() != t.bytes.size();
        s.node->forget(), t.node->forget();
        put(std::move(c), s.format, t.format);
    }
    for (auto& s : x)
        if (!s.partner) put(alone(*s.node, false), s.format, nullptr);

    if (runs.size() > kMostRuns) {  // inside of a kernel there are thousands
        Delta all;
        all.how = Delta::How::Changed;
        all.path_a = out.path_a, all.path_b = out.path_b, all.format_a = all.format_b = unknown.id;
        for (auto& r : runs) all.size_a += r.size_a, all.size_b += r.size_b;
        all.note = std::to_string(runs.size()) + " runs of bytes that no format owns are not the same";
        runs = {all};
    }
    for (auto& r : runs) out.inside.push_back(std::move(r));
    // Room is what the others left.
    const bool others = std::any_of(out.inside.begin(), out.inside.end(), [](auto& c) { return is_real(c); });
    for (auto& r : rooms) {
        r.follows = others;
        out.inside.push_back(std::move(r));
    }
    std::stable_sort(out.inside.begin(), out.inside.end(), [](auto& m, auto& n) {
        auto at = [](auto& c) { return c.at_b ? *c.at_b : c.at_a.value_or(0); };
        return at(m) < at(n);
    });
    return {};
}

}  // namespace fieldstrip::look
