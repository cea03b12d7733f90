// From members to entries, and to what must be kept of each to write the same bytes again.
#include <tuple>

#include "formats/cpio/volume.h"

namespace fieldstrip::cpio {
namespace {

Digits digits_at(ByteView bytes, const Member& m) { return Digits::of(bytes.subspan(m.at, shape_of(m.variant).header), m.variant); }

bool is_zeros(ByteView b) { return b.empty() || one_value(b) == u8{0}; }

Bytes copy_of(ByteView b) { return {b.begin(), b.end()}; }

class Parser {
  public:
    Parser(ByteView bytes, u64 most) : bytes_(bytes), most_(most) {}

    bool stopped() const { return stopped_; }
    Result<Parsed> run(Context& cx) {
        std::optional<Member> trailer;
        size_t first = 0;
        auto all = read_region(
            bytes_, 0,
            [&](const Member& m) {
                if (m.trailer)
                    trailer = m;
                else if (out_.members.size() < most_)
                    out_.members.push_back(m);
                else
                    stopped_ = true;
            },
            [&](const Run& r, bool belongs) {
                if (!belongs) return out_.members.resize(first);
                if (!out_.archives.empty()) end_gap(r.at);
                out_.archives.push_back({style_of(r, first, trailer), first, out_.members.size() - first, {r.end, 0}});
                if (trailer) out_.archives.back().trailer = {trailer->at, trailer->next - trailer->at};
                out_.end = trailer || first == out_.members.size() ? r.end : out_.members.back().next;
                first = out_.members.size();
                trailer.reset();
            });
        if (out_.members.empty() && all.how != Run::How::Whole) return fail(Error::Kind::NotThis, "no member can be read");
        out_.how = all.how;
        out_.entries.resize(out_.members.size());
        keeps_.resize(out_.members.size());
        for (size_t i = 0; i < out_.archives.size(); i++) TRY_VOID(list(i, cx));
        return std::move(out_);
    }

  private:
    /// The zeros between the last archive and the next.
    void end_gap(u64 next) {
        auto& style = out_.archives.back().style;
        style.zeros = next - out_.end;
        for (u64 align : {512u, 1024u, 4096u})
            if (!style.align && style.zeros && style.zeros < align && next % align == 0) style.align = align;
    }

    Style style_of(const Run& r, size_t first, const std::optional<Member>& trailer) const {
        Style s{.variant = r.variant, .links = usual_links(r.variant), .trailer = trailer.has_value()};
        Digits seen;
        for (size_t i = first; i < out_.members.size() && seen.which == Digits::Any; i++) seen = digits_at(bytes_, out_.members[i]);
        auto of_trailer = trailer ? digits_at(bytes_, *trailer) : Digits{};
        if (seen.which == Digits::Any) seen = of_trailer;
        if (seen.which != Digits::Any && seen.which != Digits::Mixed) s.digits = seen;
        s.trailer_digits = of_trailer.which == Digits::Any ? s.digits : of_trailer;
        if (!trailer) return s;
        s.trailer_header = trailer->header;
        s.trailer_rest = copy_of(bytes_.subspan(trailer->name.offset + kTrailer.size() + 1, trailer->name.size - kTrailer.size() - 1));
        auto& shape = shape_of(r.variant);
        auto filler = bytes_.subspan(trailer->name.end(), trailer->next - trailer->name.end());
        if (filler.size() != gap_to(shape.header + trailer->name.size, shape.align)) s.trailer_fill = copy_of(filler);
        return s;
    }

    Result<void> list(size_t archive, Context& cx) {
        auto& a = out_.archives[archive];
        for (size_t i = a.first; i < a.first + a.count; i++) describe(i, archive);
        link(a);
        for (size_t i = a.first; i < a.first + a.count; i++) {
            if (a.style.variant == Variant::Crc) TRY_VOID(cx.spend(&Limits::decoded, 0));
            keep_check(i, a.style.variant);
            out_.entries[i].keep = keeps_[i].line();
        }
        return {};
    }

    void describe(size_t i, size_t archive) {
        auto& m = out_.members[i];
        auto& h = m.header;
        auto& e = out_.entries[i];
        auto& k = keeps_[i];
        auto& style = out_.archives[archive].style;
        e.type = type_of(h.mode);
        e.mode = u32(h.mode & 07777), e.uid = u32(h.uid), e.gid = u32(h.gid), e.mtime = i64(h.mtime);
        auto name = name_of(bytes_, m);
        auto spelling = spelling_of(name);
        e.path = spelling.path;
        k.archive = archive, k.ino = h.ino, k.nlink = h.nlink, k.dev = h.dev;
        if (kind_of(h.mode) != mode_of(e.type)) k.kind = kind_of(h.mode);
        if (e.is_device())
            e.major = u32(h.rdev.major), e.minor = u32(h.rdev.minor);
        else
            k.rdev = h.rdev;
        if (e.path.empty() ? name != "." : !spelling.before.empty()) k.before = spelling.before;
        if (!spelling.after.empty()) k.after = spelling.after;
        if (m.name.size > name.size() + 1)
            k.name_rest = copy_of(bytes_.subspan(m.name.offset + name.size() + 1, m.name.size - name.size() - 1));
        auto name_fill = bytes_.subspan(m.name.end(), m.data.offset - m.name.end());
        auto data_fill = bytes_.subspan(m.data.end(), m.next - m.data.end());
        if (!is_zeros(name_fill)) k.name_fill = copy_of(name_fill);
        if (!is_zeros(data_fill)) k.data_fill = copy_of(data_fill);
        if (auto d = digits_at(bytes_, m); d.which != Digits::Any && d != style.digits) k.digits = d;
        if (e.is_file()) {
            e.size = h.size, e.node = m.at;
            if (h.nlink != 1) k.links = 1;
        } else if (e.is(Entry::Type::Symlink)) {
            e.target = as_text(bytes_.subspan(m.data.offset, m.data.size));
        } else {
            k.other_data = h.size;
        }
    }

    ByteView data_of(size_t i) const {
        auto& m = out_.members[i];
        return bytes_.subspan(m.data.offset, m.data.size);
    }

    /// Members of one inode are hard links; those without data have that of the one that has it. Where two of them have different data
    /// somebody gave one number to two files.
    void link(Archive& a) {
        std::vector<size_t> linked;
        auto key = [&](size_t i) {
            auto& h = out_.members[i].header;
            return std::tuple(h.ino, h.dev.major, h.dev.minor);
        };
        for (size_t i = a.first; i < a.first + a.count; i++)
            if (out_.entries[i].is_file() && out_.members[i].header.nlink > 1 && !out_.members[i].is_cut) linked.push_back(i);
        std::stable_sort(linked.begin(), linked.end(), [&](size_t x, size_t y) { return key(x) < key(y); });
        std::vector<std::vector<size_t>> groups;
        for (size_t from = 0, to = 0; from < linked.size(); from = to) {
            while (to < linked.size() && key(linked[to]) == key(linked[from])) to++;
            auto carrier = linked[from];
            for (size_t i = from; i < to && data_of(carrier).empty(); i++) carrier = linked[i];
            std::vector<size_t> group;
            for (size_t i = from; i < to; i++) {
                auto own = data_of(linked[i]);
                if (own.empty() || equal(own, data_of(carrier))) group.push_back(linked[i]);
            }
            for (auto i : group) {
                auto& e = out_.entries[i];
                e.node = out_.members[carrier].at, e.size = data_of(carrier).size();
                keeps_[i].links = group.size();
            }
            for (size_t i = from; i < to; i++)
                if (keeps_[linked[i]].links == out_.members[linked[i]].header.nlink) keeps_[linked[i]].links.reset();
            if (group.size() > 1 && !data_of(carrier).empty()) groups.push_back(std::move(group));
        }
        if (groups.empty()) return;
        auto has = [&](size_t i) { return !data_of(i).empty(); };
        auto& g = groups[0];
        if (std::all_of(g.begin(), g.end(), has))
            a.style.links = Style::Links::All;
        else
            a.style.links = has(g.front()) ? Style::Links::First : Style::Links::Last;
        for (auto& group : groups)
            for (auto i : group) {
                bool expected =
                    a.style.links == Style::Links::All || i == (a.style.links == Style::Links::First ? group.front() : group.back());
                if (has(i) != expected) keeps_[i].data = has(i);
            }
    }

    void keep_check(size_t i, Variant v) {
        auto& m = out_.members[i];
        auto& k = keeps_[i];
        if (v == Variant::Crc && out_.entries[i].is_file() && m.data.size) {
            u32 sum = sum_of(data_of(i));
            if (sum != m.header.check) k.check = m.header.check, k.sum = sum;
        } else if (m.header.check) {
            k.check = m.header.check;
        }
    }

    ByteView bytes_;
    u64 most_;
    bool stopped_ = false;
    Parsed out_;
    std::vector<Keep> keeps_;
};

}  // namespace

u32 sum_of(ByteView b, u32 so_far) {
    for (u8 c : b) so_far += c;
    return so_far;
}

Result<Parsed> parse(ByteView bytes, bool all, Context& cx) {
    Parser parser(bytes, cx.limits.nodes);
    auto out = TRY(parser.run(cx));
    if (parser.stopped()) {
        auto error = cx.limit("nodes");
        if (all) return error;
    }
    return out;
}

}  // namespace fieldstrip::cpio
