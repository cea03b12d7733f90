// Inodes and names as entries.
#include "base/text.h"
#include "formats/jffs2/data.h"
#include "formats/jffs2/keep.h"
#include "formats/jffs2/volume.h"

namespace fieldstrip::jffs2 {
namespace {

using EntryType = Entry::Type;

constexpr std::pair<u32, EntryType> kTypes[] = {
    {kRegular, EntryType::File},      {kDirectory, EntryType::Directory}, {kLink, EntryType::Symlink},  {kChar, EntryType::CharDevice},
    {kBlock, EntryType::BlockDevice}, {kFifo, EntryType::Fifo},           {kSocket, EntryType::Socket},
};
constexpr u64 kLongestTarget = 4095;  // what Linux follows

/// When its names last changed, if that was after the folder itself did.
std::optional<u32> newer_time(const Log& log, u32 ino, u32 version) {
    u32 newest = version;
    std::optional<u32> time;
    for (auto* r : names_in(log, ino)) {
        auto raw = log.dirent(*r);
        if (r->version <= newest || !raw.mctime) continue;
        newest = r->version, time = raw.mctime;
    }
    return time;
}

/// Of two bytes: the numbers of old, 8 bits each; of four: 12 and 20 bits.
void set_device(Entry& e, ByteView data, Endian endian) {
    if (data.size() == 2) {
        auto n = u32(load(data, 2, endian));
        e.major = n >> 8, e.minor = n & 0xFF;
    } else if (data.size() == 4) {
        auto n = u32(load(data, 4, endian));
        e.major = n >> 8 & 0xFFF, e.minor = (n & 0xFF) | (n >> 12 & 0xFFF00);
    }
}

std::string keep_of(const Volume& v, const Named& named, const Entry& e, u32 names) {
    auto& log = v.log();
    Keep k;
    if (auto* known = known_of(log, named.ino)) {
        auto raw = log.inode(*known);
        if (i64{raw.mtime} != e.mtime) k.mtime = raw.mtime;
        if (raw.atime != raw.mtime) k.atime = raw.atime;
        if (raw.ctime != raw.mtime) k.ctime = raw.ctime;
        if (named.ino != kRoot)
            if (auto time = log.dirent(log.dirents[named.dirent]).mctime; time != raw.mtime) k.mctime = time;
        if (!e.is_file() && names > 1) k.same = named.ino;
    }
    std::vector<std::pair<u32, std::string>> order;
    for (auto& held : v.xattrs().of(named.ino)) order.push_back({held.seqno, Xattrs::name_of(log, *held.datum)});
    auto sorted = order;
    std::sort(sorted.begin(), sorted.end(), [](auto& a, auto& b) { return a.second < b.second; });
    std::sort(order.begin(), order.end());
    if (order != sorted)
        for (auto& o : order) k.order.push_back(u32(std::find(sorted.begin(), sorted.end(), o) - sorted.begin()));
    return k.line();
}

}  // namespace

std::string part_of(ByteView name) {
    std::string out;
    for (u8 c : name) {
        if (c == '/')
            out += "%2F";
        else
            out += char(c);
    }
    return out;
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const {
    std::vector<Entry> out;
    out.reserve(tree_.all.size());
    Decoder decoder(log_, cx);
    std::unordered_map<u32, u32> names;  // how many an inode has
    for (auto& named : tree_.all) names[named.ino]++;
    for (auto& named : tree_.all) {
        Entry e{.type = EntryType::Directory, .node = named.ino};
        if (!out.empty()) {
            auto& above = out[named.parent].path;
            e.path = (above.empty() ? above : above + '/') + part_of(log_.name(log_.dirents[named.dirent]));
            TRY_VOID(cx.spend(&Limits::decoded, e.path.size()));  // a deep tree's paths are more than its bytes
        }
        if (auto* known = known_of(log_, named.ino)) {
            auto raw = log_.inode(*known);
            auto* type = std::find_if(std::begin(kTypes), std::end(kTypes), [&](auto& t) { return t.first == (raw.mode & kFormat); });
            e.type = out.empty() ? EntryType::Directory : type == std::end(kTypes) ? EntryType::File : type->second;
            e.mode = raw.mode & 07777, e.uid = raw.uid, e.gid = raw.gid, e.mtime = raw.mtime;
            if (e.is(EntryType::Directory)) e.mtime = newer_time(log_, named.ino, known->version).value_or(raw.mtime);
            if (e.is_file()) e.size = raw.isize;
            if ((e.is(EntryType::Symlink) || e.is_device()) && known->good() && raw.compr != kZero) {
                if (auto* data = raw.size() <= kLongestTarget ? TRY(decoder.decode(*known, raw)) : nullptr) {
                    if (e.is(EntryType::Symlink))
                        e.target = as_text(data->content);
                    else
                        set_device(e, data->content, log_.endian);
                }
            }
        }
        if (out.empty() || known_of(log_, named.ino)) e.keep = keep_of(*this, named, e, names[named.ino]);
        for (auto& held : xattrs_.of(named.ino)) {
            auto value = Xattrs::value_of(log_, *held.datum);
            TRY_VOID(cx.spend(&Limits::decoded, value.size()));  // many may share one
            e.xattrs[Xattrs::name_of(log_, *held.datum)] = Bytes(value.begin(), value.end());
        }
        out.push_back(std::move(e));
    }
    return out;
}

}  // namespace fieldstrip::jffs2
