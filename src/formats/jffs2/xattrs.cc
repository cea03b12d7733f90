#include "formats/jffs2/xattrs.h"

namespace fieldstrip::jffs2 {
namespace {

struct Prefix {
    u8 number;
    std::string_view text;
    bool whole;  // it is all of the name
};
constexpr Prefix kPrefixes[] = {
    {1, "user.", false},    {2, "security.", false}, {3, "system.posix_acl_access", true}, {4, "system.posix_acl_default", true},
    {5, "trusted.", false},
};

}  // namespace

std::optional<XattrName> xattr_name(std::string_view name) {
    for (auto& p : kPrefixes)
        if (p.whole ? name == p.text : name.starts_with(p.text)) return XattrName{p.number, name.substr(p.text.size())};
    return {};
}

std::string Xattrs::name_of(const Log& log, const Ref& datum) {
    auto raw = log.xattr(datum);
    for (auto& p : kPrefixes)
        if (p.number == raw.xprefix) return std::string(p.text) + std::string(as_text(log.body(datum, 32, raw.name_len)));
    return {};
}

ByteView Xattrs::value_of(const Log& log, const Ref& datum) {
    auto raw = log.xattr(datum);
    auto all = log.body(datum, 32, u64{raw.name_len} + 1 + raw.value_len);
    return all.subspan(std::min<u64>(u64{raw.name_len} + 1, all.size()));
}

const Ref* Xattrs::datum_of(u32 xid) const {
    auto found = std::ranges::lower_bound(data_, xid, {}, [](auto* r) { return r->id; });
    return found != data_.end() && (*found)->id == xid ? *found : nullptr;
}

Xattrs::Xattrs(const Log& log) {
    for (auto& r : log.xattrs) {
        if (!r.good()) continue;
        if (data_.empty() || data_.back()->id != r.id)
            data_.push_back(&r);
        else if (r.version > data_.back()->version)  // of one version the first counts
            data_.back() = &r;
    }
    for (size_t i = 0; i < log.xrefs.size();) {
        const u32 ino = log.xrefs[i].id;
        std::map<u32, u32> newest;  // number → sequence number
        for (; i < log.xrefs.size() && log.xrefs[i].id == ino; i++)
            if (auto& r = log.xrefs[i]; r.good()) newest[log.xref(r).xid] = r.version;
        std::map<std::string, Held> by_name;  // of two of one name the later counts
        for (auto& [xid, seqno] : newest) {
            auto* datum = seqno & 1 ? nullptr : datum_of(xid);
            if (!datum) continue;
            auto name = name_of(log, *datum);
            if (name.empty()) continue;
            auto [held, fresh] = by_name.try_emplace(std::move(name), Held{ino, xid, seqno, datum});
            if (!fresh && held->second.seqno < seqno) held->second = {ino, xid, seqno, datum};
        }
        size_t first = all_.size();
        for (auto& [name, held] : by_name) all_.push_back(held);
        std::sort(all_.begin() + i64(first), all_.end(), [](auto& a, auto& b) { return a.xid < b.xid; });
    }
}

std::span<const Xattrs::Held> Xattrs::of(u32 ino) const {
    auto [first, last] = std::ranges::equal_range(all_, ino, {}, &Held::ino);
    return {first, last};
}

}  // namespace fieldstrip::jffs2
