#include "engine/places.h"

namespace fieldstrip {
namespace {

/// File systems of the image, those in its files aside.
void collect(Node& n, std::vector<Node*>& out, Context& cx) {
    auto list = n.entries(cx);
    if (list && *list) return out.push_back(&n);
    auto kids = n.children(cx);
    if (!kids) return;
    for (auto& c : *kids) collect(*c, out, cx);
}

}  // namespace

Result<Node*> walk_image(Node& root, std::string_view path, std::string& rest, Context& cx) {
    if (!path.starts_with("//")) return root.walk(path, rest, cx);
    while (path.starts_with('/')) path.remove_prefix(1);
    std::vector<Node*> all, have;
    collect(root, all, cx);
    for (auto* n : all) {
        auto* list = TRY(n->entries(cx));
        if (list->leading(path) || list->is_folder(path)) have.push_back(n);
    }
    if (have.size() == 1) return have[0]->walk(path, rest, cx);
    std::string names;
    for (auto* n : have) names += (names.empty() ? ": " : ", ") + n->path();
    return fail(
        Error::Kind::NotThis,
        "//" + std::string(path) + (have.empty() ? ": no file system in the image has it" : ": several file systems have it" + names));
}

Result<Node*> find_in_image(Node& root, std::string_view path, Context& cx) {
    std::string rest;
    auto* n = TRY(walk_image(root, path, rest, cx));
    return rest.empty() ? n : n->find(rest, cx);
}

}  // namespace fieldstrip
