#include "formats/cpio/members.h"

namespace fieldstrip::cpio {
namespace {

constexpr unsigned kEnoughBits = 1 << 30;
constexpr u64 kTypes = 0170000;

void add_bits(unsigned& sum, unsigned bits) { sum = std::min(sum + bits, kEnoughBits); }

/// File, directory, symlink, devices, fifo, socket, and the contiguous file of some Unix.
bool is_type(u64 mode) {
    switch (mode & kTypes) {
        case 0010000:
        case 0020000:
        case 0040000:
        case 0060000:
        case 0100000:
        case 0110000:
        case 0120000:
        case 0140000: return true;
        default: return false;
    }
}

/// Whether another member's header lies in these bytes: then a size that reaches over their end is a wrong size and no cut archive. Looked
/// for no further than to the next header that is as good as the one that asks, so that all the askers of a space look at it once.
bool has_header(ByteView bytes, Variant v) {
    const auto magic = shape_of(v).magic.substr(0, v == Variant::Crc || v == Variant::Newc ? 5 : 6);
    for (u64 at = 0; at < bytes.size();) {
        auto* hit = static_cast<const u8*>(memmem(bytes.data() + at, bytes.size() - at, magic.data(), magic.size()));
        if (!hit) return false;
        at = u64(hit - bytes.data());
        if (read_member(bytes, at)) return true;
        at++;
    }
    return false;
}

/// Whether what lies here looks like a header, or its beginning, whose name or data the end of the space has cut off.
bool is_cut_header(ByteView rest, Variant v) {
    auto& shape = shape_of(v);
    if (rest.empty() || !starts_with(rest, shape.magic.substr(0, rest.size()))) return false;
    if (rest.size() < shape.header) return true;
    auto header = read_header(rest, v);
    return header && header->name_size && header->name_size <= shape.name_size &&
           rest.size() < shape.header + header->name_size + shape.align;
}

}  // namespace

std::optional<Member> read_member(ByteView space, u64 at) {
    auto in = space.subspan(at);
    auto variant = variant_at(in);
    if (!variant) return {};
    auto& shape = shape_of(*variant);
    if (in.size() < shape.header + 1) return {};
    // Before all else, since hostile images have magics by the million: a name that ends where its size says.
    const u64 name = name_size_at(in, *variant);
    if (!name || name > std::min<u64>(shape.name_size, in.size() - shape.header) || in[shape.header + name - 1]) return {};
    auto header = read_header(in, *variant);
    if (!header) return {};
    Member out{.header = *header, .variant = *variant, .at = at, .name = {at + shape.header, header->name_size}};
    out.trailer = name_of(space, out) == kTrailer;
    // Of a magic of two bytes code is full: a name ends where its size says, and nowhere before.
    if (shape.weak() && name_of(space, out).size() + 1 != header->name_size) return {};
    if (!out.trailer && shape.weak() && !is_type(header->mode)) return {};
    u64 fill = gap_to(shape.header + header->name_size, shape.align);
    u64 data = std::min(out.name.end() + fill, space.size());
    if (out.trailer) {
        // Filler that is something else is not its own: whoever cut the archive there knew its end better.
        auto filler = space.subspan(out.name.end(), data - out.name.end());
        if (!filler.empty() && one_value(filler) != u8{0}) data = out.name.end();
        out.data = {data, 0}, out.next = data;
        return out;
    }
    u64 there = std::min(header->size, space.size() - data);
    out.data = {data, there};
    out.is_cut = there < header->size;
    out.next = std::min(space.size(), data + there + gap_to(data + there - at, shape.align));
    return out;
}

std::string_view name_of(ByteView space, const Member& m) {
    auto name = as_text(space.subspan(m.name.offset, m.name.size));
    return name.substr(0, name.find('\0'));
}

unsigned bits_of(ByteView space, const Member& m) {
    auto& shape = shape_of(m.variant);
    unsigned bits = shape.bits + 8;  // the NUL
    bits += 16 - std::min(16u, unsigned(std::bit_width(m.name.size)));
    if (m.trailer) bits += 8 * unsigned(kTrailer.size());
    if (shape.weak()) bits += m.trailer ? 0 : 1;  // a type that there is
    auto zeros = [&](u64 from, u64 to) {
        if (to > from && one_value(space.subspan(from, to - from)) == u8{0}) bits += unsigned(8 * (to - from));
    };
    zeros(m.name.end(), m.data.offset);
    if (!m.is_cut) zeros(m.data.end(), m.next);
    return bits;
}

Run read_run(ByteView space, u64 at, const std::function<void(const Member&)>& each) {
    Run run{.at = at, .end = at};
    while (run.end < space.size()) {
        auto m = read_member(space, run.end);
        if (m && (m->variant != run.variant && m->at != at)) m.reset();
        if (!m) break;
        run.variant = m->variant;
        if (m->is_cut) {
            // Of a weak header only those before it prove anything; of a strong one it takes some of its data.
            add_bits(run.bits, bits_of(space, *m));
            bool weak = shape_of(run.variant).weak();
            if (!m->data.size || (weak && run.bits < unsigned(std::bit_width(space.size())) + 20)) break;
            auto data = space.subspan(m->data.offset, m->data.size);
            if (has_header(data, run.variant)) break;
            each(*m);
            run.members++, run.end = space.size(), run.how = Run::How::Cut;
            return run;
        }
        add_bits(run.bits, bits_of(space, *m));
        each(*m);
        run.end = m->next;
        if (m->trailer) {
            run.how = Run::How::Whole;
            return run;
        }
        run.members++;
    }
    if (run.members && is_cut_header(space.subspan(run.end), run.variant)) run.end = space.size(), run.how = Run::How::Cut;
    return run;
}

u64 zeros_at(ByteView space, u64 at) {
    auto rest = space.subspan(at, std::min(kMostZeros, space.size() - at));
    return u64(std::find_if(rest.begin(), rest.end(), [](u8 c) { return c != 0; }) - rest.begin());
}

Run read_region(ByteView space, u64 at, const std::function<void(const Member&)>& each, const std::function<void(const Run&, bool)>& done) {
    Run all = read_run(space, at, each);
    done(all, true);
    while (all.how == Run::How::Whole) {
        u64 next = all.end + zeros_at(space, all.end);
        if (next >= space.size() || !variant_at(space.subspan(next))) break;
        Run run = read_run(space, next, each);
        bool whole = run.how == Run::How::Whole;
        done(run, whole);
        if (!whole) break;
        all.end = run.end, all.members += run.members;
        add_bits(all.bits, run.bits);
    }
    return all;
}

}  // namespace fieldstrip::cpio
