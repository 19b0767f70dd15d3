// SPDX-License-Identifier: Apache-2.0
#include <settings/ports.hpp>

#include <chronik/posix/descriptor.hpp>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

namespace broker {
namespace {

TEST(ports, a_port_in_use_is_named_with_its_purpose_and_its_setting) {
    EXPECT_EQ(listen_problem(kafka_port_use, "0.0.0.0", 9092, std::make_error_code(std::errc::address_in_use)),
              "port 9092 (Kafka clients) is in use: set kafka_port / --kafka-port / CHRONIK_KAFKA_PORT to another");
    EXPECT_EQ(
        listen_problem(rpc_port_use, "0.0.0.0", 12092, std::make_error_code(std::errc::address_in_use)),
        "port 12092 (other nodes) is in use: set rpc_port / --rpc-port / CHRONIK_RPC_PORT (kafka_port + 3000 unless "
        "set) to another");
}

TEST(ports, other_reasons_name_the_setting_that_helps) {
    EXPECT_NE(
        listen_problem(kafka_port_use, "::", 92, std::make_error_code(std::errc::permission_denied)).find("above 1023"),
        std::string::npos);
    EXPECT_NE(listen_problem(kafka_port_use, "10.9.9.9", 92, std::make_error_code(std::errc::address_not_available))
                  .find("10.9.9.9 is not an address of this machine: set bind_addr / --bind-addr"),
              std::string::npos);
    EXPECT_NE(listen_problem(kafka_port_use, "::", 92, std::make_error_code(std::errc::too_many_files_open))
                  .find("cannot be opened on ::"),
              std::string::npos);
}

TEST(ports, a_listener_is_noticed_and_its_end_too) {
    std::uint16_t port = 0;
    {
        chronik::posix::descriptor const listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        socklen_t size = sizeof at;
        ASSERT_EQ(::bind(listener.number(), reinterpret_cast<sockaddr*>(&at), size), 0);
        ASSERT_EQ(::listen(listener.number(), 1), 0);
        ASSERT_EQ(::getsockname(listener.number(), reinterpret_cast<sockaddr*>(&at), &size), 0);
        port = ntohs(at.sin_port);

        EXPECT_EQ(try_listen("127.0.0.1", port), std::errc::address_in_use);
        EXPECT_EQ(try_listen("0.0.0.0", port), std::errc::address_in_use);
    }
    EXPECT_FALSE(try_listen("127.0.0.1", port));
    EXPECT_EQ(try_listen("no.such.host.invalid", port), std::errc::address_not_available);
}

TEST(ports, wildcards_are_known_in_all_spellings) {
    for (char const* address : {"0.0.0.0", "::", "[::]", "0", "0:0:0:0:0:0:0:0", "::0"})
        EXPECT_TRUE(is_wildcard(address)) << address;
    for (char const* address : {"127.0.0.1", "::1", "localhost", "", "host-0"})
        EXPECT_FALSE(is_wildcard(address)) << address;
}

}  // namespace
}  // namespace broker
