#include "look/needles.h"

namespace fieldstrip {
namespace {

u32 four(const void* p) {
    u32 v;
    std::memcpy(&v, p, 4);
    return v;
}

}  // namespace

Needles::Needles(std::vector<std::string_view> needles) : needles_(std::move(needles)) {
    for (size_t i = 0; i < needles_.size(); i++)
        for (u32 shift = 0; shift < 2; shift++)
            if (needles_[i].size() >= kShortest) windows_.push_back({four(needles_[i].data() + shift), u32(i), shift});
    std::stable_sort(windows_.begin(), windows_.end(), [](auto& a, auto& b) { return hash(a.value) < hash(b.value); });
    begin_.assign((1 << 16) + 1, 0);
    for (auto& w : windows_) begin_[hash(w.value) + 1]++, some_[hash(w.value) >> 6] |= u64{1} << (hash(w.value) & 63);
    for (size_t i = 1; i < begin_.size(); i++) begin_[i] += begin_[i - 1];
}

void Needles::find(ByteView bytes, const std::function<void(size_t, u64)>& take, const Keeper* keeper) const {
    constexpr u64 kStep = u64{16} << 20;  // an even number: places are
    for (u64 from = 0; from < bytes.size(); from += kStep) {
        find_in(bytes, from, std::min(from + kStep, bytes.size()), take);
        if (keeper) keeper->forget(bytes.subspan(from, std::min(kStep, bytes.size() - from)));
    }
}

/// Those that begin at places of [begin, end), or one before.
void Needles::find_in(ByteView bytes, u64 begin, u64 end, const std::function<void(size_t, u64)>& take) const {
    const u8* data = bytes.data();
    for (u64 at = begin; at < end && at + 4 <= bytes.size(); at += 2) {
        const u32 value = four(data + at);
        const u32 h = hash(value);
        if (!(some_[h >> 6] >> (h & 63) & 1)) continue;
        for (u32 i = begin_[h]; i < begin_[h + 1]; i++) {
            auto& w = windows_[i];
            if (w.value != value || at < w.shift) continue;
            const u64 from = at - w.shift;
            auto needle = needles_[w.which];
            if (needle.size() <= bytes.size() - from && !std::memcmp(data + from, needle.data(), needle.size())) take(w.which, from);
        }
    }
}

}  // namespace fieldstrip
