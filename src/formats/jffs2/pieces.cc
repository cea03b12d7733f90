#include "formats/jffs2/pieces.h"

#include <map>

namespace fieldstrip::jffs2 {
namespace {

/// Ranges that do not overlap, by where they begin.
class Painting {
  public:
    void paint(u64 from, u64 to, const Ref* node) {
        if (from >= to) return;
        // Written once from the begin to the end, as most files are: nothing to look for.
        if (ranges_.empty() || from >= ranges_.rbegin()->second.to) {
            ranges_.emplace_hint(ranges_.end(), from, Range{to, node});
            return;
        }
        auto i = ranges_.upper_bound(from);
        if (i != ranges_.begin()) {
            auto before = std::prev(i);
            auto was = before->second;
            if (was.to > from) {
                before->second.to = from;
                if (was.to > to) ranges_[to] = {was.to, was.node};
                if (before->first == from) ranges_.erase(before);
            }
        }
        for (i = ranges_.lower_bound(from); i != ranges_.end() && i->first < to; i = ranges_.erase(i))
            if (i->second.to > to) {
                ranges_[to] = i->second;
                ranges_.erase(i);
                break;
            }
        ranges_[from] = {to, node};
    }
    std::vector<Piece> all(u64 size) const {
        std::vector<Piece> out;
        u64 at = 0;
        for (auto& [from, r] : ranges_) {
            if (from > at) out.push_back({at, from, nullptr});
            out.push_back({from, r.to, r.node});
            at = r.to;
        }
        if (at < size) out.push_back({at, size, nullptr});
        return out;
    }

  private:
    struct Range {
        u64 to;
        const Ref* node;
    };
    std::map<u64, Range> ranges_;
};

}  // namespace

std::vector<Piece> pieces_of(const Log& log, std::span<const Ref> nodes, u64 size) {
    Painting painting;
    for (auto& r : nodes) {
        if (!r.good()) continue;
        auto raw = log.inode(r);
        painting.paint(raw.offset, std::min(size, raw.offset + raw.size()), &r);
    }
    return painting.all(size);
}

bool holes_are_meant(std::span<const Ref> nodes) {
    u64 last = 0;
    for (auto& r : nodes) {
        if (!r.good()) continue;
        if (r.version > last + 1) return false;
        last = r.version;
    }
    return true;
}

const Ref* latest_of(std::span<const Ref> nodes) {
    for (auto r = nodes.rbegin(); r != nodes.rend(); ++r)
        if (r->good()) return &*r;
    return nullptr;
}

}  // namespace fieldstrip::jffs2
