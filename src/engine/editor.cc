#include "engine/editor.h"

#include "engine/entry_edits.h"

namespace fieldstrip {

/// The node of a place: of an entry, its file, which must be as it was.
static Result<Node*> node_at(const EntryPlace& place, const Changes& changes, Context& cx) {
    if (place.path.empty()) return place.files;
    auto c = changes.find(place.files);
    if (c == changes.end() || !c->second.tree) return place.files->find(place.path, cx);
    auto* w = c->second.tree->find(place.path);
    if (!w || !w->was || w->content || !w->entry.is_file()) return fail(Error::Kind::NotThis, place.path + ": no file as it was");
    return place.files->entry(*w->was, cx);
}

Result<void> set_field(Node& root, std::string_view assignment, Changes& changes, Context& cx) {
    auto equals = assignment.find('=');
    if (equals == assignment.npos)
        return fail(Error::Kind::Unsupported, "--set needs PATH.FIELD=VALUE, not '" + std::string(assignment) + "'");
    Error last{Error::Kind::NotThis, "'" + std::string(assignment) + "': nothing at that path"};
    bool met = false;
    // The longest path that is there; values may hold dots and '=' too, so each '=' is tried that leaves a field before it.
    for (; equals != assignment.npos; equals = assignment.find('=', equals + 1)) {
        auto left = assignment.substr(0, equals), value = assignment.substr(equals + 1);
        for (auto dot = left.rfind('.'); dot != left.npos && dot; dot = left.rfind('.', dot - 1)) {
            auto place = locate(root, left.substr(0, dot), changes, cx);
            if (!place) continue;
            auto found = node_at(*place, changes, cx);
            if (!found) continue;
            if (std::exchange(met, true)) continue;  // the longest path says why
            auto field = left.substr(dot + 1);
            auto item = (*found)->item(cx);
            if (!item) {
                last = item.error();
                continue;
            }
            auto can = settable((*item)->layout, field);
            if (!can) {
                last = can.error();
                last.message = (*found)->path() + ": " + last.message;
                continue;
            }
            changes[*found].fields.emplace_back(std::string(field), std::string(value));
            return {};
        }
        if (last.kind != Error::Kind::NotThis) break;
    }
    last.kind = Error::Kind::Unsupported;
    return std::unexpected(last);
}

Result<void> replace(Node& root, std::string_view path, Rope bytes, Changes& changes, Context& cx) {
    auto place = TRY(locate(root, path, changes, cx));
    if (!place.path.empty()) return TRY(tree_of(*place.files, changes, cx))->put(place.path, std::move(bytes));
    auto* n = place.files;
    if (!n->parent) return fail(Error::Kind::Unsupported, "the image as a whole is not replaced: copy the file");
    if (n->format(cx) == &padding) return fail(Error::Kind::Unsupported, n->path() + " is padding: it follows from what is before it");
    changes[n].bytes = std::move(bytes);
    return {};
}

Result<void> check_conflicts(const Changes& changes) {
    for (auto& [node, change] : changes) {
        if (change.bytes && (!change.fields.empty() || change.tree))
            return fail(Error::Kind::Unsupported, node->path() + ": its bytes and what is in them are both changed");
        for (auto* up = node->parent; up; up = up->parent)
            if (auto c = changes.find(up); c != changes.end() && c->second.bytes)
                return fail(Error::Kind::Unsupported,
                            node->path() + " and " + up->path() + ", in which it lies, are both changed: one of them only");
    }
    return {};
}

}  // namespace fieldstrip
