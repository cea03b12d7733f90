#include "cli/progress.h"

#include <unistd.h>

#include "base/text.h"

namespace fieldstrip::cli {

ProgressLine::ProgressLine(Context& cx, const Options& o, const char* what, u64 total) {
    cx.progress.what = what;
    cx.progress.total = total;
    if (o.quiet || !isatty(STDERR_FILENO)) return;
    thread_ = std::jthread([this, &cx](const std::stop_token& stop) {
        using namespace std::chrono_literals;
        std::unique_lock lock(mutex_);
        for (auto pause = 1000ms; !wake_.wait_for(lock, stop, pause, [] { return false; }) && !stop.stop_requested(); pause = 200ms)
            show(cx);
    });
}

ProgressLine::~ProgressLine() {
    if (!thread_.joinable()) return;
    thread_.request_stop();
    thread_.join();
    if (shown_) std::fputs("\r\x1b[K", stderr);
}

void ProgressLine::show(Context& cx) {
    u64 done = cx.progress.done, total = cx.progress.total;
    std::string line = std::string("\r") + cx.progress.what.load() + " " + human_size(done);
    constexpr u64 kWidth = 30;
    if (total && done <= total) {
        u64 full = u64(double(done) / double(total) * kWidth);
        line += " of " + human_size(total) + " [" + std::string(full, '#') + std::string(kWidth - full, ' ') + "]";
    }
    line += "\x1b[K";
    std::fputs(line.c_str(), stderr);
    shown_ = true;
}

}  // namespace fieldstrip::cli
