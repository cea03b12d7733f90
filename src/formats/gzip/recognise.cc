// Where a stream ends, and what proves it: only decoding tells, so all that is cheaper is asked first.
#include <bit>

#include "formats/gzip/ahead.h"

namespace fieldstrip::gzip {

const FindingKind kFindings[1] = {
    {"deflate-damaged", Severity::Error, "The deflate stream can't be read on from some place, so where it ends is not known."},
};

namespace {

constexpr u64 kConvincing = 4096;   // encoded bytes that were read without an error, where neither crc32 nor size proves them
constexpr u64 kCountsAlone = 1024;  // content of a size that proves something: a smaller number is found anywhere

using End = deflate::Read::End;

/// So much was decoded that it is no chance: noise makes no block with codes of its own.
bool convincing(const Member& m) { return m.read.used >= kConvincing && m.read.own_codes; }
/// Read up to the end of the space: cut, more likely than damaged.
bool at_end(const Member& m) { return !m.whole && m.read.end != End::Wrong; }
unsigned bits_of_blocks(const Member& m) { return 18 * unsigned(std::min<u64>(m.read.own_codes, 8)); }

/// A system and an effort that there are.
bool is_usual(const Header& h) { return (h.os <= 13 || h.os == 255) && h.extra_flags % 2 == 0 && h.extra_flags <= 4; }

/// What crc32 and size prove of a member that was read to its end; 0: nothing.
unsigned bits_of_end(const Member& m, const Header& h) {
    if (!m.whole) return 0;
    // Nine zeros are required, but zeros are everywhere: of a header as it is written.
    if (!m.read.made) return m.crc_holds() && m.size_holds() && is_usual(h) ? 8 * 5 : 0;
    if (m.crc_holds()) return m.size_holds() ? 64 : 32;
    return m.size_holds() && m.read.made >= kCountsAlone ? 32 : 0;
}

std::string_view why_unsound(const Member& m, unsigned end) {
    if (!m.whole) return "decodes to the end of its space";
    if (!end) return "decodes to its end";
    if (m.crc_holds() && m.size_holds()) return "crc32 and size of the content; the header's own is wrong";
    return m.crc_holds() ? "crc32 of the content" : "size of the content";
}

}  // namespace

bool may_fill(ByteView space, const Header& h) {
    if (space.size() < h.size + 10 || !is_usual(h)) return false;
    if (one_value(space.subspan(4, 6)) == 0) return false;  // a magic in zeros
    u64 encoded = space.size() - h.size - 8, size = le32(space, space.size() - 4);
    return size <= most_in(encoded) && size >= encoded / 16;  // less: it is the last member's own
}

bool may_begin(ByteView from) {
    auto header = read_header(from);
    return header && deflate::may_begin(from.subspan(header->size));
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto no = [](std::string_view why, Extent where = {}) { return std::unexpected(No{why, where}); };
    auto all = space.subspan(at);
    auto header = read_header(all);
    if (!header) return no(header.error());
    const auto stopped = no("stopped at a limit before its end");
    if (!cx.spend(&Limits::decoded, 0)) return stopped;  // nothing is decoded once a limit is met, not even a little for each of many
    auto fills = [&](u64 here, const Header& its) { return !at && may_fill(all.subspan(here), its); };
    unsigned size_bits = 32 - std::min(32u, unsigned(std::bit_width(most_in(all.size() - header->size))));
    Claim damaged{{at, all.size()}, bits_of(*header) + size_bits, "header and size of a stream that is all there is", false};
    if (auto stored = deflate::stored_ahead(all.subspan(header->size)); !stored.lead_on) {
        if (!cx.spend(&Limits::decoded, stored.size)) return stopped;  // else headers among stored blocks cost their square
        return fills(0, *header) ? Answer(damaged) : no("no deflate stream behind the header", {at + header->size + stored.size, 0});
    }

    Claim claim{{at, 0}, 0, "crc32 and size of the content"};
    std::optional<Answer> answer;  // where it is another one
    deflate::Reader reader;
    const auto nowhere = [](ByteView) { return true; };
    auto ahead = [&](u64 here, Context& own) -> std::optional<Member> {
        deflate::Reader another;
        auto m = read_member(another, all, here, *read_header(all.subspan(here)), nowhere, own);
        return m && m->whole ? std::optional(*m) : std::nullopt;
    };
    // One member; `all`'s size where nothing of the stream follows it.
    auto next = [&](u64 here, std::optional<Member> made) -> Result<u64> {
        const u64 end_of_all = all.size();
        auto instead = [&](Answer other) { return answer = std::move(other), end_of_all; };
        auto its = read_header(all.subspan(here));
        if (!its) return end_of_all;
        if (made && !cx.has(&Limits::decoded, made->read.made)) made.reset();
        if (made && !cx.spend(&Limits::decoded, made->read.made)) return end_of_all;
        auto m = made ? Result<Member>(*made) : read_member(reader, all, here, *its, nowhere, cx);
        if (!m) return here ? end_of_all : instead(stopped);
        unsigned end = bits_of_end(*m, *its);
        if (end == 0) {
            // Of so little content that one of crc32 and size proves nothing, but all there is.
            bool half = !at && m->whole && m->end() == all.size() && (m->crc_holds() || m->size_holds());
            if (half || (fills(here, *its) && !(at_end(*m) && convincing(*m)))) return damaged.bits += claim.bits, instead(damaged);
            if (!convincing(*m)) {
                if (here) return end_of_all;
                if (m->read.end == End::Wrong) return instead(no(m->read.why, {at + m->deflated().end(), 0}));
                return instead(no(m->whole ? "crc32 and size are wrong" : "cut before anything proves it", m->deflated()));
            }
            if (m->read.end == End::Wrong) {
                if (here) return end_of_all;  // it speaks for itself, from where it begins
                return instead(
                    Claim{{at, m->end()}, bits_of(*its) + bits_of_blocks(*m), "decodes up to where it is damaged", false, &kFindings[0]});
            }
        }
        claim.bits = std::min(claim.bits + bits_of(*its) + (end ? end : bits_of_blocks(*m)), 1u << 20);
        bool sound = m->crc_holds() && m->size_holds() && its->crc_holds;
        if (claim.sound && !sound) claim.why = why_unsound(*m, end);
        claim.sound = claim.sound && sound;
        claim.extent.size = m->whole ? m->end() : all.size();
        return claim.extent.size;
    };
    if (!each_member<Member>(all, ahead, next, cx)) return stopped;
    return answer ? *answer : Answer(claim);
}

}  // namespace fieldstrip::gzip
