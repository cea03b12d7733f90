// An inode as an entry, and back.
#include "base/text.h"
#include "formats/cramfs/volume.h"

namespace fieldstrip::cramfs {
namespace {

using EntryType = Entry::Type;

constexpr std::pair<u32, EntryType> kTypes[] = {
    {kFile, EntryType::File},         {kDirectory, EntryType::Directory}, {kSymlink, EntryType::Symlink}, {kChar, EntryType::CharDevice},
    {kBlock, EntryType::BlockDevice}, {kFifo, EntryType::Fifo},           {kSocket, EntryType::Socket},
};

bool points(const Inode& i) { return i.size && (i.type() == kFile || i.type() == kSymlink || i.type() == kDirectory); }

}  // namespace

std::string part_of(ByteView name) {
    std::string out;
    for (u8 c : name) {
        if (c == '/')
            out += "%2F";
        else if (!c)
            out += "%00";
        else
            out += char(c);
    }
    return out;
}

Entry entry_of(const Image& image, const Node& node) {
    auto& i = node.inode;
    Entry e{.mode = i.mode & 07777, .uid = i.uid, .gid = i.gid, .node = node.at};
    Recipe keep;
    const bool root = &node == &image.nodes[0];
    auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](auto& t) { return t.first == i.type(); });
    if (root)
        e.type = EntryType::Directory;
    else if (type != std::end(kTypes))
        e.type = type->second;
    if (type == std::end(kTypes) || type->second != e.type) keep.set("type", i.type());
    if (e.is_device()) {  // Linux reads 8 bits of either number
        e.major = i.size >> 8 & 0xFF, e.minor = i.size & 0xFF;
        if (i.size > 0xFFFF) keep.set("rdev", i.size);
    } else if (i.type() == kFile) {
        e.size = i.size;
    } else if (i.size && !points(i)) {
        keep.set("size", i.size);
    }
    u64 usual = root ? image.begin + kSuper : 0;
    if (!points(i) && i.offset() != usual && !(root && image.super.flags & flags::kShiftedRoot)) keep.set("offset", i.offset_words);
    auto name = image.name(node);
    if (!root && part_of(name) != as_text(name)) keep.set("name", hex(name));
    if (!root && i.name() != name.size() + gap_to(name.size(), 4)) keep.set("words", i.name_words);
    if (root && i.name_words) keep.set("words", i.name_words);
    e.keep = keep.line();
    return e;
}

Result<std::string> name_of(const Entry& e) {
    auto slash = e.path.rfind('/');
    auto part = slash == e.path.npos ? e.path : e.path.substr(slash + 1);
    if (auto kept = from_hex(Recipe::of_line(e.keep).text("name")); kept && !kept->empty() && part_of(*kept) == part)
        return std::string(as_text(*kept));
    auto no = [&](const char* why) { return fail(Error::Kind::Unsupported, e.path + ": " + why); };
    if (part.empty()) return no("it has no name");
    if (part.find('\0') != part.npos) return no("no name in a cramfs holds a NUL");
    if (part.size() > kMostName) return no("no name in a cramfs is longer than 252 bytes");
    return part;
}

Result<Inode> inode_of(const Entry& e) {
    auto no = [&](const std::string& why) { return fail(Error::Kind::Unsupported, e.path + ": " + why); };
    auto keep = Recipe::of_line(e.keep);
    auto kept = [&](const char* name, u64 most) { return u32(std::min(keep.number(name).value_or(0), most)); };
    auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](auto& t) { return t.second == e.type; });
    Inode i;
    u32 usual = e.is(EntryType::Directory) ? 0755 : e.is(EntryType::Symlink) ? 0777 : 0644;
    u32 mode = e.mode.value_or(usual), uid = e.uid.value_or(0), gid = e.gid.value_or(0);
    if (mode > 07777) return no("no such permissions");
    if (uid > 0xFFFF) return no("a cramfs holds 16 bits of an owner, " + std::to_string(uid) + " has more");
    if (gid > 0xFF) return no("a cramfs holds 8 bits of a group, " + std::to_string(gid) + " has more");
    if (!e.xattrs.empty()) return no("a cramfs holds no extended attributes");
    i.mode = type->first << 12 | mode, i.uid = uid, i.gid = gid;
    if (keep.has("type") && (e.path.empty() || (e.is_file() && !e.size))) i.mode = (kept("type", 15) << 12) | mode;
    if (e.is_device()) {
        u32 raw = kept("rdev", kMostSize);
        i.size = (raw >> 8 & 0xFF) == e.major && (raw & 0xFF) == e.minor ? raw : e.major << 8 | e.minor;
        if (e.major > 0xFF || e.minor > 0xFF) return no("a cramfs holds 8 bits of each number of a device");
    } else if (e.is_file()) {
        if (e.size > kMostSize) return no("no file in a cramfs is longer than 16777215 bytes, this has " + std::to_string(e.size));
        i.size = u32(e.size);
    }
    if (keep.has("size") && !i.size) i.size = kept("size", kMostSize);
    i.offset_words = kept("offset", kMostOffset / 4 - 1);  // where nothing better is known
    i.name_words = kept("words", kMostName / 4);
    return i;
}

}  // namespace fieldstrip::cramfs
