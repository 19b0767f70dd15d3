// SPDX-License-Identifier: Apache-2.0

// What a user's first program includes: something of the core, of Hana's floor, and of Asio's.
#include <chronik/base/ids.hpp>
#include <chronik/net/tcp_transport.hpp>
#include <chronik/transport/loopback.hpp>
#include <chronik/version.hpp>

#include <asio/io_context.hpp>

#include <cstdio>

int main() {
    asio::io_context loop;
    chronik::net::tcp_transport tcp(loop, chronik::node_id{1}, chronik::net::unknown_cluster,
                                    {.on_frame = [](chronik::node_id, std::uint8_t, chronik::shared_bytes) {}}, 1);
    bool const works = tcp.listen("127.0.0.1", 0) && tcp.port() != 0;
    std::printf("chronik %s\n", CHRONIK_VERSION);
    return works ? 0 : 1;
}
