// Source of what is said about sections: System V ABI, gABI chapter 4.
#include "look/binary_diff.h"

#include <array>
#include <cmath>
#include <map>
#include <unordered_set>

namespace fieldstrip {
namespace {

constexpr u64 kNear = 16;  // ranges that are nearer than that are one
constexpr size_t kShortest = 6;
constexpr u64 kMostRead = u64{64} << 20;          // bytes in which strings are looked for
constexpr size_t kMostStrings = size_t{1} << 17;  // of each
constexpr u64 kMostSections = 4096;

struct Section {
    std::string name;
    u32 type = 0;
    u64 flags = 0;
    u64 size = 0;
    ByteView bytes = {};  // none of what is not in the file
    bool is_code() const { return flags & 4; }
    bool is_data() const { return (flags & 2) && !is_code() && (type == 1 || type == 3); }
};

/// Those that lie in the bytes, as far as the table makes sense.
std::vector<Section> sections_of(ByteView b) {
    std::vector<Section> out;
    if (!is_elf(b) || b.size() < 64) return out;
    const bool wide = b[4] == 2;
    const Endian endian = b[5] == 2 ? Endian::Big : Endian::Little;
    auto word = [&](u64 at, unsigned width) { return load(b.subspan(at, width), width, endian); };
    const u64 table = wide ? word(0x28, 8) : word(0x20, 4);
    const u64 length = word(wide ? 0x3A : 0x2E, 2), count = word(wide ? 0x3C : 0x30, 2), names = word(wide ? 0x3E : 0x32, 2);
    const u64 least = wide ? 64 : 40;
    if (length < least || !count || count > kMostSections || table > b.size() || count * length > b.size() - table) return out;
    std::vector<u64> name_at;
    ByteView text;
    for (u64 i = 0; i < count; i++) {
        const u64 at = table + i * length;
        Section s{.name = {}, .type = u32(word(at + 4, 4)), .flags = wide ? word(at + 8, 8) : word(at + 8, 4)};
        const u64 offset = wide ? word(at + 0x18, 8) : word(at + 0x10, 4);
        s.size = wide ? word(at + 0x20, 8) : word(at + 0x14, 4);
        constexpr u32 kNoBits = 8;
        if (s.type && s.type != kNoBits && offset <= b.size() && s.size <= b.size() - offset) s.bytes = b.subspan(offset, s.size);
        if (i == names) text = s.bytes;
        name_at.push_back(word(at, 4));
        out.push_back(std::move(s));
    }
    std::map<std::string, unsigned> seen;
    for (u64 i = 0; i < count; i++) {
        if (name_at[i] < text.size()) {
            auto name = as_text(text.subspan(name_at[i], std::min<u64>(256, text.size() - name_at[i])));
            out[i].name = name.substr(0, name.find('\0'));
        }
        if (auto n = ++seen[out[i].name]; n > 1) out[i].name += '~' + std::to_string(n);
    }
    std::erase_if(out, [](auto& s) { return !s.type; });
    return out;
}

void compare_sections(const std::vector<Section>& a, const std::vector<Section>& b, BinaryChange& out) {
    std::map<std::string_view, const Section*> left;
    for (auto& s : a) left.emplace(s.name, &s);
    for (auto& s : b) {
        auto was = left.find(s.name);
        if (was == left.end()) {
            out.sections.push_back({s.name, {}, s.size, s.is_code()});
            continue;
        }
        if (was->second->size != s.size || !equal(was->second->bytes, s.bytes))
            out.sections.push_back({s.name, was->second->size, s.size, s.is_code() || was->second->is_code()});
        left.erase(was);
    }
    for (auto& s : a)
        if (auto gone = left.find(s.name); gone != left.end() && gone->second == &s)
            out.sections.push_back({s.name, s.size, {}, s.is_code()});
}

void find_ranges(ByteView a, ByteView b, size_t most, BinaryChange& out) {
    if (a.size() != b.size()) {
        const u64 shorter = std::min(a.size(), b.size());
        const u64 before = u64(std::mismatch(a.begin(), a.begin() + i64(shorter), b.begin()).first - a.begin());
        u64 behind = 0;
        while (behind < shorter - before && a[a.size() - 1 - behind] == b[b.size() - 1 - behind]) behind++;
        out.ranges.push_back({before, b.size() - before - behind});
        return;
    }
    constexpr u64 kStep = 4096;
    for (u64 at = 0; at < a.size(); at += kStep) {
        const u64 n = std::min(kStep, a.size() - at);
        if (!std::memcmp(a.data() + at, b.data() + at, n)) continue;
        for (u64 i = at; i < at + n; i++) {
            if (a[i] == b[i]) continue;
            out.differing++;
            if (!out.ranges.empty() && (i < out.ranges.back().end() + kNear || out.ranges.size() == most))
                out.ranges.back().size = i + 1 - out.ranges.back().offset;
            else
                out.ranges.push_back({i, 1});
        }
    }
}

class Strings {
  public:
    void add(ByteView b) {
        for (size_t i = 0; i < b.size() && order_.size() < kMostStrings;) {
            size_t n = 0;
            while (i + n < b.size() && (b[i + n] >= 0x20 && b[i + n] < 0x7F)) n++;
            if (n >= kShortest)
                if (auto s = as_text(b.subspan(i, n)); all_.insert(s).second) order_.push_back(s);
            i += n + 1;
        }
    }
    /// Those that the other one has not.
    std::pair<std::vector<std::string>, u64> without(const Strings& o, const BinaryBounds& bounds) const {
        std::vector<std::string> out;
        u64 more = 0;
        for (auto s : order_) {
            if (o.all_.contains(s)) continue;
            if (out.size() < bounds.strings)
                out.push_back(std::string(s.substr(0, bounds.string_bytes)) + (s.size() > bounds.string_bytes ? "…" : ""));
            else
                more++;
        }
        return {std::move(out), more};
    }

  private:
    std::unordered_set<std::string_view> all_;
    std::vector<std::string_view> order_;
};

}  // namespace

bool BinaryChange::code() const {
    return std::any_of(sections.begin(), sections.end(), [](auto& s) { return s.code; });
}

bool is_elf(ByteView b) {
    return b.size() >= 52 &&
           starts_with(b,
                       "\x7f"
                       "ELF") &&
           (b[4] == 1 || b[4] == 2) && (b[5] == 1 || b[5] == 2);
}

bool is_dense(ByteView b) {
    constexpr u64 kSample = 4096, kSamples = 16;
    std::array<u32, 256> count{};
    u64 n = 0;
    const u64 step = std::max(kSample, b.size() / kSamples);
    for (u64 at = 0; at < b.size(); at += step)
        for (u8 c : b.subspan(at, std::min(kSample, b.size() - at))) count[c]++, n++;
    double entropy = 0;
    for (auto c : count)
        if (c) entropy -= c * std::log2(double(c) / double(n));
    return n && entropy / double(n) > 7.2 * std::min(1.0, std::log2(double(n)) / 11);
}

BinaryChange binary_change(ByteView a, ByteView b, const BinaryBounds& bounds) {
    BinaryChange out;
    find_ranges(a, b, bounds.ranges, out);
    auto x = sections_of(a), y = sections_of(b);
    out.executable = !x.empty() && !y.empty();
    if (out.executable) compare_sections(x, y, out);
    if (!bounds.look_for_strings || a.size() > kMostRead || b.size() > kMostRead) return out;
    Strings before, after;
    auto add = [&](Strings& to, ByteView all, const std::vector<Section>& sections) {
        if (!out.executable) return is_dense(all) ? void() : to.add(all);
        for (auto& s : sections)
            if (s.is_data()) to.add(s.bytes);
    };
    add(before, a, x), add(after, b, y);
    std::tie(out.removed, out.more_removed) = before.without(after, bounds);
    std::tie(out.added, out.more_added) = after.without(before, bounds);
    return out;
}

}  // namespace fieldstrip
