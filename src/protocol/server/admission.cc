#include "protocol/server/admission.h"

#include <algorithm>
#include <chrono>

namespace polylog::server {

using io::Task;

std::string_view to_string(Refusal refusal) {
    switch (refusal) {
    case Refusal::connections: return "connections";
    case Refusal::address: return "address";
    case Refusal::rate: return "rate";
    case Refusal::memory: return "memory";
    }
    return "";
}

Task<std::optional<Refusal>> Admission::admit(std::string host) {
    return io::call(home_, [this, host = std::move(host)] { return io::ready(admit_here(host)); });
}

void Admission::release(std::string host) {
    if (&io::Shard::current() == &home_) return release_here(host);
    home_.post([this, host = std::move(host)] { release_here(host); });
}

std::optional<Refusal> Admission::admit_here(const std::string& host) {
    if (memory_.stage() >= base::MemoryStage::refuse) return Refusal::memory;
    if (open_ >= limits_.connections_max) return Refusal::connections;
    Address& address = refilled(host);
    if (address.open >= limits_.connections_per_ip_max) return Refusal::address;
    if (address.allowance < 1) return Refusal::rate;
    address.allowance -= 1;
    ++address.open;
    ++open_;
    return std::nullopt;
}

void Admission::release_here(const std::string& host) {
    --addresses_.find(host)->second.open;
    --open_;
}

Admission::Address& Admission::refilled(const std::string& host) {
    const base::MonoTime now = home_.now();
    const auto full = static_cast<double>(
        std::max(limits_.connections_per_ip_max, limits_.connections_per_ip_max_per_second));
    if (addresses_.size() > limits_.connections_max) forget_quiet_addresses();
    const auto [place, is_new] = addresses_.try_emplace(host, Address{.allowance = full,
                                                                      .updated_at = now});
    Address& address = place->second;
    const double seconds = std::chrono::duration<double>(now - address.updated_at).count();
    address.allowance = std::min(full, address.allowance +
                                           seconds * limits_.connections_per_ip_max_per_second);
    address.updated_at = now;
    return address;
}

// Keeps the table within the number of connections; those that come back begin anew.
void Admission::forget_quiet_addresses() {
    std::erase_if(addresses_, [](const auto& entry) { return entry.second.open == 0; });
}

}  // namespace polylog::server
