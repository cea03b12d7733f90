// From members to entries, and to what must be kept of each to write the same bytes again.
#include <unordered_map>

#include "formats/tar/learn.h"
#include "formats/tar/volume.h"

namespace fieldstrip::tar {
namespace {

using enum Entry::Type;

constexpr u64 kMostLoose = u64{64} << 10;  // bytes of what is no entry, in a recipe

class Parser {
  public:
    Parser(ByteView bytes, u64 most) : bytes_(bytes), most_(most) {}

    bool stopped() const { return stopped_; }
    Result<Parsed> run(Context& cx) {
        auto all = read_region(bytes_, 0, [&](const Member& m) {
            if (stopped_) return;
            out_.exact = out_.exact && !m.is_cut && !m.is_damaged;
            for (auto& x : m.extensions) said_ += x.body.size;
            if (m.is_loose)
                out_.loose.emplace_back(out_.members.size(), Extent{m.at, m.next - m.at});
            else if (out_.members.size() < most_)
                out_.members.push_back(m);
            else
                stopped_ = true;
        });
        if (out_.members.empty() && out_.loose.empty()) return fail(Error::Kind::NotThis, "no member can be read");
        TRY_VOID(cx.spend(&Limits::decoded, said_));
        out_.how = all.how, out_.end = all.last;
        out_.exact = out_.exact && (all.how == Run::How::Whole || all.how == Run::How::Open);
        if (bytes_.size() % kBlock) out_.exact = false;
        TRY_VOID(each(cx, [&](size_t i, const Globals& g) { described_.push_back(describe(bytes_, out_.members[i], g)); }));
        out_.style = style_of(bytes_, out_.members, described_);
        finish_style(all);
        link();
        TRY_VOID(each(cx, [&](size_t i, const Globals& g) { keep(i, g); }));
        return std::move(out_);
    }

  private:
    /// Each entry, with what was said of all before it.
    Result<void> each(Context& cx, auto&& f) {
        Globals globals;
        size_t loose = 0;
        for (size_t i = 0; i < out_.members.size(); i++) {
            for (; loose < out_.loose.size() && out_.loose[loose].first <= i; loose++)
                if (auto m = read_member(bytes_, out_.loose[loose].second.offset)) add_globals(globals, bytes_, *m);
            if (i % 1024 == 0) TRY_VOID(cx.spend(&Limits::decoded, 0));
            f(i, globals);
        }
        return {};
    }

    void finish_style(const Run& all) {
        auto& s = out_.style;
        s.zeros = all.end - all.last;
        u64 size = 0;
        for (auto& [i, e] : out_.loose) {
            auto b = bytes_.subspan(e.offset, e.size);
            size += e.size;
            s.pax = s.pax || b[at::type.offset] == 'g';
            if (size <= kMostLoose) s.loose.emplace_back(i, Bytes(b.begin(), b.end()));
        }
        out_.exact = out_.exact && size <= kMostLoose;
    }

    /// Hard links lead to the last one of that name before them.
    void link() {
        std::unordered_map<std::string_view, size_t> paths;
        std::unordered_map<u64, size_t> carriers;
        for (size_t i = 0; i < described_.size(); i++) {
            auto& d = described_[i];
            auto& e = d.entry;
            if (out_.members[i].type == '1') {
                auto to = paths.find(spelled(d.link).path);
                const Described* target = to == paths.end() ? nullptr : &described_[to->second];
                d.keep.link = d.link;
                if (!target || target->entry.is(Directory)) {
                    d.keep.is_dangling = true;
                } else if (target->entry.is_file()) {
                    e.node = target->entry.node, e.size = target->entry.size;
                    if (described_[carriers.at(e.node)].name == d.link) d.keep.link.reset();
                } else {
                    auto& t = target->entry;
                    e.type = t.type, e.target = t.target, e.major = t.major, e.minor = t.minor, e.node = 0;
                    d.keep.is_hard = true;
                }
            }
            if (e.is_file()) carriers.try_emplace(e.node, i);
            paths[e.path] = i;
        }
        for (auto& d : described_) {
            auto c = carriers.find(d.entry.node);
            names_.push_back(d.entry.is_file() && c != carriers.end() ? described_[c->second].name : "");
        }
    }

    /// Only what is needed, found by writing it.
    void keep(size_t i, const Globals& globals) {
        auto& m = out_.members[i];
        auto& d = described_[i];
        auto& k = d.keep;
        auto& style = out_.style;
        k.index = i;
        auto& e = d.entry;
        auto drop = [](auto& value, const auto& usual) {
            if (value == usual) value.reset();
        };
        if (e.path.empty()) {
            drop(k.before, "./"), drop(k.after, "");
        } else {
            drop(k.before, style.before), drop(k.after, e.is(Directory) ? style.slash : "");
        }
        drop(k.magic, style.magic);
        Role role{.sparse = k.sparse ? &*k.sparse : nullptr, .size = m.data_size};
        if (m.type == '1') role.hard = k.link.value_or(names_[i]);
        if (!records(e, k, globals, role)) out_.exact = false;
        auto types = *std::exchange(k.extensions, std::nullopt);
        if (letters(e, k, globals, role) != types) k.extensions = types;
        if (k.other_data) out_.exact = false;
        if (!m.is_damaged && !m.is_cut && !same(m, e, k, globals, role)) out_.exact = false;
        e.keep = k.line();
        out_.entries.push_back(std::move(e));
        out_.links.push_back(std::move(d.link));
    }

    /// Drops values that follow from the entry.
    bool records(const Entry& e, Keep& k, const Globals& globals, const Role& role) {
        Head head(e, k, out_.style, globals, role);
        std::map<std::string_view, size_t> seen;
        for (auto& r : k.pax)
            if (head.derived(r.key, seen[r.key]++) == r.value) r.value.reset();
        bool good = true;
        for (auto& x : out_.members[k.index].extensions)
            if (x.type == 'x' || x.type == 'X') read_records(bytes_.subspan(x.body.offset, x.body.size), &good);
        return good;
    }

    std::string letters(const Entry& e, const Keep& k, const Globals& globals, const Role& role) const {
        Head head(e, k, out_.style, globals, role);
        std::string out;
        if (head.bytes())
            for (auto& [letter, at] : head.headers()) out += letter;
        if (!out.empty()) out.pop_back();
        return out;
    }

    /// Writes it, twice with what differs: the sum comes last.
    bool same(const Member& m, const Entry& e, Keep& k, const Globals& globals, const Role& role) const {
        auto theirs = bytes_.subspan(m.at, m.data.offset + (role.sparse ? role.sparse->map_bytes : 0) - m.at);
        for (int round = 0; round < 3; round++) {
            Head head(e, k, out_.style, globals, role);
            auto ours = head.bytes();
            if (!ours || ours->size() != theirs.size()) return false;
            if (equal(*ours, theirs)) return true;
            for (auto& [letter, at] : head.headers())
                for (auto& p : differences(ByteView(*ours).subspan(at, kBlock), theirs.subspan(at, kBlock), letter))
                    if ((p.field == "chksum") == (round == 1)) k.patches.push_back(std::move(p));
        }
        return false;
    }

    ByteView bytes_;
    u64 most_, said_ = 0;
    bool stopped_ = false;
    Parsed out_;
    std::vector<Described> described_;
    std::vector<std::string> names_;  // of what a file's hard links lead to
};

}  // namespace

Result<Parsed> parse(ByteView bytes, bool all, Context& cx) {
    Parser parser(bytes, cx.limits.nodes);
    auto out = TRY(parser.run(cx));
    if (parser.stopped()) {
        auto error = cx.limit("nodes");
        if (all) return error;
    }
    return out;
}

}  // namespace fieldstrip::tar
