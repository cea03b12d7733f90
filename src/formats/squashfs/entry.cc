// An inode and its name as an entry.
#include "base/text.h"
#include "formats/squashfs/keep.h"

namespace fieldstrip::squashfs {
namespace {

using Type = Entry::Type;
constexpr Type kTypes[] = {Type::File,        Type::Directory,  Type::File, Type::Symlink,
                           Type::BlockDevice, Type::CharDevice, Type::Fifo, Type::Socket};

Entry entry_of(const Image& image, const Node& n, u32 node) {
    auto& i = n.inode;
    Entry e{.type = kTypes[std::min<u16>(i.basic(), kSocket)], .node = node};
    if (!n.known) return e;
    e.mode = i.mode & 07777;
    if (n.dated) e.mtime = i.mtime;
    if (i.uid < image.ids.size()) e.uid = image.ids[i.uid];
    if (i.gid < image.ids.size()) e.gid = image.ids[i.gid];
    if (e.is_file()) e.size = i.size;
    if (e.is(Type::Symlink)) e.target = n.target;
    if (e.is_device()) e.major = major_of(i.rdev), e.minor = minor_of(i.rdev);
    if (i.xattr < image.xattrs.all.size() && image.xattrs.all[i.xattr])
        for (auto& a : *image.xattrs.all[i.xattr]) e.xattrs[a.name] = a.value;
    return e;
}

}  // namespace

std::string part_of(std::string_view name) {
    if (name == ".") return "%2E";
    if (name == "..") return "%2E%2E";
    std::string out;
    for (char c : name) {
        if (c == '/')
            out += "%2F";
        else if (!c)
            out += "%00";
        else
            out += c;
    }
    return out;
}

Result<std::vector<Entry>> entries_of(const Image& image, const Analysis* analysis, Context& cx) {
    std::vector<Entry> out;
    out.reserve(image.names.size());
    for (auto& name : image.names) {
        auto e = entry_of(image, image.nodes[name.node], name.node);
        bool respelled = false;
        if (!out.empty()) {
            auto& above = out[name.parent].path;
            const auto part = part_of(name.name);
            respelled = part != name.name;
            e.path.reserve(above.size() + 1 + part.size());
            e.path.append(above).append(above.empty() ? "" : "/").append(part);
        }
        if (analysis) e.keep = line_of(analysis->nodes[name.node], respelled ? std::string_view(name.name) : "");
        u64 more = e.path.size();
        for (auto& [key, value] : e.xattrs) more += key.size() + value.size();
        TRY_VOID(cx.spend(&Limits::decoded, more));  // a deep tree's paths are more than its bytes
        out.push_back(std::move(e));
    }
    return out;
}

std::shared_ptr<const Analysis> Volume::analysis(const Image& image) const {
    if (major_ != 4) return nullptr;
    std::scoped_lock lock(analysing_);
    if (!analysis_) analysis_ = std::make_shared<const Analysis>(analyse(image));
    return analysis_;
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const {
    auto image = TRY(this->image(cx));
    return entries_of(*image, analysis(*image).get(), cx);
}

}  // namespace fieldstrip::squashfs
