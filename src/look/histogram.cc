#include "look/histogram.h"

#include <cmath>

namespace fieldstrip {

void Histogram::add(ByteView bytes) {
    // Four tables: runs of one value would wait for their own counter else.
    std::array<u32, 256> a{}, b{}, c{}, d{};
    const u8* p = bytes.data();
    size_t n = bytes.size(), i = 0;
    for (; i + 8 <= n; i += 8) {
        u64 v;
        std::memcpy(&v, p + i, 8);
        a[v & 255]++, b[v >> 8 & 255]++, c[v >> 16 & 255]++, d[v >> 24 & 255]++;
        a[v >> 32 & 255]++, b[v >> 40 & 255]++, c[v >> 48 & 255]++, d[v >> 56]++;
    }
    for (; i < n; i++) a[p[i]]++;
    for (size_t v = 0; v < 256; v++) count[v] += a[v] + b[v] + c[v] + d[v];
    size += n;
}

void Histogram::add(const Histogram& o) {
    for (size_t v = 0; v < 256; v++) count[v] += o.count[v];
    size += o.size;
}

double Histogram::entropy() const {
    if (!size) return 0;
    double sum = 0;
    for (u32 c : count)
        if (c) sum += c * std::log2(double(c));
    return std::max(0.0, std::log2(double(size)) - sum / double(size));
}

double Histogram::chi_square() const {
    if (!size) return 0;
    double squares = 0;
    for (u32 c : count) squares += double(c) * c;
    return squares * 256 / double(size) - double(size);
}

}  // namespace fieldstrip
