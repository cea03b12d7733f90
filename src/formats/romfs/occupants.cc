// What lies where in a romfs: headers with their names, and data.
#include "formats/romfs/volume.h"

namespace fieldstrip::romfs {

Result<std::vector<Occupant>> Volume::occupants(u64 at, Context& cx) const {
    auto entries = TRY(this->entries(cx));
    std::vector<Occupant> out;
    for (size_t i = 0; i < entries.size(); i++) {
        auto& n = image_.nodes[i];
        Extent head{n.at, head_size(n.name)};
        if (at >= head.offset && at < head.end()) out.push_back({head, "header and name", entries[i].path});
        if (!n.has_data() || n.real != i) continue;
        auto data = image_.data(n);
        if (at >= data.offset && at < data.end()) out.push_back({data, "data", entries[i].path, {0, data.size}});
    }
    return out;
}

}  // namespace fieldstrip::romfs
