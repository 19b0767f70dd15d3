// SPDX-License-Identifier: Apache-2.0
#include <admin/answers.hpp>
#include <admin/bounded_workers.hpp>
#include <admin/http.hpp>
#include <settings/ports.hpp>
#include <settings/values.hpp>

#include <fmt/format.h>
#include <httplib.h>

#include <cerrno>
#include <charconv>
#include <future>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace broker {
namespace {

constexpr std::size_t workers = 4;
constexpr std::size_t waiting_connections_max = http_connections_max - workers;
constexpr std::size_t request_bytes_max = 64 << 10;
constexpr time_t io_timeout_seconds = 1;

/// The library's default shares the port with whoever else asks (SO_REUSEPORT), which hides that it is in use.
void socket_options(socket_t socket) {
    int const yes = 1;
    ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

std::optional<std::uint32_t> number(std::string const& text) {
    std::uint32_t value{};
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// Where a node is, in the form that it has in `peers`.
parsed<admin::command> admission_of(std::string const& node, std::string const& address) {
    constexpr char const* form = "?address=HOST:KAFKA_PORT or ?address=HOST:KAFKA_PORT:RPC_PORT";
    if (address.empty()) return std::unexpected(fmt::format("say where it is: {}", form));
    auto const read = peers_value::read(node + "@" + address);
    if (!read) return std::unexpected(read.error());
    if (read->size() != 1) return std::unexpected(fmt::format("give one address: {}", form));
    auto const& [id, host, kafka_port, rpc_port] = read->front();
    if (is_wildcard(host))
        return std::unexpected(fmt::format("no node can connect to {}: give its name or address", host));
    if (rpc_port != 0) return admin::admit{id, host, kafka_port, rpc_port};
    std::uint32_t const derived = std::uint32_t{kafka_port} + rpc_port_use.distance;
    if (derived > 65535)
        return std::unexpected(fmt::format("its port for other nodes would be {} + {}, above 65535: give it, as in {}",
                                           kafka_port, rpc_port_use.distance, form));
    return admin::admit{id, host, kafka_port, static_cast<std::uint16_t>(derived)};
}

void send(httplib::Response& response, answer const& from) {
    response.status = from.status;
    response.set_content(from.body, from.content_type);
}

}  // namespace

struct http_server::parts {
    parts(http_options chosen, published<node_snapshot> const& from) : options(std::move(chosen)), source(from) {
        server.set_socket_options(socket_options);
        server.set_tcp_nodelay(true);
        // A connection for each request: idle ones would hold workers that a health check is waiting for.
        server.set_keep_alive_max_count(1);
        server.set_keep_alive_timeout(io_timeout_seconds);
        server.set_read_timeout(io_timeout_seconds);
        server.set_write_timeout(io_timeout_seconds);
        server.set_payload_max_length(request_bytes_max);
        server.set_exception_handler([](auto const&, httplib::Response& response, std::exception_ptr const&) {
            send(response, {500, "{\"error\":\"internal\"}\n"});
        });
        server.set_error_handler([](httplib::Request const&, httplib::Response& response) {
            if (response.body.empty()) send(response, error_answer(response.status));
        });
        for (char const* path : {"/health", "/livez"}) route(path, [this](auto const& now) { return health(now); });
        for (char const* path : {"/ready", "/readyz"})
            route(path, [](auto const& now) { return readiness_answer(now); });
        route("/status", [](auto const& now) { return status_answer(now); });
        route("/admin/status", [](auto const& now) { return cluster_answer(now); });
        if (options.commands != nullptr) take_commands();
        route("/metrics", [](auto const& now) { return metrics_answer(now); });
    }

    template <class Make>
    void route(char const* path, Make make) {
        server.Get(path, [this, make](httplib::Request const&, httplib::Response& response) {
            send(response, make(*source.get()));
        });
    }

    void take_commands() {
        server.Post(R"(/admin/brokers/(\d{1,9}))", command([](auto const& request) {
                        return admission_of(request.matches[1].str(), request.get_param_value("address"));
                    }));
        constexpr char const* one_broker = R"(/admin/brokers/(\d{1,9})/decommission)";
        auto const node = [](auto const& request) { return number(request.matches[1].str()).value_or(0); };
        server.Post(one_broker, command([node](auto const& request) -> wanted {
                        return admin::decommission{chronik::node_id{node(request)}};
                    }));
        server.Delete(one_broker, command([node](auto const& request) -> wanted {
                          return admin::keep{chronik::node_id{node(request)}};
                      }));
        server.Post("/admin/rebalance", command([](auto const&) -> wanted { return admin::rebalance{}; }));
        server.Post(R"(/admin/partitions/([A-Za-z0-9._-]{1,249})/(\d{1,9})/transfer)",
                    command([](auto const& request) -> wanted {
                        auto const to = number(request.get_param_value("to"));
                        if (!to) return std::unexpected(std::string{"say which broker: ?to=ID"});
                        return admin::transfer{request.matches[1].str(), *number(request.matches[2].str()),
                                               chronik::node_id{*to}};
                    }));
    }

    /// What is missing, if the request does not say what it wants.
    using wanted = parsed<admin::command>;

    /// Bodies are not read: all is in the path.
    template <class Make>
    httplib::Server::HandlerWithContentReader command(Make make) {
        return [this, make](httplib::Request const& request, httplib::Response& response,
                            httplib::ContentReader const&) {
            if (!may_command(request)) {
                return send(response, reply_answer({403, "commands are taken from this machine, and not from pages of "
                                                         "a browser; see admin_remote"}));
            }
            wanted what = make(request);
            if (!what) return send(response, reply_answer({400, what.error()}));
            send(response, reply_answer(options.commands->ask(*std::move(what))));
        };
    }

    /// A page that somebody looks at can make a browser on this machine send requests, but only with their origin.
    bool may_command(httplib::Request const& request) const {
        if (request.has_header("Origin")) return false;
        std::string_view from = request.remote_addr;
        if (constexpr std::string_view mapped = "::ffff:"; from.starts_with(mapped)) from.remove_prefix(mapped.size());
        return options.commands_from_anywhere || from.starts_with("127.") || from == "::1";
    }

    answer health(node_snapshot const& now) const {
        chronik::duration const age = options.monotonic() - now.taken_at;
        bool const stale = options.stale_after && now.phase == node_phase::running && age > *options.stale_after;
        return health_answer(stale, age);
    }

    bool bind() {
        if (options.port != 0) return server.bind_to_port(options.address, options.port);
        int const chosen = server.bind_to_any_port(options.address);
        if (chosen > 0) options.port = static_cast<std::uint16_t>(chosen);
        return chosen > 0;
    }

    /// Returns when the server can be stopped: the library ignores a stop that comes before its loop has begun.
    void run() {
        std::promise<void> begun;
        auto const began = begun.get_future();
        server.new_task_queue = [&begun]() -> httplib::TaskQueue* {
            auto* const queue = new bounded_workers(workers, waiting_connections_max);  // the server deletes it
            begun.set_value();
            return queue;
        };
        thread = std::thread([this] { server.listen_after_bind(); });
        began.wait();
    }

    http_options options;
    published<node_snapshot> const& source;
    httplib::Server server;
    std::thread thread;
};

startup<http_server> http_server::start(http_options options, published<node_snapshot> const& source) {
    auto made = std::make_unique<parts>(std::move(options), source);
    if (!made->bind()) {
        http_options const& wanted = made->options;
        std::error_code why = try_listen(wanted.address, wanted.port);
        if (!why) why = std::make_error_code(std::errc::address_in_use);  // and free again by now
        return refuse(listen_problem(http_port_use, wanted.address, wanted.port, why));
    }
    made->run();
    return http_server(std::move(made));
}

http_server::http_server(std::unique_ptr<parts> made) : parts_(std::move(made)) {}
http_server::http_server(http_server&&) noexcept = default;
http_server& http_server::operator=(http_server&& other) noexcept {
    stop();
    parts_ = std::move(other.parts_);
    return *this;
}
http_server::~http_server() { stop(); }

std::uint16_t http_server::port() const { return parts_->options.port; }

void http_server::stop() {
    if (!parts_ || !parts_->thread.joinable()) return;
    parts_->server.stop();
    parts_->thread.join();
}

}  // namespace broker
