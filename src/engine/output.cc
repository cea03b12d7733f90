#include "engine/output.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "engine/names.h"

namespace fieldstrip {
namespace {
std::unexpected<Error> io(const std::string& what) { return fail(Error::Kind::Io, what + ": " + std::strerror(errno)); }
/// What a look at a file gave: there, not there, or that nobody knows.
Result<bool> found(int looked, const std::string& path) {
    if (!looked) return true;
    if (errno == ENOENT || errno == ENOTDIR || errno == ENAMETOOLONG || errno == ELOOP) return false;
    return io(path);
}
const char* last_name(const std::string& path) { return path.c_str() + (path.rfind('/') + 1); }
}  // namespace

std::string Output::join(const std::string& folder, const std::string& name) {
    return folder == "." ? name : folder == "/" ? folder + name : folder + '/' + name;
}

Result<Output> Output::create(const std::string& path) {
    auto above = folder_of(path);
    struct stat there{};
    if (TRY(found(lstat(path.c_str(), &there), path)) && !S_ISREG(there.st_mode) && !S_ISLNK(there.st_mode))
        return fail(Error::Kind::Unsupported, path + " is there and no file: a new one would take its place");
    // It stays open: a name is given in this folder, wherever it may be moved.
    int folder = open(above.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 && errno == EACCES) folder = open(above.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) return io(path);
    int error = EEXIST;
    for (unsigned i = 0; i < 1000 && error == EEXIST; i++) {
        auto temporary = path + ".part" + std::to_string(getpid()) + (i ? "-" + std::to_string(i) : "");
        int fd = openat(folder, last_name(temporary), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
        if (fd >= 0) return Output(path, std::move(above), std::move(temporary), folder, fd);
        error = errno;
    }
    close(folder);
    if (error == EEXIST) return fail(Error::Kind::Io, path + ": too many unfinished files lie beside it");
    errno = error;
    return io(path);
}

Output::Output(Output&& o) noexcept
    : path_(std::move(o.path_)),
      above_(std::move(o.above_)),
      temporary_(std::move(o.temporary_)),
      folder_(std::exchange(o.folder_, -1)),
      fd_(std::exchange(o.fd_, -1)) {}
Output::~Output() {
    if (fd_ >= 0) close(fd_);
    if (folder_ < 0) return;
    if (!has_its_name_) unlinkat(folder_, last_name(temporary_), 0);
    close(folder_);
}

Result<void> Output::allow(unsigned mode) {
    if (fchmod(fd_, mode & 0777)) return io(path_);
    return {};
}

Result<void> Output::write(const Rope& rope) {
    bool good = true;
    rope.each([&](ByteView v) {
        for (size_t at = 0; good && at < v.size();) {
            auto n = ::write(fd_, v.data() + at, v.size() - at);
            if (n < 0 && errno == EINTR) continue;
            if (n < 0)
                good = false;
            else
                at += size_t(n);
        }
    });
    if (!good) return io(path_);
    return {};
}

Result<void> Output::commit() {
    if (fsync(fd_)) return io(path_);
    if (close(std::exchange(fd_, -1))) return io(path_);
    if (renameat(folder_, last_name(temporary_), folder_, last_name(path_))) return io(path_);
    has_its_name_ = true;
    fsync(folder_);
    return {};
}

Result<bool> same_file(const std::string& a, const std::string& b) {
    struct stat x{}, y{};
    return TRY(found(stat(a.c_str(), &x), a)) && TRY(found(stat(b.c_str(), &y), b)) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
Result<bool> file_exists(const std::string& path) {
    struct stat st{};
    return found(lstat(path.c_str(), &st), path);
}

}  // namespace fieldstrip
