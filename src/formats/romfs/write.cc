// One writer for edits and for building anew, in genromfs's layout: each header, its data, and behind a directory's header its list. Data
// that was there is copied.
#include <map>
#include <unordered_map>
#include <unordered_set>

#include "formats/romfs/volume.h"

namespace fieldstrip::romfs {
namespace {

using EntryType = Entry::Type;

std::unexpected<Error> no(const std::string& path, const std::string& why) {
    return fail(Error::Kind::Unsupported, (path.empty() ? "the root" : path) + ": " + why);
}

u32 type_of(EntryType t) {
    switch (t) {
        case EntryType::Directory: return kDirectory;
        case EntryType::Symlink: return kSymlink;
        case EntryType::BlockDevice: return kBlock;
        case EntryType::CharDevice: return kChar;
        case EntryType::Socket: return kSocket;
        case EntryType::Fifo: return kFifo;
        case EntryType::File: break;
    }
    return kFile;
}

class Writer {
  public:
    Writer(const Params& p, std::span<const Wanted> wanted, const Volume* old) : p_(p), wanted_(wanted), old_(old) {}

    Result<Rope> run() {
        TRY_VOID(plan_tree());
        for (u32 i = 1; i < items_.size(); i++) TRY_VOID(plan_data(i));
        steps_ = walk_of(0, [&](u32 i) { return items_[i].type == kDirectory ? &items_[i].list : nullptr; });
        find_links();
        TRY_VOID(place());
        return emit();
    }

  private:
    struct Item {
        std::string name = {};
        u32 type = kFile;
        Recipe keep = {};
        u32 parent = 0;
        std::vector<u32> list = {};
        u64 at = 0;
        u64 first = 0;                 // a directory: of its list
        std::optional<u32> link = {};  // what it is a hard link to
        u64 size = 0;
        const Node* old = nullptr;  // whose data it has
    };
    struct Out {
        u64 pad = 0, at = 0;
        Header header = {};
        std::string_view name = {};
    };

    Result<void> plan_tree();
    Result<void> plan_data(u32 i);
    void add_dots(u32 i);
    void find_links();
    Result<void> place();
    Header header_of(const Step&, const Out&) const;
    Result<Rope> emit();
    void put(Bytes);
    u32 old_sum(const Step&) const;

    const Params& p_;
    std::span<const Wanted> wanted_;
    const Volume* old_;
    std::vector<Item> items_;
    std::vector<Step> steps_;
    std::vector<Out> outs_;
    std::unordered_map<u64, const Node*> files_;  // the old ones with data, by place
    Rope rope_;
    u64 end_ = 0;
};

Result<void> Writer::plan_tree() {
    if (wanted_.empty() || !wanted_[0].entry.path.empty() || !wanted_[0].entry.is(EntryType::Directory))
        return no("", "a romfs begins with a directory");
    if (old_)
        for (auto& n : old_->image().nodes)
            if (n.has_data()) files_.emplace(n.at, &n);
    std::unordered_map<std::string_view, u32> folders;
    std::unordered_set<std::string_view> paths;
    items_.resize(wanted_.size());
    for (u32 i = 0; i < wanted_.size(); i++) {
        auto& e = wanted_[i].entry;
        if (!paths.insert(e.path).second) return no(e.path, "a romfs can't hold two of that name");
        if (e.is(EntryType::Directory)) folders.emplace(e.path, i);
        items_[i].type = type_of(e.type), items_[i].keep = Recipe::of_line(e.keep);
        if (old_ && wanted_[i].was && old_->image().nodes[*wanted_[i].was].broken)
            return no(e.path, e.is(EntryType::Directory) ? "its list is damaged: what else was in it would be lost (remove it first)"
                                                         : "it is a link that leads nowhere (remove it first)");
    }
    for (u32 i = 1; i < wanted_.size(); i++) {
        auto& e = wanted_[i].entry;
        auto slash = e.path.rfind('/');
        auto above = folders.find(std::string_view(e.path).substr(0, slash == e.path.npos ? 0 : slash));
        if (above == folders.end()) return no(e.path, "the directory that it shall be in is none");
        items_[i].name = TRY(name_of(e));
        items_[i].parent = above->second;
        items_[above->second].list.push_back(i);
    }
    for (u32 i = 0; i < items_.size(); i++)
        if (items_[i].type == kDirectory) add_dots(i);
    return {};
}

/// Where they were, or first.
void Writer::add_dots(u32 i) {
    auto& item = items_[i];
    auto place = [&](const char* name, u64 otherwise) {
        if (i && item.keep.text(name) == "none") return kUnbounded;
        return i ? item.keep.number(name).value_or(otherwise) : otherwise;
    };
    std::pair<u64, u32> dots[] = {{place("dot", 0), kDot}, {place("dotdot", 1), kDotDot}};
    if (dots[1] < dots[0]) std::swap(dots[0], dots[1]);
    for (auto [at, dot] : dots)
        if (at != kUnbounded) item.list.insert(item.list.begin() + i64(std::min<u64>(at, item.list.size())), dot);
}

Result<void> Writer::plan_data(u32 i) {
    auto& w = wanted_[i];
    auto& e = w.entry;
    auto& item = items_[i];
    if (!e.xattrs.empty()) return no(e.path, "a romfs holds no extended attributes");
    if (e.is_device() && (e.major > 0xFFFF || e.minor > 0xFFFF)) return no(e.path, "a romfs holds 16 bits of each number of a device");
    if (e.is(EntryType::Symlink)) {
        if (e.target.empty() || e.target.size() > 4095) return no(e.path, "the target of a symlink has 1 to 4095 bytes");
        item.size = e.target.size();
        return {};
    }
    if (!e.is_file()) return {};
    item.size = w.content ? w.content->size() : e.size;
    if (item.size > ~u32{0}) return no(e.path, "no file in a romfs is longer than 4 GiB");
    if (w.content) return {};
    auto old = files_.find(e.node);
    if (old == files_.end() || old->second->header.type() != kFile) return no(e.path, "its content is missing");
    item.old = old->second;
    if (item.old->header.size != item.size) return no(e.path, "its content is of another size");
    if (old_->image().data(*item.old).size != item.size) return no(e.path, "its content is cut off (remove or replace it first)");
    return {};
}

/// Of those with one content the first is the file, unless another says that it is.
void Writer::find_links() {
    std::map<std::pair<u32, u64>, u32> real;
    auto key = [&](u32 i) -> std::optional<std::pair<u32, u64>> {
        if (items_[i].type == kFile) return std::pair(u32{kFile}, wanted_[i].entry.node);
        if (items_[i].type == kDirectory || !items_[i].keep.has("group")) return {};
        return std::pair(items_[i].type, items_[i].keep.number("group").value_or(0));
    };
    for (u32 i = 1; i < items_.size(); i++)
        if (auto k = key(i); k && items_[i].keep.has("real")) real.emplace(*k, i);
    for (auto& s : steps_) {
        if (s.element >= items_.size()) continue;
        auto k = key(s.element);
        if (!k) continue;
        auto [first, fresh] = real.try_emplace(*k, s.element);
        if (first->second != s.element) items_[s.element].link = first->second;
    }
}

Result<void> Writer::place() {
    u64 end = head_size(p_.volume.size());
    items_[0].at = end;
    outs_.resize(steps_.size());
    for (size_t k = 0; k < steps_.size(); k++) {
        auto& s = steps_[k];
        auto& out = outs_[k];
        u64 size = 0;
        out.at = end;
        out.name = s.element == kDot ? "." : "..";
        if (s.element < items_.size()) {
            auto& item = items_[s.element];
            out.name = item.name;
            bool file = item.type == kFile, data = file && !item.link;
            u64 align = item.keep.number("align").value_or(file ? p_.align : kGrid);
            align = align && align <= (u64{1} << 24) ? align : kGrid;
            out.pad = pad_for(end, data, item.name.size(), align);
            if (auto pad = item.keep.number("pad"); pad && *pad <= (u64{1} << 24)) out.pad = *pad + gap_to(*pad, kGrid);
            out.at += out.pad;
            item.at = out.at;
            if (!item.link && (file || item.type == kSymlink)) size = on_grid(item.size);
        }
        if (s.before == ~size_t{0}) items_[s.dir].first = out.at;
        end = out.at + head_size(out.name.size()) + size;
        if (end > ~u32{0}) return fail(Error::Kind::Unsupported, "a romfs can't be larger than 4 GiB");
    }
    for (size_t k = 0; k < steps_.size(); k++) {
        if (auto before = steps_[k].before; before != ~size_t{0}) outs_[before].header.next = u32(outs_[k].at);
    }
    for (size_t k = 0; k < steps_.size(); k++) outs_[k].header = header_of(steps_[k], outs_[k]);
    end_ = end;
    return {};
}

u32 exec_of(const Entry& e) { return e.mode.value_or(0) & 0111 ? kExec : 0; }

Header Writer::header_of(const Step& s, const Out& out) const {
    Header h = out.header;  // with `next`
    if (s.element >= items_.size()) {
        bool root = !s.dir && s.element == kDot;
        auto& dir = items_[s.dir];
        h.spec = u32(s.element == kDotDot ? items_[dir.parent].at : dir.at);  // above the root there is the root
        if (root) h.next |= kDirectory | exec_of(wanted_[s.dir].entry), h.spec = u32(dir.first);
        return h;
    }
    auto& item = items_[s.element];
    auto& e = wanted_[s.element].entry;
    auto kept = [&](const char* name) { return u32(item.keep.number(name).value_or(0)); };
    if (item.link) {
        h.spec = u32(items_[*item.link].at);
        h.size = kept("size");
        h.next |= kept("exec") ? kExec : 0;
        return h;
    }
    h.next |= item.type;
    h.next |= e.mode ? exec_of(e) : kept("exec") ? kExec : 0;
    h.size = item.type == kFile || item.type == kSymlink ? u32(item.size) : kept("size");
    if (item.type == kDirectory)
        h.spec = u32(item.list.empty() ? item.at : item.first);
    else if (e.is_device())
        h.spec = e.major << 16 | e.minor;
    else
        h.spec = kept("spec");
    return h;
}

/// What a header's words add up to in the original: a damaged one stays as wrong as it was.
u32 Writer::old_sum(const Step& s) const {
    if (!old_) return 0;
    auto& image = old_->image();
    u32 owner = s.element < items_.size() ? s.element : s.dir;
    if (!wanted_[owner].was) return 0;
    auto& n = image.nodes[*wanted_[owner].was];
    u64 at = n.at, name = n.name;
    if (s.element >= items_.size()) {
        if (n.list == kNone) return 0;
        auto& list = image.lists[n.list];
        at = s.element == kDot ? list.dot : list.dot_dot, name = s.element == kDot ? 1 : 2;
        if (!at) return 0;
    }
    if (at > image.bytes.size()) return 0;
    return sum_of(image.bytes.subspan(at, std::min<u64>(head_size(name), image.bytes.size() - at)));
}

/// As it lies in the original where the same bytes lie in the same place.
void Writer::put(Bytes b) {
    if (old_ && rope_.size() <= old_->bytes().size() && b.size() <= old_->bytes().size() - rope_.size()) {
        auto there = old_->bytes().slice({rope_.size(), b.size()});
        if (equal(there.view(), b)) return rope_.copy(there);
    }
    rope_.fresh(std::move(b));
}

Result<Rope> Writer::emit() {
    const u64 super = head_size(p_.volume.size());
    put(Bytes(super));  // its place; it is known last
    for (size_t k = 0; k < steps_.size(); k++) {
        auto& s = steps_[k];
        auto& out = outs_[k];
        put(Bytes(out.pad));
        auto head = write_record(out.header, Endian::Big);
        head.insert(head.end(), out.name.begin(), out.name.end());
        head.resize(head_size(out.name.size()));
        store(std::span(head).subspan(kSumAt, 4), 4, Endian::Big, old_sum(s) - sum_of(head));
        put(std::move(head));
        if (s.element >= items_.size() || items_[s.element].link) continue;
        auto& item = items_[s.element];
        auto& w = wanted_[s.element];
        u64 pad = gap_to(item.size, kGrid);
        if (item.type == kSymlink) {
            Bytes target(w.entry.target.begin(), w.entry.target.end());
            target.resize(target.size() + pad);
            put(std::move(target));
        } else if (item.type == kFile && item.old) {
            auto data = old_->image().data(*item.old);
            data.size += std::min(pad, old_->bytes().size() - data.end());
            rope_.copy(old_->bytes().slice(data));
            put(Bytes(on_grid(item.size) - data.size));
        } else if (item.type == kFile) {
            rope_.append(*w.content);
            put(Bytes(pad));
        }
    }
    u64 size = end_ + (p_.fill ? gap_to(end_, p_.fill) : 0);
    if (old_ && !p_.fill) size = std::max(size, old_->bytes().size());
    if (old_ && size > end_ && end_ >= old_->image().end && old_->bytes().size() > end_)
        rope_.copy(old_->bytes().slice({end_, std::min(size, old_->bytes().size()) - end_}));
    rope_.fill(size - rope_.size(), 0);

    Rope rest = std::move(rope_);
    rope_ = {};
    Bytes first;
    rest.each({0, std::min(size, kSummed)}, [&](ByteView v) { first.insert(first.end(), v.begin(), v.end()); });
    Bytes head(kMagic.begin(), kMagic.end());
    head.resize(super);
    store(std::span(head).subspan(kSizeAt, 4), 4, Endian::Big, size);
    std::copy(p_.volume.begin(), p_.volume.end(), head.begin() + kHeader);
    std::copy_n(head.begin(), std::min<u64>(super, first.size()), first.begin());
    u32 was = old_ ? sum_of(old_->bytes().view().first(std::min<u64>(old_->bytes().size(), kSummed))) : 0;
    store(std::span(head).subspan(kSumAt, 4), 4, Endian::Big, was - sum_of(first));
    for (u64 i = 0; i < super; i += 4) put(Bytes(head.begin() + i64(i), head.begin() + i64(i) + 4));
    u64 skip = super;
    for (auto& run : rest.runs()) {
        u64 from = std::min(skip, run.size);
        skip -= from;
        if (from == run.size) continue;
        if (run.kind == Rope::Run::Kind::Filled)
            rope_.fill(run.size - from, run.filler);
        else if (run.kind == Rope::Run::Kind::Copied)
            rope_.copy(run.bytes.slice({from, run.size - from}));
        else
            rope_.fresh(run.bytes.slice({from, run.size - from}));
    }
    return std::move(rope_);
}

}  // namespace

Result<Rope> write(const Params& p, std::span<const Wanted> wanted, const Volume* old, Context&) { return Writer(p, wanted, old).run(); }

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms&, Context& cx) const {
    auto was = TRY(entries(cx));
    bool same = wanted.size() == was.size();
    for (size_t i = 0; same && i < wanted.size(); i++) same = wanted[i].was == i && !wanted[i].content && wanted[i].entry == was[i];
    if (same) {
        Rope all;
        all.copy(bytes_);
        return all;
    }
    return write(params_, wanted, this, cx);
}

}  // namespace fieldstrip::romfs
