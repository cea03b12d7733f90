// One line about an ELF file: what it is for, and what it needs to run.
#pragma once
#include "formats/elf/file.h"

namespace fieldstrip::elf {

/// "ELF 32-bit LSB MIPS executable, dynamically linked, interpreter /lib/ld-uClibc.so.0, needs libc.so.0, stripped".
std::string label_of(const File&, ByteView there);

}  // namespace fieldstrip::elf
