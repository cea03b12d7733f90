// Source: E. W. Myers, "An O(ND) Difference Algorithm and Its Variations", Algorithmica 1 (1986), the variant in linear space.
#include "look/text_diff.h"

#include <unordered_map>

#include "base/text.h"

namespace fieldstrip {
namespace {

constexpr i64 kContext = 3;
constexpr u64 kLeastCost = 256;  // edits that are looked for on both sides before a split that is good enough is taken

/// What both have of two lists of line numbers: `partner[i]` of a's line i, or -1.
class Matcher {
  public:
    Matcher(const std::vector<u32>& a, const std::vector<u32>& b, u64 work)
        : a_(a), b_(b), partner_(a.size(), -1), forward_(a.size() + b.size() + 3), backward_(forward_.size()), work_(work) {
        while (most_ * most_ < a.size() + b.size()) most_ *= 2;
    }

    std::vector<i64> run() {
        std::vector<Box> open{{0, i64(a_.size()), 0, i64(b_.size())}};
        while (!open.empty()) {
            auto box = open.back();
            open.pop_back();
            trim(box);
            if (box.a0 == box.a1 || box.b0 == box.b1) continue;
            auto [x, y] = split(box);
            const bool inside = x >= box.a0 && x <= box.a1 && y >= box.b0 && y <= box.b1;
            if (!inside || x + y == box.a0 + box.b0 || x + y == box.a1 + box.b1) continue;  // cannot be; never without end
            open.push_back({box.a0, x, box.b0, y});
            open.push_back({x, box.a1, y, box.b1});
        }
        return std::move(partner_);
    }

  private:
    struct Box {
        i64 a0, a1, b0, b1;
    };
    struct Point {
        i64 x, y;
    };
    bool same(i64 x, i64 y) const { return a_[size_t(x)] == b_[size_t(y)]; }

    void trim(Box& box) {
        while (box.a0 < box.a1 && box.b0 < box.b1 && same(box.a0, box.b0)) partner_[size_t(box.a0++)] = box.b0++;
        while (box.a0 < box.a1 && box.b0 < box.b1 && same(box.a1 - 1, box.b1 - 1)) partner_[size_t(--box.a1)] = --box.b1;
    }

    /// A point of a shortest path through the box, from both ends; beyond the bound of work one of the points that were got farthest.
    Point split(const Box& box) {
        const i64 shift = i64(b_.size()) + 1;  // diagonals x - y are counted from -b on
        auto f = [&](i64 d) -> i64& { return forward_[size_t(d + shift)]; };
        auto r = [&](i64 d) -> i64& { return backward_[size_t(d + shift)]; };
        const i64 least = box.a0 - box.b1, most = box.a1 - box.b0, from = box.a0 - box.b0, to = box.a1 - box.b1;
        const bool odd = (from - to) & 1;
        const i64 never = i64(a_.size()) + 1;
        i64 f0 = from, f1 = from, r0 = to, r1 = to;
        f(from) = box.a0, r(to) = box.a1;
        for (u64 cost = 1;; cost++) {
            f0 > least ? void(f(--f0 - 1) = -1) : void(++f0);
            f1 < most ? void(f(++f1 + 1) = -1) : void(--f1);
            for (i64 d = f1; d >= f0; d -= 2) {
                i64 x = f(d - 1) < f(d + 1) ? f(d + 1) : f(d - 1) + 1;
                while (x < box.a1 && x - d < box.b1 && same(x, x - d)) x++;
                f(d) = x;
                if (odd && r0 <= d && d <= r1 && r(d) <= x) return {x, x - d};
            }
            r0 > least ? void(r(--r0 - 1) = never) : void(++r0);
            r1 < most ? void(r(++r1 + 1) = never) : void(--r1);
            for (i64 d = r1; d >= r0; d -= 2) {
                i64 x = r(d - 1) < r(d + 1) ? r(d - 1) : r(d + 1) - 1;
                while (x > box.a0 && x - d > box.b0 && same(x - 1, x - 1 - d)) x--;
                r(d) = x;
                if (!odd && f0 <= d && d <= f1 && x <= f(d)) return {x, x - d};
            }
            work_ -= std::min(work_, u64(f1 - f0 + r1 - r0) + 2);
            if (cost < (work_ ? most_ : 16)) continue;
            return farthest(box, f0, f1, r0, r1, f, r);
        }
    }
    static Point farthest(const Box& box, i64 f0, i64 f1, i64 r0, i64 r1, auto& f, auto& r) {
        Point ahead{box.a0, box.b0}, back{box.a1, box.b1};
        for (i64 d = f1; d >= f0; d -= 2) {
            i64 x = std::min(f(d), box.a1), y = x - d;
            if (y > box.b1) y = box.b1, x = y + d;
            if (x + y > ahead.x + ahead.y) ahead = {x, y};
        }
        for (i64 d = r1; d >= r0; d -= 2) {
            i64 x = std::max(r(d), box.a0), y = x - d;
            if (y < box.b0) y = box.b0, x = y + d;
            if (x + y < back.x + back.y) back = {x, y};
        }
        return box.a1 + box.b1 - back.x - back.y < ahead.x + ahead.y - box.a0 - box.b0 ? ahead : back;
    }

    const std::vector<u32>&a_, &b_;
    std::vector<i64> partner_, forward_, backward_;
    u64 work_, most_ = kLeastCost;
};

/// Lines that the other one has too: others have no partner, whatever is done.
struct Shared {
    std::vector<u32> ids;
    std::vector<size_t> lines;
};

}  // namespace

std::vector<SameLines> same_lines(std::span<const std::string_view> a, std::span<const std::string_view> b, u64 work) {
    size_t before = 0, behind = 0;
    const size_t shorter = std::min(a.size(), b.size());
    while (before < shorter && a[before] == b[before]) before++;
    while (behind < shorter - before && a[a.size() - 1 - behind] == b[b.size() - 1 - behind]) behind++;
    struct Seen {
        u32 id;
        bool in_b = false;
    };
    std::unordered_map<std::string_view, Seen> seen;
    for (size_t i = before; i < a.size() - behind; i++) seen.try_emplace(a[i], Seen{u32(seen.size())});
    Shared of_a, of_b;
    for (size_t i = before; i < b.size() - behind; i++) {
        auto s = seen.find(b[i]);
        if (s == seen.end()) continue;
        s->second.in_b = true;
        of_b.ids.push_back(s->second.id), of_b.lines.push_back(i);
    }
    for (size_t i = before; i < a.size() - behind; i++)
        if (auto& s = seen.at(a[i]); s.in_b) of_a.ids.push_back(s.id), of_a.lines.push_back(i);

    std::vector<SameLines> out;
    auto add = [&](size_t x, size_t y, size_t n) {
        if (!n) return;
        if (!out.empty() && out.back().a + out.back().size == x && out.back().b + out.back().size == y)
            out.back().size += n;
        else
            out.push_back({x, y, n});
    };
    add(0, 0, before);
    auto partner = Matcher(of_a.ids, of_b.ids, work).run();
    for (size_t i = 0; i < partner.size(); i++)
        if (partner[i] >= 0) add(of_a.lines[i], of_b.lines[size_t(partner[i])], 1);
    add(a.size() - behind, b.size() - behind, behind);
    return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        auto end = text.find('\n');
        auto n = end == text.npos ? text.size() : end + 1;
        out.push_back(text.substr(0, n));
        text.remove_prefix(n);
    }
    return out;
}

TextChange text_change(std::string_view a, std::string_view b, const TextBounds& bounds) {
    auto x = lines_of(a), y = lines_of(b);
    auto same = same_lines(x, y, bounds.work);
    same.push_back({x.size(), y.size(), 0});
    TextChange out;
    size_t written = 0;
    TextHunk* open = nullptr;
    auto put = [&](char sign, std::string_view line) {
        written++;
        const bool whole = line.ends_with('\n');
        if (whole) line.remove_suffix(1);
        const bool cut = line.size() > bounds.line_bytes;
        open->lines.push_back({sign, std::string(line.substr(0, bounds.line_bytes)) + (cut ? "…" : "")});
        if (!whole) open->lines.push_back({'\\', " No newline at end of file"});
        if (sign != '+') open->count_a++;
        if (sign != '-') open->count_b++;
    };
    size_t at_a = 0, at_b = 0;
    for (size_t k = 0; k < same.size(); k++) {
        auto& s = same[k];
        const size_t gone = s.a - at_a, come = s.b - at_b;
        out.removed += gone, out.added += come;
        if (gone || come) {
            if (!open) {
                if (written >= bounds.lines) {
                    out.left_out++;
                } else {
                    const size_t around = k ? std::min<size_t>(kContext, same[k - 1].size) : 0;
                    open = &out.hunks.emplace_back(TextHunk{at_a - around + 1, 0, at_b - around + 1, 0, {}});
                    for (size_t i = at_a - around; i < at_a; i++) put(' ', x[i]);
                }
            }
            for (size_t i = 0; open && i < gone && written < bounds.lines; i++) put('-', x[at_a + i]);
            for (size_t i = 0; open && i < come && written < bounds.lines; i++) put('+', y[at_b + i]);
        }
        if (open) {
            // The next change is near enough for the same hunk; behind the last run there may be none.
            const bool near = k + 1 < same.size() && s.size <= 2 * kContext && written < bounds.lines;
            const bool more = near && (same[k + 1].a > s.a + s.size || same[k + 1].b > s.b + s.size);
            const size_t n = more ? s.size : std::min<size_t>(kContext, s.size);
            for (size_t i = 0; i < n; i++) put(' ', x[s.a + i]);
            if (!more) {
                if (!open->count_a) open->line_a--;  // as diff says it: behind which line
                if (!open->count_b) open->line_b--;
                open = nullptr;
            }
        }
        at_a = s.a + s.size, at_b = s.b + s.size;
    }
    return out;
}

bool is_text(ByteView b) {
    if (!b.empty() && std::memchr(b.data(), 0, b.size())) return false;
    constexpr u64 kLooked = u64{1} << 16;
    u64 odd = 0, high = 0, n = 0;
    auto look = [&](ByteView v) {
        for (u8 c : v) {
            odd += (c < 0x20 && c != '\n' && c != '\t' && c != '\r' && c != '\f' && c != 0x1B) || c == 0x7F;
            high += c >= 0x80;
        }
        n += v.size();
    };
    look(b.first(std::min<u64>(b.size(), kLooked)));
    if (b.size() > kLooked) look(b.last(std::min<u64>(b.size() - kLooked, kLooked)));
    if (odd * 64 > n) return false;
    // Few letters beyond ASCII in any encoding; many in UTF-8 only (a character may be cut where looking ends).
    if (high * 8 <= n) return true;
    auto head = as_text(b.first(std::min<u64>(b.size(), kLooked)));
    for (int cut = 0; cut < 4 && cut < int(head.size()); cut++)
        if (is_utf8(head.substr(0, head.size() - size_t(cut)))) return true;
    return false;
}

}  // namespace fieldstrip
