// What lies where in a cpio: the members' headers, names and data.
#include "formats/cpio/volume.h"

namespace fieldstrip::cpio {

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto parsed = TRY(parse(bytes_.view(), false, cx));
    std::vector<Occupant> out;
    for (size_t i = 0; i < parsed.entries.size(); i++) {
        auto& m = parsed.members[i];
        if (at < m.at || at >= m.next) continue;
        auto& path = parsed.entries[i].path;
        if (at < m.name.offset)
            out.push_back({{m.at, m.name.offset - m.at}, "header", path});
        else if (at < m.name.end())
            out.push_back({m.name, "name", path});
        else if (at >= m.data.offset && at < m.data.end())
            out.push_back({m.data, "data", path, {0, m.data.size}});
        else
            out.push_back(
                {at < m.data.offset ? Extent{m.name.end(), m.data.offset - m.name.end()} : Extent{m.data.end(), m.next - m.data.end()},
                 "filler", path});
    }
    for (auto& a : parsed.archives)
        if (at >= a.trailer.offset && at < a.trailer.end()) out.push_back({a.trailer, "trailer, with its filler"});
    return out;
}

}  // namespace fieldstrip::cpio
