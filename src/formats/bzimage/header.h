// The header that Linux's x86 boot protocol puts into the first sectors of a kernel, and what can be told from it.
#pragma once
#include "codecs/pe_extent.h"

namespace fieldstrip::bzimage {

constexpr u64 kSetupAt = 0x1F1, kMagicAt = 0x202;

struct Header {
    u64 setup = 0;  // size of boot sector and setup code
    u64 code = 0;   // of what is loaded behind it
    u16 version = 0;
    Extent payload = {};                   // from the image's begin; its size is 0 where the protocol or the image tells none
    std::optional<u64> version_text = {};  // where it lies
    std::optional<PeExtent> pe = {};       // where it is one too (an EFI stub)
    u64 end() const { return setup + code; }
    u64 size() const { return end() + (is_signed() ? pe->certificates.size : 0); }
    bool is_signed() const { return pe && pe->certificates.size && pe->certificates.offset == end(); }
    bool since(u16 v) const { return version >= v; }
};

/// Why not, as a constant.
std::expected<Header, std::string_view> header_of(ByteView there);

}  // namespace fieldstrip::bzimage
