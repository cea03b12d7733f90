// Writing an image: complete, proven and synced under another name first; then it gets its own, or is gone.
#pragma once
#include "base/rope.h"

namespace fieldstrip {

/// A file in the making, beside where it shall be. Gone when it is not committed.
class Output {
  public:
    /// Error Io with the system's reason.
    static Result<Output> create(const std::string& path, unsigned mode = 0666);
    Output(Output&&) noexcept;
    Output& operator=(Output&&) = delete;
    ~Output();
    Result<void> write(const Rope&);
    const std::string& temporary() const { return temporary_; }
    /// Syncs, and renames over what may be there.
    Result<void> commit();

  private:
    Output(std::string path, std::string temporary, int fd) : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
    std::string path_, temporary_;
    int fd_;
};

/// Whether both names are one file.
bool same_file(const std::string& a, const std::string& b);
bool file_exists(const std::string&);

}  // namespace fieldstrip
