// Parts of a long array that are written side by side.
#include "base/json.h"

#include <gtest/gtest.h>

namespace fieldstrip {
namespace {

TEST(Json, PartsMakeWhatOneWriterMakes) {
    for (size_t members : {size_t{3}, size_t{20'000}}) {  // few, and more than is held back
        std::string one, parts;
        auto to = [](std::string& out) { return [&out](std::string_view s) { out += s; }; };
        {
            JsonWriter j(to(one), true);
            j.array();
            for (size_t i = 0; i < 2 * members; i++) j.number(u64{i});
            j.end();
        }
        {
            JsonWriter j(to(parts), true);
            j.array();
            for (size_t half : {0, 1}) {
                auto part = j.part();
                for (size_t i = 0; i < members; i++) part->number(u64{half * members + i});
                j.append(part->take());
            }
            j.end();
        }
        EXPECT_EQ(one, parts) << members;
    }
}

TEST(Json, APartThatIsNotTakenGoes) {
    std::string out;
    JsonWriter j([&](std::string_view s) { out += s; }, true);
    j.array();
    j.part()->text("lost");  // as where there was no memory for the rest of it
    j.end().flush();
    EXPECT_EQ(out, "[]");
}

}  // namespace
}  // namespace fieldstrip
