// The boot image of Linux on arm64 and RISC-V, as it lies in memory without its BSS: a header of 64 bytes with where it goes and how much
// room it needs, then code and data. With an EFI stub it is a PE image too, and only then it says how long it is; it may be signed. Others
// have the same header so that the same loaders take them (Xen, U-Boot). All numbers are little-endian, also of big-endian kernels.
//
// Source: Linux, Documentation/arch/arm64/booting.rst, arch/arm64/include/asm/image.h, Documentation/arch/riscv/boot-image-header.rst,
// arch/riscv/include/asm/image.h, arch/{arm64,riscv}/kernel/efi-header.S.
#include "codecs/pe_extent.h"
#include "formats/linux-image/magics.h"
#include "model/format.h"
#include "model/walk.h"

namespace fieldstrip {
namespace linux_image {
namespace {

using namespace std::literals;

constexpr u64 kHeader = 64, kMagicAt = magics::linux_image[0].offset;
constexpr auto kArm64 = magics::linux_image[0].bytes, kRiscv = magics::linux_image[1].bytes, kRiscvOld = "RISCV\0\0\0"sv;
constexpr u64 kMostHeaders = 4096;
constexpr u64 kMostMemory = u64{1} << 31;  // an image that needs more is none

const Names kEndians = {{0, "little"}, {1, "big"}};
const Names kPages = {{0, "unspecified"}, {1, "4K"}, {2, "16K"}, {3, "64K"}};
const Names kPlacements = {{0, "near-dram-base"}, {1, "anywhere"}};
constexpr Bits kArm64Flags[] = {{"endian", 0, 1, &kEndians}, {"page_size", 1, 2, &kPages}, {"placement", 3, 1, &kPlacements}};
constexpr Bits kRiscvFlags[] = {{"endian", 0, 1, &kEndians}};

enum class Machine {
    Arm64,
    Riscv
};

struct Header {
    Machine machine;
    u64 image_size, flags;
    std::optional<PeExtent> pe;
};

/// What is true of every header, without anything that allocates.
std::expected<Header, std::string_view> header_of(ByteView b) {
    if (b.size() < kHeader) return std::unexpected("no header of 64 bytes");
    auto magic = as_text(b.subspan(kMagicAt, 4));
    if (magic != kArm64 && magic != kRiscv) return std::unexpected("its magic");
    Header h{magic == kArm64 ? Machine::Arm64 : Machine::Riscv, le64(b, 16), le64(b, 24), {}};
    const bool arm64 = h.machine == Machine::Arm64;
    if (h.flags > (arm64 ? 0xF : 1)) return std::unexpected("flags that there are not");
    if (one_value(b.subspan(arm64 ? 32 : 36, arm64 ? 24 : 12)) != u8{0}) return std::unexpected("its reserved words are not zeros");
    if (!arm64 && as_text(b.subspan(48, 8)) != kRiscvOld) return std::unexpected("its first magic");
    if (!arm64 && le32(b, 32) > 0xFFFFF) return std::unexpected("a version that can't be");
    if (le64(b, 8) >= kMostMemory || h.image_size >= kMostMemory) return std::unexpected("sizes that can't be");
    // It begins with a jump to the code behind the header, or with "MZ" and one: b; j and its short form.
    auto jumps = [&](u32 word) { return arm64 ? word >> 26 == 5 : (word & 0xFFF) == 0x6F || (word & 0xE003) == 0xA001; };
    if (!jumps(le32(b, 0)) && !jumps(le32(b, arm64 ? 4 : 2))) return std::unexpected("its first words jump nowhere");
    h.pe = pe_extent(b);
    if (h.pe) {
        const u16 m = h.pe->machine;
        if (arm64 ? m != 0xAA64 : m != 0x5064 && m != 0x5032) return std::unexpected("a PE image of another machine");
        if (h.pe->headers.offset < kHeader || h.pe->headers.end() > kMostHeaders) h.pe.reset();
    }
    return h;
}

Answer recognise(ByteView space, u64 at, Context&) {
    auto bytes = space.subspan(at);
    auto h = header_of(bytes);
    if (!h) return std::unexpected(No{h.error(), {at, std::min(kHeader, bytes.size())}});
    // The magic; what is reserved and what flags are not used; a jump.
    const unsigned bits = 32 + (h->machine == Machine::Arm64 ? 24 + 28 : 12 + 30 + 64) + 4;
    if (h->pe) {
        const bool cut = h->pe->end() > bytes.size();
        return Claim{{at, std::min<u64>(h->pe->end(), bytes.size())},
                     bits + 64,
                     cut ? "its header, and that of a PE image, which is cut" : "its header, and that of a PE image",
                     !cut};
    }
    // Its file is as much shorter than its memory as the BSS is long, which nothing tells.
    if (!h->image_size) return std::unexpected(No{"its end is not known: kernels before 3.17 say no size", {at, kHeader}});
    if (at || bytes.size() > h->image_size) return std::unexpected(No{"its end is not known: it has no EFI stub", {at, kHeader}});
    return Claim{{at, bytes.size()}, bits, "its header; it is all there is"};
}

Result<Layout> walk(ByteView bytes, const Header& h) {
    const bool arm64 = h.machine == Machine::Arm64;
    Walk w(bytes, Endian::Little);
    w.u32("code0").hex();
    w.u32("code1").hex();
    w.u64("text_offset").hex();
    w.u64("image_size");
    w.u64("flags").bits(arm64 ? std::span<const Bits>(kArm64Flags) : kRiscvFlags).hex();
    if (arm64) {
        w.raw("reserved", 24);
    } else {
        w.u32("version").hex();
        w.raw("reserved", 12);
        w.magic("magic1", as_bytes(kRiscvOld));
    }
    w.magic("magic", as_bytes(arm64 ? kArm64 : kRiscv));
    w.u32("pe_offset").hex();
    // The loader's own, apart from what they tell of: they are there when the rest is put back.
    if (h.pe) w.opaque("pe_headers", h.pe->headers.end() - w.here());
    const u64 end = h.pe ? h.pe->data_end : bytes.size();
    w.slot("image", end - std::min(end, w.here()));
    if (h.pe && h.pe->certificates.size && h.pe->certificates.offset < bytes.size()) {
        w.seek(h.pe->certificates.offset);
        w.opaque("signature", std::min(w.left(), h.pe->certificates.size)).is(signature_of({{"code0", "image"}}));
    }
    return std::move(w).done(bytes.size());
}

Result<Item> open(const Buffer& bytes, Context&) {
    auto h = header_of(bytes.view());
    if (!h) return fail(Error::Kind::NotThis, std::string(h.error()));
    const bool arm64 = h->machine == Machine::Arm64;
    Item item{.label = arm64 ? "arm64 boot image (Linux's format)" : "RISC-V boot image (Linux's format)",
              .layout = TRY(walk(bytes.view(), *h))};
    auto add = [&](std::string_view text) { item.label += ", " + std::string(text); };
    add(kEndians.at(h->flags & 1));
    item.label += "-endian";
    if (arm64 && (h->flags >> 1 & 3)) add(kPages.at(h->flags >> 1 & 3)), item.label += " pages";
    if (h->pe) add("EFI");
    if (item.layout.find("signature")) add("signed");
    if (h->image_size) add(std::to_string(h->image_size) + " bytes in memory");
    return item;
}

constexpr std::string_view kLimits[] = {
    "without an EFI stub it is found only where it is all there is: a part, a content, a file; nothing else says where it ends",
    "a signature is kept, and not verified",
};

}  // namespace
}  // namespace linux_image

namespace formats {
extern const Format linux_image{.id = "linux-image",
                                .title = "Boot image of Linux on arm64 and RISC-V",
                                .magics = magics::linux_image,
                                .may_begin = [](ByteView from) { return fieldstrip::linux_image::header_of(from).has_value(); },
                                .recognise = fieldstrip::linux_image::recognise,
                                .open = fieldstrip::linux_image::open,
                                .limits = fieldstrip::linux_image::kLimits,
                                .source = "Linux: Documentation/arch/arm64/booting.rst, Documentation/arch/riscv/boot-image-header.rst"};
}  // namespace formats

}  // namespace fieldstrip
