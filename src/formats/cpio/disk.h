// Headers as they lie, of the five variants. Numbers are ASCII hex (newc, crc), ASCII octal (odc) or 16-bit words (bin, either order).
#pragma once
#include <array>

#include "base/record.h"

namespace fieldstrip::cpio {

enum class Variant : u8 {
    Newc,
    Crc,
    Odc,
    BinLittle,
    BinBig
};
constexpr Variant kVariants[] = {Variant::Newc, Variant::Crc, Variant::Odc, Variant::BinLittle, Variant::BinBig};

struct Device {
    u64 major = 0, minor = 0;
    bool operator==(const Device&) const = default;
};

/// What all of them say, in one shape.
struct Header {
    u64 ino = 0, mode = 0, uid = 0, gid = 0, nlink = 1, mtime = 0, size = 0, name_size = 0, check = 0;
    Device dev = {}, rdev = {};
    bool operator==(const Header&) const = default;
};

/// What a variant is like: the facts that the rest of the code asks for.
struct Shape {
    std::string_view name, magic;
    u64 header;       // bytes
    u64 align;        // name and data are each filled up to it
    u64 number;       // the most that inode, mode, owner and links can be
    u64 time, size;   // the most that these can be
    Device device;    // the most that numbers of devices can be
    u64 name_size;    // the most, its NUL included
    bool links_once;  // of hard links one carries the data: the last, if the maker is GNU cpio
    unsigned bits;    // what a header proves by itself: its magic, and its digits

    /// Of a magic of two bytes, and of words, code is full.
    bool weak() const { return bits < 32; }
};
const Shape& shape_of(Variant);
std::optional<Variant> variant_named(std::string_view);
/// By the magic; nothing where there is none.
std::optional<Variant> variant_at(ByteView);

/// Only how long a header says that its name is; 0 where a digit is none. The header is there.
u64 name_size_at(ByteView header, Variant);
/// The header at the beginning of `in`; nothing where a digit is none, or it is cut.
std::optional<Header> read_header(ByteView in, Variant);
Bytes write_header(const Header&, Variant);

/// Hex digits are written in either case, and a few makers write both.
struct Digits {
    enum Case : u8 {
        Any,  // there is no letter among them
        Upper,
        Lower,
        Mixed
    } which = Any;
    std::array<bool, 104> lower = {};  // Mixed: each digit of the header
    static Digits of(ByteView header, Variant);
    /// Of a header that has been written in capitals.
    void apply(std::span<u8> header) const;
    std::string text() const;
    static std::optional<Digits> of_text(std::string_view);
    bool operator==(const Digits&) const = default;
};

}  // namespace fieldstrip::cpio
