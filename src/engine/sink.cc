#include "engine/sink.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>

#include "engine/names.h"

namespace fieldstrip {
namespace {

std::unexpected<Error> io(const std::string& what) { return fail(Error::Kind::Io, what + ": " + std::strerror(errno)); }

/// With all in it, and never through a link. The folder itself by rmdir: more may not be allowed where it lies.
std::error_code remove_folder(const std::string& path) {
    std::error_code error;
    for (std::filesystem::directory_iterator it(path, error), end; !error && it != end; it.increment(error)) {
        std::error_code of_one;
        std::filesystem::remove_all(it->path(), of_one);
        if (of_one) return of_one;
    }
    if (!error && rmdir(path.c_str())) error.assign(errno, std::generic_category());
    return error;
}

std::unexpected<Error> is_taken(const std::string& path) {
    return fail(Error::Kind::Unsupported, path + " is there and not empty: give another folder with -o");
}

/// Why a link could not be made: its name is taken, or the file system has no such links or names. All else is an error: a full disk is no
/// property of the host.
Result<FolderSink::Made> unmade(const std::string& path) {
    constexpr int kUnable[] = {EPERM, EOPNOTSUPP, ENOSYS, EMLINK, EXDEV, ENAMETOOLONG, EINVAL, EILSEQ};
    if (errno == EEXIST) return FolderSink::Made::Taken;
    if (std::find(std::begin(kUnable), std::end(kUnable), errno) != std::end(kUnable)) return FolderSink::Made::Unable;
    return io(path);
}

}  // namespace

NewFile::~NewFile() {
    if (fd_ >= 0) close(fd_);
}

Result<void> NewFile::write(ByteView v) {
    for (size_t at = 0; at < v.size();) {
        auto n = ::write(fd_, v.data() + at, v.size() - at);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return io(path_);
        at += size_t(n);
    }
    return {};
}

bool SummedCopy::step() {
    constexpr u64 kStep = 1 << 20;  // bytes that are summed and written while they are at hand
    const auto piece = bytes_.view().subspan(at_, std::min(kStep, bytes_.size() - at_));
    sum_.eat(piece);
    if (to_) done_ = to_->write(piece);
    if (forgets_ && bytes_.keeper()) bytes_.keeper()->forget(piece);
    at_ += piece.size();
    return done_ && at_ < bytes_.size();
}

Result<std::string> SummedCopy::digest() {
    if (!done_) return std::unexpected(done_.error());
    if (to_) TRY_VOID(to_->done());
    return sum_.hex();
}

bool NewFile::shares_all_of(const std::string& other, u64 size) {
    int from = other.empty() ? -1 : open(other.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat st{};
    bool cloned = from >= 0 && !fstat(from, &st) && u64(st.st_size) == size && !ioctl(fd_, FICLONE, from);
    if (from >= 0) close(from);
    return cloned;
}

Result<void> NewFile::done() {
    Result<void> done;
    if (mode_ && fchmod(fd_, *mode_)) done = io(path_);
    if (close(std::exchange(fd_, -1)) && done) done = io(path_);
    return done;
}

Result<FolderSink> FolderSink::create(const std::string& path, bool replace) {
    auto clean = path;
    while (clean.size() > 1 && clean.back() == '/') clean.pop_back();
    std::error_code unknown;
    if (auto there = std::filesystem::symlink_status(clean, unknown); !replace && exists(there))
        if (!is_directory(there) || !std::filesystem::is_empty(clean, unknown)) return is_taken(clean);
    for (unsigned i = 0; i < 1000; i++) {
        auto temporary = clean + ".part" + std::to_string(getpid()) + (i ? "-" + std::to_string(i) : "");
        if (mkdir(temporary.c_str(), 0755)) {
            if (errno == EEXIST) continue;
            return io(path);
        }
        const mode_t masked = umask(022);  // can only be asked for by setting it
        umask(masked);
        int fd = open(temporary.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
        if (fd < 0) {
            auto error = io(temporary);
            rmdir(temporary.c_str());
            return error;
        }
        return FolderSink(clean, temporary, fd, (masked & 0755) != 0);
    }
    return fail(Error::Kind::Io, path + ": too many unfinished folders lie beside it");
}

FolderSink::FolderSink(FolderSink&& o) noexcept
    : path_(std::move(o.path_)),
      temporary_(std::move(o.temporary_)),
      fd_(std::exchange(o.fd_, -1)),
      masked_(o.masked_),
      folders_(std::move(o.folders_)) {}

FolderSink::~FolderSink() {
    if (fd_ < 0) return;
    close(fd_);
    remove_folder(temporary_);
}

std::string FolderSink::above() const { return folder_of(path_); }

/// The folder that `path` lies in, made where it is missing.
Result<int> FolderSink::parent(const std::string& path, std::string& last) {
    auto slash = path.rfind('/');
    last = slash == path.npos ? path : path.substr(slash + 1);
    auto folder = std::string_view(path).substr(0, slash == path.npos ? 0 : slash);
    if (!folder.empty() && !stays_below(folder)) return fail(Error::Kind::Unsupported, "a name that leads out of the folder: " + path);
    int at = folders_.at(fd_, folder);
    return at < 0 ? Result<int>(io(path)) : at;
}

Result<void> FolderSink::folder(const std::string& path) {
    std::string last;
    int at = TRY(parent(path, last));
    if (mkdirat(at, last.c_str(), 0755) && errno != EEXIST) return io(path);
    return {};
}

/// The folder and the name in it of something that shall be made.
Result<int> FolderSink::place(const std::string& path, std::string& last) {
    int at = TRY(parent(path, last));
    if (last.empty() || last == "." || last == "..") return fail(Error::Kind::Unsupported, "a name that leads out of the folder: " + path);
    return at;
}

Result<int> FolderSink::open_new(const std::string& path) {
    std::string last;
    int at = TRY(place(path, last));
    int fd = openat(at, last.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) return io(path);
    return fd;
}

Result<NewFile> FolderSink::begin_file(const std::string& path) { return NewFile(TRY(open_new(path)), path, unmasked(0644)); }

Result<void> FolderSink::file(const std::string& path, const std::function<void(const Sink&)>& fill) {
    NewFile file(TRY(open_new(path)), path);
    Result<void> done;
    fill([&](ByteView v) {
        if (done) done = file.write(v);
        return done.has_value();
    });
    TRY_VOID(std::move(done));
    return file.done();
}

Result<void> FolderSink::file(const std::string& path, const Rope& rope) {
    return file(path, [&](const Sink& sink) { rope.each(sink); });
}

Result<void> FolderSink::file(const std::string& path, std::string_view text) {
    return file(path, [&](const Sink& sink) { sink(as_bytes(text)); });
}

Result<FolderSink::Made> FolderSink::new_folder(const std::string& path) {
    std::string last;
    int at = TRY(place(path, last));
    if (mkdirat(at, last.c_str(), 0755)) return errno == EEXIST ? Result<Made>(Made::Taken) : io(path);
    if (!masked_) return Made::Yes;
    int fd = openat(at, last.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) return io(path);
    Result<Made> made = Made::Yes;
    if (fchmod(fd, 0755)) made = io(path);
    close(fd);
    return made;
}

Result<FolderSink::Made> FolderSink::new_file(const std::string& path, bool executable, const std::function<void(const Sink&)>& fill) {
    std::string last;
    int at = TRY(place(path, last));
    mode_t mode = executable ? 0755 : 0644;
    int fd = openat(at, last.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (fd < 0) return errno == EEXIST ? Result<Made>(Made::Taken) : io(path);
    NewFile file(fd, path, unmasked(mode));
    Result<void> done;
    fill([&](ByteView v) {
        if (done) done = file.write(v);
        return done.has_value();
    });
    TRY_VOID(std::move(done));
    TRY_VOID(file.done());
    return Made::Yes;
}

Result<FolderSink::Made> FolderSink::new_link(const std::string& path, const std::string& existing) {
    std::string last, from;
    int there = dup(TRY(place(existing, from)));
    auto at = place(path, last);
    bool failed = !at || there < 0 || linkat(there, from.c_str(), *at, last.c_str(), 0);
    int error = errno;
    if (there >= 0) close(there);
    if (!at) return std::unexpected(at.error());
    if (!failed) return Made::Yes;
    errno = error;
    return unmade(path);
}

Result<FolderSink::Made> FolderSink::new_symlink(const std::string& path, const std::string& target) {
    std::string last;
    int at = TRY(place(path, last));
    if (target.empty() || target.find('\0') != target.npos) return Made::Unable;
    if (!symlinkat(target.c_str(), at, last.c_str())) return Made::Yes;
    return unmade(path);
}

Result<void> FolderSink::date(const std::string& path, i64 time) {
    std::string last;
    int at = TRY(place(path, last));
    timespec both[2] = {{time, 0}, {time, 0}};
    if (utimensat(at, last.c_str(), both, AT_SYMLINK_NOFOLLOW)) return io(path);
    return {};
}

Result<SummedCopy> FolderSink::clone(const std::string& path, const std::string& of, const Buffer& bytes) {
    NewFile file(TRY(open_new(path)), path);
    if (!file.shares_all_of(of, bytes.size())) return SummedCopy(bytes, std::move(file));
    TRY_VOID(file.done());
    return SummedCopy(bytes, {});
}

Result<void> FolderSink::commit(bool replace) {
    // The new one and the old one change places in one step: whatever happens, one of them has the name.
    if (replace && !renameat2(AT_FDCWD, temporary_.c_str(), AT_FDCWD, path_.c_str(), RENAME_EXCHANGE)) {
        close(std::exchange(fd_, -1));
        if (auto error = remove_folder(temporary_); error)
            return fail(Error::Kind::Io, temporary_ + ": the old folder, which lies here now, can't be removed: " + error.message());
        return {};
    }
    if (replace && errno != ENOENT && errno != EINVAL && errno != ENOSYS) return io(path_);
    std::string aside;
    if (replace && errno != ENOENT) {  // a file system that can't exchange
        aside = temporary_ + ".old";
        if (rename(path_.c_str(), aside.c_str())) return io(path_);
    }
    if (rename(temporary_.c_str(), path_.c_str())) {
        int error = errno;
        if (!aside.empty()) rename(aside.c_str(), path_.c_str());
        errno = error;
        if (errno == ENOTEMPTY || errno == EEXIST) return is_taken(path_);
        return io(path_);
    }
    close(std::exchange(fd_, -1));
    if (!aside.empty()) remove_folder(aside);
    return {};
}

}  // namespace fieldstrip
