// What lies where in a tar: the members' extensions, headers and data.
#include "formats/tar/volume.h"

namespace fieldstrip::tar {

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), false, cx));
    std::vector<Occupant> out;
    for (size_t i = 0; i < parsed.entries.size(); i++) {
        auto& m = parsed.members[i];
        if (at < m.at || at >= m.next) continue;
        auto& path = parsed.entries[i].path;
        if (at < m.head)
            out.push_back({{m.at, m.head - m.at}, "extensions of the header", path});
        else if (at < m.head + kBlock)
            out.push_back({{m.head, kBlock}, "header", path});
        else if (at >= m.data.offset && at < m.data.end())
            out.push_back({m.data, m.sparse ? "data, sparse" : "data", path, m.sparse ? Extent{} : Extent{0, m.data.size}});
        else if (at < m.data.offset)
            out.push_back({{m.head + kBlock, m.data.offset - m.head - kBlock}, "more of the header", path});
        else {
            const u64 from = std::max(m.data.end(), m.head + kBlock);
            out.push_back({{from, m.next - from}, "filler", path});
        }
    }
    return out;
}

}  // namespace fieldstrip::tar
