// What the scanner looks for: each registered magic, a line: its format, its offset, its bytes in hex. Linked by bench/run with the library
// of the build that is measured.
#include <cstdio>

#include "engine/registry.h"

int main() {
    for (const fieldstrip::Format* format : fieldstrip::registry())
        for (const fieldstrip::Magic& magic : format->magics) {
            std::printf("%.*s %u ", static_cast<int>(format->id.size()), format->id.data(), magic.offset);
            for (unsigned char c : magic.bytes) std::printf("%02x", c);
            std::printf("\n");
        }
}
