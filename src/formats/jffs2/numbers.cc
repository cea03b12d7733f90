#include "formats/jffs2/numbers.h"

namespace fieldstrip::jffs2 {
namespace {
std::unexpected<Error> used_up(const std::string& what) { return fail(Error::Kind::Unsupported, what + ": its numbers are used up"); }
constexpr u64 kMost = ~u32{0};
}  // namespace

Numbering::Numbering(const Volume& v) : v_(v) {
    auto& log = v.log();
    auto seen = [&](u64 ino) { inode_ = std::max(inode_, ino); };
    // Those of damaged nodes count as well, as far as they are known.
    for (auto& r : log.inodes) seen(r.id);
    for (auto& r : log.dirents) seen(r.id), seen(log.dirent(r).ino);
    for (auto& r : log.xattrs) xid_ = std::max<u64>(xid_, r.id);
    for (auto& r : log.xrefs) seqno_ = std::max<u64>(seqno_, r.version), xid_ = std::max<u64>(xid_, log.xref(r).xid);
}

Result<u32> Numbering::new_inode() {
    if (inode_ >= kMost) return used_up("inodes");
    return u32(++inode_);
}

Result<u32> Numbering::new_version(u32 ino, const std::string& path) {
    auto [known, fresh] = versions_.try_emplace(ino, 0);
    if (fresh) {
        for (auto& r : Log::of(v_.log().inodes, ino)) known->second = std::max<u64>(known->second, r.version);
        for (auto& r : Log::of(v_.log().dirents, ino)) known->second = std::max<u64>(known->second, r.version);
    }
    if (known->second >= kMost) return used_up(path);
    return u32(++known->second);
}

Result<u32> Numbering::new_seqno() {
    seqno_ = (seqno_ | 1) + 1;  // even, behind all
    if (seqno_ >= kMost) return used_up("attributes");
    return u32(seqno_);
}

u32 Numbering::datum(const std::string& name, const Bytes& value) {
    if (!data_) {
        data_.emplace();
        auto& log = v_.log();
        for (auto& r : log.xattrs)
            if (v_.xattrs().datum_of(r.id) == &r) {
                auto held = Xattrs::value_of(log, r);
                data_->try_emplace({Xattrs::name_of(log, r), Bytes(held.begin(), held.end())}, r.id);
            }
    }
    auto found = data_->find({name, value});
    return found == data_->end() ? 0 : found->second;
}

Result<u32> Numbering::new_datum(const std::string& name, const Bytes& value) {
    if (xid_ >= kMost) return used_up("attributes");
    (*data_)[{name, value}] = u32(++xid_);
    return u32(xid_);
}

}  // namespace fieldstrip::jffs2
