// How an archive's maker writes, learned from what he wrote.
#include "formats/tar/learn.h"

namespace fieldstrip::tar {
namespace {

/// Of an extension's fields those that are rather its member's than those of the first extension.
class Extensions {
  public:
    void see(ByteView block, ByteView own, std::string_view name, u8 type) {
        auto& s = seen_[type];
        if (!s.count++) std::copy(block.begin(), block.end(), s.style.like.begin());
        if (s.count > kEnough) return;
        for (auto& f : fields_of(magic_of(s.style.like))) {
            if (f.name == "name" || f.name == "size" || f.name == "type" || f.name == "chksum") continue;
            auto bytes = field_bytes(block, f);
            s.first[f.name] += bytes == field_bytes(s.style.like, f);
            s.own[f.name] += bytes == field_bytes(own, f);
        }
        if (s.style.folder.empty() && (type == 'x' || type == 'X')) folder(s.style, text_at(block, at::name), name);
    }

    void into(Style& style) {
        for (auto& [type, s] : seen_) {
            for (auto& [field, count] : s.own)
                if (count > s.first[field]) s.style.follow.emplace_back(field);
            style.extensions[type] = s.style;
        }
    }

  private:
    static constexpr u64 kEnough = 1000;
    struct Seen {
        ExtensionStyle style;
        u64 count = 0;
        std::map<std::string_view, u64> own = {}, first = {};
    };

    /// "DIR/PaxHeaders/NAME" of "DIR/NAME".
    static void folder(ExtensionStyle& s, std::string_view text, std::string_view name) {
        auto last = text.rfind('/');
        if (last == text.npos || !last) return;
        auto before = text.rfind('/', last - 1);
        auto trial = s;
        trial.folder = text.substr(before == text.npos ? 0 : before + 1, last - (before == text.npos ? 0 : before + 1));
        for (bool dot : {true, false}) {
            trial.dot = dot;
            if (!trial.folder.empty() && trial.name_for(name) == text) {
                s = trial;
                return;
            }
        }
    }

    std::map<u8, Seen> seen_;
};

}  // namespace

Style style_of(ByteView space, std::span<const Member> members, std::span<const Described> described) {
    Style s;
    Extensions extensions;
    bool magic = false, mode = false, uid = false, gid = false, size = false, mtime = false, chksum = false, device = false,
         no_device = false, regular = false, name = false, folder = false, prefix = false;
    auto spelling = [&](bool& known, Spelling& how, ByteView block, const Extent& at, bool any = false) {
        auto now = Spelling::of(field(block, at));
        if (known || (!now.digits && !any)) return;
        how = now, known = true;
    };
    for (size_t i = 0; i < members.size(); i++) {
        auto& m = members[i];
        if (m.is_damaged) continue;
        auto block = space.subspan(m.head, kBlock);
        auto& d = described[i];
        if (!magic) s.magic = magic_of(block), magic = true;
        spelling(mode, s.mode, block, at::mode);
        spelling(uid, s.uid, block, at::uid);
        spelling(gid, s.gid, block, at::gid);
        spelling(size, s.size, block, at::size);
        spelling(mtime, s.mtime, block, at::mtime);
        spelling(chksum, s.chksum, block, at::chksum);
        if (d.entry.is_device())
            spelling(device, s.device, block, at::major);
        else
            spelling(no_device, s.no_device, block, at::major, true);
        if (!regular && (m.type == 0 || m.type == '0')) s.regular = m.type, regular = true;
        if (!name && !d.entry.path.empty()) s.before = d.keep.before.value_or(""), name = true;
        if (!folder && !d.entry.path.empty() && d.entry.is(Entry::Type::Directory)) s.slash = d.keep.after.value_or(""), folder = true;
        auto text = text_at(block, at::prefix);
        if (!prefix && !text.empty() && magic_of(block) == kUstar) {
            auto most = d.name.rfind('/', std::min<size_t>(at::prefix.size, d.name.size() < 2 ? 0 : d.name.size() - 2));
            s.longest = most == text.size(), prefix = true;
        }
        if (d.entry.uid) s.users.try_emplace(*d.entry.uid, text_at(block, at::uname));
        if (d.entry.gid) s.groups.try_emplace(*d.entry.gid, text_at(block, at::gname));
        for (auto& x : m.extensions) {
            s.pax = s.pax || x.type == 'x';
            extensions.see(space.subspan(x.at, kBlock), block, d.name, x.type);
        }
    }
    std::erase_if(s.users, [](auto& n) { return n.second.empty(); });
    std::erase_if(s.groups, [](auto& n) { return n.second.empty(); });
    if (!device && s.no_device.digits) s.device = s.no_device;
    extensions.into(s);
    s.complete();
    return s;
}

}  // namespace fieldstrip::tar
