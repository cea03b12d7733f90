// tar: members one behind the other in blocks of 512 bytes: a header of texts and octal numbers (name, mode, owner, size, time, type, link)
// with a sum over itself, then the data, filled up to a block; two blocks of zeros end it. Its kinds differ in what does not fit: v7 can't
// say it; ustar ("ustar\0") splits a long name into prefix and name; GNU ("ustar  ") puts members of type 'L' and 'K' with the long text
// before, writes large numbers in base 256, and maps of sparse files ('S') into the header; pax puts a member of type 'x' before, with
// records "LENGTH KEY=VALUE\n" (path, size, mtime, attributes …), and 'g' for all that follow. Hard links ('1') name a member before them.
// v7 has no magic: members of it are read in archives that begin with another kind. Source: POSIX pax, "ustar interchange format" and "pax
// header block"; GNU tar's manual, "Basic Tar Format" and "Sparse Formats"; tar(5) of libarchive.
#include "formats/tar/magics.h"
#include "formats/tar/volume.h"
#include "model/walk.h"

namespace fieldstrip {
namespace tar {
namespace {

using namespace std::literals;

constexpr FindingKind kBreaksOff{"breaks-off", Severity::Error,
                                 "An archive breaks off: behind its last readable member there is neither another one nor its end."};
constexpr FindingKind kNoEnd{"no-end", Severity::Warning, "An archive does not end with two blocks of zeros, as it should."};
constexpr FindingKind kFindings[] = {kBreaksOff, kNoEnd};

bool may_begin(ByteView from) {
    if (from.size() < kBlock) return false;
    auto block = from.first(kBlock);
    const auto look = look_at(block);
    return look == Look::Good || (look == Look::Damaged && spells_numbers(block));
}

Answer recognise(ByteView space, u64 at, Context&) {
    if (!may_begin(space.subspan(at))) return std::unexpected(No{"no header", {at, 0}});
    // GNU's label of an archive comes before all members, and has no magic.
    if (at >= kBlock) {
        auto before = space.subspan(at - kBlock, kBlock);
        if (before[at::type.offset] == 'V' && is_zeros(field(before, at::magic)) && look_at(before) == Look::Good) at -= kBlock;
    }
    auto all = read_region(space, at, [](const Member&) {});
    if (!all.bits || (!all.proven && all.how != Run::How::Whole))
        return std::unexpected(No{"no header whose sum holds, and no end", {at, 0}});
    Claim claim{{at, all.end - at}, all.bits, "members up to the end of the archive", !all.damaged};
    if (all.how == Run::How::Whole || all.how == Run::How::Open) return claim;
    claim.why = all.how == Run::How::Cut ? "members, cut by the end of the space" : "members, without an end";
    claim.sound = false;
    return claim;
}

Result<Item> open(const Buffer& bytes, Context&) {
    bool pax = false;
    std::string magic;
    auto all = read_region(bytes.view(), 0, [&](const Member& m) {
        for (auto& x : m.extensions) pax = pax || x.type == 'x' || x.type == 'g';
        if (magic.empty()) magic = magic_of(bytes.view().subspan(m.at, kBlock));
    });
    if (!all.bits) return fail(Error::Kind::NotThis, "no tar header");
    Walk w(bytes.view(), Endian::Big);
    w.opaque("members", bytes.size()).is(kept_inside());
    if (all.how == Run::How::Cut)
        w.finding({&findings::cut, "the archive is cut short: its last member goes on behind the end", {all.end, 0}});
    else if (all.how == Run::How::Broken)
        w.finding({&kFindings[0], "the archive breaks off at " + std::to_string(all.last), {all.last, 0}});
    else if (all.how == Run::How::Open)
        w.finding({&kFindings[1],
                   all.end > all.last ? "one block of zeros ends the archive, and not two" : "no blocks of zeros end the archive",
                   {all.last, 0}});
    auto label = std::string("tar archive (") +
                 (pax             ? "pax"
                  : magic == kGnu ? "GNU"
                                  : "ustar") +
                 "), " + std::to_string(all.members) + (all.members == 1 ? " entry" : " entries");
    return Item{.label = std::move(label), .layout = TRY(std::move(w).done()), .inside = std::make_unique<Volume>(bytes, pax)};
}

std::string made_by(const Recipe& r) {
    auto dialect = r.text("dialect");
    if (dialect == "pax") return "tar --format=pax";
    return dialect == "gnu" ? "tar --format=gnu" : "tar --format=ustar";
}

constexpr std::string_view kLimits[] = {"v7 archives are not found: they have no magic; their members in other archives are read",
                                        "volumes of an archive that goes on in another one are read each by itself",
                                        "attributes are written where the archive has pax headers"};

}  // namespace
}  // namespace tar

namespace formats {
extern const Format tar{.id = "tar",
                        .title = "tar archive",
                        .magics = magics::tar,
                        .may_begin = tar::may_begin,
                        .recognise = tar::recognise,
                        .open = tar::open,
                        .build = tar::build,
                        .made_by = tar::made_by,
                        .findings = tar::kFindings,
                        .limits = tar::kLimits,
                        .source = "POSIX pax; GNU tar's manual; tar(5)"};
}  // namespace formats

}  // namespace fieldstrip
