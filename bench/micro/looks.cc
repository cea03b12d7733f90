// Statistics of bytes.
#include "look/histogram.h"
#include "look/likeness.h"
#include "micro/micro.h"

namespace fieldstrip::micro {

void add_looks() {
    add("look/histogram", noise, [](ByteView v) {
        Histogram h;
        h.add(v);
        keep(u64(h.entropy() * 1000));
    });
    add("look/histogram of zeros", zeros, [](ByteView v) {
        Histogram h;
        h.add(v);
        keep(u64(h.entropy() * 1000));
    });
    add("look/entropy curve, 64 points", mixed, [](ByteView v) { keep(entropy_curve(v, 64).size()); });
    add("look/likeness", mixed, [](ByteView v) { keep(u64(likeness_of(v).kind)); });
    // Of all bytes: in pieces that are looked at as a whole.
    add("look/likeness of each 64 KiB", mixed, [](ByteView v) {
        for (; !v.empty(); v = v.subspan(std::min<u64>(v.size(), 65536)))
            keep(u64(likeness_of(v.first(std::min<u64>(v.size(), 65536))).kind));
    });
}

}  // namespace fieldstrip::micro
