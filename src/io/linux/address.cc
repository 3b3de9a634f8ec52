#include "io/linux/address.h"

#include <arpa/inet.h>
#include <fmt/core.h>
#include <netdb.h>
#include <netinet/in.h>

#include <algorithm>
#include <cstring>
#include <memory>

namespace polylog::io {

namespace {

using base::Result;

std::string digits(int family, const void* bytes) {
    char text[INET6_ADDRSTRLEN];
    return ::inet_ntop(family, bytes, text, sizeof text) ? text : "";
}

std::string ipv6_host(const sockaddr_in6& address) {
    const in6_addr& bytes = address.sin6_addr;
    if (IN6_IS_ADDR_V4MAPPED(&bytes)) return digits(AF_INET, &bytes.s6_addr[12]);
    return digits(AF_INET6, &bytes);
}

Result<std::vector<Address>> look_up(const Endpoint& endpoint, int flags) {
    addrinfo hints{};
    hints.ai_flags = flags | AI_NUMERICSERV;
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    const char* host = endpoint.host.empty() ? nullptr : endpoint.host.c_str();
    const std::string port = std::to_string(endpoint.port);
    addrinfo* found = nullptr;
    const int answer = ::getaddrinfo(host, port.c_str(), &hints, &found);
    if (answer != 0) {
        return base::fail(base::ErrorCode::io_failed,
                          fmt::format("look up {}: {}", endpoint.host, ::gai_strerror(answer)));
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, &::freeaddrinfo);
    std::vector<Address> addresses;
    for (const addrinfo* each = found; each; each = each->ai_next) {
        Address& address = addresses.emplace_back();
        std::memcpy(&address.storage, each->ai_addr, each->ai_addrlen);
        address.size_bytes = each->ai_addrlen;
    }
    return addresses;
}

}  // namespace

Endpoint to_endpoint(const Address& address) {
    if (address.family() == AF_INET) {
        const auto& ipv4 = reinterpret_cast<const sockaddr_in&>(address.storage);
        return {digits(AF_INET, &ipv4.sin_addr), ntohs(ipv4.sin_port)};
    }
    const auto& ipv6 = reinterpret_cast<const sockaddr_in6&>(address.storage);
    return {ipv6_host(ipv6), ntohs(ipv6.sin6_port)};
}

Endpoint local_endpoint(int socket_fd) {
    Address address;
    if (::getsockname(socket_fd, address.get(), &address.size_bytes) != 0) return {};
    return to_endpoint(address);
}

bool needs_lookup(const Endpoint& endpoint) {
    if (endpoint.host.empty()) return false;
    in6_addr bytes;
    return ::inet_pton(AF_INET, endpoint.host.c_str(), &bytes) != 1 &&
           ::inet_pton(AF_INET6, endpoint.host.c_str(), &bytes) != 1;
}

Result<std::vector<Address>> addresses_to_listen_on(const Endpoint& endpoint) {
    TRY(auto addresses, look_up(endpoint, AI_PASSIVE));
    // An IPv6 socket for every local address takes IPv4 connections too.
    const int family = endpoint.host.empty() ? AF_INET6 : AF_INET;
    const auto first = std::ranges::find(addresses, family, &Address::family);
    if (first != addresses.end()) std::rotate(addresses.begin(), first, first + 1);
    return addresses;
}

Result<std::vector<Address>> addresses_to_connect_to(const Endpoint& endpoint) {
    return look_up(endpoint, AI_ADDRCONFIG);
}

}  // namespace polylog::io
