// A host that does not tell "README" from "readme", by a double of the sink: what an image holds is all there, under other spellings, and
// comes back.
#include <cctype>
#include <filesystem>

#include "engine/extractor.h"
#include "engine/folder.h"
#include "engine/sink.h"
#include "tests/laws/samples.h"

namespace fieldstrip::laws {
namespace {

/// As ext4 with casefold, NTFS, APFS: a name is taken when another spelling of it is there.
class CaselessSink final : public FolderSink {
  public:
    explicit CaselessSink(FolderSink&& s) : FolderSink(std::move(s)) {}
    Result<Made> new_folder(const std::string& path) override {
        return if_free(path, [&] { return FolderSink::new_folder(path); });
    }
    Result<Made> new_file(const std::string& path, bool executable, const std::function<void(const Sink&)>& fill) override {
        return if_free(path, [&] { return FolderSink::new_file(path, executable, fill); });
    }
    Result<Made> new_link(const std::string& path, const std::string& existing) override {
        return if_free(path, [&] { return FolderSink::new_link(path, existing); });
    }
    Result<Made> new_symlink(const std::string& path, const std::string& target) override {
        return if_free(path, [&] { return FolderSink::new_symlink(path, target); });
    }

  private:
    Result<Made> if_free(std::string path, auto&& make) {
        for (auto& c : path) c = char(std::tolower(u8(c)));
        if (!names_.insert(path).second) return Made::Taken;
        return make();
    }
    std::set<std::string> names_;
};

/// A newc archive by hand: name, mode, content.
Bytes archive(const std::vector<std::tuple<std::string, u32, std::string>>& members) {
    std::string out;
    auto add = [&](const std::string& name, u32 mode, const std::string& content) {
        char head[111];
        std::snprintf(head, sizeof head, "070701%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X%08X", unsigned(out.size() / 4), mode, 0u,
                      0u, 1u, 1528268827u, unsigned(content.size()), 0u, 0u, 0u, 0u, unsigned(name.size() + 1), 0u);
        out += head + name + '\0';
        out.resize(out.size() + gap_to(out.size(), 4));
        out += content;
        out.resize(out.size() + gap_to(out.size(), 4));
    };
    for (auto& [name, mode, content] : members) add(name, mode, content);
    add("TRAILER!!!", 0, "");
    auto v = as_bytes(out);
    return {v.begin(), v.end()};
}

TEST(Hosts, CaselessNames) {
    auto image = archive({{"README", 0100644, "upper\n"},
                          {"readme", 0100644, "lower\n"},
                          {"ReadMe", 0100755, "mixed\n"},
                          {"etc", 040755, ""},
                          {"ETC", 040750, ""},
                          {"etc/a", 0100644, "a in etc\n"},
                          {"ETC/A", 0100644, "A in ETC\n"},
                          {"ETC/a", 0100644, "a in ETC\n"},
                          {"link", 0120777, "README"},
                          {"LINK", 0120777, "readme"}});
    Context cx;
    auto root = open_image(Buffer::own(Bytes(image)));
    auto dir = testing::TempDir() + "fieldstrip-caseless";
    std::filesystem::remove_all(dir);
    auto real = FolderSink::create(dir);
    ASSERT_TRUE(real.has_value());
    CaselessSink sink(*std::move(real));
    auto done = extract_to(sink, *root, *root, {.folder = dir, .image_name = "caseless"}, cx);
    ASSERT_TRUE(done.has_value()) << done.error().message;
    EXPECT_TRUE(done->not_whole.empty());
    std::set<std::string> names;
    for (auto& e : std::filesystem::recursive_directory_iterator(dir + "/00000000.cpio.in")) {
        auto name = e.path().string();
        for (auto& c : name) c = char(std::tolower(u8(c)));
        EXPECT_TRUE(names.insert(name).second) << e.path();
    }
    EXPECT_EQ(names.size(), 10u);
    EXPECT_EQ(Sample::read(dir + "/00000000.cpio.in/README").size(), 6u);

    auto folder = Folder::open(dir, cx);
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    EXPECT_TRUE(folder->changes().empty());
    std::vector<std::string> warnings;
    auto made = remake(*folder, false, warnings, cx);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    EXPECT_TRUE(equal(made->joined().view(), image));

    // A change of the one that has another spelling changes that one.
    auto spelled = dir + "/00000000.cpio.in/%72eadme";
    ASSERT_TRUE(std::filesystem::exists(spelled));
    std::ofstream(spelled) << "other\n";
    folder = Folder::open(dir, cx);
    ASSERT_TRUE(folder.has_value()) << folder.error().message;
    made = remake(*folder, false, warnings, cx);
    ASSERT_TRUE(made.has_value()) << made.error().message;
    auto text = std::string(as_text(made->joined().view()));
    auto expected = std::string(as_text(image));
    expected.replace(expected.find("lower"), 5, "other");
    EXPECT_EQ(text, expected);
    std::filesystem::remove_all(dir);
}

}  // namespace
}  // namespace fieldstrip::laws
