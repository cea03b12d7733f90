// Entries, contents, and checks.
#include <charconv>

#include "base/text.h"
#include "formats/romfs/volume.h"

namespace fieldstrip::romfs {
namespace {

using EntryType = Entry::Type;

constexpr u64 kLongestTarget = 4095;  // what Linux follows

EntryType type_of(const Node& n) {
    switch (n.header.type()) {
        case kDirectory: return EntryType::Directory;
        case kSymlink: return EntryType::Symlink;
        case kBlock: return EntryType::BlockDevice;
        case kChar: return EntryType::CharDevice;
        case kSocket: return EntryType::Socket;
        case kFifo: return EntryType::Fifo;
        default: return EntryType::File;
    }
}

/// Linux looks at the x bit of these only.
bool says_mode(EntryType t) { return t == EntryType::File || t == EntryType::Directory; }

/// What its header says beside what an entry says.
void keep_header(const Node& n, const Node& real, Recipe& keep) {
    auto& h = n.header;
    bool link = h.type() == kHardLink;
    if (h.exec() && (link || !says_mode(type_of(n)))) keep.set("exec", u64{1});
    bool means = link || n.directory() || h.type() == kBlock || h.type() == kChar;
    if (h.spec && (!means || n.broken)) keep.set("spec", h.spec);
    if (h.size && !n.has_data()) keep.set("size", h.size);
    if (link && real.header.type() != kFile && !n.broken) keep.set("group", real.at);
    if (n.name > kLongestNew) keep.set("long", u64{1});
}

/// Where "." and ".." are among a directory's entries: first, if nothing is said.
void keep_dots(const List& list, Recipe& keep) {
    auto at = [&](u32 dot) { return size_t(std::find(list.elements.begin(), list.elements.end(), dot) - list.elements.begin()); };
    auto place = [&](size_t i) { return i < list.elements.size() ? std::to_string(i) : std::string("none"); };
    if (at(kDot) != 0) keep.set("dot", place(at(kDot)));
    if (at(kDotDot) != 1) keep.set("dotdot", place(at(kDotDot)));
}

}  // namespace

Volume::Volume(Buffer bytes) : bytes_(std::move(bytes)), image_(read_image(bytes_.view())), params_(params_of(image_)) {}

std::string part_of(ByteView name) {
    std::string out;
    for (u8 c : name) out += c == '/' ? "%2F" : std::string(1, char(c));
    return out;
}

Result<std::string> name_of(const Entry& e) {
    auto slash = e.path.rfind('/');
    auto part = slash == e.path.npos ? e.path : e.path.substr(slash + 1);
    auto keep = Recipe::of_line(e.keep);
    if (auto kept = from_hex(keep.text("name")); kept && !kept->empty() && part_of(*kept) == part) return std::string(as_text(*kept));
    auto no = [&](const char* why) { return fail(Error::Kind::Unsupported, e.path + ": " + why); };
    if (part.empty() || part == "." || part == "..") return no("no entry of a romfs has such a name");
    if (part.find('\0') != part.npos) return no("no name in a romfs holds a NUL");
    if (part.size() > (keep.has("long") ? kLongestName : kLongestNew))
        return no("Linux reads no name in a romfs that is longer than 127 bytes");
    return part;
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const {
    std::vector<Entry> out;
    out.reserve(image_.nodes.size());
    // Of hard links the first that is met on a walk is the real one, unless it is said to be another.
    std::vector<u32> first(image_.nodes.size(), kNone);
    // What is no file has no other way to say that it has links.
    std::vector<bool> linked(image_.nodes.size());
    for (u32 i = 0; i < image_.nodes.size(); i++)
        if (auto& n = image_.nodes[i]; n.real != i && image_.nodes[n.real].header.type() != kFile) linked[n.real] = true;
    for (auto& s :
         walk_of(0, [&](u32 i) { return image_.nodes[i].list == kNone ? nullptr : &image_.lists[image_.nodes[i].list].elements; }))
        if (s.element < image_.nodes.size())
            if (u32 real = image_.nodes[s.element].real; first[real] == kNone) first[real] = s.element;
    for (u32 i = 0; i < image_.nodes.size(); i++) {
        auto& n = image_.nodes[i];
        auto& real = image_.nodes[n.real];
        Entry e{.type = i ? type_of(real) : EntryType::Directory, .node = real.at};
        if (says_mode(e.type)) e.mode = real.header.exec() ? 0755 : 0644;
        Recipe keep;
        auto name = image_.name(n);
        if (i) {
            auto& above = out[n.parent].path;
            e.path = (above.empty() ? above : above + '/') + part_of(name);
            if (part_of(name) != as_text(name)) keep.set("name", hex(name));
        }
        if (real.header.type() == kFile) e.size = real.header.size;
        if (e.is_device()) e.major = real.header.spec >> 16, e.minor = real.header.spec & 0xFFFF;
        if (auto target = image_.data(real); e.is(EntryType::Symlink) && target.size == real.header.size && target.size <= kLongestTarget)
            e.target = as_text(bytes_.view().subspan(target.offset, target.size));
        keep_header(n, real, keep);
        if (n.list != kNone) keep_dots(image_.lists[n.list], keep);
        if (i && n.real == i && first[i] != i && first[i] != kNone) keep.set("real", u64{1});
        if (linked[i]) keep.set("group", n.at);
        if (i) {
            bool data = n.header.type() == kFile;
            u64 end = n.at - n.pad;
            auto explained = [&](u64 align) { return n.pad == pad_for(end, data, n.name, align); };
            if (!explained(aligned(image_, n) ? params_.align : kGrid)) {
                if (params_.other_align && explained(params_.other_align))
                    keep.set("align", params_.other_align);
                else
                    keep.set("pad", n.pad);
            }
        }
        e.keep = keep.line();
        TRY_VOID(cx.spend(&Limits::decoded, e.path.size() + e.target.size()));  // names and targets may overlap
        out.push_back(std::move(e));
    }
    return out;
}

/// The file that an entry's handle leads to.
std::optional<Node> Volume::file_at(u64 at) const {
    auto head = head_at(image_.bytes, at);
    if (!head || head->header.type() != kFile) return {};
    return Node{at, head->header, head->name};
}

std::optional<Extent> Volume::stored(const Entry& e) const {
    auto n = e.is_file() ? file_at(e.node) : std::nullopt;
    if (!n) return {};
    auto data = image_.data(*n);
    if (data.size != n->header.size) return {};
    return data;
}

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink&, Context& cx) const {
    auto n = file_at(e.node);
    if (!n) return Lost{};  // a link that leads nowhere
    auto data = image_.data(*n);
    TRY_VOID(cx.spend(&Limits::decoded, n->header.size));
    if (data.size && !sink(image_.bytes.subspan(data.offset, data.size))) return Lost{};
    if (data.size == n->header.size) return Lost{};
    const Bytes zeros(1 << 16);
    for (u64 at = data.size; at < n->header.size;) {
        auto size = std::min<u64>(zeros.size(), n->header.size - at);
        if (!sink(ByteView(zeros).first(size))) break;
        at += size;
    }
    return Lost{{data.size, n->header.size - data.size}};
}

/// The sum of every header; lists, links and data that lead outside.
Result<void> Volume::verify(const CheckSink& sink, Context&) const {
    char text[40];
    auto named = [&](std::string_view what, u64 at) {
        char* end = std::copy(what.begin(), what.end(), text);
        end = std::to_chars(end, std::end(text), at, 16).ptr;
        return std::string_view(text, size_t(end - text));
    };
    auto head = [&](u64 at, u64 name) {
        Extent covers{at, std::min<u64>(head_size(name), image_.bytes.size() - at)};
        auto b = image_.bytes.subspan(at, covers.size);
        u32 stored = be32(b, kSumAt), sum = sum_of(b);
        auto expected = big_endian(stored, 4), found = big_endian(u32(stored - sum), 4);
        sink({named("header@0x", at), {at + kSumAt, 4}, {&covers, 1}, expected, found, sum ? Check::Outcome::Fail : Check::Outcome::Pass});
    };
    auto wrong = [&](std::string_view what, u64 at, Extent covers) {
        sink({named(what, at), {at, 0}, {&covers, 1}, {}, {}, Check::Outcome::Fail});
    };
    for (auto& list : image_.lists) {
        if (list.dot) head(list.dot, 1);
        if (list.dot_dot) head(list.dot_dot, 2);
    }
    if (auto root = head_at(image_.bytes, image_.root_at()); root && image_.lists[0].dot != image_.root_at())
        head(image_.root_at(), root->name);
    for (size_t i = 0; i < image_.nodes.size(); i++) {
        auto& n = image_.nodes[i];
        u64 at = std::min<u64>(n.at, image_.bytes.size());
        Extent there{at, std::min<u64>(kHeader, image_.bytes.size() - at)};
        if (i) head(n.at, n.name);
        if (n.broken) wrong(n.header.type() == kHardLink ? "link@0x" : "directory@0x", at, there);
        if (auto data = image_.data(n); i && n.has_data() && data.size != n.header.size) wrong("data@0x", at, data);
    }
    return {};
}

Result<Recipe> Volume::recipe(Context&) const { return recipe_of(params_); }

}  // namespace fieldstrip::romfs
