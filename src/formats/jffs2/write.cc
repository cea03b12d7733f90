#include "formats/jffs2/params.h"

namespace fieldstrip::jffs2 {

Result<Recipe> Volume::recipe(Context& cx) const { return recipe_of(TRY(find_params(*this, cx))); }

Result<Rope> Volume::rewrite(std::span<const Wanted>, const Terms&, Context&) const {
    return fail(Error::Kind::Unsupported, "a JFFS2 is read, and not written yet");
}
}  // namespace fieldstrip::jffs2
