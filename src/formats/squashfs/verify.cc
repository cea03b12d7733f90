// What nobody reads as a file: metadata, fragments, and whether the numbers agree. A squashfs has no checksums of its own: that a block
// decodes is what vouches for it, and for a stored one nothing does.
#include <charconv>

#include "base/digest.h"
#include "formats/squashfs/volume.h"
#include "model/in_order.h"

namespace fieldstrip::squashfs {
namespace {

using enum Check::Outcome;

class Checker {
  public:
    Checker(const Image& image, const CheckSink& sink, Context& cx) : image_(image), sink_(sink), cx_(cx) {}

    Result<void> run() {
        tables();
        numbers();
        exports();
        for (auto& t : image_.troubles) sink_({"tree", {t.where.offset, 0}, {&t.where, 1}, {}, as_bytes(t.what), Fail});
        return fragments();
    }

  private:
    void block(std::string_view what, Extent e, bool packed, bool good) {
        if (!packed && good) return;
        char name[40];
        char* end = std::copy(what.begin(), what.end(), name);
        end = std::to_chars(end, std::end(name), e.offset, 16).ptr;
        sink_({std::string_view(name, size_t(end - name)), {e.offset, 0}, {&e, 1}, {}, {}, good ? Pass : Fail});
    }
    void tables() {
        for (auto* t : {&image_.inodes, &image_.directories, &image_.fragment_table, &image_.export_table, &image_.id_table,
                        &image_.xattrs.values, &image_.xattrs.lists})
            for (auto& b : t->blocks) block("metadata@0x", b.stored, b.packed, b.good);
    }
    void number(std::string_view name, Extent at, u64 said, u64 is) {
        auto expected = big_endian(said, 4), found = big_endian(is, 4);
        sink_({name, at, {&at, 1}, expected, found, said == is ? Pass : Fail});
    }
    /// Of a damaged tree there is nothing to count.
    void numbers() {
        if (!image_.whole() || image_.major != 4) return;
        u64 fragments = 0;
        for (auto& n : image_.nodes)
            if (n.inode.basic() == kFile && n.inode.fragment != kNone) fragments = std::max<u64>(fragments, u64{n.inode.fragment} + 1);
        number("inodes", {4, 4}, image_.super.inodes, image_.nodes.size());
        if (fragments > image_.super.fragments) number("fragments", {16, 4}, image_.super.fragments, fragments);
    }
    /// The table that NFS asks must lead to the inodes that have these numbers.
    void exports() {
        auto& t = image_.export_table;
        if (!image_.whole() || !t.whole || t.plain.empty()) return;
        bool good = true;
        for (auto& n : image_.nodes) {
            auto place = n.inode.number ? t.get(8 * (u64{n.inode.number} - 1), 8) : std::nullopt;
            good = good && place && load(*place, 8, image_.endian) == n.place;
        }
        sink_({"exports", {}, {}, {}, {}, good ? Pass : Fail});
    }
    Result<void> fragments() {
        std::optional<Error> limit;
        in_order<Result<bool>>(
            image_.fragments.size(), [&](size_t) { return 2 * u64{image_.super.block_size}; },
            [&](size_t i) -> Result<bool> {
                auto b = fragment_of(image_, u32(i));
                if (!b) return false;
                if (!b->packed) return true;
                auto plain = decode(image_, *b, cx_);
                if (!plain && plain.error().kind == Error::Kind::Limit) return std::unexpected(plain.error());
                return plain.has_value();
            },
            [&](size_t i, Result<bool> good) {
                if (!good) return limit = good.error(), false;
                auto b = fragment_of(image_, u32(i));
                if (b)
                    block("fragment@0x", b->extent, b->packed, *good);
                else
                    block("fragment@0x", {image_.bytes.size(), 0}, true, false);
                return true;
            },
            cx_);
        if (limit) return std::unexpected(*limit);
        return {};
    }

    const Image& image_;
    const CheckSink& sink_;
    Context& cx_;
};

}  // namespace

Result<void> Volume::verify(const CheckSink& sink, Context& cx) const { return Checker(*TRY(image(cx)), sink, cx).run(); }

}  // namespace fieldstrip::squashfs
