// A first look at what may be a bare LZMA stream: what is none mostly shows it within some symbols.
#pragma once
#include "codecs/lzma_reader.h"

namespace fieldstrip::lzma_reader {

class FirstLook {
  public:
    FirstLook();
    ~FirstLook();
    FirstLook(const FirstLook&) = delete;
    FirstLook& operator=(const FirstLook&) = delete;
    /// False where Reader::read() would say Wrong within the first kLook bytes of `in`. Counts no proof and spends nothing.
    bool may_go_on(ByteView in, const Shape&);
    static constexpr u64 kLook = 256;

  private:
    struct State;
    std::unique_ptr<State> state_;
};

}  // namespace fieldstrip::lzma_reader
