// The whole pipeline on any bytes: map, grow the tree, verify, read every node, rebuild; and what must hold of it: the map tiles, and
// nothing changed is identical. Run: cmake --preset fuzz && cmake --build --preset fuzz && fuzz/run.sh SECONDS
#include "engine/rebuild.h"
#include "engine/verifier.h"
#include "law.h"

using namespace fieldstrip;

namespace {

/// Reads every node as extract does, and throws it away.
void grow(Node& n, Context& cx) {
    auto space = n.bytes(cx);
    if (!space) return;
    auto kids = n.children(cx);
    (void)n.findings(cx);
    if (is_known(*n.format(cx))) {
        auto item = n.item(cx);
        if (item) {
            u64 at = 0;
            for (auto& p : (*item)->layout.pieces) must(p.extent.offset == at, "pieces tile"), at = p.extent.end();
            must(at == space->size(), "pieces fill");
            auto same = rebuild((*item)->layout, *space, {});
            must(same && equal(same->rope.joined().view(), space->view()), "a layout rebuilt is identical");
            if (auto* coded = (*item)->coded(); coded && n.format(cx)->make && kids && !kids->empty() && !(*kids)[0]->damage()) {
                auto recipe = coded->recipe(cx);
                auto content = (*kids)[0]->bytes(cx);
                if (recipe && content) {
                    Rope one;
                    one.copy(*content);
                    auto made = n.format(cx)->make(*recipe, {&one, 1}, cx);
                    if (made && recipe->text("exact") == "yes" && content->size() < 200'000)
                        must(made->size() == space->size(), "an exact recipe makes as many bytes");
                }
            }
        }
    }
    if (!kids) return;
    u64 at = 0;
    for (auto& c : *kids) {
        if (c->kind == Node::Kind::Region) must(c->extent().offset == at && c->extent().size, "regions tile"), at = c->extent().end();
        grow(*c, cx);
    }
    if (n.format(cx) == &raw && !kids->empty()) must(at == space->size(), "regions fill");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    Limits limits;
    limits.decoded = u64{16} << 20;
    limits.nodes = 20'000;
    limits.memory = u64{64} << 20;
    Context cx(limits);
    Bytes bytes(data, data + size);
    auto root = open_image(Buffer::own(bytes));
    grow(*root, cx);
    auto count = verify_and_count(*root, [](const NodeCheck&) {}, cx);
    if (count) must(count->covered + count->uncovered + count->padding == size, "coverage adds up");
    Plan plan;
    auto same = rebuild(*root, {}, {}, plan, cx);
    must(same && equal(same->joined().view(), bytes) && plan.changed.empty(), "nothing changed is identical");
    return 0;
}
