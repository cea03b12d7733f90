#include "formats/tar/describe.h"

namespace fieldstrip::tar {
namespace {

using enum Entry::Type;

Entry::Type type_of(u8 type, std::string_view name, u64 size) {
    switch (type) {
        case '2': return Symlink;
        case '3': return CharDevice;
        case '4': return BlockDevice;
        case '5':
        case 'D': return Directory;
        case '6': return Fifo;
        // Before there was a type of folders their names ended so.
        case 0:
        case '0': return name.ends_with('/') && !size ? Directory : File;
        default: return File;
    }
}

template <class T>
std::optional<T> in_range(std::optional<i64> v) {
    return v && *v >= 0 && u64(*v) <= std::numeric_limits<T>::max() ? std::optional(T(*v)) : std::nullopt;
}

class Describer {
  public:
    Describer(ByteView space, const Member& m, const Globals& globals)
        : space_(space), member_(m), block_(space.subspan(m.head, kBlock)), globals_(globals), records_(records_of(space, m)) {}

    Described run() {
        auto& e = out_.entry;
        names();
        auto type = member_.type;
        e.type = type_of(type, out_.name, member_.data_size);
        auto s = spelled(out_.name);
        e.path = s.path;
        out_.keep.before = s.before, out_.keep.after = s.after;
        if (auto mode = number_of(field(block_, at::mode))) e.mode = u32(*mode & 07777);
        e.uid = in_range<u32>(number("uid", at::uid));
        e.gid = in_range<u32>(number("gid", at::gid));
        if (auto t = said("mtime"))
            e.mtime = seconds(*t);
        else
            e.mtime = number_of(field(block_, at::mtime));
        if (e.is_file()) {
            e.node = member_.at, e.size = type == '1' ? 0 : member_.size();
        } else if (e.is(Symlink)) {
            e.target = out_.link;
        } else if (e.is_device()) {
            e.major = in_range<u32>(number_of(field(block_, at::major))).value_or(0);
            e.minor = in_range<u32>(number_of(field(block_, at::minor))).value_or(0);
        }
        if (!e.is_file() && member_.data_size) out_.keep.other_data = member_.data_size;
        if (e.is_file() && type != '1') out_.keep.sparse = member_.sparse;
        attributes();
        kept();
        return std::move(out_);
    }

  private:
    /// By this member's records, else by those of all.
    std::optional<std::string_view> said(std::string_view key) const {
        if (auto* r = find_record(records_, key); r && !r->value.empty()) return r->value;
        auto g = globals_.find(key);
        return g == globals_.end() || g->second.empty() ? std::nullopt : std::optional<std::string_view>(g->second);
    }

    std::optional<i64> number(std::string_view key, const Extent& at) const {
        auto s = said(key);
        if (!s) return number_of(field(block_, at));
        auto n = decimal(*s);
        return n ? std::optional(i64(*n)) : std::nullopt;
    }

    /// The text of the last extension of a type; the bytes behind it.
    std::optional<std::string_view> text_of(u8 type, std::optional<Bytes>& end) const {
        std::optional<std::string_view> out;
        for (auto& x : member_.extensions) {
            if (x.type != type) continue;
            auto body = space_.subspan(x.body.offset, x.body.size);
            out = text_at(body, {0, body.size()});
            auto rest = body.subspan(out->size());
            end.reset();
            if (rest.size() != 1) end.emplace(rest.begin(), rest.end());
        }
        return out;
    }

    void names() {
        auto& k = out_.keep;
        auto long_name = text_of('L', k.name_end), long_link = text_of('K', k.link_end);
        auto* sparse = member_.sparse ? find_record(records_, "GNU.sparse.name") : nullptr;
        bool own = find_record(records_, "path");
        if (sparse) {
            out_.name = sparse->value;
        } else if (long_name && !own) {
            out_.name = *long_name;
        } else if (auto path = said("path")) {
            out_.name = *path;
        } else {
            out_.name = name_in(block_);
        }
        if (member_.type != '1' && member_.type != '2') return;
        if (long_link && !find_record(records_, "linkpath"))
            out_.link = *long_link;
        else
            out_.link = said("linkpath").value_or(text_at(block_, at::link));
    }

    void attributes() {
        for (auto& r : records_) {
            auto name = xattr_of(r.key);
            if (!name || name->empty()) continue;
            if (r.key.starts_with(kXattr))
                out_.entry.xattrs[*name] = Bytes(r.value.begin(), r.value.end());
            else if (auto value = decoded(r.value))
                out_.entry.xattrs[*name] = std::move(*value);
        }
    }

    /// Records with a value where it may differ from what the entry says; parse() finds out which of them are needed.
    void kept() {
        auto& k = out_.keep;
        for (auto& r : records_) k.pax.push_back({std::string(r.key), std::string(r.value)});
        std::string types;
        for (auto& x : member_.extensions) types += char(x.type);
        k.extensions = types;
        k.magic = magic_of(block_);
        auto fill = space_.subspan(member_.data.end(), member_.next - member_.data.end());
        if (!is_zeros(fill) && fill.size() < kBlock) k.fill.emplace(fill.begin(), fill.end());
    }

    ByteView space_;
    const Member& member_;
    ByteView block_;
    const Globals& globals_;
    std::vector<Record> records_;
    Described out_;
};

}  // namespace

Described describe(ByteView space, const Member& m, const Globals& globals) { return Describer(space, m, globals).run(); }

}  // namespace fieldstrip::tar
