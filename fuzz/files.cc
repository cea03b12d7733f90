// A file system of any bytes, edited: entries listed and read, verbs done on the tree, the rewritten image opened again and proven. Which
// verbs comes from the input's last bytes, so that what is fuzzed is the image and the edit together.
#include "engine/entry_edits.h"
#include "engine/entry_state.h"
#include "engine/proof.h"
#include "engine/rebuild.h"
#include "law.h"

using namespace fieldstrip;

namespace {

void read_all(Node& n, const EntryList& list, Context& cx) {
    for (auto& e : list.all()) {
        if (!e.is_file()) continue;
        u64 size = 0;
        auto state = state_of(n, e, true, cx, [&](ByteView v) { return size += v.size(), true; });
        must(state.state != EntryState::Intact || size == e.size, "an intact file has its size");
    }
}

void rewrite(Node& root, Node& n, const EntryList& list, ByteView choice, Context& cx) {
    auto* format = n.format(cx);
    if (!format->build) return;
    Changes changes;
    auto tree = tree_of(n, changes, cx);
    if (!tree) return;
    for (size_t i = 0; i + 2 < choice.size(); i += 3) {
        auto path = list.all().empty() ? std::string() : list.all()[choice[i + 1] % list.all().size()].path;
        Rope content;
        content.fresh(Bytes(size_t{choice[i + 2]} * 97, choice[i + 1]));
        switch (choice[i] % 5) {
            case 0: (void)(*tree)->put(path, content); break;
            case 1: (void)(*tree)->remove(path); break;
            case 2: (void)(*tree)->rename(path, "renamed" + std::to_string(choice[i + 2])); break;
            case 3: (void)(*tree)->make({.path = "new" + std::to_string(choice[i + 2])}, content); break;
            default: (void)(*tree)->link("link" + std::to_string(choice[i + 2]), path);
        }
    }
    Plan plan;
    auto made = rebuild(root, changes, {.resize = true}, plan, cx);
    if (!made) return;
    auto after = open_image(made->joined());
    // What is not right must be refused, and is; what is right must be a map that tiles.
    if (!prove(root, *after, changes, plan, false, cx)) return;
    u64 at = 0;
    auto kids = after->children(cx);
    if (!kids) return;
    for (auto& c : *kids) must(c->extent().offset == at && c->extent().size, "regions tile"), at = c->extent().end();
    must(at == made->size(), "regions fill");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, size_t size) {
    constexpr size_t kChoice = 12;
    if (size <= kChoice) return 0;
    Limits limits;
    limits.decoded = u64{16} << 20;
    limits.nodes = 20'000;
    limits.memory = u64{64} << 20;
    Context cx(limits);
    auto root = open_image(Buffer::own(Bytes(data, data + size - kChoice)));
    auto kids = root->children(cx);
    if (!kids) return 0;
    for (auto& c : *kids) {
        auto list = c->entries(cx);
        if (!list || !*list) continue;
        read_all(*c, **list, cx);
        rewrite(*root, *c, **list, {data + size - kChoice, kChoice}, cx);
        break;
    }
    return 0;
}
