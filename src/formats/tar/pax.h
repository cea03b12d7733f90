// Records of a pax header: "LENGTH KEY=VALUE\n", one behind the other.
#pragma once
#include "base/base.h"

namespace fieldstrip::tar {

struct Record {
    std::string_view key, value;
};
/// Up to the first that is none. `all`: there was no such one, and each is spelled as we would.
std::vector<Record> read_records(ByteView body, bool* all = nullptr);
void put_record(Bytes& out, std::string_view key, std::string_view value);
/// The last one of that key: it counts.
const Record* find_record(std::span<const Record>, std::string_view key);

/// A decimal number, all of the text.
std::optional<u64> decimal(std::string_view);
/// "-12.5" is -13: seconds, rounded down.
std::optional<i64> seconds(std::string_view);

constexpr std::string_view kXattr = "SCHILY.xattr.", kEncodedXattr = "LIBARCHIVE.xattr.";
/// The name of the attribute that a key is of; nothing where it is of none.
std::optional<std::string> xattr_of(std::string_view key);
/// LIBARCHIVE.xattr: base64 without its filler. Nothing where it is not.
std::optional<Bytes> decoded(std::string_view value);
std::string encoded(ByteView value);

}  // namespace fieldstrip::tar
