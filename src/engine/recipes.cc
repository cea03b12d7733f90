#include "engine/recipes.h"

#include "model/in_order.h"

namespace fieldstrip {

template <class What>
void RecipeFinder::find(std::shared_ptr<const Item> item, const What* inside, const std::string& place, u64 held, Aside::Turn turn) {
    auto job = [this, item = std::move(item), inside, place] {
        // What is damaged may have none: then it can't be made again, but is taken apart as far as it goes.
        if (auto recipe = inside->recipe(cx_)) {
            std::scoped_lock lock(mutex_);
            found_[place] = *std::move(recipe);
        }
    };
    aside_.add(std::move(job), held, turn);
}

void RecipeFinder::begin(std::shared_ptr<const Item> item, const std::string& place, u64 held, Aside::Turn turn) {
    auto* files = item->files();
    if (begun_.insert(place).second) find(std::move(item), files, place, held, turn);
}

void RecipeFinder::expect(std::shared_ptr<const Item> item, const std::string& place, u64 held, Aside::Turn turn) {
    const unsigned others = cx_.pool.threads() - 1;
    const u64 most = ahead_budget(cx_) / 2;  // of all that are expected
    {
        std::scoped_lock lock(mutex_);
        if (!others || held > most - held_ || !trials_.try_emplace(place, Trial{.item = std::move(item), .held = held}).second) return;
        held_ += held;
        waiting_.push_back(place);
        if (trying_ == others) return;
        trying_++;
    }
    auto job = [this] {
        try_all();
        std::scoped_lock lock(mutex_);
        trying_--;
    };
    aside_.add(job, 0, turn);  // what they hold is counted here
}

void RecipeFinder::try_all() {
    for (;;) {
        std::string place;
        std::shared_ptr<const Item> item;
        {
            std::scoped_lock lock(mutex_);
            if (waiting_.empty()) return;
            place = std::move(waiting_.front());
            waiting_.pop_front();
            item = trials_.at(place).item;
        }
        // Whether its content is whole is not known yet: what is spent for it must not be missing there.
        Context own({.decoded = std::min(cx_.limits.decoded, kTried), .memory = cx_.limits.memory}, 1, cx_.alarm);
        auto recipe = item->coded()->early_recipe(own);
        std::unique_lock lock(mutex_);
        auto trial = trials_.find(place);
        trial->second.tried = true;
        if (recipe && own.complete()) trial->second.recipe = *std::move(recipe);
        if (!trial->second.asked) continue;
        auto one = trials_.extract(trial);
        lock.unlock();
        conclude(std::move(one.mapped()), place);
    }
}

void RecipeFinder::ask(std::shared_ptr<const Item> item, const std::string& place, u64 held) {
    std::unique_lock lock(mutex_);
    auto trial = trials_.find(place);
    if (trial != trials_.end() && !trial->second.tried) {
        trial->second.asked = true;
        return;
    }
    if (trial == trials_.end()) {
        lock.unlock();
        auto* coded = item->coded();
        return find(std::move(item), coded, place, held);
    }
    auto one = trials_.extract(trial);
    lock.unlock();
    conclude(std::move(one.mapped()), place);
}

/// Of one that was tried and asked for.
void RecipeFinder::conclude(Trial trial, const std::string& place) {
    auto* coded = trial.item->coded();
    const bool settled = trial.recipe && coded->settle(*trial.recipe, cx_);
    {
        std::scoped_lock lock(mutex_);
        held_ -= trial.held;
        if (settled) found_[place] = *std::move(trial.recipe);
    }
    if (!settled) find(std::move(trial.item), coded, place, trial.held);
}

void RecipeFinder::finish() {
    try_all();
    aside_.wait();
}

std::optional<Recipe> RecipeFinder::take(const std::string& place) {
    auto found = found_.extract(place);
    return found ? std::optional(std::move(found.mapped())) : std::nullopt;
}

}  // namespace fieldstrip
