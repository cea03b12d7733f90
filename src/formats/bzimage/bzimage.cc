// Linux's bzImage of x86: a boot sector and setup code with the boot protocol's header, then code that decodes the kernel that it carries.
// Mostly it is a PE file too, which EFI starts, and may be signed as such. A crc32 over all of it stands at its end; signing it makes that
// wrong. All numbers are little-endian.
//
// Source: Linux, Documentation/arch/x86/boot.rst (the header, field by field), arch/x86/boot/header.S, arch/x86/boot/tools/build.c (the
// crc32), arch/x86/boot/compressed/mkpiggy.c; Microsoft's PE format for what a signature covers.
#include "base/text.h"
#include "codecs/kernel_payload.h"
#include "formats/bzimage/header.h"
#include "formats/bzimage/magics.h"
#include "model/format.h"

namespace fieldstrip {
namespace bzimage {
namespace {

constexpr Bits kLoadFlags[] = {{"loaded_high", 0, 1}, {"kaslr", 1, 1}, {"quiet", 5, 1}, {"keep_segments", 6, 1}, {"can_use_heap", 7, 1}};
constexpr Bits kXLoadFlags[] = {
    {"kernel_64", 0, 1},   {"can_be_loaded_above_4g", 1, 1}, {"efi_handover_32", 2, 1}, {"efi_handover_64", 3, 1}, {"efi_kexec", 4, 1},
    {"five_levels", 5, 1}, {"five_levels_enabled", 6, 1}};

std::string_view kind_of(ByteView b, const Header& h) {
    return h.payload.end() <= b.size() && h.payload.size ? kernel_stream::kind_of(b.subspan(h.payload.offset, h.payload.size)) : "";
}

/// Whether a crc32 is there: signing changes bytes that it covers, and newer kernels have none.
bool has_crc(ByteView b, const Header& h) { return h.end() <= b.size() && !h.is_signed() && le32(b, h.end() - 4); }

Answer recognise(ByteView space, u64 at, Context&) {
    auto there = space.subspan(at);
    auto h = header_of(there);
    if (!h) return std::unexpected(No{h.error(), {at, std::min<u64>(0x270, there.size())}});
    const bool cut = h->size() > there.size();
    if (cut && there.size() < h->setup) return std::unexpected(No{"it is cut within its setup code"});
    // Magic, boot sector's end, jump; version; the sizes; the payload's header.
    const unsigned bits = 32 + 16 + 8 + 10 + 16 + (kind_of(there, *h).empty() ? 0 : 24) + (h->pe ? 32 : 0);
    return Claim{{at, std::min<u64>(h->size(), there.size())}, bits, "the boot protocol's header", !cut};
}

/// What is before the boot protocol's header: a boot sector, or the headers of a PE file.
void walk_sector(Walk& w, const Header& h) {
    w.mark("begin");
    if (h.is_signed()) {
        w.opaque("sector", h.pe->checksum_at);
        w.u32("pe_checksum").hex();
        w.opaque("pe_header", h.pe->certificates_at - w.here());
        w.u32("certificates_at").is(offset_of("signature")).hex();
        w.u32("certificates_size").is(size_of("signature"));
    }
    w.opaque(h.is_signed() ? "sector_rest" : "sector", kSetupAt - w.here());
}

void walk_header(Walk& w, const Header& h) {
    w.u8("setup_sects").is(kept_inside());
    w.u16("root_flags");
    w.u32("syssize").is(size_of({"code", "crc32"}) / 16);
    w.u16("ram_size");
    w.u16("vid_mode").hex();
    w.u16("root_dev").hex();
    w.u16("boot_flag").hex().is(kept_inside());
    w.u16("jump").hex().is(kept_inside());
    w.magic("magic", as_bytes("HdrS"));
    w.u16("version").hex().is(kept_inside());
    w.u32("realmode_swtch").hex();
    w.u16("start_sys_seg").hex();
    w.u16("kernel_version").hex().is(kept_inside());
    w.u8("type_of_loader").hex();
    w.u8("loadflags").bits(kLoadFlags).hex();
    w.u16("setup_move_size");
    w.u32("code32_start").hex();
    w.u32("ramdisk_image").hex();
    w.u32("ramdisk_size");
    w.u32("bootsect_kludge").hex();
    w.u16("heap_end_ptr").hex();
    w.u8("ext_loader_ver");
    w.u8("ext_loader_type");
    w.u32("cmd_line_ptr").hex();
    w.u32("initrd_addr_max").hex();
    if (h.since(0x0205)) w.u32("kernel_alignment").hex(), w.u8("relocatable_kernel");
    if (h.since(0x020A))
        w.u8("min_alignment");
    else
        w.seek(0x236);
    if (h.since(0x020C))
        w.u16("xloadflags").bits(kXLoadFlags).hex();
    else
        w.seek(0x238);
    if (h.since(0x0206)) w.u32("cmdline_size");
    if (h.since(0x0207)) w.u32("hardware_subarch"), w.u64("hardware_subarch_data").hex();
    if (h.since(0x0208)) {
        auto offset = w.u32("payload_offset").hex();
        auto size = w.u32("payload_length");
        if (h.payload.size) offset.is(offset_of("payload", "code")), size.is(size_of({"payload", "payload_end"}));
    }
    if (h.since(0x0209)) w.u64("setup_data").hex();
    if (h.since(0x020A)) w.u64("pref_address").hex(), w.u32("init_size").hex();
    if (h.since(0x020B)) w.u32("handover_offset").hex().is(kept_inside());
    if (h.since(0x020F)) w.u32("kernel_info_offset").hex().is(kept_inside());
}

Result<Item> open(const Buffer& bytes, Context& cx) {
    auto b = bytes.view();
    auto h = header_of(b);
    if (!h) return fail(Error::Kind::NotThis, std::string(h.error()));
    auto kind = kind_of(b, *h);
    Walk w(b, Endian::Little);
    walk_sector(w, *h);
    walk_header(w, *h);
    const u64 end = std::min<u64>(h->end(), b.size());
    w.slot("setup", std::min(h->setup, end) - std::min(w.here(), end));
    w.mark("code");
    const bool crc = has_crc(b, *h);
    if (h->payload.size && h->payload.end() <= end) {
        w.slot("stub", h->payload.offset - w.here());
        kernel_payload::note(w, h->payload.size, kind, cx);
        w.mark("payload_end");
        w.slot("rest", end - w.here() - (crc ? 4 : 0));
    } else {
        w.mark("payload"), w.mark("payload_end");
        w.slot("rest", end - w.here() - (crc ? 4 : 0));
    }
    if (crc)
        w.u32("crc32").is(digest_of(digest::jamcrc32, {{"begin", "rest"}})).hex();
    else
        w.mark("crc32");
    if (h->is_signed() && w.left())
        w.opaque("signature", std::min(h->pe->certificates.size, w.left()))
            .is(signature_of({{"begin", "sector"}, {"pe_header", "pe_header"}, {"certificates_size", "crc32"}}));
    if (h->size() > b.size())
        w.finding({&findings::cut,
                   "its size is " + std::to_string(h->size()) + ", and " + std::to_string(b.size()) + " bytes are there",
                   {0, b.size()}});
    auto label = std::string("Linux bzImage, x86, boot protocol ") + std::to_string(h->version >> 8) + '.' +
                 (h->version % 256 < 10 ? "0" : "") + std::to_string(h->version % 256);
    if (h->version_text) {
        auto text = as_text(b.subspan(*h->version_text, std::min<u64>(h->setup, b.size()) - *h->version_text));
        label += ": \"" + escape(text.substr(0, std::min(text.find('\0'), size_t{200}))) + '"';
    }
    if (!kind.empty()) label += ", kernel in " + std::string(kind);
    if (h->pe) label += h->is_signed() ? ", signed EFI program" : ", EFI program";
    return Item{.label = std::move(label), .layout = TRY(std::move(w).done())};
}

constexpr std::string_view kLimits[] = {
    "a compressed kernel can become shorter, and not longer than its place: what lies behind it is linked to where it is",
    "boot protocols before 2.04 do not say how long the kernel is",
};

}  // namespace
}  // namespace bzimage

namespace formats {
extern const Format bzimage{.id = "bzimage",
                            .title = "Linux bzImage (x86)",
                            .magics = magics::bzimage,
                            .may_begin = [](ByteView from) { return fieldstrip::bzimage::header_of(from).has_value(); },
                            .recognise = fieldstrip::bzimage::recognise,
                            .open = fieldstrip::bzimage::open,
                            .limits = fieldstrip::bzimage::kLimits,
                            .source = "Linux: Documentation/arch/x86/boot.rst, arch/x86/boot/header.S, arch/x86/boot/tools/build.c"};
}  // namespace formats

}  // namespace fieldstrip
