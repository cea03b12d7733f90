// How a stream was made, and making it so. The recipe keeps each member's header as it is, the size of what it holds, and zlib's
// parameters.
#include <map>

#include "base/text.h"
#include "codecs/deflate_nearest.h"
#include "formats/gzip/ahead.h"

namespace fieldstrip::gzip {
namespace {

constexpr size_t kMaxMembers = 4096;  // a search for each

/// A member's content, or the beginning of it: where candidates for its parameters die.
class Kept {
  public:
    explicit Kept(u64 bound) : left_(bound) {}
    bool eat(ByteView v) {
        u64 n = std::min<u64>(v.size(), left_);
        all_ = all_ && n == v.size();
        if (n) blocks_.emplace_back(v.begin(), v.begin() + i64(n)), left_ -= n, size_ += n;
        return true;
    }
    /// The content from the beginning; what was not kept is decoded again.
    Result<void> give(ByteView encoded, const deflate::Take& take, Context& cx) const {
        for (auto& b : blocks_)
            if (!take(b)) return {};
        if (all_) return {};
        deflate::Reader reader;
        u64 skip = size_;
        (void)TRY(reader.read(
            encoded,
            [&](ByteView v) {
                u64 n = std::min<u64>(v.size(), skip);
                skip -= n;
                return n == v.size() || take(v.subspan(n));
            },
            cx));
        return {};
    }

  private:
    std::vector<Bytes> blocks_;
    u64 left_, size_ = 0;
    bool all_ = true;
};

void note(Recipe& r, const std::string& member, const deflate::Params& p) {
    for (auto& [name, value] : deflate::fields_of(p)) r.set(member + '.' + name, value);
}

/// A recipe's values by name: it looks for each from its beginning.
using Values = std::map<std::string_view, std::string_view>;

Values values_of(const Recipe& r) {
    Values out;
    for (auto& [name, value] : r.all()) out.emplace(name, value);
    return out;
}

std::string_view text(const Values& values, const std::string& name) {
    auto v = values.find(name);
    return v == values.end() ? std::string_view() : v->second;
}

Result<u64> size_of(const Values& values, const std::string& member) {
    auto v = parse_number(text(values, member + ".size"));
    if (!v) return fail(Error::Kind::Damaged, "the recipe has no number '" + member + ".size'");
    return *v;
}

Result<deflate::Params> params_of(const Values& values, const std::string& member) {
    return deflate::params_of([&](std::string_view name) { return text(values, member + '.' + std::string(name)); });
}

/// New bytes, handed to the rope in big pieces.
class Writer {
  public:
    void put(ByteView v) {
        now_.insert(now_.end(), v.begin(), v.end());
        if (now_.size() >= kPiece) out_.fresh(std::exchange(now_, {}));
    }
    Rope done() && {
        out_.fresh(std::move(now_));
        return std::move(out_);
    }

  private:
    static constexpr size_t kPiece = 1 << 22;
    Bytes now_;
    Rope out_;
};

/// A member that is to be made.
struct ToMake {
    Bytes header;
    Extent content;
    deflate::Params params;
};

Result<std::vector<ToMake>> members_of(const Recipe& recipe, u64 size) {
    auto values = values_of(recipe);
    std::vector<ToMake> out;
    u64 done = 0;
    for (bool more = true; more;) {
        auto member = nth("member", out.size());
        more = values.contains(nth("member", out.size() + 1) + ".header");
        auto header = from_hex(text(values, member + ".header"));
        auto reads = read_header(header ? ByteView(*header) : ByteView());
        if (!reads || reads->size != header->size())
            return fail(Error::Kind::Damaged, "the recipe's '" + member + ".header' is no gzip header");
        const u64 its = TRY(size_of(values, member)), n = more ? std::min(its, size - done) : size - done;
        out.push_back({*std::move(header), {done, n}, TRY(params_of(values, member))});
        done += n;
    }
    return out;
}

Result<Bytes> made(const ToMake& m, const Rope& content, Context& cx) {
    auto out = m.header;
    u32 crc = 0;
    content.each(m.content, [&](ByteView v) { crc = crc32(v, crc); });
    deflate::Source source = [&](const deflate::Take& take) -> Result<void> {
        bool wanted = true;
        content.each(m.content, [&](ByteView v) { wanted = wanted && take(v); });
        return {};
    };
    TRY_VOID(deflate::encode(source, m.params, [&](ByteView v) { return out.insert(out.end(), v.begin(), v.end()), true; }, cx));
    u8 end[8];
    store(end, 4, Endian::Little, crc);
    store(std::span(end).subspan(4), 4, Endian::Little, m.content.size);
    out.insert(out.end(), std::begin(end), std::end(end));
    return out;
}

}  // namespace

namespace {

/// What is found out of a stream's members, in their order.
class Finding {
  public:
    Finding(ByteView all, Context& cx) : all_(all), cx_(cx) {}

    /// A member whose parameters are those that are likely.
    struct Ahead {
        Member member;
        deflate::Params by;
    };
    std::optional<Ahead> ahead(u64 at, Context& own);
    Result<u64> next(u64 at, std::optional<Ahead>);
    Recipe done() {
        out_.set("exact", exact_ ? "yes" : "no");
        return std::move(out_);
    }

  private:
    deflate::Params likely(const Header& header) {
        std::scoped_lock lock(mutex_);
        return before_ && hinted(header).level == before_->level ? *before_ : hinted(header);
    }
    ByteView encoded_of(const Member& m) const { return all_.subspan(m.deflated().offset, m.deflated().size); }

    const ByteView all_;
    Context& cx_;
    deflate::Reader reader_;
    deflate::Budget budget_;
    std::mutex mutex_;
    std::optional<deflate::Params> before_;  // by which the last one was made
    Recipe out_;
    bool exact_ = true;
    size_t count_ = 0;
};

std::optional<Finding::Ahead> Finding::ahead(u64 at, Context& own) {
    deflate::Reader reader;
    Kept kept(own.limits.decoded);
    auto header = read_header(all_.subspan(at));
    auto m = read_member(reader, all_, at, *header, [&](ByteView v) { return kept.eat(v); }, own);
    if (!m || !m->whole) return {};
    own.limits.decoded = kUnbounded;
    const auto by = likely(*header);
    const auto encoded = encoded_of(*m);
    deflate::Source content = [&](const deflate::Take& take) { return kept.give(encoded, take, own); };
    auto found = deflate::made_by(content, encoded, by, own);
    return found && *found ? std::optional(Ahead{*m, by}) : std::nullopt;
}

Result<u64> Finding::next(u64 at, std::optional<Ahead> made) {
    if (count_ == kMaxMembers) return fail(Error::Kind::Unsupported, "more than 4096 members are not made again");
    auto header = read_header(all_.subspan(at));
    if (!header) return fail(Error::Kind::Damaged, "what follows a member is none", {at, all_.size() - at});
    const auto first = likely(*header);
    if (made && (made->by != first || !cx_.has(&Limits::decoded, made->member.read.made))) made.reset();
    if (made) TRY_VOID(cx_.spend(&Limits::decoded, made->member.read.made));
    Kept kept(cx_.limits.memory / 4);
    auto m = made ? made->member : TRY(read_member(reader_, all_, at, *header, [&](ByteView v) { return kept.eat(v); }, cx_));
    if (!m.whole) return fail(Error::Kind::Damaged, "a stream that is damaged or cut can't be made again", m.deflated());
    auto encoded = encoded_of(m);
    deflate::Source content = [&](const deflate::Take& take) { return kept.give(encoded, take, cx_); };
    auto found = made ? std::optional(made->by) : TRY(deflate::find(content, encoded, first, deflate::Among::All, budget_, cx_));
    auto member = nth("member", count_++);
    out_.set(member + ".header", hex(all_.subspan(at, header->size)));
    out_.set(member + ".size", m.read.made);
    if (found) {
        note(out_, member, *found);
    } else {
        auto nearest = TRY(deflate::nearest(content, m.read.made, encoded.size(), hinted(*header), cx_));
        note(out_, member, nearest.params);
        if (nearest.shortest) out_.set(member + ".shortest", std::string("yes"));
    }
    bool right = m.crc_holds() && m.size_holds(), same = found && right;
    if (found && !right) out_.set(member + ".end", std::string("wrong"));
    out_.set(member + ".exact", same ? "yes" : "no");
    exact_ = exact_ && same;
    if (found && found->stored.empty()) {
        std::scoped_lock lock(mutex_);
        before_ = found;
    }
    return m.end();
}

}  // namespace

Result<Recipe> recipe_of(ByteView all, Context& cx) {
    Finding finding(all, cx);
    TRY_VOID(each_member<Finding::Ahead>(
        all, [&](u64 at, Context& own) { return finding.ahead(at, own); },
        [&](u64 at, std::optional<Finding::Ahead> made) { return finding.next(at, std::move(made)); }, cx));
    return finding.done();
}

Result<Rope> make(const Recipe& recipe, std::span<const Rope> contents, Context& cx) {
    if (contents.size() != 1) return fail(Error::Kind::Unsupported, "a gzip stream has one content");
    auto members = TRY(members_of(recipe, contents[0].size()));
    Writer out;
    Result<void> done;
    in_order<Result<Bytes>>(
        members.size(), [&](size_t i) { return members[i].content.size; }, [&](size_t i) { return made(members[i], contents[0], cx); },
        [&](size_t, Result<Bytes> one) {
            if (one)
                out.put(*one);
            else
                done = std::unexpected(std::move(one).error());
            return done.has_value();
        },
        cx);
    TRY_VOID(std::move(done));
    return std::move(out).done();
}

std::vector<Recipe> denser(const Recipe& recipe) {
    auto other = recipe;
    for (u64 i = 0; recipe.has(nth("member", i) + ".header"); i++) {
        note(other, nth("member", i), {.level = 12, .program = deflate::Program::Libdeflate});
        other.set(nth("member", i) + ".exact", std::string("yes"));
    }
    other.set("exact", std::string("yes"));
    return {other};
}

std::string made_by(const Recipe& recipe) {
    auto values = values_of(recipe);
    auto first = params_of(values, "member[0]");
    if (!first) return "unknown: the recipe is damaged";
    size_t members = 0;
    bool alike = true, found = true;
    for (auto member = nth("member", 0); values.contains(member + ".header"); member = nth("member", ++members)) {
        auto next = params_of(values, member);
        alike = alike && next && *next == *first;
        found = found && (text(values, member + ".exact") == "yes" || text(values, member + ".end") == "wrong");
    }
    auto out = deflate::words(*first);
    if (members > 1) out += (alike ? ", each of " : " (others differ), ") + std::to_string(members) + " members";
    if (text(values, "exact") == "yes") return out;
    if (found) return out + "; with a wrong crc32 or size, which would be right";
    return "not found (of zlib, GNU gzip, pigz and libdeflate none makes these bytes): nearest is " + out +
           std::string(text(values, "member[0].shortest") == "yes" ? deflate::kAsShort : "");
}

}  // namespace fieldstrip::gzip
