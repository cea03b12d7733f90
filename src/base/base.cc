#include "base/base.h"

namespace fieldstrip {

std::unexpected<Error> too_big(std::string_view what, u64 size, u64 room) {
    Error e{Error::Kind::TooBig,
            std::string(what) + " needs " + std::to_string(size) + " bytes and has room for " + std::to_string(room) + ": " +
                std::to_string(size - room) + " too many",
            {},
            size - room};
    return std::unexpected(std::move(e));
}

namespace {
class Owned final : public Keeper {
  public:
    explicit Owned(Bytes b) : bytes(std::move(b)) {}
    Bytes bytes;
};
}  // namespace

Buffer Buffer::own(Bytes bytes) {
    auto kept = std::make_shared<const Owned>(std::move(bytes));
    ByteView view = kept->bytes;
    return {std::move(kept), view};
}

}  // namespace fieldstrip
