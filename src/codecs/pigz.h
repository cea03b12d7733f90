// Deflate as pigz writes it: zlib's, in pieces that begin with a byte so that they can be made side by side.
#pragma once
#include "codecs/deflate.h"

namespace fieldstrip::deflate {

class Pigz {
  public:
    explicit Pigz(const Params&);
    ~Pigz();
    Pigz(const Pigz&) = delete;
    Pigz& operator=(const Pigz&) = delete;
    void feed(ByteView);
    void finish();
    /// What has come out since it was asked last.
    Bytes take() { return std::exchange(out_, {}); }

  private:
    struct State;
    void piece(bool last);
    void run(int flush);
    std::unique_ptr<State> state_;
    Params params_;
    Bytes held_, before_;  // a piece waits until it is known whether another follows; the end of the one before
    Bytes out_;
    bool first_ = true;
};

}  // namespace fieldstrip::deflate
