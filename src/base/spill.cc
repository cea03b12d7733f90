#include "base/spill.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>

namespace fieldstrip {
namespace {

int unlinked_file(const std::string& folder) {
    int fd = ::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != ENOENT)) return fd;
    auto name = folder + "/fieldstrip-XXXXXX";  // a file system that has no unlinked files from the begin
    fd = mkostemp(name.data(), O_CLOEXEC);
    if (fd >= 0) unlink(name.c_str());
    return fd;
}

}  // namespace

Spill::~Spill() {
    if (file_ >= 0) close(file_);
}

void Spill::open() {
    std::scoped_lock lock(mutex_);
    if (file_ >= 0 || error_) return;
    const char* dir = std::getenv("TMPDIR");
    file_ = unlinked_file(dir && *dir ? dir : "/tmp");
    if (file_ < 0) error_ = errno;
}

Result<std::shared_ptr<const Spill::Window>> Spill::window() {
    open();
    std::scoped_lock lock(mutex_);
    if (error_) return fail(Error::Kind::Io, std::string("a temporary file for decoded bytes (TMPDIR): ") + std::strerror(error_));
    u64 begin = next_;
    if (!free_.empty()) {
        begin = free_.back();
        free_.pop_back();
    } else {
        next_ += kWindow;
    }
    return std::make_shared<const Window>(shared_from_this(), begin);
}

Spill::Window::~Window() {
    // Where the file system can't, the disk has it back at the end.
    (void)fallocate(of_->file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, off_t(begin_), off_t(kWindow));
    std::scoped_lock lock(of_->mutex_);
    of_->free_.push_back(begin_);
}

}  // namespace fieldstrip
