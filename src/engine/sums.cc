#include "engine/sums.h"

#include <cmath>

#include "base/text.h"

namespace fieldstrip {
namespace {

constexpr u64 kLongest = 4096;
constexpr u64 kShortest16 = 64;  // a 16-bit sum is in any longer run by chance

const Digest* const kTried[] = {&digest::crc32, &digest::jamcrc32, &digest::adler32, &digest::sum32,
                                &digest::sum16, &digest::md5,      &digest::sha1,    &digest::sha256};

double bits_a_byte(ByteView v) {
    u64 count[256] = {};
    for (u8 b : v) count[b]++;
    double out = 0;
    for (u64 n : count)
        if (n) out -= double(n) / double(v.size()) * std::log2(double(n) / double(v.size()));
    return out;
}

/// A short run cannot hold 6 bits a byte: there nearly all that it can hold is asked for.
bool looks_random(ByteView v) { return bits_a_byte(v) >= std::min(6.0, 0.9 * std::log2(double(v.size()))); }

bool changes_in(std::span<const Extent> changed, Extent e) {
    return std::any_of(changed.begin(), changed.end(), [&](auto& c) { return c.meets(e); });
}

class Search {
  public:
    Search(const Buffer& image, std::span<const Extent> changed) : image_(image.view()), changed_(changed) {}

    /// Every digest over the range that is found in the run, once.
    void in(Node& n, Extent run, Extent over, bool to_the_end, std::vector<HiddenSum>& out) const {
        if (!over.size || !changes_in(changed_, over)) return;
        auto bytes = image_.subspan(over.offset, over.size);
        if (one_value(bytes)) return;
        for (auto* d : kTried) {
            if (d == &digest::sum16 && run.size > kShortest16) continue;
            Bytes value = d->of([&](const Eat& eat) { eat(bytes); });
            if (one_value(value)) continue;  // 00000000, ffffffff: filler
            for (auto endian : {Endian::Big, Endian::Little}) {
                if (endian == Endian::Little) {
                    if (!d->number) break;
                    std::reverse(value.begin(), value.end());
                }
                auto hay = image_.subspan(run.offset, run.size);
                auto at = std::search(hay.begin(), hay.end(), value.begin(), value.end());
                if (at == hay.end()) continue;
                Extent place{run.offset + u64(at - hay.begin()), value.size()};
                auto why = std::string(d->name) + " at " + hex_number(place.offset) + " over " + hex_number(over.offset) + " to " +
                           hex_number(over.end()) + ", which changes: --fix-sums sets it";
                out.push_back({n.path(), why, place, d, over, to_the_end, endian});
                break;
            }
        }
    }

  private:
    ByteView image_;
    std::span<const Extent> changed_;
};

}  // namespace

Result<std::vector<HiddenSum>> sums_over_changes(Node& root, const Buffer& image, std::span<const Extent> changed, Context& cx) {
    std::vector<HiddenSum> out;
    if (root.format(cx) != &raw) return out;
    auto kids = TRY(root.children(cx));
    Search search(image, changed);
    const u64 end = image.size();
    for (size_t i = 0; i < kids.size(); i++) {
        auto& n = *kids[i];
        auto run = n.extent();
        if (n.format(cx) != &unknown || run.size > kLongest || changes_in(changed, run)) continue;
        size_t before = out.size();
        u64 next = run.end();
        for (size_t k = i + 1; k < kids.size() && next == run.end(); k++)
            if (is_known(*kids[k]->format(cx))) next = kids[k]->extent().offset;
        search.in(n, run, {0, run.offset}, false, out);
        search.in(n, run, {run.end(), end - run.end()}, true, out);
        if (next != run.end()) search.in(n, run, {next, end - next}, true, out);
        bool at_end = run.end() == end && run.size >= 16 && run.size <= 512;
        if (out.size() == before && at_end && looks_random(image.view().subspan(run.offset, run.size)))
            out.push_back({n.path(),
                           "may be a digest or a signature over changed bytes: " + std::to_string(run.size) +
                               " bytes at the image's end that look random; no common checksum matches",
                           run});
    }
    return out;
}

Rope fix(const Rope& rope, std::span<const HiddenSum> sums) {
    Rope now = rope;
    for (auto& s : sums) {
        if (!s.digest) continue;
        Extent over = s.over;
        if (s.to_the_end) over.size = now.size() - over.offset;
        Bytes value = s.digest->of([&](const Eat& eat) { now.each(over, eat); });
        if (s.endian == Endian::Little) std::reverse(value.begin(), value.end());
        Rope next;
        auto keep = [&](u64 from, u64 to) {
            for (auto& r : now.runs()) {
                u64 a = std::max(r.at, from), b = std::min(r.at + r.size, to);
                if (a >= b) continue;
                Extent part{a - r.at, b - a};
                if (r.kind == Rope::Run::Kind::Filled)
                    next.fill(part.size, r.filler);
                else
                    r.kind == Rope::Run::Kind::Copied ? next.copy(r.bytes.slice(part)) : next.fresh(r.bytes.slice(part));
            }
        };
        keep(0, s.at.offset);
        next.fresh(value);
        keep(s.at.end(), now.size());
        now = std::move(next);
    }
    return now;
}

}  // namespace fieldstrip
