// How a stream was made: of each member the parameters that make its bytes again.
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

}  // namespace fieldstrip::gzip
