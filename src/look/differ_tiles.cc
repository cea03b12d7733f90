// Two spaces with regions in them: which region is which, and what of it only follows from what became of the others.
#include <map>

#include "base/text.h"
#include "look/differ_parts.h"

namespace fieldstrip::look {
namespace {

/// Runs that nobody owns are told of one by one where they are few.
constexpr size_t kMostRuns = 8;

/// Spaces with so many runs that nobody owns are noise: those are counted, not compared.
constexpr size_t kNoise = 64;

struct Place {
    Node* node;
    const Format* format;
    ByteView bytes;
    std::optional<size_t> partner = {};
    u64 offset() const { return node->extent().offset; }
    bool is_room() const { return format == &padding; }
    bool is_owned() const { return is_known(*format); }
};
using Places = std::vector<Place>;

class Matcher {
  public:
    Matcher(Places& x, Places& y) : x_(x), y_(y) {}
    /// The same bytes, where they were or elsewhere; then the same format there, then in the same order; then whatever is at that offset.
    void run() {
        by_offset([](auto& s, auto& t) { return s.format == t.format && equal(s.bytes, t.bytes); });
        same_bytes();
        by_offset([](auto& s, auto& t) { return s.format == t.format; });
        in_order();
        by_offset([](auto& s, auto& t) { return s.is_owned() || t.is_owned(); });
        rooms();
    }

  private:
    void join(size_t i, size_t j) { x_[i].partner = j, y_[j].partner = i; }
    void by_offset(auto&& fits) {
        for (size_t i = 0, j = 0; i < x_.size() && j < y_.size();) {
            if (x_[i].offset() == y_[j].offset()) {
                if (!x_[i].partner && !y_[j].partner && fits(x_[i], y_[j])) join(i, j);
                i++, j++;
            } else {
                x_[i].offset() < y_[j].offset() ? i++ : j++;
            }
        }
    }
    void same_bytes() {
        using Kind = std::pair<const Format*, u64>;
        std::map<Kind, std::pair<bool, bool>> sizes;  // what is only on one side need not be read
        auto kind = [](const Place& t) { return Kind{t.format, t.bytes.size()}; };
        for (auto& s : x_) sizes[kind(s)].first |= !s.partner;
        for (auto& t : y_) sizes[kind(t)].second |= !t.partner;
        std::map<std::pair<Kind, u32>, std::vector<size_t>> elsewhere;
        auto key = [&](const Place& t) { return std::pair(kind(t), crc32(t.bytes)); };
        auto moves = [&](const Place& t) { return !t.partner && !t.is_room() && sizes[kind(t)] == std::pair(true, true); };
        for (size_t j = y_.size(); j-- > 0;)
            if (moves(y_[j])) elsewhere[key(y_[j])].push_back(j);
        for (size_t i = 0; i < x_.size(); i++) {
            if (!moves(x_[i])) continue;
            auto there = elsewhere.find(key(x_[i]));
            if (there == elsewhere.end() || there->second.empty() || !equal(x_[i].bytes, y_[there->second.back()].bytes)) continue;
            join(i, there->second.back());
            there->second.pop_back();
        }
    }
    void in_order() {
        std::map<const Format*, std::vector<size_t>> fresh;
        for (size_t j = y_.size(); j-- > 0;)
            if (!y_[j].partner && y_[j].is_owned()) fresh[y_[j].format].push_back(j);
        for (size_t i = 0; i < x_.size(); i++) {
            if (x_[i].partner || !x_[i].is_owned()) continue;
            auto& left = fresh[x_[i].format];
            if (left.empty()) continue;
            join(i, left.back());
            left.pop_back();
        }
    }
    /// Room keeps its end when what is before it grows.
    void rooms() {
        std::map<u64, size_t> ends;
        for (size_t j = 0; j < y_.size(); j++)
            if (!y_[j].partner && y_[j].is_room()) ends.emplace(y_[j].node->extent().end(), j);
        for (size_t i = 0; i < x_.size(); i++)
            if (auto end = ends.find(x_[i].node->extent().end()); !x_[i].partner && x_[i].is_room() && end != ends.end())
                join(i, end->second);
    }
    Places &x_, &y_;
};

u64 room_before(const Places& all, size_t i) {
    u64 n = 0;
    for (; i && all[i - 1].is_room(); i--) n += all[i - 1].bytes.size();
    return n;
}

/// What padding was filled with, where it is something else now and nothing before it changed its size.
std::optional<u8> refilled(const Places& x, const Places& y, size_t j) {
    auto& t = y[j];
    auto was = std::upper_bound(x.begin(), x.end(), t.offset(), [](u64 at, const Place& s) { return at < s.offset(); });
    if (was == x.begin() || !(--was)->is_room() || was->node->pad() == t.node->pad() || t.offset() >= was->node->extent().end()) return {};
    auto before = j;
    while (before && y[before - 1].is_room()) before--;
    if (before && (!y[before - 1].partner || x[*y[before - 1].partner].bytes.size() != y[before - 1].bytes.size())) return {};
    return was->node->pad();
}

bool is_noise(const Places& all) {
    return size_t(std::count_if(all.begin(), all.end(), [](auto& t) { return !t.is_owned() && !t.is_room(); })) > kNoise;
}

}  // namespace

Result<void> Differ::tiles(Node& a, Node& b, Delta& out) {
    auto places_of = [&](Node& n) -> Result<Places> {
        Places all;
        auto space = TRY(n.bytes(cx_));
        for (auto& c : TRY(n.children(cx_)))
            all.push_back({c.get(), c->format(cx_), space.view().subspan(c->extent().offset, c->extent().size)});
        return all;
    };
    auto x = TRY(places_of(a)), y = TRY(places_of(b));
    Matcher(x, y).run();
    const bool noise = is_noise(x) || is_noise(y);

    // Known ones in the order of the second, then those that are gone. `grown`: something before it has another size now, came or went.
    bool grown = std::any_of(x.begin(), x.end(), [](auto& s) { return !s.partner && !s.is_room(); });
    u64 last = 0;  // of a, to see whether the order is kept
    std::vector<Delta> rooms, runs;
    auto put = [&](Delta c, const Format* f, const Format* g) {
        const bool room = (!f || f == &padding) && (!g || g == &padding);
        const bool run = !room && !(f && is_known(*f)) && !(g && is_known(*g));
        (room ? rooms : run ? runs : out.inside).push_back(std::move(c));
    };
    for (size_t j = 0; j < y.size(); j++) {
        auto& t = y[j];
        if (!t.partner) {
            auto c = alone(*t.node, true);
            if (auto was = t.is_room() ? refilled(x, y, j) : std::nullopt; was) {
                auto now = t.node->pad();
                c.note = "filled with 0x" + hex({&now, 1}) + ", was 0x" + hex({&*was, 1});
            }
            put(std::move(c), nullptr, t.format);
            grown = grown || !t.is_room();
            continue;
        }
        auto& s = x[*t.partner];
        const bool moved = s.offset() != t.offset() && !t.is_room(), in_order = s.offset() >= last;
        if (t.is_owned()) last = std::max(last, s.offset());
        Delta c;
        const bool known = s.is_owned() || t.is_owned();
        if (!known && noise && !equal(s.bytes, t.bytes))
            describe(*s.node, *t.node, c), c.how = Delta::How::Changed;
        else if (!equal(s.bytes, t.bytes))
            TRY_VOID(compare(*s.node, *t.node, c));
        else if (!moved)
            continue;
        else
            describe(*s.node, *t.node, c), c.format_a = s.format->id, c.format_b = t.format->id;
        if (moved) {
            // As far behind what is before it as it was: pushed by that. Else somebody put it there.
            const bool pushed = grown && in_order && room_before(x, *t.partner) == room_before(y, j);
            if (pushed && !is_real(c)) c.follows = true;
            c.moved = !pushed || c.follows;
        }
        grown = grown || s.bytes.size() != t.bytes.size();
        s.node->forget(), t.node->forget();
        put(std::move(c), s.format, t.format);
    }
    for (auto& s : x)
        if (!s.partner) put(alone(*s.node, false), s.format, nullptr);

    auto fold = [&](std::vector<Delta>& all, const Format& f, const std::string& what) {  // inside of a kernel there are thousands
        for (bool follows : {false, true}) {
            std::vector<Delta> some;
            for (auto& r : all)
                if (r.follows == follows) some.push_back(std::move(r));
            if (some.size() > kMostRuns) {
                Delta one;
                one.how = Delta::How::Changed, one.follows = follows;
                one.path_a = out.path_a, one.path_b = out.path_b, one.format_a = one.format_b = f.id;
                for (auto& r : some) one.size_a += r.size_a, one.size_b += r.size_b;
                one.note = std::to_string(some.size()) + ' ' + what + (follows ? " lie elsewhere" : " are not the same");
                some.clear();
                some.push_back(std::move(one));
            }
            for (auto& r : some) out.inside.push_back(std::move(r));
        }
    };
    fold(runs, unknown, "runs of bytes that no format owns");
    // Room is what the others left; filled with something else it is a change.
    const bool others = std::any_of(out.inside.begin(), out.inside.end(), [](auto& c) { return is_real(c); });
    for (auto& r : rooms) r.follows = others && r.note.empty();
    fold(rooms, padding, "runs of padding");
    std::stable_sort(out.inside.begin(), out.inside.end(), [](auto& m, auto& n) {
        auto at = [](auto& c) { return c.at_b ? *c.at_b : c.at_a.value_or(0); };
        return at(m) < at(n);
    });
    return {};
}

}  // namespace fieldstrip::look
