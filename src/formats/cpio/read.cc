#include "formats/cpio/volume.h"

namespace fieldstrip::cpio {
namespace {

constexpr u64 kBlock = u64{1} << 20;

/// The member whose data a file's content is: an entry's node is where it lies.
std::optional<Member> carrier_of(ByteView bytes, const Entry& e) {
    if (!e.is_file() || e.node >= bytes.size()) return {};
    auto m = read_member(bytes, e.node);
    if (!m || m->trailer || m->header.size != e.size) return {};
    return m;
}

}  // namespace

Result<void> Volume::verify(const CheckSink& sink, Context&) const {
    auto all = read_region(bytes_.view(), 0, [](const Member&) {}, [](const Run&, bool) {});
    // Only what fails: that an archive ends is no checksum, and vouches for no byte.
    if (all.how != Run::How::Whole)
        sink({.name = "trailer",
              .at = {all.end, 0},
              .covers = {},
              .expected = as_bytes(kTrailer),
              .found = {},
              .outcome = Check::Outcome::Fail});
    return {};
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const { return TRY(parse(bytes_.view(), false, cx)).entries; }

Result<Recipe> Volume::recipe(Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), true, cx));
    std::vector<Style> styles;
    for (auto& a : parsed.archives) styles.push_back(a.style);
    return recipe_of(styles);
}

std::optional<Extent> Volume::stored(const Entry& e) const {
    auto m = carrier_of(bytes_.view(), e);
    if (!m || m->is_cut) return {};
    return m->data;
}

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink& checks, Context& cx) const {
    auto m = carrier_of(bytes_.view(), e);
    if (!m) return fail(Error::Kind::Damaged, "no member of this archive: " + e.path);
    u32 sum = 0;
    for (u64 done = 0; done < m->data.size;) {
        u64 n = std::min(kBlock, m->data.size - done);
        TRY_VOID(cx.spend(&Limits::decoded, n));
        auto block = bytes_.view().subspan(m->data.offset + done, n);
        if (m->variant == Variant::Crc && checks) sum = sum_of(block, sum);
        if (!sink(block)) return Lost{};
        done += n;
    }
    if (m->variant == Variant::Crc && checks) {
        auto expected = big_endian(m->header.check, 4), found = big_endian(sum, 4);
        auto outcome = m->is_cut ? Check::Outcome::Unchecked : sum == m->header.check ? Check::Outcome::Pass : Check::Outcome::Fail;
        checks({.name = "check",
                .at = {m->at + shape_of(m->variant).header - 8, 8},
                .covers = {&m->data, 1},
                .expected = expected,
                .found = found,
                .outcome = outcome,
                .entry = e.path,
                .within = {0, m->header.size}});
    }
    Lost lost;
    if (m->is_cut) {
        lost.push_back({m->data.size, e.size - m->data.size});
        const Bytes zeros(std::min(kBlock, lost[0].size));
        for (u64 left = lost[0].size; left;) {
            u64 n = std::min<u64>(left, zeros.size());
            TRY_VOID(cx.spend(&Limits::decoded, n));
            if (!sink(ByteView(zeros).first(n))) break;
            left -= n;
        }
    }
    return lost;
}

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms&, Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), true, cx));
    std::vector<Style> styles;
    for (auto& a : parsed.archives) styles.push_back(a.style);
    return write(std::move(styles), wanted, &parsed, bytes_, cx);
}

Result<Rope> build(const Recipe& recipe, std::span<const Wanted> wanted, Context& cx) {
    return write(TRY(styles_of(recipe)), wanted, nullptr, {}, cx);
}

}  // namespace fieldstrip::cpio
