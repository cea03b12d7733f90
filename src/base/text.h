// Bytes as text and back: hex, escapes, UTF-8, sizes for people.
#pragma once
#include "base/base.h"

namespace fieldstrip {

void append_hex(std::string&, ByteView);
std::string hex(ByteView);
std::optional<Bytes> from_hex(std::string_view);
/// "0x1f": an offset, as everywhere in our output.
std::string hex_number(u64);
/// A number as people write it: decimal or 0x…; nothing where it is none or does not fit.
std::optional<u64> parse_number(std::string_view);
/// A number with an optional k, M or G (powers of 1024, either case).
std::optional<u64> parse_size(std::string_view);
std::string base64(ByteView);
std::optional<Bytes> from_base64(std::string_view);

bool is_utf8(std::string_view);
/// Always valid UTF-8: a byte that is none becomes U+FFFD.
std::string to_utf8(std::string_view);
/// Whether it begins with a character that a terminal obeys, or that turns the order of what is shown: valid UTF-8 all the same.
bool misleads(std::string_view);
/// For text output, .toml and --set: bytes that are no UTF-8 and controls are \xNN, a backslash is \\. `unescape` is its inverse.
std::string escape(std::string_view);
/// Nothing where a backslash stands before what is neither.
std::optional<std::string> unescape(std::string_view);

/// "1.6 MiB", "64 B": beside exact bytes, never instead.
std::string human_size(u64);
/// "entry[3]": what the third of several is called.
inline std::string nth(std::string_view name, size_t i) { return std::string(name) + '[' + std::to_string(i) + ']'; }
/// 2018-06-06T07:07:07Z
std::string utc_time(i64 seconds);

}  // namespace fieldstrip
