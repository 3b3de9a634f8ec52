#include "cmd/port_check.h"

#include <dirent.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string_view>

#include "io/linux/address.h"
#include "io/linux/file_descriptor.h"

namespace polylog::cmd {

namespace {

struct CloseDirectory {
    void operator()(DIR* directory) const { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDirectory>;

struct CloseFile {
    void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// The inode of the socket that listens on a port, from the kernel's table (proc(5)); 0 = none.
uint64_t listening_inode(const char* table, uint16_t port) {
    constexpr unsigned kListen = 0x0A;  // TCP_LISTEN of the kernel's state column
    const File file(std::fopen(table, "re"));
    if (!file) return 0;
    std::array<char, 512> line;
    while (std::fgets(line.data(), line.size(), file.get())) {
        unsigned local_port = 0, state = 0;
        unsigned long long inode = 0;
        if (std::sscanf(line.data(),
                        " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x %*s %*s %*s %*s %*s %llu",
                        &local_port, &state, &inode) == 3 &&
            local_port == port && state == kListen) {
            return inode;
        }
    }
    return 0;
}

bool holds_socket(std::string_view pid, const std::string& socket) {
    const std::string path = fmt::format("/proc/{}/fd", pid);
    const Directory descriptors(::opendir(path.c_str()));
    if (!descriptors) return false;  // another user's
    while (const dirent* entry = ::readdir(descriptors.get())) {
        std::array<char, 64> target;
        const ssize_t size = ::readlinkat(::dirfd(descriptors.get()), entry->d_name, target.data(),
                                          target.size());
        if (size > 0 && std::string_view(target.data(), static_cast<size_t>(size)) == socket) {
            return true;
        }
    }
    return false;
}

// The process that listens on a port; 0 when that cannot be seen.
pid_t holder_of(uint16_t port) {
    uint64_t inode = listening_inode("/proc/net/tcp", port);
    if (inode == 0) inode = listening_inode("/proc/net/tcp6", port);
    if (inode == 0) return 0;
    const std::string socket = fmt::format("socket:[{}]", inode);
    const Directory processes(::opendir("/proc"));
    if (!processes) return 0;
    while (const dirent* entry = ::readdir(processes.get())) {
        const std::string_view name(entry->d_name);
        pid_t pid = 0;
        std::from_chars(name.data(), name.data() + name.size(), pid);
        if (pid > 0 && holds_socket(name, socket)) return pid;
    }
    return 0;
}

// An exclusive bind, given up at once.
int bind_error(const io::Address& address) {
    const io::FileDescriptor probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!probe) return 0;
    constexpr int kOn = 1;
    ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &kOn, sizeof kOn);
    if (::bind(probe.get(), address.get(), address.size_bytes) != 0) return errno;
    return 0;
}

bool is_taken(const io::Endpoint& endpoint) {
    if (endpoint.port == 0) return false;
    const auto addresses = io::addresses_to_listen_on(endpoint);
    // Whatever else is wrong, listening reports.
    return addresses && std::ranges::any_of(*addresses, [](const io::Address& address) {
               return bind_error(address) == EADDRINUSE;
           });
}

}  // namespace

std::vector<TakenAddress> taken_addresses(const Settings& settings) {
    std::vector<TakenAddress> taken;
    const auto look_at = [&taken](const io::Endpoint& endpoint, std::string_view flag) {
        if (is_taken(endpoint)) taken.push_back({endpoint, flag, holder_of(endpoint.port)});
    };
    for (const StreamListener& listener : settings.kafka) look_at(listener.bind, "--kafka");
    for (const io::Endpoint& endpoint : settings.admin) look_at(endpoint, "--admin");
    for (const io::Endpoint& endpoint : settings.aws) look_at(endpoint, "--aws");
    return taken;
}

uint16_t free_port_near(io::Endpoint endpoint) {
    constexpr uint32_t kFar = 10'000;
    constexpr uint32_t kTries = 20;
    const uint32_t port = endpoint.port;
    const uint32_t first = port + kFar <= UINT16_MAX ? port + kFar : port + 1;
    for (uint32_t each = first; each < first + kTries && each <= UINT16_MAX; ++each) {
        endpoint.port = static_cast<uint16_t>(each);
        if (!is_taken(endpoint)) return endpoint.port;
    }
    return 0;
}

std::string process_name(pid_t pid) {
    const File file(std::fopen(fmt::format("/proc/{}/comm", pid).c_str(), "re"));
    std::array<char, 64> name{};
    if (!file || !std::fgets(name.data(), name.size(), file.get())) return {};
    name[std::strcspn(name.data(), "\n")] = '\0';
    return name.data();
}

}  // namespace polylog::cmd
