// Private keys and certificates, as text (PEM, OpenSSH, PuTTY) and as bytes (DER), wherever they lie; passwords in URLs.
#pragma once
#include "look/finds.h"

namespace fieldstrip {

/// What is looked for in bytes, and what to do where it is found; made anew for each space.
class KeyFinder {
  public:
    static const std::vector<std::string_view>& needles();
    KeyFinder(const Space& s, i64 now) : space_(s), now_(now) {}
    void hit(size_t needle, u64 at, Found&);
    /// Says what the certificates of this space are: all of them in a line where they are many.
    void done(Found&);

  private:
    void pem(u64 at, Found&);
    void putty(u64 at, Found&);
    void der_key(u64 at, Found&);
    void der_certificate(u64 at);
    void url(u64 at, Found&);
    void certificate(ByteView der, u64 at);
    void key(std::string what, bool encrypted, u64 at, Found&);
    const Space& space_;
    i64 now_;
    u64 behind_ = 0;  // the end of what was found: what lies in it is not looked at again
    struct Seen {
        Concern concern;
        bool expired;
    };
    std::vector<Seen> certificates_;
};

}  // namespace fieldstrip
