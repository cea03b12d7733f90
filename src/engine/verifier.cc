#include "engine/verifier.h"

namespace fieldstrip {

Result<void> verify_own(Node& n, const NodeCheckSink& sink, Context& cx) {
    for (auto& b : n.broken()) {
        auto item = n.broken_item(b, cx);
        u64 shift = b.claim.extent.offset - n.extent().offset;
        if (item)
            check(item->layout, TRY(n.parent->bytes(cx)).view().subspan(b.claim.extent.offset, b.claim.extent.size),
                  [&](const Check& c) { sink({n, c, shift}); });
    }
    if (!is_known(*n.format(cx))) return {};
    auto opened = n.item(cx);
    if (!opened && opened.error().kind != Error::Kind::Limit) return {};  // a finding says so
    auto* item = TRY(std::move(opened));
    CheckSink own = [&](const Check& c) { sink({n, c}); };
    check(item->layout, TRY(n.bytes(cx)).view(), own);
    if (item->inside) TRY_VOID(item->inside->verify(own, cx));
    if (item->coded())
        for (auto& c : TRY(n.children(cx)))
            if (c->kind == Node::Kind::Content) TRY_VOID(c->decode(own, cx));
    return {};
}

Result<void> verify(Node& n, const NodeCheckSink& sink, Context& cx, bool drop, const ErrorSink& errors) {
    TRY_VOID(verify_own(n, sink, cx));
    if (errors && (n.damage() || is_known(*n.format(cx))))
        for (auto& said : n.findings(cx))
            if (said.severity == Severity::Error) errors(n, said);
    auto children = n.children(cx);
    if (!children && children.error().kind != Error::Kind::Limit) return {};
    auto kids = TRY(std::move(children));
    CheckSink own = [&](const Check& c) { sink({n, c}); };
    for (auto& c : kids) {
        if (c->kind == Node::Kind::Entry) TRY_VOID(c->decode(own, cx));  // one at a time: all of them together may be more than memory
        TRY_VOID(verify(*c, sink, cx, drop, errors));
        if (drop) c->forget();
    }
    return {};
}

namespace {

/// Extents of the image that some check vouches for; merged now and then, since there may be many.
class Covered {
  public:
    void add(Extent e) {
        if (e.size) extents_.push_back(e);
        if (extents_.size() >= limit_) merge(), limit_ = std::max<size_t>(1 << 16, 2 * extents_.size());
    }
    u64 bytes() {
        merge();
        u64 n = 0;
        for (auto& e : extents_) n += e.size;
        return n;
    }
    /// What of these bytes is in none of them. bytes() comes first.
    std::vector<Extent> outside(Extent e) const {
        std::vector<Extent> out;
        u64 at = e.offset;
        for (auto x = std::upper_bound(extents_.begin(), extents_.end(), e.offset, [](u64 from, auto& y) { return from < y.end(); });
             x != extents_.end() && x->offset < e.end(); ++x) {
            if (x->offset > at) out.push_back({at, x->offset - at});
            at = x->end();
        }
        if (at < e.end()) out.push_back({at, e.end() - at});
        return out;
    }

  private:
    void merge() {
        std::sort(extents_.begin(), extents_.end(), [](auto& a, auto& b) { return a.offset < b.offset; });
        std::vector<Extent> out;
        for (auto& e : extents_) {
            if (!out.empty() && e.offset <= out.back().end())
                out.back().size = std::max(out.back().end(), e.end()) - out.back().offset;
            else
                out.push_back(e);
        }
        extents_ = std::move(out);
    }
    std::vector<Extent> extents_;
    size_t limit_ = 1 << 16;
};

}  // namespace

Result<Coverage> verify_and_count(Node& top, const NodeCheckSink& sink, Context& cx, const ErrorSink& errors) {
    Coverage out;
    Covered covered;
    // In what space to count: the image's, or that of the content which the node lies in.
    auto place = [&](Node& n) -> std::optional<u64> {
        u64 at = 0;
        for (auto* up = &n; up != &top; up = up->parent) {
            if (up->kind == Node::Kind::Content || up->kind == Node::Kind::Entry) return {};
            at += up->extent().offset;
        }
        return at;
    };
    u64 size = TRY(top.bytes(cx)).size();
    TRY_VOID(verify(
        top,
        [&](const NodeCheck& c) {
            using enum Check::Outcome;
            (c.check.outcome == Pass ? out.pass : c.check.outcome == Fail ? out.fail : out.unchecked)++;
            if (auto at = place(c.node); at && c.check.outcome != Unchecked && !c.check.covers.empty()) {
                auto add = [&](Extent e) {
                    u64 from = std::min(size, *at + c.shift + e.offset);
                    covered.add({from, std::min(e.size, size - from)});
                };
                for (auto& e : c.check.covers) add(e);
                add(c.check.at);
            }
            sink(c);
        },
        cx, false, errors));
    out.covered = covered.bytes();
    u64 end_of_own = 0;  // what of a node lies in none of its children is its own
    std::function<Result<void>(Node&, u64)> count = [&](Node& n, u64 at) -> Result<void> {
        const bool pad = n.format(cx) == &padding;
        std::vector<Extent> bare;
        auto own = [&](u64 to) {
            if (to <= end_of_own) return;
            for (auto& e : covered.outside({end_of_own, to - end_of_own})) {
                if (pad)
                    out.padding += e.size;
                else
                    bare.push_back(e);
            }
            end_of_own = to;
        };
        const size_t place = out.bare.size();
        out.bare.push_back({n.path(), {}});
        auto kids = n.children(cx);
        if (!kids && kids.error().kind == Error::Kind::Limit) return std::unexpected(kids.error());
        for (size_t i = 0; kids && i < kids->size(); i++) {
            auto& c = (*kids)[i];
            if (c->kind != Node::Kind::Region && c->kind != Node::Kind::Part) continue;
            own(at + c->extent().offset);
            TRY_VOID(count(*c, at + c->extent().offset));
        }
        own(at + n.extent().size);
        for (auto& e : bare) out.uncovered += e.size;
        out.bare[place].extents = std::move(bare);
        if (out.bare[place].extents.empty() && place + 1 == out.bare.size()) out.bare.pop_back();
        return {};
    };
    TRY_VOID(count(top, 0));
    std::erase_if(out.bare, [](auto& b) { return b.extents.empty(); });
    return out;
}

}  // namespace fieldstrip
