// The scanner, and maps: with one thread, over bytes of all kinds, and over each magic again and again.
#include "engine/scanner.h"

#include "base/text.h"
#include "engine/mapper.h"
#include "engine/registry.h"
#include "micro/micro.h"

namespace fieldstrip::micro {
namespace {

void add_map(const std::string& name, const Content& content) {
    add(name, content, [](ByteView v) {
        Context cx({.decoded = kUnbounded});
        keep(map_space(Buffer(std::make_shared<Keeper>(), v), {}, cx).size());
    });
}

}  // namespace

void add_scanner() {
    struct Kind {
        const char* name;
        Content content;
    };
    const Kind kinds[] = {{"noise", noise}, {"text", text}, {"code", code}, {"zeros", zeros}, {"runs", runs}, {"mixed", mixed}};
    auto scanner = std::make_shared<const Scanner>(registry_windows(), registry());
    for (auto& k : kinds)
        add(std::string("scan/") + k.name, k.content, [scanner](ByteView v) {
            Scanner::Found found;
            scanner->scan(v, {0, v.size()}, found);
            keep(found.hits.size() + found.runs.size());
        });
    for (auto& k : kinds) add_map(std::string("map/") + k.name, k.content);
    for (auto* f : registry())
        for (size_t i = 0; i < f->magics.size(); i++)
            add_map("repeated magic/" + std::string(f->id) + " " + hex(as_bytes(f->magics[i].bytes)), repeated(f->magics[i].bytes));
}

}  // namespace fieldstrip::micro
