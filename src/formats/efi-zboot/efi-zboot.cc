// Linux's EFI zboot image (arm64, RISC-V, LoongArch): an EFI program that decodes the kernel that it carries. It is a PE image with a
// second header in the DOS one: where the compressed kernel is, how long, and in which format. The kernel's size stands behind it, where
// its format does not end with it; the program reads it at that place, which is linked into it. All numbers are little-endian.
//
// Source: Linux, drivers/firmware/efi/libstub/zboot-header.S, zboot.lds, zboot.c, Makefile.zboot.
#include <bit>

#include "base/text.h"
#include "codecs/kernel_payload.h"
#include "codecs/pe_extent.h"
#include "formats/efi-zboot/magics.h"
#include "model/format.h"

namespace fieldstrip {
namespace efi_zboot {
namespace {

using namespace std::literals;

constexpr auto kDos = "MZ\0\0"sv, kZimg = magics::efi_zboot[0].bytes, kLinuxPe = "\xCD\x23\x82\x81"sv;
constexpr u64 kHeader = 64, kName = 24, kLinuxPeAt = 56, kMostHeaders = u64{64} << 10;

// What Makefile.zboot calls them.
constexpr std::pair<std::string_view, std::string_view> kCompressions[] = {{"gzip", "gzip"},   {"lz4", "lz4-legacy"}, {"lzma", "lzma"},
                                                                           {"lzo", "lzop"},    {"xzkern", "xz"},      {"xz", "xz"},
                                                                           {"zstd22", "zstd"}, {"zstd", "zstd"}};
const Names kMachines = {{0xAA64, "arm64"}, {0x5064, "riscv64"}, {0x5032, "riscv32"}, {0x6264, "loongarch64"}, {0x6232, "loongarch32"}};

struct Shape {
    PeExtent pe;
    Extent payload = {};
    std::string_view kind = {};  // of the payload, by its looks
    bool sized = false;          // the size of what it decodes to is behind it
};

bool has_magics(ByteView there) {
    auto is = [&](u64 at, std::string_view magic) { return as_text(there.subspan(at, magic.size())) == magic; };
    return there.size() >= kHeader && is(0, kDos) && is(4, kZimg) && is(kLinuxPeAt, kLinuxPe);
}

std::expected<Shape, std::string_view> shape_of(ByteView there) {
    if (there.size() < kHeader) return std::unexpected("no header of 64 bytes");
    if (!has_magics(there)) return std::unexpected("its magics");
    auto pe = pe_extent(there);
    if (!pe || pe->headers.offset < kHeader || pe->headers.end() > kMostHeaders) return std::unexpected("no PE headers");
    Shape s{.pe = *pe, .payload = {le32(there, 8), le32(there, 12)}};
    if (s.payload.offset < pe->headers.end() || s.payload.end() > pe->data_end) return std::unexpected("its payload lies nowhere in it");
    if (s.payload.offset < there.size()) s.kind = kernel_stream::kind_of(there.subspan(s.payload.offset));
    if (s.kind.empty() || s.kind == "gzip" || s.payload.end() + 4 > std::min<u64>(pe->data_end, there.size())) return s;
    // Linux 6.3 put other words there, of which the first is the size of the kernel's headers: one page, or one of 64 KiB.
    const u32 word = le32(there, s.payload.end());
    s.sized = !std::has_single_bit(word) || word >= s.payload.size;
    return s;
}

Answer recognise(ByteView space, u64 at, Context&) {
    auto there = space.subspan(at);
    auto s = shape_of(there);
    if (!s) return std::unexpected(No{s.error(), {at, std::min<u64>(kHeader, there.size())}});
    const bool cut = s->pe.end() > there.size();
    // Its three magics and that of PE; that a compressed stream is where it says.
    const unsigned bits = 4 * 32 + (s->kind.empty() ? 0 : 16);
    return Claim{{at, std::min<u64>(s->pe.end(), there.size())}, bits, "its headers", !cut};
}

Result<Layout> walk(ByteView bytes, const Shape& s, Context& cx) {
    Walk w(bytes, Endian::Little);
    w.magic("dos_magic", as_bytes(kDos));
    w.magic("magic", as_bytes(kZimg));
    w.u32("payload_offset").is(offset_of("payload")).hex();
    auto length = w.u32("payload_length");
    w.raw("reserved", 8);
    w.text("compression", kLinuxPeAt - kName);
    w.magic("linux_pe_magic", as_bytes(kLinuxPe));
    w.u32("pe_offset").hex().is(offset_of("pe_headers"));
    w.seek(s.pe.headers.offset);
    w.opaque("pe_headers", s.pe.headers.size);
    w.slot("stub", s.payload.offset - w.here());
    if (s.sized || s.kind == "gzip")
        kernel_payload::note(w, s.payload.size + (s.sized ? 4 : 0), s.kind, cx);
    else
        w.slot("payload", s.payload.size);
    if (s.payload.end() <= bytes.size()) length.is(s.sized ? size_of({"payload", "payload_free"}) : size_of("payload"));
    if (w.left()) w.slot("rest", s.pe.data_end - std::min(s.pe.data_end, w.here()));
    const auto& certificates = s.pe.certificates;
    if (certificates.size && certificates.offset < bytes.size()) {
        w.seek(certificates.offset);
        w.opaque("signature", std::min(w.left(), certificates.size)).is(signature_of({{"dos_magic", "rest"}}));
    }
    auto layout = TRY(std::move(w).done(bytes.size()));
    auto compression = as_text(bytes.subspan(kName, kLinuxPeAt - kName));
    compression = compression.substr(0, compression.find('\0'));
    for (auto& p : layout.pieces)
        for (auto& [name, format] : kCompressions)
            if (p.name == "payload" && name == compression) p.said = {format}, p.said_by = "compression";
    return layout;
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto s = shape_of(bytes.view());
    if (!s) return fail(Error::Kind::NotThis, std::string(s.error()));
    Item item{.label = "Linux EFI zboot image, ", .layout = TRY(walk(bytes.view(), *s, cx))};
    auto machine = kMachines.find(s->pe.machine);
    item.label += machine == kMachines.end() ? "machine " + hex_number(s->pe.machine) : std::string(machine->second);
    if (!s->kind.empty()) item.label += ", kernel in " + std::string(s->kind);
    if (item.layout.find("signature")) item.label += ", signed";
    return item;
}

constexpr std::string_view kLimits[] = {
    "a compressed kernel can become shorter, and not longer than its place: what lies behind it is linked to where it is",
    "a signature is kept, and not verified",
};

}  // namespace
}  // namespace efi_zboot

namespace formats {
extern const Format efi_zboot{.id = "efi-zboot",
                              .title = "Linux EFI zboot image",
                              .magics = magics::efi_zboot,
                              .may_begin = fieldstrip::efi_zboot::has_magics,
                              .recognise = fieldstrip::efi_zboot::recognise,
                              .open = fieldstrip::efi_zboot::open,
                              .limits = fieldstrip::efi_zboot::kLimits,
                              .source = "Linux: drivers/firmware/efi/libstub/zboot-header.S, zboot.lds, Makefile.zboot"};
}  // namespace formats

}  // namespace fieldstrip
