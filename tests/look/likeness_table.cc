// Counts what likeness_of says of blocks: likeness_table SIZE FILE… prints, of each file cut into blocks of SIZE bytes, lines of
// "FILE<tab>KIND<tab>WHAT IS PRINTED<tab>COUNT<tab>MEAN CONFIDENCE". tests/look/likeness.py makes docs/likeness.md of it.
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>

#include "look/likeness.h"

using namespace fieldstrip;

int main(int argc, char** argv) {
    const size_t size = argc > 2 ? std::strtoull(argv[1], nullptr, 0) : 0;
    if (!size) return 2;
    for (int i = 2; i < argc; i++) {
        std::ifstream in(argv[i], std::ios::binary);
        if (!in) return 1;
        std::map<std::pair<std::string, std::string>, std::pair<size_t, double>> counts;
        Bytes block(size);
        while (in.read(reinterpret_cast<char*>(block.data()), std::streamsize(size))) {
            auto l = likeness_of(block);
            auto& c = counts[{l.isa.empty() ? std::string(name_of(l.kind)) : std::string(l.isa), words_for(l)}];
            c.first++, c.second += l.confidence;
        }
        for (auto& [k, c] : counts)
            std::printf("%s\t%s\t%s\t%zu\t%.3f\n", argv[i], k.first.c_str(), k.second.c_str(), c.first, c.second / double(c.first));
    }
}
