#include "formats/bzip2/streams.h"

#include <bit>

namespace fieldstrip::bzip2 {

const FindingKind kFindings[1] = {
    {"end-unknown", Severity::Error, "A bzip2 stream can't be read on from some place, and no further block or end is found."},
};

namespace {

constexpr unsigned kHeaderBits = 24 + 5, kMagicBits = 48, kCrcBits = 32, kCodeBits = 16;

u32 joined(u32 so_far, u32 block) { return std::rotl(so_far, 1) ^ block; }

/// One stream on its way through its blocks.
struct Reading {
    ByteView in;
    const Take& take;
    const Told& told;
    Context& cx;
    Reader& reader;
    bool alone;
    size_t& blocks;
    EndTold end = {};
    unsigned bits = kHeaderBits;
    bool proven = false, sound = true, decoded = true;
    u32 found = 0;
    Run::End how = Run::End::Whole;
    std::string_view why = {};
    Extent where = {};

    Result<void> read();
    Result<bool> block(u64 bit, u64& next);
    void tell(Block b, bool magic);
    bool ends_at(u64 bit);
};

void Reading::tell(Block b, bool magic) {
    if (told.block) told.block({b, blocks, magic});
    blocks++;
}

/// The stream's end; also one whose magic is damaged, where what stands behind it follows from the blocks.
bool Reading::ends_at(u64 bit) {
    if (bit + kEnd > in.size() * 8) return false;
    end.magic = bits_at(in, bit, 48) == kEndMagic;
    end.stored = u32(bits_at(in, bit + 48, 32));
    // In filler the sums of blocks and stream are the same, and prove nothing.
    const bool first = bit == (end.begin + kHeader) * 8, filler = !first && (end.stored == 0 || end.stored == ~u32{0});
    const bool same = !filler && (end.stored == end.said || (decoded && end.stored == found));
    if (!end.magic && (first || !same || bits_at(in, bit, 48) == kBlockMagic)) return false;
    if (decoded) end.found = found;
    end.from = bit;
    bits += (end.magic ? kMagicBits : 0) + (same ? kCrcBits : 0);
    proven = proven || same;
    sound = sound && end.magic && end.found == end.stored;
    end.sound = sound;
    return true;
}

/// False where there is none that can be read on from.
Result<bool> Reading::block(u64 bit, u64& next) {
    const u64 all = in.size() * 8;
    auto b =
        bit + kBlockHead <= all ? TRY(reader.read(in, bit, end.level, take, cx)) : Block{.end = Block::End::Cut, .from = bit, .to = all};
    if (b.end == Block::End::Stopped) return how = Run::End::Stopped, false;
    bool magic = bits_at(in, bit, 48) == kBlockMagic;
    // One with a wrong crc32 that leads nowhere ends elsewhere than it seems.
    auto behind = b.end == Block::End::Whole ? bits_at(in, b.to, 48) : 0;
    bool leads = b.holds() || behind == kBlockMagic || behind == kEndMagic;
    if (b.end == Block::End::Whole && leads && (magic || b.holds())) {
        tell(b, magic);
        end.said = joined(end.said, b.stored), found = joined(found, b.crc), end.made += b.made;
        bits = std::min(bits + (magic ? kMagicBits : 0) + (b.holds() ? kCrcBits : 0), 1u << 16);
        proven = proven || b.holds();
        sound = sound && magic && b.holds();
        next = b.to;
        return true;
    }
    sound = decoded = false;
    if (alone || proven || b.codes) {
        u64 to = std::min(all, bit + longest_block(end.level));
        auto found_next = next_magic(in, bit + kBlockHead, to);
        TRY_VOID(cx.spend(&Limits::decoded, (found_next.value_or(to) - bit) / 8));
        if (found_next) {
            b.to = *found_next;
            if (b.end == Block::End::Whole) b.end = Block::End::Wrong, b.why = "its crc32 is wrong, and nothing follows it";
            tell(b, magic);
            end.said = joined(end.said, u32(bits_at(in, bit + 48, 32)));
            next = b.to;
            return true;
        }
    }
    bits += kCodeBits * b.codes;
    proven = proven || b.codes;
    how = b.end == Block::End::Cut ? Run::End::Cut : Run::End::Damaged;
    why = b.why.empty() ? "cut" : b.why;
    where = {bit / 8, (b.to + 7) / 8 - bit / 8};
    if (how == Run::End::Cut && proven) b.to = all;
    if (proven && (magic || how == Run::End::Cut)) tell(b, magic);
    return false;
}

Result<void> Reading::read() {
    u64 bit = (end.begin + kHeader) * 8;
    while (!ends_at(bit))
        if (!TRY(block(bit, bit))) return {};
    return {};
}

}  // namespace

std::optional<unsigned> level_of(ByteView in) {
    if (in.size() < kHeader + 10 || in[0] != 'B' || in[1] != 'Z' || in[2] != 'h' || in[3] < '1' || in[3] > '9') return {};
    auto magic = bits_at(in, kHeader * 8, 48);
    if (magic != kBlockMagic && magic != kEndMagic) return {};
    return in[3] - '0';
}

Result<Run> run(ByteView in, const Take& take, const Told& told, bool alone, Context& cx) {
    Run out;
    Reader reader;
    size_t blocks = 0;
    for (size_t n = 0; auto level = level_of(in.subspan(out.size)); n++) {
        Reading r{.in = in,
                  .take = take,
                  .told = told,
                  .cx = cx,
                  .reader = reader,
                  .alone = alone || n,  // one behind another speaks for itself
                  .blocks = blocks};
        r.end.begin = out.size, r.end.number = n, r.end.level = *level;
        TRY_VOID(r.read());
        if (r.how == Run::End::Stopped) return out.end = r.how, out;
        // Of a later one its place speaks too.
        if (!r.proven && !(n && r.how == Run::End::Whole && r.end.magic)) {
            if (!n) out.why = r.why.empty() ? "no crc32 holds" : r.why, out.where = r.where;
            break;
        }
        out.proven = true;
        out.bits = std::min(out.bits + r.bits, 1u << 20);
        out.sound = out.sound && r.sound;
        out.end = r.how, out.why = r.why, out.where = r.where;
        out.size = r.how == Run::End::Whole ? r.end.end() : r.how == Run::End::Cut ? in.size() : r.where.end();
        if (r.how != Run::End::Whole) break;
        if (told.end) told.end(r.end);
    }
    return out;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto stopped = std::unexpected(No{"stopped at a limit before its end"});
    auto all = space.subspan(at);
    if (!level_of(all)) return std::unexpected(No{"no bzip2 header with a block or an end behind it"});
    if (!cx.spend(&Limits::decoded, 0)) return stopped;
    auto found = run(all, [](ByteView) { return true; }, {}, !at, cx);
    if (!found) return stopped;
    if (!found->proven) return std::unexpected(No{found->why, {at + found->where.offset, 0}});
    auto why = found->end == Run::End::Cut       ? "Huffman codes of its blocks; cut by the end of its space"
               : found->end == Run::End::Damaged ? "decodes up to where it is damaged"
               : found->sound                    ? "crc32 of blocks and stream"
                                                 : "crc32 of some blocks, or of the stream as its blocks say it";
    return Claim{{at, found->size}, found->bits, why, found->sound && found->end == Run::End::Whole};
}

}  // namespace fieldstrip::bzip2
