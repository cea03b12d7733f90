// What an analyst asks, of any bytes: likeness and hints, inventory, the page, whose a byte is, what was turned down, what differs from
// nearly the same bytes. What must hold: asking for reasons changes no map, every byte has an owner, equal is equal and different is not.
#include "engine/owners.h"
#include "law.h"
#include "look/differ.h"
#include "look/hints.h"
#include "look/inventory.h"
#include "page/page.h"

using namespace fieldstrip;

namespace {

Limits small() {
    Limits limits;
    limits.decoded = u64{16} << 20;
    limits.nodes = 20'000;
    limits.memory = u64{64} << 20;
    return limits;
}

void bytes_alone(ByteView b) {
    auto like = likeness_of(b);
    must(like.entropy >= 0 && like.entropy <= 8.0001 && like.confidence >= 0 && like.confidence <= 1, "likeness is in range");
    for (auto& hint : hints_for(b, like)) must(!hint.what.empty(), "a hint has words");
    for (float e : entropy_curve(b, 16)) must(e >= 0 && e <= 8.0001f, "entropy is in range");
    (void)words_for(like);
}

void reasons(const Buffer& image) {
    Context cx(small());
    Trail trail{.within = {0, image.size()}};
    auto plain = map_space(image, {}, cx), asked = map_space(image, {}, cx, &trail);
    auto same = [](const Tile& a, const Tile& b) { return a.extent == b.extent && a.format == b.format; };
    must(std::ranges::equal(plain, asked, same) || !cx.complete(), "asking for reasons changes no map");
    must(std::ranges::is_sorted(trail.rejected, {}, &Rejected::at), "what is turned down is listed by place");
    for (auto& r : trail.rejected) must(r.at < image.size() && !r.why.empty(), "what is turned down has a reason");
}

void owners(Node& root, u64 at, Context& cx) {
    auto all = owners_of(root, at, cx);
    must(!all || (!all->empty() && all->front().node == &root), "a byte has an owner");
    for (size_t i = 0; all && i < all->size(); i++) {
        auto& o = (*all)[i];
        auto bytes = o.node->bytes(cx);
        must(bytes && o.at < bytes->size(), "a byte lies in its owner");
        for (auto& occupant : o.occupants)
            must(o.at >= occupant.extent.offset && o.at < occupant.extent.end(), "what a byte is part of holds it");
    }
    if (all) (void)vouchers_of(*all, cx);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    if (!size) return 0;
    Bytes bytes(data, data + size);
    auto image = Buffer::own(bytes);
    bytes_alone(image.view());
    reasons(image);
    {
        Context cx(small());
        auto root = open_image(image);
        for (u64 at : {u64{0}, u64{size / 3}, u64{size - 1}}) owners(*root, at, cx);
    }
    Context cx(small());
    auto root = open_image(image);
    auto inventory = take_inventory(*root, cx);
    // Nearly the same: one byte in the middle is another one.
    Bytes other = bytes;
    other[size / 2] ^= 0x55;
    auto same = open_image(image), changed = open_image(Buffer::own(std::move(other)));
    auto none = differences(*root, *same, cx);
    must(!none || none->equal, "equal is equal");
    auto some = differences(*root, *changed, cx);
    must(!some || !some->equal, "different is different");
    if (inventory && some) (void)page::report({"image", *changed, "0", "before", &*some}, cx);
    return 0;
}
