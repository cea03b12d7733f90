#include "engine/scanner.h"

namespace fieldstrip {
namespace {

constexpr u64 kBlock = 64;

u16 pair_of(const u8* p) {
    u16 v;
    std::memcpy(&v, p, 2);
    return v;
}

/// How rare a byte is in firmware: what filler, small numbers and text are made of is not.
int rareness(u8 c) {
    if (c == 0x00 || c == 0xFF) return 0;
    if (c < 0x10 || c == ' ' || c == 'e' || c == 't' || c == 'a' || c == '0') return 1;
    return c >= 0x20 && c < 0x7F ? 2 : 3;
}

/// Of all pairs of neighbours the rarest; never two equal bytes, since runs are jumped over.
u32 best_pair(std::string_view magic) {
    u32 best = 0;
    int most = -1;
    for (u32 i = 0; i + 1 < magic.size(); i++) {
        if (magic[i] == magic[i + 1]) continue;
        int r = rareness(u8(magic[i])) + rareness(u8(magic[i + 1]));
        if (r > most) most = r, best = i;
    }
    return best;
}

}  // namespace

Scanner::Scanner(std::span<const Format* const> formats) : table_(1 << 16) {
    for (auto* f : formats) {
        for (auto& m : f->magics) keys_.push_back({m.bytes, best_pair(m.bytes), m.offset, f});
        if (f->find) finders_.push_back(f);
    }
    auto pair = [](const Key& k) { return pair_of(reinterpret_cast<const u8*>(k.magic.data()) + k.pair_at); };
    std::sort(keys_.begin(), keys_.end(), [&](auto& a, auto& b) { return pair(a) < pair(b); });
    for (size_t i = 0; i < keys_.size();) {
        size_t end = i;
        while (end < keys_.size() && pair(keys_[end]) == pair(keys_[i])) end++;
        buckets_.emplace_back(u16(i), u16(end));
        table_[pair(keys_[i])] = u8(std::min<size_t>(buckets_.size(), 255));
        i = end;
    }
}

void Scanner::scan(ByteView space, Extent range, std::vector<Hit>& hits) const {
    const u8* p = space.data();
    const u64 end = std::min(range.end(), space.size() ? space.size() - 1 : 0);  // of places where a pair may begin
    auto found = [&](u64 at) {
        for (size_t b = table_[pair_of(p + at)] - 1u; b < buckets_.size(); b++) {
            auto [first, last] = buckets_[b];
            for (u16 k = first; k < last; k++) {
                auto& key = keys_[k];
                if (at < key.pair_at + u64{key.magic_offset}) continue;
                u64 begin = at - key.pair_at;
                if (space.size() - begin < key.magic.size() || std::memcmp(p + begin, key.magic.data(), key.magic.size()) != 0) continue;
                hits.push_back({begin - key.magic_offset, key.format});
            }
            if (b + 1 < 255) break;  // only the last bucket number stands for several
        }
    };
    u64 at = range.offset;
    while (at < end) {
        if (at + kBlock < end && p[at] == p[at + 1] && !std::memcmp(p + at, p + at + 1, kBlock - 1)) {
            u64 to = at + kBlock;
            while (to + 4096 < end && !std::memcmp(p + to - 1, p + to, 4096)) to += 4096;
            while (to < end && p[to] == p[at]) to++;
            at = to - 1;  // the last of the run may begin a pair
        }
        u64 stop = std::min(at + kBlock, end);
        for (; at < stop; at++)
            if (table_[pair_of(p + at)]) found(at);
    }
    std::vector<u64> places;
    for (auto* f : finders_) {
        places.clear();
        f->find(space, range, places);
        for (u64 place : places) hits.push_back({place, f});
    }
}

std::vector<const Format*> Scanner::at_start(ByteView space) const {
    std::vector<const Format*> out;
    for (auto& k : keys_) {
        bool there = space.size() >= k.magic_offset && starts_with(space.subspan(k.magic_offset), k.magic);
        if (there && std::find(out.begin(), out.end(), k.format) == out.end()) out.push_back(k.format);
    }
    std::vector<u64> places;
    for (auto* f : finders_) {
        places.clear();
        f->find(space, {0, std::min<u64>(space.size(), 1)}, places);
        if (!places.empty() && std::find(out.begin(), out.end(), f) == out.end()) out.push_back(f);
    }
    return out;
}

}  // namespace fieldstrip
