// Finds how things were made while they are taken apart: it may be encoded a few times for that.
#pragma once
#include <map>
#include <set>

#include "base/aside.h"
#include "model/format.h"

namespace fieldstrip {

/// A place names what is to be made; all but finish() and take() may be called while jobs run, by one thread.
class RecipeFinder {
  public:
    /// The Aside must outlive all jobs, and its jobs must be over before this ends.
    RecipeFinder(Aside& aside, Context& cx) : aside_(aside), cx_(cx) {}

    // `held`: bytes that are in memory for it.
    /// Of a file system; once.
    void begin(std::shared_ptr<const Item>, const std::string& place, u64 held, Aside::Turn = Aside::Turn::Usual);
    /// Of what is coded, which is asked for later if its content is whole: begun now, where others have nothing to do.
    void expect(std::shared_ptr<const Item>, const std::string& place, u64 held, Aside::Turn = Aside::Turn::Usual);
    /// Of what is coded and whole.
    void ask(std::shared_ptr<const Item>, const std::string& place, u64 held);
    /// Waits for all that were begun or asked for.
    void finish();
    /// Nothing where there is none.
    std::optional<Recipe> take(const std::string& place);

  private:
    /// Of an expected one.
    struct Trial {
        std::shared_ptr<const Item> item;
        u64 held = 0;
        bool tried = false, asked = false;
        std::optional<Recipe> recipe = {};  // that was found
    };
    template <class What>
    void find(std::shared_ptr<const Item>, const What*, const std::string& place, u64 held, Aside::Turn = Aside::Turn::Usual);
    void try_all();
    void conclude(Trial, const std::string& place);

    static constexpr u64 kTried = u64{64} << 20;  // decoded for a recipe that may not be asked for
    Aside& aside_;
    Context& cx_;
    std::mutex mutex_;
    std::set<std::string> begun_;
    std::map<std::string, Trial> trials_;
    std::deque<std::string> waiting_;  // of these, in their order
    u64 held_ = 0;
    unsigned trying_ = 0;  // jobs that take from there
    std::map<std::string, Recipe> found_;
};

}  // namespace fieldstrip
