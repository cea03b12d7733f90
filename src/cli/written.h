// A file that a command makes, or standard output in its place.
#pragma once
#include "cli/result.h"

namespace fieldstrip::cli {

class Written {
  public:
    /// "": not asked for; "-": standard output.
    explicit Written(std::string name) : name_(std::move(name)) {}
    const std::string& name() const { return name_; }
    bool is_asked() const { return !name_.empty(); }
    bool is_printed() const { return name_ == "-"; }
    bool is_file() const { return is_asked() && !is_printed(); }
    /// Beside where it shall be; before the sandbox is entered.
    Result<void> create();
    /// All of it, and its name.
    Result<void> write(const std::string& text);
    const std::optional<Output>& output() const { return out_; }

  private:
    std::string name_;
    std::optional<Output> out_;
};

/// What several need of the host.
Grants grants_for(std::initializer_list<const Written*>);

}  // namespace fieldstrip::cli
