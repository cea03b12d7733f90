// The seccomp filter. libseccomp makes it when the program is built (cmake/call_filter.cc): at each start that took longer than the map of
// a small image.
#pragma once
#include "base/base.h"

namespace fieldstrip {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define FIELDSTRIP_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FIELDSTRIP_SANITIZED 1
#endif

#if defined(FIELDSTRIP_SANITIZED) || defined(FIELDSTRIP_PROFILES)
/// A sanitizer looks at the process from outside at its end and has shadow memory: what it does is left to it. So is what counts coverage.
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

struct CallFilter {
    std::span<const u64> program;       // instructions of classic BPF, as they lie in memory
    std::span<const u16> compare_self;  // those that compare with the process's own number, which is to be set in them
    size_t allowed, refused;            // calls
};
extern const CallFilter call_filter;

}  // namespace fieldstrip
