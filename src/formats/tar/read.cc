#include "base/text.h"
#include "formats/tar/volume.h"

namespace fieldstrip::tar {
namespace {

constexpr u64 kStep = u64{1} << 20;

/// The member whose data a file's content is: an entry's node is where it lies.
std::optional<Member> carrier_of(ByteView bytes, const Entry& e) {
    if (!e.is_file() || e.node >= bytes.size()) return {};
    auto m = read_member(bytes, e.node);
    if (!m || m->is_loose || m->size() != e.size) return {};
    return m;
}

class Reader {
  public:
    Reader(ByteView bytes, const Sink& sink, Context& cx) : bytes_(bytes), sink_(sink), cx_(cx) {}

    /// False when no more is wanted.
    Result<bool> stored(Extent e) {
        for (u64 done = 0; done < e.size;) {
            u64 n = std::min(kStep, e.size - done);
            TRY_VOID(cx_.spend(&Limits::decoded, n));
            if (!sink_(bytes_.subspan(e.offset + done, n))) return false;
            done += n;
        }
        return true;
    }
    Result<bool> zeros(u64 left) {
        const Bytes block(std::min(kStep, left));
        while (left) {
            u64 n = std::min<u64>(left, block.size());
            TRY_VOID(cx_.spend(&Limits::decoded, n));
            if (!sink_(ByteView(block).first(n))) return false;
            left -= n;
        }
        return true;
    }

  private:
    ByteView bytes_;
    const Sink& sink_;
    Context& cx_;
};

}  // namespace

Result<void> Volume::verify(const CheckSink& sink, Context& cx) const {
    auto bytes = bytes_.view();
    size_t n = 0;
    Result<void> stopped;
    auto all = read_region(bytes, 0, [&](const Member& m) {
        if (stopped) stopped = cx.spend(&Limits::decoded, 0);
        if (!stopped) return;
        each_header(m, [&](u64 at) {
            auto sum = check_sum(bytes.subspan(at, kBlock));
            Extent covers{at, kBlock};
            auto expected = big_endian(sum.expected, 4), found = big_endian(sum.good ? sum.expected : sum.found, 4);
            bool good = look_at(bytes.subspan(at, kBlock)) == Look::Good;
            sink({.name = nth("chksum", n++),
                  .at = {at + at::chksum.offset, at::chksum.size},
                  .covers = {&covers, 1},
                  .expected = expected,
                  .found = found,
                  .outcome = good ? Check::Outcome::Pass : Check::Outcome::Fail});
        });
    });
    TRY_VOID(std::move(stopped));
    // Only what fails: that an archive ends is no checksum, and vouches for no byte.
    if (all.how == Run::How::Broken || all.how == Run::How::Cut)
        sink({.name = "end", .at = {all.last, 0}, .covers = {}, .expected = {}, .found = {}, .outcome = Check::Outcome::Fail});
    return {};
}

Result<std::vector<Entry>> Volume::entries(Context& cx) const { return TRY(parse(bytes_.view(), false, cx)).entries; }

Result<Recipe> Volume::recipe(Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), true, cx));
    auto recipe = parsed.style.recipe();
    if (!parsed.exact) recipe.set("exact", "no");
    return recipe;
}

std::optional<Extent> Volume::stored(const Entry& e) const {
    auto m = carrier_of(bytes_.view(), e);
    if (!m || m->is_cut || m->sparse) return {};
    return m->data;
}

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink&, Context& cx) const {
    // A hard link of what is not there has nothing.
    if (e.is_file() && !e.size) return Lost{};
    auto m = carrier_of(bytes_.view(), e);
    if (!m) return fail(Error::Kind::Damaged, "no member of this archive: " + e.path);
    Reader reader(bytes_.view(), sink, cx);
    Lost lost;
    if (!m->sparse) {
        if (!TRY(reader.stored(m->data)) || m->data.size == e.size) return lost;
        lost.push_back({m->data.size, e.size - m->data.size});
        TRY(reader.zeros(lost[0].size));
        return lost;
    }
    u64 at = 0, from = std::min(m->data.offset + m->sparse->map_bytes, m->data.end()), left = m->data.end() - from;
    for (auto& p : m->sparse->pieces) {
        if (p.offset > at && !TRY(reader.zeros(p.offset - at))) return lost;
        u64 there = std::min(left, p.size);
        if (!TRY(reader.stored({from, there}))) return lost;
        if (there < p.size) {
            lost.push_back({p.offset + there, p.size - there});
            if (!TRY(reader.zeros(p.size - there))) return lost;
        }
        at = p.end(), from += there, left -= there;
    }
    TRY(reader.zeros(e.size - at));
    return lost;
}

Result<Rope> Volume::rewrite(std::span<const Wanted> wanted, const Terms&, Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), true, cx));
    return write(parsed.style, wanted, &parsed, bytes_, cx);
}

}  // namespace fieldstrip::tar
