// An unlinked file for what is too much for memory: one for the whole process, opened before it gives up opening files; each user has a
// window of it, far from the others', which is given back to the disk when it is done with.
#pragma once
#include <mutex>

#include "base/base.h"

namespace fieldstrip {

class Spill : public std::enable_shared_from_this<Spill> {
  public:
    static constexpr u64 kWindow = u64{1} << 36;  // bytes of one window at most; a file of ext4 has room for 256

    Spill() = default;
    ~Spill();
    Spill(const Spill&) = delete;
    Spill& operator=(const Spill&) = delete;

    /// Opens the file in TMPDIR (default /tmp), once. What fails is said when a window is asked for.
    void open();

    class Window {
      public:
        Window(std::shared_ptr<Spill> of, u64 begin) : of_(std::move(of)), begin_(begin) {}
        ~Window();
        Window(const Window&) = delete;
        Window& operator=(const Window&) = delete;
        int file() const { return of_->file_; }
        u64 begin() const { return begin_; }

      private:
        std::shared_ptr<Spill> of_;
        u64 begin_;
    };
    /// Error Io with the system's reason.
    Result<std::shared_ptr<const Window>> window();

  private:
    std::mutex mutex_;
    int file_ = -1;
    int error_ = 0;
    u64 next_ = 0;
    std::vector<u64> free_;  // begins of windows that were given back
};

}  // namespace fieldstrip
