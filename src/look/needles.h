// Many rare strings looked for in one pass over the bytes.
#pragma once
#include <array>

#include "base/base.h"

namespace fieldstrip {

/// Made once, used by any number of threads. A needle has at least 5 bytes: then one of two windows of 4 bytes begins at an even offset,
/// and every second offset need not be looked at.
class Needles {
  public:
    static constexpr size_t kShortest = 5;
    explicit Needles(std::vector<std::string_view> needles);
    /// Calls take(which, offset) in the order of offsets (nearly: by one), of several at a place in the order given.
    /// `keeper` (null: none) is told of what lies behind, step by step: pages of a gibibyte count as memory.
    void find(ByteView bytes, const std::function<void(size_t which, u64 at)>& take, const Keeper* keeper = nullptr) const;

  private:
    void find_in(ByteView bytes, u64 begin, u64 end, const std::function<void(size_t which, u64 at)>& take) const;
    struct Window {
        u32 value;
        u32 which;
        u32 shift;  // where in the needle it lies: 0 or 1
    };
    static u32 hash(u32 v) { return (v * 0x9E3779B1u) >> 16; }
    std::vector<std::string_view> needles_;
    std::vector<Window> windows_;   // by hash
    std::vector<u32> begin_;        // of each hash in windows_
    std::array<u64, 1024> some_{};  // bits: whether a hash has any
};

}  // namespace fieldstrip
