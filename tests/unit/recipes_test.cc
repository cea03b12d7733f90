// How things were made is found once each, whoever is asked first: who expects it or who wants it.
#include "engine/recipes.h"

#include <gtest/gtest.h>

namespace fieldstrip {
namespace {

/// Something coded that counts how often it is asked.
struct Asked {
    std::atomic<int> early = 0, settled = 0, in_full = 0;
    bool knows_early = true, holds = true;
};

class Content final : public Coded {
  public:
    explicit Content(Asked& asked) : asked_(asked) {}
    Result<void> verify(const CheckSink&, Context&) const override { return {}; }
    Result<Lost> decode(size_t, const Sink&, const CheckSink&, Context&) const override { return Lost{}; }
    Result<Recipe> recipe(Context&) const override { return asked_.in_full++, by("all of it"); }
    Result<Recipe> early_recipe(Context& cx) const override {
        asked_.early++;
        if (!asked_.knows_early) TRY_VOID(cx.spend(&Limits::decoded, cx.limits.decoded + 1));
        return by("its beginning");
    }
    Result<void> settle(Recipe& r, Context&) const override {
        asked_.settled++;
        if (!asked_.holds) r.set("exact", std::string("no"));
        return {};
    }

  private:
    static Recipe by(const char* what) {
        Recipe r;
        r.set("by", std::string(what));
        return r;
    }
    Asked& asked_;
};

std::shared_ptr<const Item> item_of(Asked& asked) {
    Item item;
    item.inside = std::make_unique<Content>(asked);
    return std::make_shared<const Item>(std::move(item));
}

struct Finding {
    Context cx{{}, 2};
    Aside aside{cx.pool};
    RecipeFinder finder{aside, cx};
};

TEST(Recipes, WhatIsExpectedAndWantedIsFoundOnce) {
    Finding f;
    std::vector<Asked> all(40);
    for (size_t i = 0; i < all.size(); i++) f.finder.expect(item_of(all[i]), std::to_string(i), 1000);
    for (size_t i = 0; i < all.size(); i++) f.finder.ask(item_of(all[i]), std::to_string(i), 1);
    f.finder.finish();
    for (size_t i = 0; i < all.size(); i++) {
        auto found = f.finder.take(std::to_string(i));
        ASSERT_TRUE(found) << i;
        EXPECT_EQ(found->text("by"), "its beginning");
        EXPECT_EQ(all[i].early, 1);
        EXPECT_EQ(all[i].settled, 1);
        EXPECT_EQ(all[i].in_full, 0);
        EXPECT_FALSE(f.finder.take(std::to_string(i)));
    }
}

TEST(Recipes, WhatIsExpectedAndNotWantedHasNone) {
    Finding f;
    Asked damaged;
    f.finder.expect(item_of(damaged), "here", 1);
    f.finder.finish();
    EXPECT_FALSE(f.finder.take("here"));
}

TEST(Recipes, WhatDoesNotHoldIsNotExact) {
    Finding f;
    Asked asked;
    asked.holds = false;
    f.finder.expect(item_of(asked), "here", 1);
    f.finder.ask(item_of(asked), "here", 1);
    f.finder.finish();
    auto found = f.finder.take("here");
    ASSERT_TRUE(found);
    EXPECT_EQ(found->text("exact"), "no");
}

TEST(Recipes, WhatIsNotFoundEarlyIsFoundInFull) {
    Finding f;
    Asked large, greedy, unexpected;
    greedy.knows_early = false;
    f.finder.expect(item_of(large), "large", u64{1} << 40);  // more than is held for it
    f.finder.expect(item_of(greedy), "greedy", 1);
    f.finder.ask(item_of(large), "large", 1);
    f.finder.ask(item_of(greedy), "greedy", 1);
    f.finder.ask(item_of(unexpected), "unexpected", 1);
    f.finder.finish();
    for (auto* place : {"large", "greedy", "unexpected"}) {
        auto found = f.finder.take(place);
        ASSERT_TRUE(found) << place;
        EXPECT_EQ(found->text("by"), "all of it") << place;
    }
    EXPECT_EQ(large.early, 0);
}

TEST(Recipes, OneThreadExpectsNothing) {
    Context cx;
    Aside aside(cx.pool);
    RecipeFinder finder(aside, cx);
    Asked asked;
    finder.expect(item_of(asked), "here", 1);
    EXPECT_EQ(asked.early, 0);
    finder.ask(item_of(asked), "here", 1);
    finder.finish();
    EXPECT_EQ(finder.take("here")->text("by"), "all of it");
}

}  // namespace
}  // namespace fieldstrip
