// Writes a folder: nothing outside of it is ever touched, whatever names an image holds. It appears under its name when it is complete.
#pragma once
#include "base/rope.h"

namespace fieldstrip {

class FolderSink {
  public:
    /// The folder must not be there, or be empty; it is made beside its place under another name. Error Unsupported, Io.
    static Result<FolderSink> create(const std::string& path);
    FolderSink(FolderSink&&) noexcept;
    FolderSink& operator=(FolderSink&&) = delete;
    ~FolderSink();  // what was not committed is removed

    /// `path` is relative, '/' between names that host_name() made; folders on the way are made. No link on the way is ever followed.
    /// Nothing is overwritten.
    Result<void> folder(const std::string& path);
    Result<void> file(const std::string& path, const Rope&);
    Result<void> file(const std::string& path, std::string_view text);
    /// A copy of a file of the host, sharing its blocks where the file system can.
    Result<void> clone(const std::string& path, const std::string& of, const Buffer& bytes);
    /// Gives it its name. `replace`: a folder that is there goes.
    Result<void> commit(bool replace = false);

  private:
    FolderSink(std::string path, std::string temporary, int fd) : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}
    Result<int> parent(const std::string& path, std::string& last, bool make);
    Result<int> open_new(const std::string& path);
    std::string path_, temporary_;
    int fd_;
    std::string folder_path_;  // the folder that was used last, kept open
    int folder_fd_ = -1;
};

}  // namespace fieldstrip
