#include "cli/signals.h"

#include <sys/mman.h>
#include <unistd.h>

#include <csignal>

namespace fieldstrip::cli {
namespace {

// A handler can reach nothing but what has one place in the process.
Alarm heard;
std::uintptr_t page_size = 4096;
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

void asked(int signal) { heard.signal = signal; }

/// Bytes of a mapped file that are gone: zeros take their place so that the reader can go on, and nothing of it is kept.
void lost(int signal, siginfo_t* info, void*) {
    auto at = reinterpret_cast<std::uintptr_t>(info->si_addr);
    auto* page = reinterpret_cast<void*>(at - at % page_size);
    if (info->si_code == BUS_ADRERR && mmap(page, page_size, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED) {
        heard.bytes_lost = true;
        return;
    }
    std::signal(signal, SIG_DFL);  // it comes again
}

}  // namespace

void install_handlers() {
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGXFSZ, SIG_IGN);  // a file that may not grow is said by write()
    page_size = std::uintptr_t(sysconf(_SC_PAGESIZE));
    struct sigaction a{};
    a.sa_handler = asked;
    a.sa_flags = int(SA_RESETHAND);
    for (int s : {SIGINT, SIGTERM, SIGHUP}) {
        struct sigaction now{};
        if (!sigaction(s, nullptr, &now) && now.sa_handler != SIG_IGN) sigaction(s, &a, nullptr);  // nohup stays nohup
    }
    a = {};
    a.sa_sigaction = lost;
    a.sa_flags = SA_SIGINFO;
    sigaction(SIGBUS, &a, nullptr);
}

const Alarm& alarm() { return heard; }

void end_as_asked() {
    if (int s = heard.signal) {
        std::signal(s, SIG_DFL);
        std::raise(s);
    }
}

}  // namespace fieldstrip::cli
