#include "formats/dtb/tokens.h"

#include "base/text.h"

namespace fieldstrip::dtb {
namespace {

constexpr u32 kBegin = 1, kEnd = 2, kProperty = 3, kNop = 4, kLast = 9;
constexpr u64 kDeepest = 64;  // Linux takes as many
constexpr u64 kMostReservations = 1024;

/// A text up to its NUL below `end`; nothing where there is none.
std::optional<std::string_view> text_at(ByteView b, u64 at, u64 end) {
    end = std::min<u64>(end, b.size());
    if (at >= end) return {};
    auto text = as_text(b.subspan(at, end - at));
    auto nul = text.find('\0');
    if (nul == text.npos) return {};
    return text.substr(0, nul);
}

}  // namespace

std::optional<Header> header_of(ByteView there) {
    if (there.size() < 40 || be32(there, 0) != kMagic) return {};
    auto n = [&](unsigned word) { return u64{be32(there, 4 * word)}; };
    Header h{.size = n(1),
             .structure = n(2),
             .strings = n(3),
             .reserved = n(4),
             .structure_size = n(9),
             .strings_size = n(8),
             .reservations = 0,
             .version = u32(n(5)),
             .compatible = u32(n(6))};
    if (h.version < 16 || h.compatible > 17 || h.compatible > h.version || h.version > 0xFF) return {};
    if (h.version < 17) h.structure_size = h.size - std::min(h.size, h.structure);
    auto within = [&](u64 at, u64 size) { return at >= h.length() && at <= h.size && size <= h.size - at; };
    if (!within(h.structure, h.structure_size) || !within(h.strings, h.strings_size) || !within(h.reserved, 16)) return {};
    if (h.structure % 4 || h.reserved % 8 || h.structure_size < 16) return {};
    auto apart = [](u64 a, u64 a_size, u64 b, u64 b_size) { return a + a_size <= b || b + b_size <= a; };
    if (h.version < 17 && h.strings >= h.structure) h.structure_size = h.strings - h.structure;
    if (!apart(h.structure, h.structure_size, h.strings, h.strings_size)) return {};
    // Up to whichever block is next: a list that does not end before it is none.
    for (u64 at = h.reserved;; at += 16, h.reservations++) {
        if (at > there.size() || there.size() - at < 16) break;  // cut
        if (at > h.size - 16 || !apart(at, 16, h.structure, h.structure_size) || !apart(at, 16, h.strings, h.strings_size)) return {};
        if (one_value(there.subspan(at, 16)) == u8{0}) break;
        if (h.reservations == kMostReservations) return {};
    }
    return h;
}

Walked walk_tokens(ByteView there, const Header& h, const Visitor& v) {
    const u64 end = std::min<u64>(h.structure + h.structure_size, there.size());
    const bool all = end == h.structure + h.structure_size;
    Walked w{End::Wrong, h.structure};
    u64 depth = 0;
    auto stop = [&](End how) { return w.end = how, w; };
    auto short_of = [&] { return stop(all ? End::Wrong : End::Cut); };
    while (true) {
        if (w.at > end || end - w.at < 4) return short_of();
        const u32 token = be32(there, w.at);
        if (token == kLast) {
            if (depth || !w.nodes) return w;
            w.at += 4;
            return stop(End::Whole);
        }
        if (token == kNop) {
            w.at += 4;
        } else if (token == kBegin) {
            if ((!depth && w.nodes) || depth == kDeepest) return w;
            auto name = text_at(there, w.at + 4, end);
            if (!name) return short_of();
            if (depth == 0 ? !name->empty() : name->empty() || name->find('/') != name->npos) return w;
            depth++, w.nodes++;
            if (v.open) v.open(*name);
            w.at += 4 + name->size() + 1;
            w.at += gap_to(w.at, 4);
        } else if (token == kEnd) {
            if (!depth) return w;
            depth--;
            if (v.close) v.close();
            w.at += 4;
        } else if (token == kProperty) {
            if (!depth) return w;
            if (end - w.at < 12) return short_of();
            const u64 size = be32(there, w.at + 4), name = be32(there, w.at + 8);
            if (name >= h.strings_size || size > h.structure_size) return w;
            if (size > end - w.at - 12) return short_of();
            auto text = text_at(there, h.strings + name, h.strings + h.strings_size);
            w.properties++;
            if (v.property) v.property({text.value_or(std::string_view()), {w.at + 12, size}});
            w.at += 12 + size;
            w.at += gap_to(w.at, 4);
        } else {
            return w;
        }
    }
}

}  // namespace fieldstrip::dtb
