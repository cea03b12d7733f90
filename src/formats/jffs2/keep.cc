#include "formats/jffs2/keep.h"

#include "base/text.h"

namespace fieldstrip::jffs2 {
namespace {

using EntryType = Entry::Type;

constexpr std::pair<EntryType, u32> kKinds[] = {
    {EntryType::File, kRegular},      {EntryType::Directory, kDirectory}, {EntryType::Symlink, kLink},  {EntryType::CharDevice, kChar},
    {EntryType::BlockDevice, kBlock}, {EntryType::Fifo, kFifo},           {EntryType::Socket, kSocket},
};
constexpr size_t kMostName = 255, kMostTarget = 4094;

std::unexpected<Error> no(const Entry& e, const std::string& why) {
    return fail(Error::Kind::Unsupported, (e.path.empty() ? std::string("the root") : e.path) + ": " + why);
}

}  // namespace

std::string Keep::line() const {
    Recipe r;
    auto set = [&](const char* name, const std::optional<u32>& v) {
        if (v) r.set(name, u64{*v});
    };
    set("mtime", mtime), set("ctime", ctime), set("atime", atime), set("mctime", mctime), set("same", same);
    std::string words;
    for (u32 i : order) words += (words.empty() ? "" : ",") + std::to_string(i);
    if (!words.empty()) r.set("xattrs", words);
    return r.line();
}

Keep Keep::of_line(std::string_view line) {
    auto r = Recipe::of_line(line);
    auto get = [&](const char* name) -> std::optional<u32> {
        if (!r.has(name)) return {};
        auto n = r.number(name);
        return n && *n <= ~u32{0} ? std::optional(u32(*n)) : std::nullopt;
    };
    Keep k{get("atime"), get("ctime"), get("mtime"), get("mctime"), get("same")};
    auto words = r.text("xattrs");
    while (!words.empty()) {
        auto comma = words.find(',');
        k.order.push_back(u32(parse_number(words.substr(0, comma)).value_or(0)));
        words = comma == words.npos ? std::string_view() : words.substr(comma + 1);
    }
    return k;
}

Result<RawInode> inode_of(const Entry& e) {
    auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds), [&](auto& k) { return k.first == e.type; });
    RawInode raw;
    const u32 usual = e.is(EntryType::Directory) ? 0755 : e.is(EntryType::Symlink) ? 0777 : 0644, mode = e.mode.value_or(usual);
    const u32 uid = e.uid.value_or(0), gid = e.gid.value_or(0);
    const i64 mtime = e.mtime.value_or(0);
    if (mode > 07777) return no(e, "no such permissions");
    if (uid > 0xFFFF || gid > 0xFFFF) return no(e, "a JFFS2 holds 16 bits of an owner");
    if (mtime < 0 || mtime > i64{~u32{0}}) return no(e, "a JFFS2 holds times from 1970 to 2106");
    if (e.size > ~u32{0}) return no(e, "no file in a JFFS2 is longer than 4294967295 bytes");
    raw.mode = kind->second | mode, raw.uid = u16(uid), raw.gid = u16(gid);
    raw.atime = raw.mtime = raw.ctime = u32(mtime);
    if (e.is_file()) raw.isize = u32(e.size);
    if (e.is(EntryType::Symlink)) raw.isize = u32(e.target.size());
    return raw;
}

Result<Bytes> data_of(const Entry& e, Endian endian) {
    Bytes b;
    if (e.is(EntryType::Symlink)) {
        if (e.target.empty() || e.target.size() > kMostTarget) return no(e, "a target has 1 to 4094 bytes");
        b.assign(e.target.begin(), e.target.end());
    } else if (e.is_device()) {
        if (e.major > 0xFFF || e.minor > 0xFFFFF) return no(e, "Linux has 12 and 20 bits for the numbers of a device");
        bool old = e.major <= 0xFF && e.minor <= 0xFF;
        b.resize(old ? 2 : 4);
        store(b, unsigned(b.size()), endian, old ? e.major << 8 | e.minor : (e.minor & 0xFF) | e.major << 8 | (e.minor & 0xFFF00) << 12);
    }
    return b;
}

Result<std::string> name_of(const Entry& e) {
    auto slash = e.path.rfind('/');
    auto part = slash == e.path.npos ? e.path : e.path.substr(slash + 1);
    if (part.empty() || part.size() > kMostName) return no(e, "a name has 1 to 255 bytes");
    if (part.find('\0') != part.npos) return no(e, "no name holds a NUL");
    return part;
}

}  // namespace fieldstrip::jffs2
