// Source: Linux Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h (its numbers stand here because Debian 12's
// headers know the first two versions only); seccomp(2); getrlimit(2).
#include "base/sandbox.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bit>
#include <cerrno>

#include "base/call_filter.h"

namespace fieldstrip {
namespace {

enum Access : u64 {
    kExecute = 1 << 0,
    kWriteFile = 1 << 1,
    kReadFile = 1 << 2,
    kReadDir = 1 << 3,
    kRemoveDir = 1 << 4,
    kRemoveFile = 1 << 5,
    kMakeChar = 1 << 6,
    kMakeDir = 1 << 7,
    kMakeReg = 1 << 8,
    kMakeSock = 1 << 9,
    kMakeFifo = 1 << 10,
    kMakeBlock = 1 << 11,
    kMakeSym = 1 << 12,
    kRefer = 1 << 13,     // version 2
    kTruncate = 1 << 14,  // 3
    kIoctlDev = 1 << 15,  // 5
};
constexpr u64 kOfFiles = kExecute | kWriteFile | kReadFile | kTruncate | kIoctlDev;

struct RulesetAttributes {
    u64 files;
    u64 net;     // version 4: bind and connect of TCP
    u64 scoped;  // 6: abstract UNIX sockets, signals
};
struct [[gnu::packed]] PathRule {
    u64 allowed;
    int folder;
};

constexpr long kCreateRuleset = 444, kAddRule = 445, kRestrictSelf = 446;  // the same on all architectures

class Landlock {
  public:
    /// Of a ruleset that denies all; the version, 0 where there is none.
    Landlock() {
        auto version = syscall(kCreateRuleset, nullptr, 0, 1);
        // The first one can't allow links from one folder to another, which a folder that is written needs.
        if (version < 2) return;
        version_ = unsigned(version);
        files_ = (u64{1} << 14) - 1;
        if (version_ >= 3) files_ |= kTruncate;
        if (version_ >= 5) files_ |= kIoctlDev;
        RulesetAttributes a{files_, version_ >= 4 ? 3u : 0u, version_ >= 6 ? 3u : 0u};
        fd_ = int(syscall(kCreateRuleset, &a, version_ >= 6 ? sizeof a : version_ >= 4 ? offsetof(RulesetAttributes, scoped) : 8, 0));
    }
    ~Landlock() {
        if (fd_ >= 0) close(fd_);
    }
    Landlock(const Landlock&) = delete;
    Landlock& operator=(const Landlock&) = delete;

    void allow(const std::vector<std::string>& paths, u64 access) {
        for (auto& path : paths) {
            int at = open(path.c_str(), O_PATH | O_CLOEXEC);
            struct stat st{};
            if (at >= 0 && fstat(at, &st)) good_ = false;
            if (at >= 0 && good_) {
                PathRule rule{access & files_ & (S_ISDIR(st.st_mode) ? ~u64{0} : kOfFiles), at};
                good_ = good_ && (!rule.allowed || !syscall(kAddRule, fd_, 1, &rule, 0));
            }
            if (at < 0 && errno != ENOENT && errno != ENOTDIR && errno != EACCES && errno != ELOOP && errno != ENAMETOOLONG) good_ = false;
            if (at >= 0) close(at);
        }
    }
    unsigned enforce() const { return fd_ >= 0 && good_ && !syscall(kRestrictSelf, fd_, 0) ? version_ : 0; }

  private:
    unsigned version_ = 0;
    u64 files_ = 0;
    int fd_ = -1;
    bool good_ = true;
};

/// The filter as it was made, with this process's number in it.
bool bound_calls() {
    std::vector<sock_filter> program;
    for (u64 words : call_filter.program) program.push_back(std::bit_cast<sock_filter>(words));
    for (auto i : call_filter.compare_self) program[i].k = u32(getpid());
    sock_fprog all{static_cast<unsigned short>(program.size()), program.data()};
    return !syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &all);
}

bool bound(int which, u64 most) {
    rlimit now{};
    if (getrlimit(which, &now)) return false;
    now.rlim_cur = now.rlim_max = std::min<u64>(now.rlim_max, most);
    return !setrlimit(which, &now);
}

}  // namespace

Sandbox enter_sandbox(const Grants& grants) {
    Sandbox s;
    s.memory = bound(RLIMIT_CORE, 0);
    if (grants.memory && !kSanitized) s.memory = bound(RLIMIT_DATA, grants.memory) && s.memory;
    if (!s.memory) s.missing.push_back("rlimits can't be set");
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) {
        s.missing.push_back("this kernel knows no PR_SET_NO_NEW_PRIVS: nothing else is given up");
        return s;
    }
    Landlock paths;
    paths.allow(grants.read, kReadFile | kReadDir);
    paths.allow(grants.write,
                kReadFile | kReadDir | kWriteFile | kTruncate | kMakeReg | kMakeDir | kMakeSym | kRemoveFile | kRemoveDir | kRefer);
    paths.allow(grants.file_names, kMakeReg | kRemoveFile);
    paths.allow(grants.folder_names, kMakeDir | kRemoveDir);
    if (kSanitized) paths.allow({"/proc", "/sys", "/usr", "/lib", "/etc"}, kReadFile | kReadDir);
#ifdef FIELDSTRIP_PROFILES
    paths.allow({FIELDSTRIP_PROFILES}, ~u64{0});
#endif
    s.landlock = paths.enforce();
    if (!s.landlock) s.missing.push_back("Landlock (version 2 or later) can't be had: paths are not bounded");
    s.calls = bound_calls();
    if (!s.calls) s.missing.push_back("this kernel takes no seccomp filter: calls are not bounded");
    return s;
}

std::string words_of(const Sandbox& s) {
    std::string out = "sandbox: ";
    out += s.landlock ? "Landlock version " + std::to_string(s.landlock) +
                            (s.landlock >= 6   ? " (paths, TCP, signals, abstract sockets)"
                             : s.landlock >= 4 ? " (paths, TCP)"
                                               : " (paths)")
                      : "no Landlock";
    out += s.calls ? (kSanitized ? "; seccomp (calls refused: " + std::to_string(call_filter.refused) + ")"
                                 : "; seccomp (calls allowed: " + std::to_string(call_filter.allowed) + ", some with conditions)")
                   : "; no seccomp";
    out += s.memory ? "; rlimits" : "; no rlimits";
    return out;
}

}  // namespace fieldstrip
