// Contents of files, block by block.
#include "formats/squashfs/old.h"
#include "formats/squashfs/volume.h"
#include "model/in_order.h"

namespace fieldstrip::squashfs {
namespace {

bool is_limit(const Error& e) { return e.kind == Error::Kind::Limit; }

/// Delivers a file in order and keeps account of what is lost.
class Delivery {
  public:
    Delivery(const std::string& path, const Sink& sink, const CheckSink& checks) : path_(path), sink_(sink), checks_(checks) {}
    Lost lost;

    bool give(ByteView plain) {
        at_ += plain.size();
        return sink_(plain);
    }
    bool zeros(u64 size) {
        if (zeros_.size() < size) zeros_.resize(size);
        return give(ByteView(zeros_).first(size));
    }
    bool lose(u64 size) {
        if (!lost.empty() && lost.back().end() == at_)
            lost.back().size += size;
        else
            lost.push_back({at_, size});
        return zeros(size);
    }
    void check(std::string_view name, Extent covers, u64 size, bool good) const {
        using enum Check::Outcome;
        if (checks_) checks_({name, {covers.offset, 0}, {&covers, 1}, {}, {}, good ? Pass : Fail, path_, {at_, size}});
    }

  private:
    const std::string& path_;
    const Sink& sink_;
    const CheckSink& checks_;
    u64 at_ = 0;
    Bytes zeros_;
};

}  // namespace

std::vector<Stored> blocks_of(const Image& image, const Node& n) {
    std::vector<Stored> out;
    u64 at = n.inode.start, left = n.inode.size;
    for (u32 size : n.blocks) {
        Stored b{{at, size & ~kStoredBlock}, !(size & kStoredBlock), std::min<u64>(image.super.block_size, left)};
        if (at > image.bytes.size() || image.bytes.size() - at < b.extent.size)
            b.extent = {image.bytes.size(), 0}, b.packed = true, at = image.bytes.size();
        else
            at += b.extent.size;
        if (!size) b.packed = false;
        left -= b.plain;
        out.push_back(b);
    }
    return out;
}

u64 tail_of(const Image& image, const Inode& i) { return i.fragment == kNone ? 0 : i.size % image.super.block_size; }

std::optional<Stored> fragment_of(const Image& image, u32 number) {
    if (number >= image.fragments.size()) return {};
    auto& f = image.fragments[number];
    Stored b{{f.start, f.size & ~kStoredBlock}, !(f.size & kStoredBlock), image.super.block_size};
    if (!b.extent.size || b.extent.offset > image.bytes.size() || image.bytes.size() - b.extent.offset < b.extent.size) return {};
    return b;
}

Result<Bytes> decode(const Image& image, const Stored& b, Context& cx) {
    auto in = image.bytes.subspan(b.extent.offset, b.extent.size);
    if (b.packed) return decode_block(image.codec, in, b.plain, cx);
    TRY_VOID(cx.spend(&Limits::decoded, in.size()));
    if (in.size() > b.plain) return fail(Error::Kind::Damaged, "a stored block is longer than a block", b.extent);
    return Bytes(in.begin(), in.end());
}

Result<std::shared_ptr<const Image>> Volume::image(Context& cx) const {
    std::scoped_lock lock(reading_);
    auto read = [&] { return major_ == 4 ? read_image(bytes_.view(), endian_, cx) : read_old(bytes_.view(), endian_, major_, cx); };
    if (!image_) image_ = std::make_shared<const Image>(TRY(read()));
    return image_;
}

Result<std::vector<std::string>> Volume::cut_folders(Context& cx) const {
    auto image = TRY(this->image(cx));
    std::vector<std::string> out;
    if (image->whole()) return out;
    auto entries = TRY(entries_of(*image, nullptr, cx));
    for (size_t i = 0; i < entries.size(); i++) {
        auto& n = image->nodes[image->names[i].node];
        if (entries[i].is(Entry::Type::Directory) && (n.broken || !n.known)) out.push_back(entries[i].path);
    }
    return out;
}

/// How it is packed, its sizes, its encoded blocks, and where it lies in which fragment.
Result<std::optional<Origin>> Volume::origin(const Entry& e, Context& cx) const {
    auto image = TRY(this->image(cx));
    if (e.node >= image->nodes.size()) return std::nullopt;
    auto& n = image->nodes[e.node];
    if (!n.known || n.inode.basic() != kFile) return std::nullopt;
    auto tail = fragment_of(*image, n.inode.fragment);
    if (tail_of(*image, n.inode) && !tail) return std::nullopt;
    auto blocks = blocks_of(*image, n);
    Bytes head(8 * (6 + n.blocks.size()));
    auto put = [&, at = size_t{0}](u64 v) mutable { store(std::span(head).subspan(8 * at++, 8), 8, Endian::Little, v); };
    put(u64(image->codec)), put(image->super.block_size), put(n.inode.size);
    put(tail ? n.inode.offset : 0), put(tail ? tail->packed : 0), put(tail ? tail->extent.size : 0);
    for (size_t i = 0; i < blocks.size(); i++) {
        if (n.blocks[i] && !blocks[i].extent.size) return std::nullopt;  // it leads outside
        put(n.blocks[i]);
    }
    Origin out{std::move(head), {}};
    for (auto& b : blocks) out.from.push_back(b.extent);
    if (tail && tail_of(*image, n.inode)) out.from.push_back(tail->extent);
    return out;
}

Result<Lost> Volume::read(const Entry& e, const Sink& sink, const CheckSink& checks, Context& cx) const {
    auto image = TRY(this->image(cx));
    if (e.node >= image->nodes.size()) return fail(Error::Kind::Damaged, e.path + ": no such inode");
    auto& n = image->nodes[e.node];
    if (!n.known) return fail(Error::Kind::Damaged, "its inode can't be read");
    if (n.inode.basic() != kFile) return Lost{};
    Delivery out(e.path, sink, checks);
    auto blocks = blocks_of(*image, n);
    std::optional<Error> limit;
    bool more = true;
    in_order<Result<Bytes>>(
        blocks.size(), [&](size_t i) { return blocks[i].extent.size ? 2 * blocks[i].plain : 0; },
        [&](size_t i) -> Result<Bytes> {
            if (n.blocks[i]) return decode(*image, blocks[i], cx);
            TRY_VOID(cx.spend(&Limits::decoded, blocks[i].plain));
            return Bytes();
        },
        [&](size_t i, Result<Bytes> plain) {
            auto& b = blocks[i];
            if (!plain && is_limit(plain.error())) return limit = plain.error(), false;
            if (plain && !n.blocks[i]) return more = out.zeros(b.plain);
            bool good = plain && plain->size() == b.plain;
            if (b.packed || !good) out.check("block", b.extent, b.plain, good);
            return more = good ? out.give(*plain) : out.lose(b.plain);
        },
        cx);
    if (limit) return std::unexpected(*limit);
    u64 tail = more ? tail_of(*image, n.inode) : 0;
    if (!tail) return std::move(out.lost);
    auto at = fragment_of(*image, n.inode.fragment);
    auto fragment = [&](u64 number) -> Result<Bytes> {
        auto stored = fragment_of(*image, u32(number));
        if (!stored) return fail(Error::Kind::Damaged, "there is no such fragment");
        return decode(*image, *stored, cx);
    };
    BlockCache::Block block;
    if (at) block = fragments_.get(n.inode.fragment, image->fragments.size(), fragment);
    if (block && !*block && is_limit(block->error())) return std::unexpected(block->error());
    bool good = block && *block && n.inode.offset <= (*block)->size() && (*block)->size() - n.inode.offset >= tail;
    if (good) {
        out.give(ByteView(**block).subspan(n.inode.offset, tail));
    } else {
        out.check("tail", at ? at->extent : Extent{image->bytes.size(), 0}, tail, false);
        out.lose(tail);
    }
    return std::move(out.lost);
}

}  // namespace fieldstrip::squashfs
