// formats: what can be done with each.
#include "cli/command.h"
#include "cli/text.h"
#include "engine/registry.h"

namespace fieldstrip::cli {
namespace {

/// Said of what is there, not of what is planned.
std::vector<std::string_view> abilities(const Format& f) {
    std::vector<std::string_view> out{"scan", "verify"};
    bool opaque = std::find(f.limits.begin(), f.limits.end(), kOpaque) != f.limits.end();
    if (!opaque) out.push_back("read");
    if (!opaque) out.insert(out.end(), {"edit", "rebuild"});
    return out;
}

}  // namespace

int formats(const Options& o) {
    auto wanted = [&](const Format& f) { return o.images.empty() || std::find(o.images.begin(), o.images.end(), f.id) != o.images.end(); };
    for (auto& name : o.images)
        if (!find_format(name)) return complain(name, "no format of that name: `fieldstrip formats` lists them"), kRefused;
    if (o.json) {
        auto j = json_out();
        j.object().text("schema", "fieldstrip.formats/1").key("formats").array();
        for (auto* f : registry()) {
            if (!wanted(*f)) continue;
            j.object().text("id", f->id).text("title", f->title).key("can").array();
            for (auto a : abilities(*f)) j.text(a);
            j.end().key("limits").array();
            for (auto l : f->limits) j.text(l);
            j.end().text("source", f->source).end();
        }
        j.end().end().newline();
        return kDone;
    }
    for (auto* f : registry()) {
        if (!wanted(*f)) continue;
        std::string can;
        for (auto a : abilities(*f)) can += (can.empty() ? "" : " ") + std::string(a);
        put(padded(f->id, 10) + padded(can, 30) + std::string(f->title) + "\n");
        if (o.images.empty() && !o.verbose) continue;
        for (auto l : f->limits) put("          limit: " + std::string(l) + "\n");
        put("          source: " + std::string(f->source) + "\n");
    }
    return kDone;
}

}  // namespace fieldstrip::cli
