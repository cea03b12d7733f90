// Source: Linux Documentation/userspace-api/landlock.rst and include/uapi/linux/landlock.h (its numbers stand here because Debian 12's
// headers know the first two versions only); libseccomp's seccomp_rule_add(3); getrlimit(2).
#include "base/sandbox.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define FIELDSTRIP_SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define FIELDSTRIP_SANITIZED 1
#endif

namespace fieldstrip {
namespace {

#if defined(FIELDSTRIP_SANITIZED) || defined(FIELDSTRIP_PROFILES)
/// A sanitizer looks at the process from outside at its end and has shadow memory: what it does is left to it. So is what counts coverage.
constexpr bool kSanitized = true;
#else
constexpr bool kSanitized = false;
#endif

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

// What this program and the C library below it call; more than it needs today, as another version of the library may call its neighbour.
constexpr const char* kAllowed[] = {
    // clang-format off
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "lseek", "close", "close_range", "dup", "dup2", "dup3", "fcntl",
    "open", "openat", "openat2", "stat", "lstat", "fstat", "newfstatat", "fstatat64", "stat64", "lstat64", "fstat64", "statx", "fstatfs", "access", "faccessat", "faccessat2", "getdents", "getdents64", "readlink", "readlinkat", "getcwd",
    "mkdir", "mkdirat", "link", "linkat", "symlink", "symlinkat", "rename", "renameat", "renameat2", "unlink", "unlinkat", "rmdir",
    "utimensat", "utimensat_time64", "fsync", "fdatasync", "ftruncate", "fallocate", "fadvise64", "copy_file_range", "sendfile",
    "munmap", "mremap", "madvise", "brk", "msync", "mincore", "memfd_create",
    "futex", "futex_time64", "set_robust_list", "get_robust_list", "rseq", "set_tid_address", "membarrier", "sched_yield", "sched_getaffinity", "getcpu",
    "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time", "poll", "ppoll", "select", "pselect6", "restart_syscall",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "sigaltstack", "sigreturn", "exit", "exit_group",
    "getpid", "gettid", "getppid", "getuid", "geteuid", "getgid", "getegid", "uname", "sysinfo", "getrandom", "getrusage", "getrlimit", "arch_prctl", "umask",
    // clang-format on
};
// Said to be refused; whatever stands in neither list is said not to exist, so that a library tries an older way.
constexpr const char* kRefused[] = {
    // clang-format off
    "execve", "execveat", "fork", "vfork", "socket", "socketpair", "connect", "bind", "listen", "accept", "accept4", "sendto", "sendmsg", "sendmmsg",
    "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "kcmp", "mount", "umount2", "move_mount", "open_tree", "fsopen", "pivot_root", "chroot", "setns", "unshare",
    "bpf", "perf_event_open", "keyctl", "add_key", "request_key", "mknod", "mknodat", "chown", "fchown", "lchown", "fchownat", "chmod", "fchmodat", "io_uring_setup",
    "userfaultfd", "kexec_load", "init_module", "finit_module", "delete_module", "reboot", "open_by_handle_at", "personality", "setuid", "setgid", "setresuid", "setresgid",
    // clang-format on
};

class Filter {
  public:
    Filter() : cx_(seccomp_init(kSanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS))) {
        if (!cx_) return;
        seccomp_attr_set(cx_, SCMP_FLTATR_CTL_OPTIMIZE, 2);  // by a tree: a call costs the same wherever it stands
        for (auto* name : kRefused) rule(SCMP_ACT_ERRNO(EPERM), name);
        if (kSanitized) return;
        rule(SCMP_ACT_ERRNO(EPERM), "ptrace");
        for (auto* name : kAllowed) rule(SCMP_ACT_ALLOW, name);
        const auto self = scmp_datum_t(getpid());
        constexpr scmp_datum_t kThread = 0x00010000, kSetId = 07000;
        rule(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, kThread, kThread));
        rule(SCMP_ACT_ALLOW, "tgkill", SCMP_A0_64(SCMP_CMP_EQ, self));
        rule(SCMP_ACT_ALLOW, "kill", SCMP_A0_64(SCMP_CMP_EQ, self));
        rule(SCMP_ACT_ALLOW, "fchmod", SCMP_A1_64(SCMP_CMP_MASKED_EQ, kSetId, 0));
        rule(SCMP_ACT_ALLOW, "prlimit64", SCMP_A2_64(SCMP_CMP_EQ, 0));  // asked for, not set
        for (auto* name : {"mmap", "mmap2", "mprotect"}) rule(SCMP_ACT_ALLOW, name, SCMP_A2_64(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
        for (scmp_datum_t request : {scmp_datum_t(FICLONE), scmp_datum_t(TCGETS), scmp_datum_t(TIOCGWINSZ)})
            rule(SCMP_ACT_ALLOW, "ioctl", SCMP_A1_64(SCMP_CMP_MASKED_EQ, 0xFFFFFFFF, request));
    }
    ~Filter() {
        if (cx_) seccomp_release(cx_);
    }
    Filter(const Filter&) = delete;
    Filter& operator=(const Filter&) = delete;
    bool enforce() const { return cx_ && good_ && !seccomp_load(cx_); }

  private:
    template <class... Conditions>
    void rule(u32 action, const char* name, Conditions... conditions) {
        int call = seccomp_syscall_resolve_name(name);
        if (call < 0) return;  // not of this architecture
        good_ = !seccomp_rule_add(cx_, action, call, sizeof...(Conditions), conditions...) && good_;
    }
    scmp_filter_ctx cx_;
    bool good_ = true;
};

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
    s.calls = Filter().enforce();
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
    out += s.calls ? (kSanitized ? "; seccomp (calls refused: " + std::to_string(std::size(kRefused)) + ")"
                                 : "; seccomp (calls allowed: " + std::to_string(std::size(kAllowed)) + ", some with conditions)")
                   : "; no seccomp";
    out += s.memory ? "; rlimits" : "; no rlimits";
    return out;
}

}  // namespace fieldstrip
