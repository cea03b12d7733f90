#include "engine/layouts.h"

#include <set>

namespace fieldstrip {

Result<FieldName> settable(const Layout& l, std::string_view name) {
    auto unsupported = [&](const std::string& why) { return fail(Error::Kind::Unsupported, "'" + std::string(name) + "' " + why); };
    auto f = find_field(l, name);
    if (!f && l.more) {
        TRY_VOID(l.more->make(name));
        return FieldName{l.pieces.size()};
    }
    if (!f) return unsupported("is no field of it: info lists them");
    auto& p = l.pieces[f->piece];
    if (!p.is_field() && l.more) TRY_VOID(l.more->make(name));  // says how one of that name is called
    if (!p.is_field()) return unsupported("is no field");
    if (p.rule && !f->bits) return unsupported("is derived (" + words_of(*p.rule) + ") and can't be set");
    return *f;
}

Result<Rope> filling(const Piece& p, const Rope& now, const Format* format) {
    if (p.fit != Piece::Fit::Exact || now.size() >= p.extent.size || !format || !format->stretch) return now;
    return format->stretch(now, p.extent.size);
}

namespace {

class Rebuild {
  public:
    Rebuild(const Layout& old, const Buffer& original, const LayoutEdit& edit) : old_(old), now_(old), original_(original), edit_(edit) {}

    Result<RebuiltLayout> run() {
        TRY_VOID(make_fields());
        TRY_VOID(take_fields());
        TRY_VOID(take_parts());
        TRY_VOID(place());
        derive();
        RebuiltLayout out{.rope = join(), .derived = std::move(derived_), .kept = std::move(kept_)};
        note_signatures(out);
        return out;
    }

  private:
    Buffer was(size_t i) const { return original_.slice(old_.pieces[i].extent); }

    /// Fields that are not there yet: they are pieces without bytes until they have a value.
    Result<void> make_fields() {
        if (!old_.more) return {};
        for (auto& [name, text] : edit_.fields) {
            if (find_field(old_, name)) continue;
            old_ = TRY(with_field(std::move(old_), name));
        }
        now_ = old_;
        return {};
    }

    Result<void> take_fields() {
        for (auto& [name, text] : edit_.fields) {
            auto [i, bits] = TRY(settable(old_, name));
            auto& p = old_.pieces[i];
            auto set = values_.find(i);
            ByteView so_far = set == values_.end() ? was(i).view() : ByteView(set->second);
            values_[i] = bits ? TRY(parse_bits(p, *bits, so_far, text)) : TRY(parse(p, text));
        }
        return {};
    }

    Result<void> take_parts() {
        for (auto& [name, rope] : edit_.parts) {
            auto i = old_.index_of(name);
            if (!i || old_.pieces[*i].kind != Piece::Kind::Part) return fail(Error::Kind::Unsupported, "no part '" + name + "'");
            auto& p = old_.pieces[*i];
            if (p.has_slot() && rope.size() > p.extent.size) return too_big("'" + name + "'", rope.size(), p.extent.size);
            if (p.fit == Piece::Fit::Exact && rope.size() < p.extent.size)
                return fail(Error::Kind::Unsupported, "'" + name + "' must fill its " + std::to_string(p.extent.size) + " bytes, and has " +
                                                          std::to_string(rope.size()));
            parts_[*i] = &rope;
        }
        return {};
    }

    /// Where everything lies now.
    Result<void> place() {
        u64 at = 0;
        for (size_t i = 0; i < now_.pieces.size(); i++) {
            auto& p = now_.pieces[i];
            if (auto v = values_.find(i); v != values_.end()) p.extent.size = v->second.size();
            if (auto r = parts_.find(i); r != parts_.end() && !p.has_slot()) p.extent.size = r->second->size();
            if (p.kind == Piece::Kind::Padding && p.align && at != old_.pieces[i].extent.offset) p.extent.size = gap_to(at, p.align);
            if (p.kind == Piece::Kind::Slack) {
                const u64 end = old_.pieces[i].extent.end();
                if (at > end) return too_big("what stands before '" + p.name + "'", at, end);
                p.extent.size = end - at;
            }
            p.extent.offset = at;
            at += p.extent.size;
        }
        now_.size = at;
        return {};
    }

    /// The bytes of a piece as they will be.
    void bytes(size_t i, const Eat& eat) const {
        if (auto v = values_.find(i); v != values_.end()) return eat(v->second);
        auto r = parts_.find(i);
        u64 size = now_.pieces[i].extent.size, from = 0;
        if (r != parts_.end()) {
            r->second->each(eat);
            from = r->second->size();
        } else if (size == old_.pieces[i].extent.size) {
            return eat(was(i).view());
        }
        const u64 kept = kept_end(i);
        size -= kept;
        Bytes filler(std::min<u64>(size - from, 4096), now_.pieces[i].filler);
        for (; from < size; from += filler.size()) eat(ByteView(filler).first(std::min<u64>(filler.size(), size - from)));
        if (kept) eat(was(i).view().last(kept));
    }

    /// Of slack that became longer or shorter: how much of its end stays as it was.
    u64 kept_end(size_t i) const {
        if (old_.pieces[i].kind != Piece::Kind::Slack) return 0;
        return std::min(now_.pieces[i].extent.size, old_.pieces[i].extent.size);
    }

    /// What was wrong stays as it was, and is named, unless it shall be repaired.
    void derive() {
        PieceBytes of_now = [&](size_t i, const Eat& eat) { bytes(i, eat); };
        for (size_t i : derived_in_order(old_)) {
            bool computed = old_.pieces[i].rule->kind != Rule::Kind::Inside && old_.pieces[i].rule->kind != Rule::Kind::Signature;
            if (!computed || values_.contains(i)) continue;
            auto v = value_of(now_, i, of_now);
            if (!v || equal(*v, was(i).view())) continue;
            if (edit_.repair || holds(old_, i, original_.view())) {
                values_[i] = *std::move(v);
                derived_.push_back(old_.pieces[i].name);
            } else {
                kept_.push_back(old_.pieces[i].name);
            }
        }
    }

    Rope join() const {
        Rope out;
        for (size_t i = 0; i < now_.pieces.size(); i++) {
            auto& p = now_.pieces[i];
            auto v = values_.find(i);
            auto r = parts_.find(i);
            if (v != values_.end() && !equal(v->second, was(i).view())) {
                out.fresh(v->second);
            } else if (r != parts_.end()) {
                out.append(*r->second);
                out.fill(p.extent.size - r->second->size(), p.filler);
            } else if (p.extent.size != old_.pieces[i].extent.size && p.kind == Piece::Kind::Padding) {
                out.fill(p.extent.size, p.filler);
            } else if (p.kind == Piece::Kind::Slack) {
                const u64 kept = kept_end(i), size = old_.pieces[i].extent.size;
                out.fill(p.extent.size - kept, p.filler);
                out.copy(was(i).slice({size - kept, kept}));
            } else {
                out.copy(was(i));
            }
        }
        return out;
    }

    void note_signatures(RebuiltLayout& out) const {
        for (auto& p : old_.pieces) {
            if (!p.rule || p.rule->kind != Rule::Kind::Signature) continue;
            bool touched = false;
            for (auto& range : p.rule->over) {
                auto [first, last] = old_.indices(range);
                for (size_t k = first; k <= last; k++) touched = touched || values_.contains(k) || parts_.contains(k);
            }
            if (touched) out.signatures.push_back(p.name);
        }
    }

    Layout old_, now_;  // the same pieces
    const Buffer& original_;
    const LayoutEdit& edit_;
    std::map<size_t, Bytes> values_;  // of fields, by piece
    std::map<size_t, const Rope*> parts_;
    std::vector<std::string> derived_, kept_;
};

}  // namespace

Result<RebuiltLayout> rebuild(const Layout& old, const Buffer& original, const LayoutEdit& edit) {
    return Rebuild(old, original, edit).run();
}

}  // namespace fieldstrip
