// Writes a folder: nothing outside of it is ever touched, whatever names an image holds. It appears under its name when it is complete.
#pragma once
#include "base/digest.h"
#include "base/rope.h"
#include "engine/open_folders.h"
#include "model/format.h"

namespace fieldstrip {

/// A file of a FolderSink that is being written, by any one thread. What is not done() is closed, and stays as far as it came.
class NewFile {
  public:
    /// `mode`: what the umask takes away and done() gives.
    NewFile(int fd, std::string path, std::optional<unsigned> mode = {}) : fd_(fd), path_(std::move(path)), mode_(mode) {}
    NewFile(NewFile&& o) noexcept : fd_(std::exchange(o.fd_, -1)), path_(std::move(o.path_)), mode_(o.mode_) {}
    NewFile& operator=(NewFile&&) = delete;
    ~NewFile();
    Result<void> write(ByteView);
    /// Gives it the blocks of another file of the host that has that size, where the file system can.
    bool shares_all_of(const std::string& other, u64 size);
    Result<void> done();

  private:
    int fd_;
    std::string path_;
    std::optional<unsigned> mode_;
};

/// Bytes that are copied, or only summed, piece by piece, by any one thread at a time.
class SummedCopy {
  public:
    /// `to`: nothing where they are only summed, or lie there already. `forgets`: pages of a mapping are given back behind it.
    SummedCopy(Buffer bytes, std::optional<NewFile> to, bool forgets = false)
        : bytes_(std::move(bytes)), to_(std::move(to)), forgets_(forgets) {}
    /// The next piece; false when nothing is left, or the first write failed.
    bool step();
    /// When nothing is left: the sha256 in hex, or why it could not be written.
    Result<std::string> digest();

  private:
    Buffer bytes_;
    std::optional<NewFile> to_;
    bool forgets_;
    Sha256 sum_;
    u64 at_ = 0;
    Result<void> done_;
};

class FolderSink {
  public:
    /// The folder must not be there, or be empty, unless it is to be replaced; it is made beside its place under another name. Error
    /// Unsupported, Io.
    static Result<FolderSink> create(const std::string& path, bool replace = false);
    FolderSink(FolderSink&&) noexcept;
    FolderSink& operator=(FolderSink&&) = delete;
    virtual ~FolderSink();  // what was not committed is removed

    /// `path` is relative, '/' between names that host_name() made; folders on the way are made. No link on the way is ever followed.
    /// Nothing is overwritten.
    Result<void> folder(const std::string& path);
    Result<void> file(const std::string& path, const Rope&);
    Result<void> file(const std::string& path, std::string_view text);
    Result<void> file(const std::string& path, const std::function<void(const Sink&)>& fill);
    /// To be written when there is time; 0644, whatever the umask is.
    Result<NewFile> begin_file(const std::string& path);

    /// What a name of an image met on the host: another spelling of it may be there ("README" where "readme" is the same), and not every
    /// host can make links. Virtual: a test has a host of its own.
    enum class Made {
        Yes,
        Taken,
        Unable
    };
    // The same for what lies in file systems: folders 0755, files 0644 or 0755, whatever the umask is.
    virtual Result<Made> new_folder(const std::string& path);
    /// `fill` delivers the bytes; a failure of it is its own business, what came before it stays.
    virtual Result<Made> new_file(const std::string& path, bool executable, const std::function<void(const Sink&)>& fill);
    virtual Result<Made> new_link(const std::string& path, const std::string& existing);
    virtual Result<Made> new_symlink(const std::string& path, const std::string& target);

    /// When it was written, in seconds.
    Result<void> date(const std::string& path, i64 time);
    /// A copy of a file of the host that has these bytes, sharing its blocks where the file system can.
    Result<SummedCopy> clone(const std::string& path, const std::string& of, const Buffer& bytes);
    /// Gives it its name. `replace`: a folder that is there goes, when the new one has taken its place.
    Result<void> commit(bool replace = false);
    /// Where it is until then, and the folder in which it shall have its name: all of the host that it needs.
    const std::string& temporary() const { return temporary_; }
    std::string above() const;

  private:
    FolderSink(std::string path, std::string temporary, int fd, bool masked)
        : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd), masked_(masked) {}
    Result<int> parent(const std::string& path, std::string& last);
    Result<int> open_new(const std::string& path);
    std::optional<unsigned> unmasked(unsigned mode) const { return masked_ ? std::optional(mode) : std::nullopt; }
    Result<int> place(const std::string& path, std::string& last);
    std::string path_, temporary_;
    int fd_;
    bool masked_;  // the process's umask takes away bits of the modes that files and folders shall have
    OpenFolders folders_;
};

}  // namespace fieldstrip
