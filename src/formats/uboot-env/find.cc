// The names of usual variables are the magics; from one of them back to where text begins, and forth to its end; then one crc32 streams
// over what is behind it and is held against the one that stands before the text at each size that boards use.
#include "formats/uboot-env/find.h"

#include <array>

#include "base/digest.h"
#include "formats/uboot-env/magics.h"
#include "formats/uboot-env/variables.h"

namespace fieldstrip::uboot_env {

const FindingKind kChecksumWrong{"checksum-wrong", Severity::Error,
                                 "What looks like an environment has no size at which its crc32 holds: U-Boot would not take it, and it is "
                                 "no region."};

namespace {

/// The first or last four bytes of each name: most askers need no more.
constexpr auto four_of_each(bool last) {
    std::array<u32, std::size(magics::uboot_env)> out{};
    for (size_t i = 0; i < out.size(); i++) {
        auto name = magics::uboot_env[i].bytes;
        if (last) name.remove_prefix(name.size() - 4);
        for (size_t k = 0; k < 4; k++) out[i] |= u32{u8(name[k])} << (8 * k);
    }
    return out;
}
constexpr auto kFirstOf = four_of_each(false), kLastOf = four_of_each(true);

/// "x=" with a known name before `end`, which is behind the '='.
std::string_view known_before(ByteView space, u64 end) {
    if (end < 4 || space[end - 1] != '=') return {};
    const u32 last = le32(space, end - 4);
    for (size_t i = 0; i < kLastOf.size(); i++) {
        auto name = magics::uboot_env[i].bytes;
        if (kLastOf[i] == last && end >= name.size() && !std::memcmp(space.data() + end - name.size(), name.data(), name.size()))
            return name;
    }
    return {};
}
bool is_known_variable(ByteView one) {
    return std::ranges::any_of(magics::uboot_env, [&](auto& name) { return starts_with(one, name.bytes); });
}

/// How many sizes are tried: CONFIG_ENV_SIZE is from 0x200 to 0x80000 in U-Boot's configs, in steps of 512 bytes, big ones of 4 KiB.
/// With the places and byte orders they cost 13 of the crc's 32 bits.
constexpr u64 kFine = u64{32} << 10;
constexpr unsigned kCrcBits = 32 - 13;
u64 next_size(u64 size) { return size + (size < kFine ? 512 : 4096); }

struct Found {
    u64 begin, end;
    Head head;
};

bool says(ByteView space, u64 at, u32 crc, Head& head) {
    for (auto endian : {Endian::Little, Endian::Big})
        if (load(space.subspan(at, kCrc), kCrc, endian) == crc) return head.endian = endian, true;
    return false;
}

/// The text is [data, end); what is behind it may belong to it up to `to`.
std::optional<Found> matching(ByteView space, u64 data, u64 end, u64 to) {
    u32 crc = crc32(space.subspan(data, end - data));
    u64 done = end;
    auto try_end = [&](u64 head, u64 at) -> std::optional<Found> {
        if (data < head || at < end || at > to) return {};
        crc = crc32(space.subspan(done, at - done), crc);
        done = at;
        Found f{data - head, at, {head}};
        return says(space, f.begin, crc, f.head) ? std::optional(f) : std::nullopt;
    };
    for (u64 size = 512; size <= kLongest && data + size <= to + kCrc + 1; size = next_size(size))
        for (u64 head : {kCrc + 1, kCrc})  // the longer head ends first
            if (data + size >= head)
                if (auto f = try_end(head, data + size - head)) return f;
    for (u64 head : {kCrc + 1, kCrc})  // a file of its own has the size that it has
        if (auto f = to == space.size() ? try_end(head, to) : std::nullopt) return f;
    return {};
}

/// Where what begins at `from` as filler ends.
u64 filler_end(ByteView space, u64 from, u64 to) {
    u64 at = from;
    while (at < to && space[at] == space[from]) at++;
    return at;
}

/// Up to where old text may lie behind the text, as fw_setenv and U-Boot before 2010.09 leave it; then filler.
u64 stale_end(ByteView space, u64 from, u64 to) {
    while (from < to && (!space[from] || is_text(space[from]))) from++;
    return from < to && space[from] == 0xFF ? filler_end(space, from, to) : from;
}

Answer found(const Found& f, std::string_view name) {
    return Claim{{f.begin, f.end - f.begin}, unsigned(8 * name.size()) + kCrcBits, "crc32 of the variables and all behind them"};
}

bool has_name(ByteView one) { return !name_of(one).empty(); }

/// Text that begins somewhere near `from` (the crc's last bytes may look like it), with few bytes that are none.
std::optional<Found> at_any_place(ByteView space, u64 from, u64 at, Context& cx) {
    constexpr int kFew = 32;
    int odd = 0;
    auto few = [&](ByteView one) { return (odd += int(std::count_if(one.begin(), one.end() - 1, std::not_fn(is_text)))) <= kFew; };
    const u64 longest = std::min<u64>(space.size(), at + kLongest);
    u64 limit = at;  // forth to where it is text no more: what is no variable is not read up to some NUL far away
    for (int other = 0; limit < longest && other <= kFew && (space[limit] || space[limit - 1]); limit++)
        other += space[limit] && !is_text(space[limit]);
    limit = std::min(longest, limit + 1);
    std::vector<u64> places;
    u64 end = 0;
    for (u64 data = std::max(from, kCrc); data <= std::min(at, from + kCrc + 2); data++) {
        odd = 0;
        auto text = each_variable(space, data, limit, [&](ByteView one) { return has_name(one) && few(one); });
        if (text) places.push_back(data), end = text->end;  // the same for all
    }
    if (places.empty()) return {};
    const u64 to = std::min<u64>(space.size(), at + kLongest), filler = filler_end(space, end, to);
    for (u64 data : places)
        if (auto f = matching(space, data, end, filler)) return f;
    // Old text may be asked for again and again: its bytes are counted like decoded ones.
    if (filler == to || !cx.spend(&Limits::decoded, 0)) return {};
    const u64 stale = stale_end(space, end, to);
    if (!cx.spend(&Limits::decoded, (stale - end) * places.size())) return {};
    for (u64 data : places)
        if (auto f = stale > filler ? matching(space, data, end, stale) : std::nullopt) return f;
    return {};
}

/// Whether from there on, be it with flags or without, are variables up to `at`.
bool leads_to(ByteView space, u64 begin, u64 at) {
    for (u64 data : {begin + kCrc, begin + kCrc + 1}) {
        while (data < at) {
            auto* nul = static_cast<const u8*>(std::memchr(space.data() + data, 0, at - data));
            auto one = space.subspan(data, nul ? u64(nul - space.data()) - data : at - data);
            if (nul ? !has_name(one) : one.empty() || !all_text(one)) break;
            data += one.size() + (nul != nullptr);
        }
        if (data == at) return true;
    }
    return false;
}

/// Of any bytes, at a place where one is likely to begin.
std::optional<Found> at_block(ByteView space, u64 begin, u64 at) {
    constexpr int kMost = 4096;  // U-Boot's own limit is 512 (CONFIG_ENV_MAX_ENTRIES)
    const u64 to = std::min<u64>(space.size(), begin + kLongest);
    for (u64 data : {begin + kCrc, begin + kCrc + 1}) {
        if (data > at) break;
        int count = 0;
        auto text = each_variable(space, data, to, [&](ByteView one) { return count++ < kMost && has_name(one); });
        if (!text) continue;
        if (auto f = matching(space, data, text->end, to); f && f->begin == begin) return f;
    }
    return {};
}

/// What damage leaves of an environment at a block's begin: some known variables in text and filler with few other bytes.
std::optional<Extent> damaged(ByteView space, u64 begin) {
    auto whole = space.subspan(begin);
    if (whole.size() < 512) return {};
    auto crc = whole.first(kCrc);
    if (one_value(crc) || all_text(crc)) return {};
    constexpr unsigned kFew = 8;
    unsigned known = 0, odd = 0;
    Variables seen;
    auto text = each_variable(whole, is_text(whole[kCrc]) ? kCrc : kCrc + 1, kLongest, [&](ByteView one) {
        known += is_known_variable(one);
        odd += name_of(one).empty() || !all_text(one.first(one.size() - 1));
        seen.count++, seen.end = u64(one.data() + one.size() - whole.data());
        return odd <= kFew;
    });
    if (!text && odd <= kFew && seen.end + 1 >= whole.size()) text = seen, text->end = whole.size();  // a full one that lost its last NUL
    if (!text || text->count < 4 || known < 2) return {};
    u64 end = 0, at = text->end;
    auto take = [&](u64 size) {
        for (; at < size && odd <= kFew; at++) odd += whole[at] && whole[at] != 0xFF && !is_text(whole[at]);
        if (odd <= kFew && size >= text->end) end = size;
    };
    for (u64 size = 512; size <= std::min<u64>(kLongest, whole.size()) && odd <= kFew; size = next_size(size)) take(size);
    if (whole.size() <= kLongest) take(whole.size());
    auto is_filler = [](u8 c) { return !c || c == 0xFF; };
    constexpr u64 kFiller = 16;
    auto last = whole.subspan(end - std::min(end, kFiller), std::min(end, kFiller));
    if (!end || (end != text->end && std::count_if(last.begin(), last.end(), is_filler) < i64(kFiller) * 3 / 4)) return {};
    return Extent{begin, end};
}

}  // namespace

std::optional<Seen> head_of(ByteView whole) {
    if (whole.size() < kCrc + 4) return {};
    for (u64 head : {kCrc, kCrc + 1}) {
        Seen s{{head}, true};
        if (says(whole, 0, crc32(whole.subspan(head)), s.head)) return s;
    }
    if (all_text(whole.first(kCrc))) return {};
    return Seen{{is_text(whole[kCrc]) ? kCrc : kCrc + 1}, false};
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    const auto there = space.subspan(at);
    const Magic* known = nullptr;
    for (size_t i = 0; i < kFirstOf.size() && !known && there.size() >= 4; i++)
        if (kFirstOf[i] == le32(there) && starts_with(there, magics::uboot_env[i].bytes)) known = &magics::uboot_env[i];
    if (!known) return std::unexpected(No{"no usual variable"});
    const No asked{"another variable of the same text was asked before"};
    // Back to where text begins. Each byte is passed once at most: the walk ends at the variable that was asked before this one.
    u64 from = at;
    while (from && at - from < kLongest) {
        const u8 c = space[from - 1];
        if (!is_text(c) && (c || !space[from])) break;
        if (!known_before(space, from).empty()) return std::unexpected(asked);
        from--;
    }
    if (auto f = at_any_place(space, from, at, cx)) return found(*f, known->bytes);
    // Any bytes are read where an environment is likely to begin: everywhere else they are counted.
    constexpr u64 kBlock = 4096, kSector = 512, kCheaper = 16;  // a crc32 than decoding, by far
    const u64 begin = at & ~(kBlock - 1), sector = at & ~(kSector - 1);
    u64 before = at;  // where the variable ends that was asked before
    while (before > begin && known_before(space, before).empty()) before--;
    if (before > sector) return std::unexpected(asked);
    const bool first = before == begin;
    if (auto f = first ? at_block(space, begin, at) : std::nullopt) return found(*f, known->bytes);
    if (sector != begin && leads_to(space, sector, at) && cx.spend(&Limits::decoded, std::min(kLongest, space.size() - sector) / kCheaper))
        if (auto f = at_block(space, sector, at)) return found(*f, known->bytes);
    if (!first) return std::unexpected(asked);
    if (auto extent = damaged(space, begin))
        return Claim{*extent, unsigned(8 * known->bytes.size()) + 12, "there is no size at which its crc32 holds", false, &kChecksumWrong};
    return std::unexpected(No{"no crc32 of the text holds"});
}

}  // namespace fieldstrip::uboot_env
