// Threads that work at one time, each on a processor of its own. The kernel does not always see to it: in a virtual machine it takes an
// idle processor for one that is lent to others, begins a thread where the one that made it runs, wakes it where the one that wakes it
// runs, and leaves them there for milliseconds.
#pragma once

#include <condition_variable>
#include <mutex>

namespace fieldstrip {

/// The calling thread works from now on, until it waits or ends. Where another one works on the same processor, though there are enough for
/// all, it leaves for another. Costs nothing where there is nothing to be done.
void work_apart();

/// Behind the begin of a thread that works apart: if it was put where the caller runs it can leave now, and not when the caller's time is
/// up.
void let_begin();

/// The calling thread waits, for as long as this lives: it will be woken where nobody works.
class Waiting {
  public:
    Waiting();
    ~Waiting();
    Waiting(const Waiting&) = delete;
    Waiting& operator=(const Waiting&) = delete;

  private:
    bool bound_;
};

/// Waits on what wakes until done() is true, which is asked with the lock held; where it is at once, nobody is moved.
void wait_apart(std::condition_variable& wakes, std::unique_lock<std::mutex>& lock, auto done) {
    if (done()) return;
    Waiting w;
    do wakes.wait(lock);
    while (!done());
}

}  // namespace fieldstrip
