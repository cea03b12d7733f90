// Writing an image: complete, proven and synced under another name first; then it gets its own, or is gone.
#pragma once
#include "base/rope.h"

namespace fieldstrip {

/// A file in the making, beside where it shall be. Gone when it is not committed.
class Output {
  public:
    /// Error Io with the system's reason.
    static Result<Output> create(const std::string& path);
    Output(Output&&) noexcept;
    Output& operator=(Output&&) = delete;
    ~Output();
    Result<void> write(const Rope&);
    /// Where it is until then, and the folder in which it shall have its name.
    const std::string& temporary() const { return temporary_; }
    const std::string& above() const { return above_; }
    /// Another name in the same folder, for who learns it late.
    void call(const std::string& name) { path_ = join(above_, name); }
    /// The permission bits of a file that it shall take the place of.
    Result<void> allow(unsigned mode);
    /// Syncs, and renames over what may be there.
    Result<void> commit();

  private:
    Output(std::string path, std::string above, std::string temporary, int folder, int fd)
        : path_(std::move(path)), above_(std::move(above)), temporary_(std::move(temporary)), folder_(folder), fd_(fd) {}
    static std::string join(const std::string& folder, const std::string& name);
    std::string path_, above_, temporary_;
    int folder_, fd_;
    bool has_its_name_ = false;
};

/// Whether both names are one file; whether there is something of that name. Error Io where neither can be said: what can't be looked at is
/// not missing.
Result<bool> same_file(const std::string& a, const std::string& b);
Result<bool> file_exists(const std::string&);

}  // namespace fieldstrip
