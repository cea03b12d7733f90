// ls: what is in a node. cat: its bytes.
#include "base/digest.h"
#include "base/text.h"
#include "cli/entries.h"
#include "cli/json.h"
#include "cli/text.h"

namespace fieldstrip::cli {
namespace {

std::string sha256_of(Node& n, Context& cx) {
    auto bytes = n.bytes(cx);
    return bytes ? hex(sha256(bytes->view())) : "";
}

void json_children(JsonWriter& j, Node& n, const Options& o, Context& cx) {
    auto kids = n.children(cx);
    if (!kids) return;
    for (auto& c : *kids) {
        json_node(j, *c, cx);
        if (o.sha256) j.text("sha256", sha256_of(*c, cx));
        j.end();
        if (o.recursive) json_children(j, *c, o, cx);
        c->forget();
    }
}

void text_children(Node& n, const Options& o, Context& cx, const std::string& prefix) {
    auto kids = n.children(cx);
    if (!kids) return;
    for (auto& c : *kids) {
        auto* f = c->format(cx);
        std::string line;
        if (o.long_list)
            line = padded(c->kind == Node::Kind::Content || c->kind == Node::Kind::Entry ? "-" : hex_number(c->extent().offset), 10, true) +
                   "  " + padded(std::to_string(c->extent().size), 10, true) + "  " + padded(f->id, 9) + "  ";
        if (o.sha256) line += sha256_of(*c, cx) + "  ";
        put(line + escape(prefix + c->name) + "\n");
        if (o.recursive) text_children(*c, o, cx, prefix + c->name + '/');
        c->forget();
    }
}

}  // namespace

int list(const Options& o) {
    int worst = kDone;
    for (auto& image : o.images) {
        Work cx(o);
        auto opened = open_target(image, o, cx, true);
        if (!opened) return failed(image, opened.error());
        auto list = opened->node->entries(cx);
        if (!list) return failed(image, list.error());
        if (*list) {
            auto& folder = opened->rest;
            if (!(*list)->is_folder(folder) && !(*list)->find(folder)) return complain(image, "nothing called so"), kRefused;
            bool intact = list_entries(*opened->node, folder, o, cx);
            worst = std::max(worst, finished(cx, !intact, image));
            continue;
        }
        if (auto kids = opened->node->children(cx); !kids) return failed(image, kids.error());
        if (o.json) {
            auto j = json_out();
            j.object().text("schema", "fieldstrip.children/1").bytes("path", opened->node->path()).key("children").array();
            json_children(j, *opened->node, o, cx);
            j.end().boolean("complete", cx.complete()).end().newline();
        } else {
            text_children(*opened->node, o, cx, "");
        }
        worst = std::max(worst, finished(cx, false, image));
    }
    return worst;
}

int cat(const Options& o) {
    const auto& image = o.images[0];
    Work cx(o);
    auto opened = open_target(image, o, cx);
    if (!opened) return failed(image, opened.error());
    if (opened->node->kind == Node::Kind::Entry)  // its checks are heard on the way
        if (auto read = opened->node->decode({}, cx); !read) return failed(image, read.error());
    auto bytes = opened->node->bytes(cx);
    if (!bytes) return failed(image, bytes.error());
    if (!put_bytes(bytes->view())) return kSomething;
    auto& damage = opened->node->damage();
    const bool said_below = damage && (damage->kind == Error::Kind::Limit || damage->kind == Error::Kind::Io);
    if (damage && !said_below) complain(image, "could not be read whole: " + damage->message);
    return finished(cx, damage.has_value(), image);
}

}  // namespace fieldstrip::cli
