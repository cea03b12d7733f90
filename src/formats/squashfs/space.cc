#include "formats/squashfs/space.h"

namespace fieldstrip::squashfs {

std::vector<Extent> Space::used() {
    std::sort(used_.begin(), used_.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
    std::vector<Extent> out;
    for (auto& e : used_) {
        if (!e.size) continue;
        if (!out.empty() && e.offset <= out.back().end())
            out.back().size = std::max(out.back().end(), e.end()) - out.back().offset;
        else
            out.push_back(e);
    }
    used_ = out;
    return out;
}

void Space::settle() {
    if (std::exchange(settled_, true)) return;
    u64 at = begin_;
    for (auto& e : used()) {
        if (e.offset > at) holes_.push_back({at, e.offset - at});
        at = std::max(at, e.end());
    }
    end_ = at;
}

u64 Space::place(u64 size) {
    settle();
    auto best = holes_.end();
    for (auto h = holes_.begin(); h != holes_.end(); ++h)
        if (h->size >= size && (best == holes_.end() || h->size < best->size)) best = h;
    u64 at = end_;
    if (best == holes_.end()) {
        end_ += size;
    } else {
        at = best->offset;
        best->offset += size, best->size -= size;
        if (!best->size) holes_.erase(best);
    }
    used_.push_back({at, size});
    return at;
}

u64 Space::end() {
    settle();
    return end_;
}

}  // namespace fieldstrip::squashfs
