// Maps of sparse files in all four spellings: GNU's in the header, and in pax as records (0.0, 0.1) or before the data (1.0).
#pragma once
#include "base/rope.h"
#include "formats/tar/members.h"

namespace fieldstrip::tar {

/// Sets the member's map where it holds; where the data begins.
u64 read_old_sparse(ByteView space, Member&);
void read_pax_sparse(ByteView space, std::span<const Record>, Member&);

/// The map into a header, and the blocks behind it that it goes on in.
Bytes put_old_sparse(const Sparse&, std::span<u8> head);
/// Before the data, filled up to a block.
Bytes map_before_data(const Sparse&);
/// The value of the record of that key, the nth of them; nothing where it says nothing of the map.
std::optional<std::string> sparse_value(const Sparse&, std::string_view key, size_t nth);

/// For Entry::keep.
std::string text_of(const Sparse&);
std::optional<Sparse> sparse_of(std::string_view);

/// The map for this content: cut, or its last piece longer. Nothing where what it leaves out is not all zeros.
std::optional<Sparse> fitted(Sparse, const Rope& content);
/// The pieces of a content, as they are stored.
Rope pieces_of(const Sparse&, const Rope& content);

}  // namespace fieldstrip::tar
