// Which bytes of the data are in use, and where new ones go.
#pragma once
#include "base/base.h"

namespace fieldstrip::squashfs {

class Space {
  public:
    /// From `begin` on all is free that is not used.
    explicit Space(u64 begin) : begin_(begin) {}
    /// In any order, before the first place().
    void use(Extent e) { used_.push_back(e); }
    /// The smallest hole that it fits into, the first of several; else behind all that is used.
    u64 place(u64 size);
    /// Where what is used ends.
    u64 end();
    /// What is used, in order, neighbours in one.
    std::vector<Extent> used();

  private:
    void settle();
    u64 begin_, end_ = 0;
    std::vector<Extent> used_;
    std::vector<Extent> holes_;
    bool settled_ = false;
};

}  // namespace fieldstrip::squashfs
