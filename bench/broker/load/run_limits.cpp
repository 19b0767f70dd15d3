// SPDX-License-Identifier: Apache-2.0
#include <broker/load/runs.hpp>

#include <broker/load/client.hpp>
#include <broker/load/measures.hpp>

#include <nlohmann/json.hpp>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <thread>
#include <vector>

namespace load {

namespace {

using nlohmann::json;

/// throws   failure, when the call before it said so
void need(bool done, char const* what) {
    if (!done) throw failure{std::string{what} + ": " + std::strerror(errno)};
}

class descriptor {
public:
    explicit descriptor(int number, char const* what) : number_(number) { need(number >= 0, what); }
    descriptor(descriptor const&) = delete;
    descriptor& operator=(descriptor const&) = delete;
    ~descriptor() { ::close(number_); }
    int get() const { return number_; }

private:
    int number_;
};

constexpr std::size_t file_bytes = std::size_t{64} << 20;

/// Writes of this size behind each other into a file that exists already, each followed by fdatasync.
json synced_writes(std::string const& directory, std::size_t bytes, double seconds) {
    std::string const path = directory + "/broker-load.sync";
    descriptor const file{::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), path.c_str()};
    ::unlink(path.c_str());
    std::vector<char> const block(std::size_t{1} << 20, 'x');
    for (std::size_t at = 0; at < file_bytes; at += block.size()) {
        need(::pwrite(file.get(), block.data(), block.size(), static_cast<off_t>(at)) ==
                 static_cast<ssize_t>(block.size()),
             "pwrite");
    }
    need(::fdatasync(file.get()) == 0, "fdatasync");
    histogram latencies;
    auto const starts = now();
    auto const ends = starts + static_cast<nanoseconds>(seconds * 1e9);
    std::size_t at = 0;
    for (auto before = starts; before < ends; before = now()) {
        need(::pwrite(file.get(), block.data(), bytes, static_cast<off_t>(at)) == static_cast<ssize_t>(bytes),
             "pwrite");
        need(::fdatasync(file.get()) == 0, "fdatasync");
        at = (at + bytes) % file_bytes;
        latencies.record(now() - before);
    }
    double const took = static_cast<double>(now() - starts) / 1e9;
    auto const count = static_cast<double>(latencies.count());
    return {{"bytes", bytes},
            {"syncs_per_s", count / took},
            {"megabytes_per_s", count * static_cast<double>(bytes) / took / 1e6},
            {"latency_us", describe(latencies)}};
}

struct pair_of_sockets {
    descriptor near;
    descriptor far;
};

/// Two ends of one TCP connection over the loopback interface.
pair_of_sockets connect_loopback() {
    descriptor const listener{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"};
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const raw = reinterpret_cast<sockaddr*>(&address);
    need(::bind(listener.get(), raw, size) == 0 && ::listen(listener.get(), 1) == 0, "listen");
    need(::getsockname(listener.get(), raw, &size) == 0, "getsockname");
    int const near = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    need(near >= 0 && ::connect(near, raw, size) == 0, "connect");
    int const far = ::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC);
    int const on = 1;
    for (int const each : {near, far}) {
        need(::setsockopt(each, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == 0, "TCP_NODELAY");
    }
    return {descriptor{near, "socket"}, descriptor{far, "accept"}};
}

json one_way(double seconds) {
    pair_of_sockets const ends = connect_loopback();
    std::atomic<std::uint64_t> received = 0;
    std::thread reader{[&] {
        std::vector<char> buffer(std::size_t{1} << 20);
        for (ssize_t count = 1; count > 0; received += static_cast<std::uint64_t>(count)) {
            count = ::recv(ends.far.get(), buffer.data(), buffer.size(), 0);
            if (count <= 0) break;
        }
    }};
    std::vector<char> const block(64 * 1024, 'x');
    auto const starts = now();
    auto const stops = starts + static_cast<nanoseconds>(seconds * 1e9);
    while (now() < stops && ::send(ends.near.get(), block.data(), block.size(), MSG_NOSIGNAL) > 0) {}
    ::shutdown(ends.near.get(), SHUT_WR);
    reader.join();
    double const took = static_cast<double>(now() - starts) / 1e9;
    return {{"write_bytes", block.size()}, {"megabytes_per_s", static_cast<double>(received) / took / 1e6}};
}

json round_trips(double seconds) {
    pair_of_sockets const ends = connect_loopback();
    std::thread echo{[&] {
        char byte = 0;
        while (::recv(ends.far.get(), &byte, 1, 0) == 1 && ::send(ends.far.get(), &byte, 1, MSG_NOSIGNAL) == 1) {}
    }};
    histogram latencies;
    char byte = 'x';
    auto const stops = now() + static_cast<nanoseconds>(seconds * 1e9);
    for (auto before = now(); before < stops; before = now()) {
        if (::send(ends.near.get(), &byte, 1, MSG_NOSIGNAL) != 1 || ::recv(ends.near.get(), &byte, 1, 0) != 1) break;
        latencies.record(now() - before);
    }
    ::shutdown(ends.near.get(), SHUT_WR);
    echo.join();
    return describe(latencies);
}

}  // namespace

json run_disk(settings const& chosen) {
    return {{"mode", chosen.mode},
            {"small", synced_writes(chosen.directory, 4096, chosen.seconds / 2)},
            {"large", synced_writes(chosen.directory, std::size_t{1} << 20, chosen.seconds / 2)},
            {"failures", json::array()}};
}

json run_loopback(settings const& chosen) {
    return {{"mode", chosen.mode},
            {"stream", one_way(chosen.seconds / 2)},
            {"round_trip_us", round_trips(chosen.seconds / 2)},
            {"failures", json::array()}};
}

}  // namespace load
