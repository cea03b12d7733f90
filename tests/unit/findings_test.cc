// docs/findings.md is what the formats declare: no more, no less. FIELDSTRIP_WRITE=1 writes it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

#include "engine/registry.h"
#include "engine/tree.h"

namespace fieldstrip {
namespace {

std::string line(std::string_view code, const FindingKind& k) {
    auto severity = k.severity == Severity::Note ? "note" : k.severity == Severity::Warning ? "warning" : "error";
    return "| `" + std::string(code) + "` | " + severity + " | " + std::string(k.meaning) + " |\n";
}

TEST(Findings, AreDocumented) {
    std::string text =
        "# Findings\n\nSomething worth saying that does not stop the work. Generated from the sources by a test; `FORMAT` stands for the "
        "id of any format.\n\n| code | severity | meaning |\n| --- | --- | --- |\n";
    for (auto* k : findings::of_engine) text += line("FORMAT." + std::string(k->code), *k);
    text +=
        "| `room.crosses-block` | warning | In a plan: a region grows beyond the 64 KiB block in which it ended; a partition may begin "
        "behind it. |\n";
    for (auto* f : registry())
        for (auto& k : f->findings) text += line(std::string(f->id) + "." + std::string(k.code), k);
    std::string path = SOURCE_DIR "/docs/findings.md";
    if (std::getenv("FIELDSTRIP_WRITE")) std::ofstream(path) << text;
    std::ifstream in(path);
    EXPECT_EQ(std::string(std::istreambuf_iterator<char>(in), {}), text) << "run the test with FIELDSTRIP_WRITE=1";
}

}  // namespace
}  // namespace fieldstrip
