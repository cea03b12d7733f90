// Versions 1 to 3, which nobody makes any more and many devices still hold: read into the same image as version 4.0, and never written.
#pragma once
#include "formats/squashfs/image.h"

namespace fieldstrip::squashfs {

/// `major`: 1 to 3, as the superblock says it. zlib, or LZMA in the frames that vendors put around it, is found by trying.
Result<Image> read_old(ByteView bytes, Endian, unsigned major, Context&);

}  // namespace fieldstrip::squashfs
