// Entries, contents, and the checks of either.
#include <charconv>
#include <map>

#include "base/text.h"
#include "codecs/zlib.h"
#include "formats/cramfs/volume.h"

namespace fieldstrip::cramfs {
namespace {

constexpr u64 kLongestTarget = 4095;  // what Linux follows

std::string path_of(const std::vector<Entry>& entries, const Image& image, const Node& node) {
    auto& above = entries[node.parent].path;
    return (above.empty() ? above : above + '/') + part_of(image.name(node));
}

}  // namespace

Result<Lost> read_data(const Image& image, const Inode& inode, const std::string& path, const Sink& sink, const CheckSink& checks,
                       Context& cx) {
    Lost lost;
    Bytes out(image.block);
    const u64 n = image.blocks(inode);
    for (u64 i = 0, at = 0; i < n; i++) {
        auto b = block_of(image, inode, i);
        const u64 size = std::min<u64>(image.block, inode.size - at);
        TRY_VOID(cx.spend(&Limits::decoded, size));
        auto encoded = b ? image.bytes.subspan(b->extent.offset, b->extent.size) : ByteView();
        bool good = b.has_value();
        auto content = std::span(out).first(size);
        if (good && encoded.empty()) {
            std::fill(content.begin(), content.end(), u8{0});
        } else if (good && b->stored) {
            good = encoded.size() == size;
            if (good) std::copy(encoded.begin(), encoded.end(), content.begin());
        } else if (good) {
            auto made = zlib::decode(encoded, content);
            good = made == size;
        }
        if (!good) {
            std::fill(content.begin(), content.end(), u8{0});
            if (!lost.empty() && lost.back().end() == at)
                lost.back().size += size;
            else
                lost.push_back({at, size});
        }
        if (checks && (!b || !encoded.empty())) {
            // The bytes that it needs: its own, or the pointers that lead to none.
            u64 table = std::min<u64>(inode.offset() + 4 * (i ? i - 1 : 0), image.bytes.size());
            Extent covers = b ? b->extent : Extent{table, std::min<u64>(i ? 8 : 4, image.bytes.size() - table)};
            checks(
                {"block", {covers.offset, 0}, {&covers, 1}, {}, {}, good ? Check::Outcome::Pass : Check::Outcome::Fail, path, {at, size}});
        }
        if (!sink(content)) break;
        at += size;
    }
    return lost;
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const {
    std::vector<Entry> out;
    out.reserve(image_.nodes.size());
    for (auto& node : image_.nodes) {
        auto e = entry_of(image_, node);
        if (!out.empty()) e.path = path_of(out, image_, node);
        if (e.is(Entry::Type::Symlink) && node.inode.size <= kLongestTarget) {
            auto keep_target = [&](ByteView v) {
                e.target += as_text(v);
                return true;
            };
            // One that is damaged has none: a wrong place to go to is worse.
            if (!TRY(read_data(image_, node.inode, e.path, keep_target, {}, cx)).empty()) e.target.clear();
        }
        TRY_VOID(cx.spend(&Limits::decoded, e.path.size()));  // a deep tree's paths are more than its bytes
        out.push_back(std::move(e));
    }
    if (!depth_first_) {
        auto order = data_in_order(image_);
        std::map<std::pair<u64, u64>, u32> ranks;
        std::stable_sort(order.begin(), order.end(), [&](u32 a, u32 b) { return offset_of(a) < offset_of(b); });
        auto key = [&](size_t i) { return std::pair(offset_of(u32(i)), u64{image_.nodes[i].inode.size}); };
        for (u32 i = 0; i < order.size(); i++) ranks[key(order[i])] = i;
        for (size_t i = 0; i < out.size(); i++)
            if (image_.has_data(image_.nodes[i].inode))
                out[i].keep += (out[i].keep.empty() ? "data=" : " data=") + std::to_string(ranks[key(i)]);
    }
    return out;
}

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (e.node > image_.bytes.size() || image_.bytes.size() - e.node < kInode)
        return fail(Error::Kind::Damaged, e.path + ": no inode there", {e.node, 0});
    auto inode = read_inode(image_.bytes.subspan(e.node, kInode), image_.endian);
    if (inode.type() != kFile) return Lost{};
    return read_data(image_, inode, e.path, sink, checks, cx);
}

/// Lists that can't be read to their end, and the targets of symlinks, which nobody reads as files.
Result<void> Volume::verify(const CheckSink& sink, Context& cx) const {
    char name[40];
    auto named = [&](std::string_view what, u64 at) {
        char* end = std::copy(what.begin(), what.end(), name);
        end = std::to_chars(end, std::end(name), at, 16).ptr;
        return std::string_view(name, size_t(end - name));
    };
    for (auto& node : image_.nodes) {
        if (node.broken) {
            u64 begin = std::min<u64>(node.inode.offset(), image_.bytes.size());
            Extent covers{begin, std::min<u64>(node.inode.size, image_.bytes.size() - begin)};
            sink({named("directory@0x", node.at), {node.at, kInode}, {&covers, 1}, {}, {}, Check::Outcome::Fail});
        }
        if (node.inode.type() != kSymlink) continue;
        bool good = node.inode.size && node.inode.size <= kLongestTarget;
        u64 begin = std::min<u64>(node.inode.offset(), image_.bytes.size());
        Extent covers{begin, 0};
        if (good) {
            good = TRY(read_data(image_, node.inode, {}, [](ByteView) { return true; }, {}, cx)).empty();
            auto last = block_of(image_, node.inode, image_.blocks(node.inode) - 1);
            covers.size = last && last->extent.end() > begin ? last->extent.end() - begin : std::min<u64>(4, image_.bytes.size() - begin);
        }
        sink({named("target@0x", node.at), {node.at, kInode}, {&covers, 1}, {}, {}, good ? Check::Outcome::Pass : Check::Outcome::Fail});
    }
    return {};
}

}  // namespace fieldstrip::cramfs
