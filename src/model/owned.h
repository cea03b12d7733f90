// Which bytes of a structure have an owner already: for tables whose entries, in odd or hostile files, lie over each other.
#pragma once
#include <map>

#include "base/base.h"

namespace fieldstrip {

/// Extents in [0, size) that do not meet. The first that asks has the bytes.
class Owned {
  public:
    explicit Owned(u64 size) : size_(size) {}

    /// False, and nothing is taken, where it is empty, leaves the structure or meets what has an owner.
    bool take(Extent e) {
        if (!e.size || e.offset > size_ || e.size > size_ - e.offset) return false;
        auto next = begins_.lower_bound(e.offset);
        if (next != begins_.end() && next->first < e.end()) return false;
        if (next != begins_.begin() && std::prev(next)->second > e.offset) return false;
        begins_.emplace_hint(next, e.offset, e.end());
        return true;
    }
    /// What of an extent has no owner, in order.
    std::vector<Extent> free(Extent e) const {
        std::vector<Extent> out;
        u64 at = std::min(e.offset, size_);
        const u64 end = e.size > size_ - at ? size_ : at + e.size;
        auto next = begins_.upper_bound(at);
        if (next != begins_.begin()) at = std::max(at, std::prev(next)->second);
        for (; at < end; ++next) {
            const u64 to = next == begins_.end() ? end : std::min(end, next->first);
            if (to > at) out.push_back({at, to - at});
            if (next == begins_.end()) break;
            at = next->second;
        }
        return out;
    }

  private:
    u64 size_;
    std::map<u64, u64> begins_;  // begin to end
};

/// Names of pieces that are not used twice: of two that are called the same the second ends with "~2".
class Fresh {
  public:
    std::string operator()(const std::string& name) {
        const auto [known, fresh] = again_.try_emplace(name, 1);
        if (fresh) return name;
        for (;;) {
            auto now = name + '~' + std::to_string(++known->second);
            if (again_.try_emplace(now, 1).second) return now;
        }
    }

  private:
    std::map<std::string, u64> again_;
};

}  // namespace fieldstrip
