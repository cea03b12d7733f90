#include "formats/tar/head.h"

#include <set>

#include "formats/tar/sparse.h"

namespace fieldstrip::tar {
namespace {

using enum Entry::Type;

constexpr std::string_view kGlobal[] = {"path", "linkpath", "uid", "gid", "mtime"};

u32 usual_permissions(Entry::Type type) { return type == Directory ? 0755 : type == Symlink ? 0777 : 0644; }

void put_text(std::span<u8> block, const Extent& e, std::string_view text) {
    std::memcpy(block.data() + e.offset, text.data(), std::min<u64>(e.size, text.size()));
}

/// Where a name is cut into prefix and rest; nothing where it can't be.
std::optional<size_t> split(std::string_view name, bool longest) {
    auto fits = [&](size_t slash) {
        return slash && slash <= at::prefix.size && name.size() - slash - 1 <= at::name.size && slash + 1 < name.size();
    };
    if (longest) {
        auto slash = name.rfind('/', std::min<size_t>(at::prefix.size, name.size() < 2 ? 0 : name.size() - 2));
        return slash != name.npos && fits(slash) ? std::optional(slash) : std::nullopt;
    }
    auto slash = name.find('/', name.size() - at::name.size - 1);
    return slash != name.npos && fits(slash) ? std::optional(slash) : std::nullopt;
}

u16 check_of(ByteView field) {
    u32 sum = 0xFFFF;
    for (u8 c : field) sum = (sum ^ c) * 0x01000193u;
    return u16(sum ^ sum >> 16);
}

void set_field(std::span<u8> block, const Field& f, const Bytes& bytes) {
    size_t i = 0;
    for (auto& e : {f.first, f.second})
        for (u64 k = 0; k < e.size; k++, i++) block[e.offset + k] = i < bytes.size() ? bytes[i] : 0;
}

}  // namespace

void add_globals(Globals& globals, ByteView space, const Member& m) {
    for (auto& x : m.extensions) {
        if (x.type != 'g') continue;
        for (auto& r : read_records(space.subspan(x.body.offset, x.body.size)))
            if (std::find(std::begin(kGlobal), std::end(kGlobal), r.key) != std::end(kGlobal)) globals[std::string(r.key)] = r.value;
    }
}

std::string name_in(ByteView block) {
    auto prefix = magic_of(block).starts_with(std::string_view("ustar\0", 6)) ? text_at(block, at::prefix) : std::string_view();
    return std::string(prefix) + (prefix.empty() ? "" : "/") + std::string(text_at(block, at::name));
}

std::unexpected<Error> refuse(const Entry& e, std::string_view why) {
    return fail(Error::Kind::Unsupported, (e.path.empty() ? "the root" : e.path) + ": " + std::string(why));
}

std::string name_of(const Entry& e, const Keep& k, const Style& s) {
    if (e.path.empty()) return k.before.value_or("./");
    return k.before.value_or(s.before) + e.path + k.after.value_or(e.is(Directory) ? s.slash : "");
}

Head::Head(const Entry& e, const Keep& k, const Style& s, const Globals& g, const Role& r)
    : entry_(e),
      keep_(k),
      style_(s),
      globals_(g),
      role_(r),
      magic_(k.magic.value_or(s.magic)),
      name_(name_of(e, k, s)),
      link_(r.hard          ? *r.hard
            : e.is(Symlink) ? e.target
                            : ""),
      may_long_(magic_ == kGnu || s.is_gnu() || asked('L') || asked('K')),
      may_pax_(magic_ != kGnu && (s.pax || !k.pax.empty())) {
    may_pax_ = may_pax_ || !k.pax.empty();
}

u8 Head::type() const {
    if (role_.hard) return '1';
    if (role_.sparse && role_.sparse->kind == Sparse::Kind::Old) return 'S';
    switch (entry_.type) {
        case File: return style_.regular;
        case Directory: return '5';
        case Symlink: return '2';
        case CharDevice: return '3';
        case BlockDevice: return '4';
        case Fifo: return '6';
        case Socket: break;
    }
    return 0;
}

/// What the entry says of a key that follows from it.
std::optional<std::string> Head::say(std::string_view key) const {
    auto number = [](auto n) { return n ? std::optional(std::to_string(*n)) : std::nullopt; };
    if (key == "path" || key == "GNU.sparse.name") return name_;
    if (key == "linkpath") return link_;
    if (key == "size") return std::to_string(role_.size);
    if (key == "uid") return number(entry_.uid);
    if (key == "gid") return number(entry_.gid);
    if (key == "mtime") return number(entry_.mtime);
    return {};
}

/// The value of a record that was kept; nothing where it goes.
std::optional<std::string> Head::value_of(const Key& k, size_t nth) const {
    if (auto name = xattr_of(k.key)) {
        bool is_text = k.key.starts_with(kEncodedXattr);
        auto x = entry_.xattrs.find(*name);
        if (is_text && k.value && !decoded(*k.value)) return k.value;
        if (x == entry_.xattrs.end()) return {};
        return is_text ? encoded(x->second) : std::string(as_text(x->second));
    }
    if (k.key.starts_with("GNU.sparse.") && keep_.sparse) {
        bool here = role_.sparse && role_.sparse->kind != Sparse::Kind::Old;
        if (!here) return {};
        if (auto v = sparse_value(*role_.sparse, k.key, nth)) return v;
        if (k.key == "GNU.sparse.offset" || k.key == "GNU.sparse.numbytes") return {};
    }
    if (k.key == "linkpath" && link_.empty()) return {};
    auto said = say(k.key);
    if (!k.value) return said;
    if (k.key == "mtime") return seconds(*k.value) == entry_.mtime ? k.value : said;
    if (k.key == "uid" || k.key == "gid") return decimal(*k.value) == decimal(said.value_or("")) ? k.value : said;
    return k.value;
}

Result<void> Head::collect() {
    std::map<std::string_view, size_t> seen;
    std::set<std::string> attributes;
    auto put = [&](std::string_view key, std::string value) {
        texts_.push_back(std::make_unique<std::string>(std::move(value)));
        records_[key] = list_.size();
        list_.push_back({key, *texts_.back()});
    };
    for (auto& k : keep_.pax)
        if (auto v = value_of(k, seen[k.key]++)) {
            put(k.key, std::move(*v));
            if (auto name = xattr_of(k.key)) attributes.insert(std::move(*name));
        }
    for (auto& [name, value] : entry_.xattrs) {
        if (attributes.contains(name)) continue;
        if (!may_pax_) return refuse(entry_, "this kind of tar can't hold extended attributes");
        if (name.find('=') != name.npos) return refuse(entry_, "no attribute can have that name here: " + name);
        texts_.push_back(std::make_unique<std::string>(std::string(kXattr) + name));
        put(*texts_.back(), std::string(as_text(value)));
    }
    // What was said of all does not hold for this one.
    for (auto& key : kGlobal) {
        auto g = globals_.find(key);
        if (g == globals_.end() || has(key) || (key == "path" && has("GNU.sparse.name")) || (key == "linkpath" && link_.empty())) continue;
        auto said = say(key).value_or("0");
        bool same = key == "mtime"  ? seconds(g->second) == seconds(said)
                    : key == "path" ? spelled(g->second).path == entry_.path
                                    : g->second == said;
        if (!same) put(key, said);
    }
    return {};
}

bool Head::add(const char* key) {
    if (!may_pax_) return false;
    if (has(key)) return true;
    texts_.push_back(std::make_unique<std::string>(say(key).value_or("0")));
    records_[key] = list_.size();
    list_.push_back({key, *texts_.back()});
    return true;
}

Result<void> Head::name() {
    if (name_.find('\0') != name_.npos) return refuse(entry_, "a name can't hold a NUL");
    if (spelled(name_).path != entry_.path || (!entry_.is(Directory) && keep_.index == kUnbounded && name_.ends_with('/')))
        return refuse(entry_, "is no name that an archive can hold");
    auto prefix = magic_.starts_with(std::string_view("ustar\0", 6)) ? split(name_, style_.longest) : std::nullopt;
    bool said = has("path") || has("GNU.sparse.name");
    long_name_ = asked('L');
    if (name_.size() <= at::name.size) {
        put_text(block_, at::name, name_);
    } else if (prefix && !long_name_ && !said) {
        put_text(block_, at::prefix, std::string_view(name_).substr(0, *prefix));
        put_text(block_, at::name, std::string_view(name_).substr(*prefix + 1));
    } else {
        put_text(block_, at::name, name_);
        if (!said && !long_name_ && may_long_)
            long_name_ = true;
        else if (!said && !long_name_ && !add("path"))
            return refuse(entry_, "its name is too long for this kind of tar");
    }
    return {};
}

Result<void> Head::links() {
    if (!role_.hard && !entry_.is(Symlink)) return {};
    bool kept = keep_.index != kUnbounded;  // an empty target that was there stays
    if ((link_.empty() && !kept) || link_.find('\0') != link_.npos) return refuse(entry_, "a link can't lead to that");
    put_text(block_, at::link, link_);
    long_link_ = asked('K');
    if (link_.size() <= at::link.size || has("linkpath") || long_link_) return {};
    if (may_long_)
        long_link_ = true;
    else if (!add("linkpath"))
        return refuse(entry_, "its target is too long for this kind of tar");
    return {};
}

Result<void> Head::numbers() {
    if (entry_.mode.value_or(0) > 07777) return refuse(entry_, "these permissions are none");
    auto& e = entry_;
    // A new sum of data and a map counts in the header too.
    const Number all[] = {{at::mode, style_.mode, i64(e.mode.value_or(usual_permissions(e.type))), nullptr},
                          {at::uid, style_.uid, i64(e.uid.value_or(0)), "uid"},
                          {at::gid, style_.gid, i64(e.gid.value_or(0)), "gid"},
                          {at::size, style_.size, i64(role_.size), "size"},
                          {at::mtime, style_.mtime, e.mtime.value_or(0), "mtime"},
                          {at::major, e.is_device() ? style_.device : style_.no_device, i64(e.is_device() ? e.major : 0), nullptr},
                          {at::minor, e.is_device() ? style_.device : style_.no_device, i64(e.is_device() ? e.minor : 0), nullptr}};
    for (auto& n : all) {
        auto f = std::span(block_).subspan(n.at.offset, n.at.size);
        bool fits = n.value >= 0 && n.how.holds(u64(n.value));
        bool said = n.key && has(n.key);
        if (fits || said) {
            n.how.put(f, fits ? u64(n.value) : 0);
        } else if (magic_ == kGnu) {
            put_base256(f, n.value);
        } else {
            if (!n.key || !add(n.key))
                return refuse(e, "its " + std::string(n.key ? n.key : "device number") + " is beyond what this kind of tar can say");
            n.how.put(f, 0);
        }
    }
    return {};
}

void Head::owner() {
    auto put = [&](const std::map<u64, std::string>& names, std::optional<u32> id, const Extent& at) {
        auto name = id ? names.find(*id) : names.end();
        if (name != names.end()) put_text(block_, at, name->second);
    };
    put(style_.users, entry_.uid, at::uname);
    put(style_.groups, entry_.gid, at::gname);
}

/// Fields as they were found, then the sum.
void Head::patch(std::span<u8> block, char header) const {
    auto fields = fields_of(magic_of(block));
    // A name that is said elsewhere may be anything here; a map that is no more was said elsewhere.
    bool own_name = header == 'h' && !long_name_ && !has("path") && !has("GNU.sparse.name");
    auto apply = [&](const Field& f) {
        for (auto& p : keep_.patches) {
            if (p.header != header || p.field != f.name || p.check != check_of(field_bytes(block, f))) continue;
            auto ours = field_bytes(block, f);
            set_field(block, f, p.bytes);
            if (own_name && f.name == "name" && name_in(block) != name_) set_field(block, f, ours);
            return;
        }
    };
    for (auto& f : fields.first(fields.size() - 1)) apply(f);
    std::memset(block.data() + at::chksum.offset, ' ', at::chksum.size);
    style_.chksum.put(block.subspan(at::chksum.offset, at::chksum.size), sum_of(block));
    apply(fields.back());
}

void Head::extension(Bytes& out, char type) {
    auto& style = style_.extensions.at(u8(type));
    Bytes body;
    auto text = [&](const std::string& s, const std::optional<Bytes>& end) {
        body.assign(s.begin(), s.end());
        auto rest = end.value_or(Bytes{0});
        body.insert(body.end(), rest.begin(), rest.end());
    };
    if (type == 'L') text(name_, keep_.name_end);
    if (type == 'K') text(link_, keep_.link_end);
    if (type == 'x' || type == 'X')
        for (auto& r : list_) put_record(body, r.key, r.value);
    Block b = style.like;
    for (auto& f : fields_of(magic_of(b)))
        if (std::find(style.follow.begin(), style.follow.end(), f.name) != style.follow.end()) set_field(b, f, field_bytes(block_, f));
    if (!style.folder.empty()) {
        std::fill_n(b.begin(), at::name.size, u8{0});
        put_text(b, at::name, style.name_for(name_));
    }
    b[at::type.offset] = u8(type);
    style_.size.put(std::span(b).subspan(at::size.offset, at::size.size), body.size());
    patch(b, type);
    headers_.emplace_back(type, out.size());
    out.insert(out.end(), b.begin(), b.end());
    out.insert(out.end(), body.begin(), body.end());
    out.resize(round_up(out.size()));
}

Result<Bytes> Head::bytes() {
    if (entry_.is(Socket)) return refuse(entry_, "tar can't hold a socket");
    TRY_VOID(collect());
    put_text(block_, at::magic, magic_);
    TRY_VOID(name());
    TRY_VOID(links());
    TRY_VOID(numbers());
    owner();
    block_[at::type.offset] = type();
    Bytes behind;
    if (role_.sparse && role_.sparse->kind == Sparse::Kind::Old) behind = put_old_sparse(*role_.sparse, block_);
    if (role_.sparse && role_.sparse->kind == Sparse::Kind::Pax10) behind = map_before_data(*role_.sparse);
    patch(block_, 'h');

    // Those that were there in their order, then those that are needed besides.
    std::string types;
    auto wants = [&](char t) { return t == 'K' ? long_link_ : t == 'L' ? long_name_ : !list_.empty() || keep_.extensions; };
    for (char t : keep_.extensions.value_or(""))
        if (wants(t) && types.find(t) == types.npos) types += t;
    for (char t : std::string_view("KLx")) {
        bool needed = t == 'x' ? !list_.empty() && types.find('X') == types.npos : wants(t);
        if (needed && types.find(t) == types.npos) types += t;
    }
    Bytes out;
    for (char t : types) extension(out, t);
    headers_.emplace_back('h', out.size());
    out.insert(out.end(), block_.begin(), block_.end());
    out.insert(out.end(), behind.begin(), behind.end());
    return out;
}

/// For Keep: how what was found differs from what we would write.
std::vector<Patch> differences(ByteView ours, ByteView theirs, char header) {
    std::vector<Patch> out;
    for (auto& f : fields_of(magic_of(ours))) {
        auto a = field_bytes(ours, f), b = field_bytes(theirs, f);
        if (f.name == "size" && header != 'h') continue;
        if (a == b) continue;
        while (!b.empty() && !b.back()) b.pop_back();
        out.push_back({header, std::string(f.name), check_of(a), std::move(b)});
    }
    return out;
}

}  // namespace fieldstrip::tar
