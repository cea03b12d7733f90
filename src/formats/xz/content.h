// What an xz file holds: its checks, and its content.
#pragma once
#include "formats/xz/stream.h"

namespace fieldstrip::xz {

class Content final : public Coded {
  public:
    Content(Buffer bytes, File file) : bytes_(std::move(bytes)), file_(std::move(file)) {}
    Result<void> verify(const CheckSink&, Context&) const override;
    Result<Lost> decode(size_t which, const Sink&, const CheckSink& checks, Context&) const override;
    Result<Recipe> recipe(Context&) const override;
    Result<Recipe> early_recipe(Context&) const override;
    Result<void> settle(Recipe&, Context&) const override;

  private:
    void verify_block(const Stream&, size_t block, const CheckSink&) const;
    void verify_end(const Stream&, size_t stream, const CheckSink&) const;
    enum class Holds {
        NotAsked,
        Yes,
        No
    };
    Buffer bytes_;
    File file_;
    mutable std::atomic<Holds> holds_ = Holds::NotAsked;  // all checks of all blocks, as who decoded all of them saw it
};

}  // namespace fieldstrip::xz
