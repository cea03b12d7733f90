// A line on stderr while work takes long: only on a terminal, only after a second.
#pragma once
#include <condition_variable>
#include <mutex>
#include <thread>

#include "cli/command.h"

namespace fieldstrip::cli {

class ProgressLine {
  public:
    ProgressLine(Context&, const Options&, const char* what, u64 total = 0);
    ~ProgressLine();
    ProgressLine(const ProgressLine&) = delete;
    ProgressLine& operator=(const ProgressLine&) = delete;

  private:
    void show(Context&);
    bool shown_ = false;
    std::mutex mutex_;
    std::condition_variable_any wake_;
    std::jthread thread_;
};

}  // namespace fieldstrip::cli
