// Sources: Linux fs/romfs/super.c (where the root is, what ends a list); genromfs.c (order).
#include "formats/romfs/tree.h"

#include <unordered_map>

namespace fieldstrip::romfs {
namespace {

constexpr u64 kLongestPath = 4096;  // what Linux takes: else the names of a deep tree add up to its square
constexpr int kMostLinks = 8;       // hard links to hard links; no maker makes any

class TreeReader {
  public:
    explicit TreeReader(Image& image) : image_(image), seen_(image.bytes.size() / kGrid + 1) {}

    void read() {
        u64 at = image_.root_at();
        auto head = head_at(image_.bytes, at);
        image_.nodes.push_back({at, head ? head->header : Header{kDirectory}, head ? head->name : 0});
        image_.nodes[0].broken = !head || !image_.nodes[0].directory();
        std::vector<Dir> open = {{0, 0}};
        while (!open.empty()) {
            auto dir = open.back();
            open.pop_back();
            auto first = open.size();
            if (!list(dir, open)) image_.nodes[dir.node].broken = true;
            std::reverse(open.begin() + i64(first), open.end());
        }
        for (u32 i = 0; i < image_.nodes.size(); i++) image_.nodes[i].real = i;
        resolve();
    }

  private:
    struct Dir {
        u32 node;
        u64 path;  // length of its path
    };

    bool list(Dir dir, std::vector<Dir>& subdirs) {
        const auto self = image_.nodes[dir.node];
        List list;
        image_.nodes[dir.node].first = u32(image_.nodes.size());
        u64 at = self.directory() ? self.header.spec_at() : self.at;
        bool whole = dir.path <= kLongestPath;
        if (at == self.at && dir.node) at = 0;  // so genromfs says that there is nothing in it
        while (at && whole) {
            auto head = head_at(image_.bytes, at);
            whole = head && !seen_[at / kGrid];
            if (!whole) break;
            seen_[at / kGrid] = true;
            auto name = as_text(image_.bytes.subspan(at + kHeader, head->name));
            bool link = head->header.type() == kHardLink || at == image_.root_at();
            if (name == "." && link && !list.dot) {
                list.dot = at, list.elements.push_back(kDot);
            } else if (name == ".." && link && !list.dot_dot) {
                list.dot_dot = at, list.elements.push_back(kDotDot);
            } else if (name.empty() || name == "." || name == "..") {
                whole = false;
            } else {
                auto i = u32(image_.nodes.size());
                image_.nodes.push_back({at, head->header, head->name, dir.node});
                image_.nodes[dir.node].count++;
                list.elements.push_back(i);
                if (head->header.type() == kDirectory) subdirs.push_back({i, dir.path + 1 + head->name});
            }
            at = head->header.next_at();
        }
        image_.nodes[dir.node].list = u32(image_.lists.size());
        image_.lists.push_back(std::move(list));
        return whole;
    }

    void resolve() {
        std::unordered_map<u64, u32> places;
        for (u32 i = 1; i < image_.nodes.size(); i++) places.emplace(image_.nodes[i].at, i);
        for (u32 i = 1; i < image_.nodes.size(); i++) {
            u32 real = i;
            for (int steps = 0; image_.nodes[real].header.type() == kHardLink && steps < kMostLinks; steps++) {
                auto there = places.find(image_.nodes[real].header.spec_at());
                if (there == places.end()) break;
                real = there->second;
            }
            auto& n = image_.nodes[i];
            if (n.header.type() != kHardLink) continue;
            n.real = real;
            n.broken = image_.nodes[real].header.type() == kHardLink || image_.nodes[real].directory();
            if (n.broken) n.real = i;
        }
    }

    Image& image_;
    std::vector<bool> seen_;
};

/// Says of each node what lies between it and what is before it.
void find_pads(Image& image) {
    auto steps = walk_of(0, [&](u32 i) { return image.nodes[i].list == kNone ? nullptr : &image.lists[image.nodes[i].list].elements; });
    u64 end = image.root_at(), last = end;
    for (auto& s : steps) {
        auto& list = image.lists[image.nodes[s.dir].list];
        bool dots = s.element == kDot || s.element == kDotDot;
        u64 at = s.element == kDot ? list.dot : s.element == kDotDot ? list.dot_dot : image.nodes[s.element].at;
        if (at < end) image.in_order = false;
        u64 pad = at < end ? 0 : at - end;
        if (dots) {
            if (pad) image.in_order = false;
            end = at + head_size(s.element == kDot ? 1 : 2);
        } else {
            auto& n = image.nodes[s.element];
            n.pad = pad;
            end = n.data_at() + (n.has_data() ? on_grid(n.header.size) : 0);
        }
        last = std::max(last, end);
    }
    image.end = std::min<u64>(last, image.bytes.size());
}

}  // namespace

Extent Image::data(const Node& n) const {
    u64 at = std::min<u64>(n.data_at(), bytes.size());
    return {at, std::min<u64>(n.header.size, bytes.size() - at)};
}

std::optional<Head> head_at(ByteView bytes, u64 at) {
    if (at > bytes.size() || bytes.size() - at < kHeader + 1) return {};
    auto header = read_record<Header>(bytes.subspan(at, kHeader), Endian::Big);
    auto name = bytes.subspan(at + kHeader);
    name = name.first(std::min<u64>(name.size(), kLongestName + 1));
    auto* nul = static_cast<const u8*>(std::memchr(name.data(), 0, name.size()));
    if (!header || !nul) return {};
    return Head{*header, u64(nul - name.data())};
}

std::optional<u64> volume_name(ByteView bytes) {
    if (bytes.size() <= kHeader) return {};
    auto name = bytes.subspan(kHeader);
    name = name.first(std::min<u64>(name.size(), kLongestVolume + 1));
    auto* nul = static_cast<const u8*>(std::memchr(name.data(), 0, name.size()));
    if (!nul) return {};
    return u64(nul - name.data());
}

Image read_image(ByteView bytes) {
    Image image{bytes, volume_name(bytes).value_or(0)};
    TreeReader(image).read();
    find_pads(image);
    return image;
}

std::vector<Step> walk_of(u32 root, const std::function<const std::vector<u32>*(u32 node)>& list) {
    struct Frame {
        u32 dir;
        const std::vector<u32>* list;
        size_t next = 0, before = ~size_t{0};
    };
    std::vector<Step> out;
    std::vector<Frame> open = {{root, list(root)}};
    while (!open.empty()) {
        auto& f = open.back();
        if (!f.list || f.next == f.list->size()) {
            open.pop_back();
            continue;
        }
        u32 element = (*f.list)[f.next++];
        out.push_back({f.dir, element, f.before});
        f.before = out.size() - 1;
        if (element == kDot || element == kDotDot) continue;
        if (auto* below = list(element)) open.push_back({element, below});
    }
    return out;
}

}  // namespace fieldstrip::romfs
