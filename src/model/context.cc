#include "model/context.h"

namespace fieldstrip {

bool Context::has(u64 Limits::* which, u64 n) const {
    const u64 spent = which == &Limits::nodes ? nodes_ : decoded_, most = limits.*which;
    return spent <= most && n <= most - spent;
}

Result<void> Context::spend(u64 Limits::* which, u64 n) {
    bool is_nodes = which == &Limits::nodes;
    auto& used = is_nodes ? nodes_ : decoded_;
    if (is_stopped()) return limit("cancelled");
    if (!is_nodes) progress.done += n;
    if ((used += n) > limits.*which) return limit(is_nodes ? "nodes" : "decoded");
    if (limits.seconds && std::chrono::steady_clock::now() - start_ > std::chrono::seconds(limits.seconds)) return limit("seconds");
    return {};
}

std::unexpected<Error> Context::limit(std::string_view name, Extent where) {
    complete_ = false;
    static constexpr const char* kNames[] = {"depth", "nodes", "decoded", "memory", "seconds", "cancelled"};
    for (auto* known : kNames) {
        const char* none = nullptr;
        if (name == known) first_.compare_exchange_strong(none, known);
    }
    return fail(Error::Kind::Limit, "stopped at the limit " + std::string(name) + ": --limit " + std::string(name) + "=… raises it", where);
}

Result<void> Context::undisturbed() const {
    if (alarm && alarm->bytes_lost)
        return fail(Error::Kind::Io, "a file became shorter while it was read: what was read of it is not what it held");
    if (alarm && alarm->signal) return fail(Error::Kind::Limit, "interrupted: nothing was written");
    std::scoped_lock lock(fault_mutex_);
    if (fault_) return std::unexpected(*fault_);
    return {};
}

void Context::fault(const Error& e) {
    std::scoped_lock lock(fault_mutex_);
    if (!fault_) fault_ = e;
}

std::string Context::stopped_by() const {
    auto* name = first_.load();
    return name ? name : "";
}

}  // namespace fieldstrip
