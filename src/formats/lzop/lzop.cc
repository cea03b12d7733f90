// lzop: a header with name, mode and time of a file and a checksum over it all, then blocks of (mostly) 256 KiB of content, each behind its
// sizes and the checksums that the flags say, and a mark of four zeros. Several such directly behind each other are one: lzop reads on. All
// numbers are big-endian.
//
// Source: lzop 1.04, src/lzop.c and src/conf.h (no other description is published).
#include "base/digest.h"
#include "base/text.h"
#include "formats/lzop/magics.h"
#include "formats/lzop/members.h"
#include "model/walk.h"

namespace fieldstrip {
namespace lzop {
namespace {

const Names kMethods = {{1, "lzo1x_1"}, {2, "lzo1x_1_15"}, {3, "lzo1x_999"}};

Check::Outcome outcome(bool pass) { return pass ? Check::Outcome::Pass : Check::Outcome::Fail; }
std::string name_of(const char* check, size_t i) { return i ? nth(check, i) : check; }

class Lzop final : public Coded {
  public:
    Lzop(Buffer bytes, File file) : bytes_(std::move(bytes)), file_(std::move(file)) {}
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), file_, cx); }

  private:
    void sum(const char* name, size_t i, std::optional<u64> at, Extent covers, std::optional<ByteView> over, bool crc,
             const CheckSink&) const;
    Buffer bytes_;
    File file_;
};

/// A checksum at `at`, over bytes that were decoded (none: they could not be).
void Lzop::sum(const char* name, size_t i, std::optional<u64> at, Extent covers, std::optional<ByteView> over, bool crc,
               const CheckSink& checks) const {
    if (!at) return;
    auto expected = big_endian(be32(bytes_.view(), *at), 4), found = over ? big_endian(checksum(*over, crc), 4) : Bytes{};
    checks({name_of(name, i), {*at, 4}, {&covers, 1}, expected, found, outcome(expected == found)});
}

/// The first header's checksum is in the layout.
Result<void> Lzop::verify(const CheckSink& checks, Context& cx) const {
    auto all = bytes_.view();
    size_t n = 0;
    for (size_t i = 0; i < file_.members.size(); i++) {
        auto& m = file_.members[i];
        TRY_VOID(cx.spend(&Limits::decoded, 0));
        Extent covers{m.at + 9, m.header.summed - 9};
        if (i)
            sum("header_checksum", i, m.at + m.header.summed, covers, all.subspan(covers.offset, covers.size), m.header.is(kHeaderCrc),
                checks);
        if (auto& e = m.header.extra; e.offset) {
            covers = {m.at + e.offset - 4, e.size + 4};
            sum("extra_checksum", i, covers.end(), covers, all.subspan(covers.offset, covers.size), m.header.is(kHeaderCrc), checks);
        }
        u64 at = m.begin();
        for (u64 k = 0; k < m.blocks; k++, n++) {
            auto b = read_block(all, m.header, at);
            if (!b || b->end() > all.size()) break;
            auto data = all.subspan(b->data, b->size);
            sum("data_adler32", n, b->adler_data, b->extent(), data, false, checks);
            sum("data_crc32", n, b->crc_data, b->extent(), data, true, checks);
            at = b->end();
        }
    }
    return {};
}

Result<Lost> Lzop::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "an lzop stream has one content");
    auto all = bytes_.view();
    Lost lost;
    u64 delivered = 0;
    size_t n = 0;
    for (auto& m : file_.members) {
        if (m.header.is(kFilter)) return fail(Error::Kind::Unsupported, "lzop's filters are not supported", {m.at, m.header.size});
        u64 at = m.begin();
        for (u64 k = 0; k < m.blocks; k++, n++) {
            auto b = read_block(all, m.header, at);
            if (!b || b->end() > all.size()) break;
            bool good = false;
            auto content = TRY(decode_block(all, *b, good, cx));
            if (checks) {
                auto over = good ? std::optional<ByteView>(content) : std::nullopt;
                sum("block_adler32", n, b->adler_content, b->extent(), over, false, checks);
                sum("block_crc32", n, b->crc_content, b->extent(), over, true, checks);
                auto covers = b->extent();
                if (!b->adler_content && !b->crc_content) checks({name_of("decode", n), {b->at, 0}, {&covers, 1}, {}, {}, outcome(good)});
            }
            if (!good) lost.push_back({delivered, content.size()});
            delivered += content.size();
            if (!sink(content)) return lost;
            at = b->end();
        }
        if (m.how == Member::End::Cut) return fail(Error::Kind::Damaged, "the stream is cut", {all.size(), 0});
        if (m.how == Member::End::Damaged) return fail(Error::Kind::Damaged, "the sizes of a block can't be", {at, 0});
    }
    return lost;
}

Result<Layout> layout_of(ByteView bytes, const File& file) {
    auto& m = file.members.front();
    auto& h = m.header;
    bool late = h.version >= 0x0940;
    Walk w(bytes, Endian::Big);
    w.magic("magic", kMagic);
    w.u16("version").is(kept_inside()).hex();
    w.u16("library").hex();
    if (late) w.u16("needed").hex();
    w.u8("method").in(kMethods).is(kept_inside());
    if (late) w.u8("level").is(kept_inside());
    w.u32("flags").is(kept_inside()).hex();
    if (h.is(kFilter)) w.u32("filter").is(kept_inside());
    w.u32("mode").hex();
    w.u32("mtime").time();
    if (late) w.u32("mtime_high");
    w.u8("name_size").is(size_of("name"));
    w.text("name", h.name);
    w.u32("header_checksum").is(digest_of(h.is(kHeaderCrc) ? digest::crc32 : digest::adler32, {{"version", "name"}})).hex();
    if (h.extra.offset) w.opaque("extra", h.extra.size + 8);
    w.opaque("blocks", m.end_mark - w.here());
    if (m.how == Member::End::Whole) w.u32("end_mark").is(kept_inside());
    w.opaque(file.members.size() > 1 ? "members" : "rest", bytes.size() - w.here());
    auto& last = file.last();
    Extent where{last.at, last.end - last.at};
    if (last.how == Member::End::Cut) w.finding({&findings::cut, "the lzop stream is cut: its end is missing", where});
    if (last.how == Member::End::Damaged)
        w.finding({&kFindings[0],
                   "the lzop block at " + hex_number(last.end_mark) + " has sizes that can't be; where the stream ends is not known",
                   where});
    return std::move(w).done();
}

/// A version and a method that there are; checksums come later.
bool may_begin(ByteView from) {
    if (from.size() < 9 + 25) return false;
    const u64 version = load(from.subspan(9, 2), 2, Endian::Big), method = from[9 + (version >= 0x0940 ? 6 : 4)];
    return version && method >= 1 && method <= 3;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto file = read_file(space.subspan(at), cx);
    if (!file) return std::unexpected(No{file.error().why, {at + file.error().where.offset, 0}});
    auto why = file->sound                     ? "header checksum; sizes of blocks lead to the end"
               : file->members[0].header.holds ? "header checksum; cut or damaged behind it"
                                               : "sizes of blocks lead to the end; header checksum is wrong";
    return Claim{{at, file->size}, file->bits, why, file->sound};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto file = read_file(bytes.view(), cx);
    if (!file) return fail(Error::Kind::NotThis, std::string(file.error().why));
    auto layout = TRY(layout_of(bytes.view(), *file));
    u64 blocks = 0, content = 0;
    for (auto& m : file->members) blocks += m.blocks, content += m.content;
    std::string label = file->members.size() > 1 ? std::to_string(file->members.size()) + " lzop streams" : "lzop stream";
    if (auto* name = layout.find("name"); name && name->extent.size)
        label += ": \"" + show(*name, bytes.view().subspan(name->extent.offset, name->extent.size)) + '"';
    label += ", " + std::to_string(blocks) + (blocks == 1 ? " block, " : " blocks, ") + human_size(content) + " decoded";
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Lzop>(bytes, std::move(*file))};
}

constexpr std::string_view kLimits[] = {
    "filters are not decoded",
    "made again byte for byte: what liblzo2's compressors make that lzop uses, in blocks of one size",
    "more than 4096 streams behind each other are read, but have no recipe",
    "without liblzo2 (FIELDSTRIP_LZO=OFF) it is recognised, and not decoded",
};

}  // namespace
}  // namespace lzop

namespace formats {
extern const Format lzop{.id = "lzop",
                         .title = "lzop stream",
                         .magics = magics::lzop,
                         .may_begin = fieldstrip::lzop::may_begin,
                         .recognise = fieldstrip::lzop::recognise,
                         .open = fieldstrip::lzop::open,
                         .make = fieldstrip::lzop::make,
                         .made_by = fieldstrip::lzop::made_by,
                         .findings = fieldstrip::lzop::kFindings,
                         .limits = fieldstrip::lzop::kLimits,
                         .source = "lzop 1.04: src/lzop.c"};
}  // namespace formats

}  // namespace fieldstrip
