// The folders on the way to the one that was used last, kept open: to a neighbour it is a step, and not the way from the top.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace fieldstrip {

class OpenFolders {
  public:
    OpenFolders() = default;
    OpenFolders(OpenFolders&&) noexcept = default;
    OpenFolders& operator=(OpenFolders&&) = delete;
    ~OpenFolders();

    /// The folder `path` below `top`, which is the same each time; "" is `top`. Names with '/' between them, none of which leads upwards.
    /// Those on the way that are missing are made, 0755 as the umask lets it. No link is ever followed. It stays open until the next call,
    /// and names only what lies in it can be opened and made by. -1: errno says why.
    int at(int top, std::string_view path);

  private:
    struct Open {
        size_t end;  // of its path in path_
        int folder;
    };
    void leave();
    std::string path_;
    std::vector<Open> open_;  // each lies in the one before it
};

}  // namespace fieldstrip
