// The LZ4 stream that Linux packs its kernels and initramfs with (lz4 -l): a magic, then blocks of 8 MiB of content, each behind its
// encoded size. There is no checksum and no end mark: it ends with the first block of less than 8 MiB. Numbers are little-endian.
//
// Source: lz4, doc/lz4_Frame_format.md ("Legacy frame") and programs/lz4io.c; Linux, lib/decompress_unlz4.c and scripts/Makefile.lib.
#include "base/text.h"
#include "formats/lz4-legacy/blocks.h"
#include "formats/lz4-legacy/magics.h"
#include "model/walk.h"

namespace fieldstrip {
namespace lz4_legacy {
namespace {

constexpr unsigned kConvincing = 24;  // bits out of matches: for a block that is cut, or that may not be one of ours
constexpr u64 kShortest = 13;         // bytes of content: less has no matches, and tables of small numbers look so
constexpr size_t kMostBlocks = 1 << 20;

std::unexpected<No> no(std::string_view why, u64 at = 0) { return std::unexpected(No{why, {at, 0}}); }

/// Whether what lies at `end` says that a block ends there: the space does, or the size of all content, as Linux's build appends it.
bool says_end(ByteView all, u64 end, u64 content) {
    return end == all.size() || (all.size() - end >= 4 && content <= ~u32{0} && le32(all, end) == content);
}

/// The stream at `at`, with what its blocks prove. Each block is gone over, since its content's size alone tells whether more follow.
std::expected<Stream, No> read_stream(ByteView all, u64 at, unsigned& bits, Context& cx) {
    if (all.size() - at < 4 + 4 + 1 || le32(all, at) != kMagic) return no("no legacy LZ4 stream", at);
    Stream s{.at = at, .end = at + 4, .blocks = {}};
    bits = std::min(bits + 32, 1u << 16);
    u64 content = 0;
    while (s.blocks.size() < kMostBlocks && all.size() - s.end >= 4 + 1) {
        Block b{.at = s.end, .size = le32(all, s.end)};
        bool first = s.blocks.empty();
        if (!b.size || b.size > kMostData) return first ? std::expected<Stream, No>(no("a block of a size that can't be", s.end)) : s;
        bool there = b.size <= all.size() - s.end - 4;
        if (!there) b.size = all.size() - s.end - 4;
        auto data = all.subspan(s.end + 4, b.size);
        if (!cx.spend(&Limits::decoded, data.size())) return first ? std::expected<Stream, No>(no("stopped at a limit", s.end)) : s;
        auto w = lz4::walk(data, 0, kContent);
        b.made = w.made, b.whole = there && w.whole;
        if (there && !w.whole) return first ? std::expected<Stream, No>(no("no LZ4 block behind the magic", s.end)) : s;
        // Nobody writes one: where there is no content left, there is no block. Programs hold many a 1 before zeros.
        if (there && !w.made) return first ? std::expected<Stream, No>(no("a block of nothing", s.end)) : s;
        content += w.made;
        // One behind a full block may as well be other bytes: the full one can be the last.
        const bool ends = there && says_end(all, b.data().end(), content);
        if ((!there || !first) && !ends && (w.bits < kConvincing || !(w.whole || w.cut)))
            return first ? std::expected<Stream, No>(no("cut, and nothing proves what is there", s.end)) : s;
        if (w.made >= kShortest) bits = std::min(bits + 9 + w.bits, 1u << 16);
        s.end = b.data().end();
        s.blocks.push_back(b);
        s.cut = !there;
        if (s.cut || b.made < kContent) break;
    }
    return s;
}

}  // namespace

std::expected<File, No> read_file(ByteView all, Context& cx) {
    File out;
    while (out.size < all.size() && (out.streams.empty() || !out.cut())) {
        auto s = read_stream(all, out.size, out.bits, cx);
        if (!s && out.streams.empty()) return std::unexpected(s.error());
        if (!s) break;
        out.size = s->end;
        out.streams.push_back(std::move(*s));
    }
    return out;
}

namespace {

class Legacy final : public Coded {
  public:
    Legacy(Buffer bytes, File file) : bytes_(std::move(bytes)), file_(std::move(file)) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override;
    Result<Recipe> recipe(Context& cx) const override { return recipe_of(bytes_.view(), file_, cx); }

  private:
    Buffer bytes_;
    File file_;
};

Result<Lost> Legacy::decode(size_t which, const Sink& sink, const CheckSink& checks, Context& cx) const {
    if (which) return fail(Error::Kind::Unsupported, "an LZ4 stream has one content");
    size_t i = 0;
    for (auto& s : file_.streams)
        for (auto& b : s.blocks) {
            auto covers = b.data();
            auto made = lz4::decode(bytes_.view().subspan(covers.offset, covers.size), kContent, cx);
            if (!made && made.error().kind == Error::Kind::Limit) return std::unexpected(made.error());
            auto how = made && b.whole ? Check::Outcome::Pass : Check::Outcome::Fail;
            if (checks) checks({i ? nth("decode", i) : "decode", {b.at, 0}, {&covers, 1}, {}, {}, how});
            i++;
            if (!b.whole) return fail(Error::Kind::Damaged, "the LZ4 stream is cut", {bytes_.size(), 0});
            if (!made) return fail(Error::Kind::Damaged, made.error().message, covers);
            if (!sink(*made)) return Lost{};
        }
    return Lost{};
}

bool may_begin(ByteView from) {
    if (from.size() < 4 + 4 + 1) return false;
    const u32 size = le32(from, 4);
    return size && size <= kMostData;
}

Answer recognise(ByteView space, u64 at, Context& cx) {
    auto file = read_file(space.subspan(at), cx);
    if (!file) return std::unexpected(No{file.error().why, {at + file.error().where.offset, 0}});
    auto why = file->cut() ? "matches in its blocks; cut by the end of its space" : "sizes of blocks and what they decode to";
    return Claim{{at, file->size}, file->bits, why, !file->cut()};
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto file = read_file(bytes.view(), cx);
    if (!file) return fail(Error::Kind::NotThis, std::string(file.error().why));
    Walk w(bytes.view(), Endian::Little);
    w.raw("magic", 4).is(kept_inside());
    w.u32("block_size").is(kept_inside());
    w.opaque("blocks", w.left());
    u64 blocks = 0, content = 0;
    for (auto& s : file->streams)
        for (auto& b : s.blocks) blocks++, content += b.made;
    if (file->cut()) w.finding({&findings::cut, "the LZ4 stream is cut", file->streams.back().blocks.back().data()});
    auto layout = TRY(std::move(w).done());
    auto label = "legacy LZ4 stream: " + std::to_string(blocks) + (blocks == 1 ? " block, " : " blocks, ") + human_size(content) +
                 " decoded" + (file->cut() ? ", cut" : "");
    return Item{.label = std::move(label), .layout = std::move(layout), .inside = std::make_unique<Legacy>(bytes, std::move(*file))};
}

constexpr std::string_view kLimits[] = {
    "it has no checksum: damage that still decodes is not seen",
    "where the content is a multiple of 8 MiB, no byte shows the end: what follows is taken for a block only if it decodes as one",
    "made again byte for byte: what liblz4's fast and HC compressors make of blocks of 8 MiB",
    "the size of the content that Linux's build puts behind it is no part of it",
};

}  // namespace
}  // namespace lz4_legacy

namespace formats {
extern const Format lz4_legacy{.id = "lz4-legacy",
                               .title = "LZ4 stream of the legacy kind, as in Linux kernels",
                               .magics = magics::lz4_legacy,
                               .may_begin = fieldstrip::lz4_legacy::may_begin,
                               .recognise = fieldstrip::lz4_legacy::recognise,
                               .open = fieldstrip::lz4_legacy::open,
                               .make = fieldstrip::lz4_legacy::make,
                               .made_by = fieldstrip::lz4_legacy::made_by,
                               .limits = fieldstrip::lz4_legacy::kLimits,
                               .source = "lz4: doc/lz4_Frame_format.md, programs/lz4io.c"};
}  // namespace formats

}  // namespace fieldstrip
