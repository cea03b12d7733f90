// why: who owns a byte, what proved it, which checks vouch for it, and what else was thought of.
#include "base/text.h"
#include "cli/json.h"
#include "cli/progress.h"
#include "cli/text.h"
#include "engine/owners.h"

namespace fieldstrip::cli {
namespace {

constexpr size_t kShown = 8;  // of occupants, checks, candidates; -v shows all
constexpr u64 kBefore = 512;  // candidates that begin so far before the byte are told

void line(unsigned indent, const std::string& text) { put(std::string(size_t{2} * indent, ' ') + text + "\n"); }

/// "0x60-0xa9e4"
std::string range(const Extent& e) { return hex_number(e.offset) + "-" + hex_number(e.end()); }

/// Calls f(i) for the first of n, and says how many more there are.
void some(size_t n, const Options& o, unsigned indent, auto&& f) {
    const size_t shown = o.verbose ? n : std::min(n, kShown);
    for (size_t i = 0; i < shown; i++) f(i);
    if (shown < n) line(indent, "and " + std::to_string(n - shown) + " more (-v lists them)");
}

std::string piece_words(const Piece& p, ByteView all) {
    auto words = (p.is_field()                   ? "field "
                  : p.kind == Piece::Kind::Part  ? "part "
                  : p.kind == Piece::Kind::Magic ? "magic "
                                                 : "") +
                 (p.name.empty() ? std::string(p.kind == Piece::Kind::Padding ? "filler" : "bytes without a name") : escape(p.name));
    words += ", " + range(p.extent);
    if (p.is_field()) words += " = " + show(p, all.subspan(p.extent.offset, p.extent.size));
    if (p.rule) words += ", derived: " + words_of(*p.rule);
    return words;
}

std::string occupant_words(const Occupant& p) {
    auto words = p.what;
    if (p.entry) words += " of " + (p.entry->empty() ? std::string("the root folder") : escape(*p.entry));
    words += ", " + range(p.extent);
    if (p.within.size) words += " (its bytes " + range(p.within) + ")";
    return words;
}

void hex_line(ByteView all, u64 at, const Colors& colors) {
    const u64 from = at & ~u64{15}, to = std::min<u64>(from + 16, all.size());
    std::string bytes, text;
    for (u64 i = from; i < to; i++) {
        auto two = hex(all.subspan(i, 1));
        bytes += (i == at ? colors.bold("[" + two + "]") : " " + two + " ");
        text += all[i] >= 0x20 && all[i] < 0x7f ? char(all[i]) : '.';
    }
    line(1, padded(hex_number(from), 10, true) + " " + bytes + "  " + text);
}

void chain(std::span<const Owner> owners, const Options& o, const Colors& colors, Context& cx) {
    for (size_t i = 0; i < owners.size(); i++) {
        auto& owner = owners[i];
        auto& n = *owner.node;
        auto* f = n.format(cx);
        line(1, colors.bold(escape(n.path())) + "  " + std::string(f->id) + ", " + size_text(n.extent().size) + ", at " +
                    hex_number(owner.at) + " in it");
        if (f != &raw) line(2, label_of(n, cx));
        if (!n.why().empty()) line(2, "proven by: " + std::string(n.why()));
        auto bytes = n.bytes(cx);
        if (owner.piece && bytes) line(2, piece_words(*owner.piece, bytes->view()));
        some(owner.occupants.size(), o, 2, [&](size_t k) { line(2, occupant_words(owner.occupants[k])); });
        for (auto& s : n.findings(cx))
            if (!s.where.size || (owner.at >= s.where.offset && owner.at - s.where.offset < s.where.size))
                line(2, colors.severity(s.severity, std::string(severity_name(s.severity)) + ": " + s.code + ": " + escape(s.message)));
    }
}

void vouchers(std::span<const Voucher> all, const Options& o, const Colors& colors) {
    if (all.empty()) return line(0, "no check vouches for it");
    line(0, "vouched for by");
    some(all.size(), o, 1, [&](size_t i) {
        auto& v = all[i];
        auto outcome = padded(outcome_name(v.outcome), 9);
        std::string covers;
        for (size_t k = 0; k < std::min<size_t>(v.covers.size(), 4); k++) covers += " " + range(v.covers[k]);
        line(1, (v.outcome == Check::Outcome::Fail ? colors.red(outcome) : outcome) + "  " + escape(v.path) + "  " + v.name +
                    (covers.empty() ? "" : ", over" + covers) + (v.covers.size() > 4 ? " …" : ""));
    });
}

/// Of the spaces on the way down, the candidates that reach over the byte or begin shortly before it, or where its owner begins.
void turned_down(std::span<const Owner> owners, const Options& o, Context& cx) {
    bool any = false;
    for (size_t i = 0; i < owners.size(); i++) {
        auto& n = *owners[i].node;
        // A space that was searched: the image, a raw one, one that as a whole is a format.
        if (n.parent && n.kind == Node::Kind::Region) continue;
        const u64 at = owners[i].at;
        const u64 begins = i + 1 < owners.size() && n.format(cx) == &raw ? owners[i + 1].node->extent().offset : 0;
        auto trail = n.rejected(cx, {at - std::min(at, kBefore), std::min(at, kBefore) + 1});
        if (!trail) continue;
        std::erase_if(trail->rejected, [&](auto& r) {
            bool near = r.at <= at && at - r.at <= kBefore;
            return !near && r.at != begins && !(r.extent.size && at >= r.extent.offset && at - r.extent.offset < r.extent.size);
        });
        if (!trail->rejected.empty() && !std::exchange(any, true)) line(0, "turned down");
        some(trail->rejected.size(), o, 1, [&](size_t k) { line(1, rejected_words(trail->rejected[k], trail->needed, &n)); });
    }
    if (!any) line(0, "nothing else was thought of");
}

}  // namespace

int why(const Options& o) {
    auto at = parse_size(o.offset);
    if (!at) {
        complain(o.offset, "is no offset: a number, decimal or 0x…, with k, M or G");
        return kUsage;
    }
    auto& argument = o.images[0];
    Work cx(o);
    auto opened = open_target(argument, o, cx);
    if (!opened) return failed(argument, opened.error());
    auto& top = *opened->node;
    auto bytes = top.bytes(cx);
    if (!bytes) return failed(argument, bytes.error());
    if (*at >= bytes->size())
        return failed(argument, {Error::Kind::Unsupported, hex_number(*at) + " is behind its end: it has " + size_text(bytes->size())});
    ProgressLine progress(cx, o, "looking", bytes->size());
    Colors colors(o.colored);
    auto owners = owners_of(top, *at, cx);
    if (!owners) return failed(argument, owners.error());
    put(colors.bold(escape(argument)) + "  " + hex_number(*at) + " (" + std::to_string(*at) + ") of " + size_text(bytes->size()) + "\n");
    hex_line(bytes->view(), *at, colors);
    line(0, "owned by");
    chain(*owners, o, colors, cx);
    auto vouching = vouchers_of(*owners, cx);
    if (!vouching) return failed(argument, vouching.error());
    vouchers(*vouching, o, colors);
    turned_down(*owners, o, cx);
    return finished(cx, false, argument);
}

}  // namespace fieldstrip::cli
