// What work may cost, and whether it should go on. Passed to whatever may take long; never global.
#pragma once
#include <atomic>
#include <chrono>

#include "base/pool.h"
#include "base/spill.h"

namespace fieldstrip {

struct Limits {
    u64 depth = 16;               // spaces inside of spaces
    u64 nodes = u64{1} << 20;     // regions and entries, all together
    u64 decoded = u64{1} << 30;   // bytes out of decoders, all together: what a bomb is stopped by
    u64 memory = u64{384} << 20;  // held at a time; decoded bytes beyond a part of it go to an unlinked file
    u64 seconds = 0;              // 0: as long as it takes
};

/// What reaches the process from outside while it works; set by handlers of signals, of which there is one set a process.
struct Alarm {
    std::atomic<int> signal = 0;           // that asked for an end; 0: none
    std::atomic<bool> bytes_lost = false;  // a mapped file became shorter: zeros were read in the place of what is gone
};

/// How far long work is, for whoever shows it.
struct Progress {
    std::atomic<const char*> what = "";
    std::atomic<u64> done = 0, total = 0;
};

class Context {
  public:
    explicit Context(Limits l = {}, unsigned threads = 1, const Alarm* a = nullptr) : limits(l), alarm(a), pool(threads) {}
    Limits limits;
    const Alarm* alarm = nullptr;  // null: nobody listens
    Progress progress;
    Pool pool;
    /// Where decoded bytes go that memory has no room for; outlives the Context, as they may.
    std::shared_ptr<Spill> spill = std::make_shared<Spill>();
    /// Bytes of decoded contents held in memory now; outlives it too.
    std::shared_ptr<std::atomic<u64>> held = std::make_shared<std::atomic<u64>>(0);

    /// Takes n from a limit (`nodes` or `decoded`), from any thread. Decoders call it per block, listers per entry: it is where cancelling
    /// is seen too.
    Result<void> spend(u64 Limits::* which, u64 n);
    /// Whether so much is left of it: who has made something ahead falls back where it is not, so that work ends where it would have ended.
    bool has(u64 Limits::* which, u64 n) const;
    /// Whether an end was asked for.
    bool is_stopped() const { return alarm && (alarm->signal || alarm->bytes_lost); }
    /// Notes that the host could not do what the work needs (a full disk): what is shown may be wrong for it.
    void fault(const Error&);
    /// Error Io or Limit where something from outside spoiled the work: nothing of it may be kept. To be asked before a result gets its
    /// name.
    Result<void> undisturbed() const;
    /// Notes that something was left out because of a limit, and gives the error that says so.
    std::unexpected<Error> limit(std::string_view name, Extent where = {});
    bool complete() const { return complete_; }  // else exit code 4 and "complete": false
    /// The limit that was met first.
    std::string stopped_by() const;

  private:
    std::atomic<u64> nodes_ = 0, decoded_ = 0;
    std::atomic<bool> complete_ = true;
    std::atomic<const char*> first_ = nullptr;
    mutable std::mutex fault_mutex_;
    std::optional<Error> fault_;
    std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace fieldstrip
