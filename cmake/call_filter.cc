// Makes the seccomp filter of src/base/call_filter.h, as source on standard output: run when the program is built, for the machine that it
// is built for. Source: libseccomp's seccomp_rule_add(3), seccomp_export_bpf(3).
#include "base/call_filter.h"

#include <linux/filter.h>
#include <linux/fs.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdio>

namespace fieldstrip {
namespace {

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
    /// `self` stands for the process's number.
    explicit Filter(scmp_datum_t self) : cx_(seccomp_init(kSanitized ? SCMP_ACT_ALLOW : SCMP_ACT_ERRNO(ENOSYS))) {
        if (!cx_) return;
        seccomp_attr_set(cx_, SCMP_FLTATR_CTL_OPTIMIZE, 2);  // by a tree: a call costs the same wherever it stands
        for (auto* name : kRefused) rule(SCMP_ACT_ERRNO(EPERM), name);
        if (kSanitized) return;
        rule(SCMP_ACT_ERRNO(EPERM), "ptrace");
        for (auto* name : kAllowed) rule(SCMP_ACT_ALLOW, name);
        constexpr scmp_datum_t kThread = 0x00010000, kSetId = 07000;
        rule(SCMP_ACT_ALLOW, "clone", SCMP_A0_64(SCMP_CMP_MASKED_EQ, kThread, kThread));
        rule(SCMP_ACT_ALLOW, "tgkill", SCMP_A0_64(SCMP_CMP_EQ, self));
        rule(SCMP_ACT_ALLOW, "kill", SCMP_A0_64(SCMP_CMP_EQ, self));
        rule(SCMP_ACT_ALLOW, "sched_setaffinity", SCMP_A0_64(SCMP_CMP_EQ, 0));  // of the calling thread
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
    /// Its instructions; none where it can't be made.
    std::vector<sock_filter> program() const {
        std::vector<sock_filter> out;
        int file = memfd_create("filter", 0);
        if (!cx_ || !good_ || file < 0 || seccomp_export_bpf(cx_, file)) return out;
        out.resize(size_t(lseek(file, 0, SEEK_END)) / sizeof(sock_filter));
        if (pread(file, out.data(), out.size() * sizeof(sock_filter), 0) != ssize_t(out.size() * sizeof(sock_filter))) out.clear();
        close(file);
        return out;
    }

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

/// No number of a process, and in no other instruction of the filter.
constexpr u32 kSelf = 0x5E1FFEED;

int print() {
    auto program = Filter(kSelf).program(), other = Filter(kSelf + 2).program();
    if (program.empty() || program.size() > BPF_MAXINSNS || program.size() != other.size()) return 1;
    std::string words, self;
    for (size_t i = 0; i < program.size(); i++) {
        char word[32];
        std::snprintf(word, sizeof word, "0x%016llx,\n", std::bit_cast<unsigned long long>(program[i]));
        words += word;
        auto shifted = program[i];
        if (shifted.k == kSelf) shifted.k += 2, self += std::to_string(i) + ", ";
        if (std::bit_cast<u64>(shifted) != std::bit_cast<u64>(other[i])) return 1;
    }
    if (self.empty() != kSanitized) return 1;
    std::printf(
        "#include \"base/call_filter.h\"\n\nnamespace fieldstrip {\nnamespace {\n"
        "constexpr u64 kProgram[] = {\n%s};\nconstexpr std::array<u16, %zu> kCompareSelf = {%s};\n}\n"
        "const CallFilter call_filter{kProgram, kCompareSelf, %zu, %zu};\n}\n",
        words.c_str(), size_t(std::ranges::count(self, ',')), self.c_str(), std::size(kAllowed), std::size(kRefused));
    return 0;
}

}  // namespace
}  // namespace fieldstrip

int main() {
    const int failed = fieldstrip::print();
    if (failed) std::fputs("call_filter: libseccomp makes no filter of these rules that holds for any process\n", stderr);
    return failed;
}
