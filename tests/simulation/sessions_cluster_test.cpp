// SPDX-License-Identifier: Apache-2.0
#include <chronik/machine/session_client.hpp>
#include <chronik/machine/sessions.hpp>
#include <chronik/testing/cluster.hpp>

#include <gtest/gtest.h>

#include <array>
#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <vector>

// Clients that ask again after any doubt, at whoever leads, in a world that loses frames and power: every command of
// theirs is applied once, also where machines are restored from snapshots in between.

namespace {

using namespace chronik;
using namespace std::chrono_literals;
constexpr group_id group{1};

/// Expects each client's commands to be 1, 2, 3: one that comes twice or not at all shows.
struct tally {
    using result_type = std::uint64_t;
    static constexpr std::size_t clients = 3;
    std::array<std::uint64_t, clients> last{};
    std::uint64_t wrong = 0;

    result_type apply(entry const& command) {
        std::string const text{command.payload.text()};
        auto const number = std::stoull(text.substr(2));
        auto& mine = last[static_cast<std::size_t>(text[0] - '0')];
        wrong += number == mine + 1 ? 0U : 1U;
        return mine = number;
    }
    machine::one_chunk snapshot() const {
        std::string text;
        for (std::uint64_t const each : {last[0], last[1], last[2], wrong}) text += std::to_string(each) + " ";
        return machine::one_chunk{shared_bytes::copy_of(text)};
    }
    result<void> restore(shared_bytes const& bytes) {
        auto text = bytes.text();
        for (std::uint64_t* const each : {&last[0], &last[1], &last[2], &wrong}) {
            auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), *each);
            if (error != std::errc{}) return failure(errc::malformed);
            text.remove_prefix(static_cast<std::size_t>(end - text.data()) + 1);
        }
        return {};
    }
};

using machine_type = machine::sessions<tally>;
using world_type = chronik::testing::cluster<machine_type>;

/// Opens a session, and proposes one command after another until each is answered.
class client {
public:
    client(world_type& world, std::size_t number) : world_(&world), number_(number) {
        payload_ = *machine::session_commands::encode(machine::open_session{machine::stamp_ms{1}});
        ask();
    }
    std::uint64_t answered() const { return answered_; }
    std::uint64_t repeated() const { return repeated_; }

private:
    void ask() {
        std::uint64_t const about = asked_about_;
        auto heard = [this, about](proposal_outcome<machine_type::result_type> const& told) {
            if (about != asked_about_ || told.error || told.result == nullptr) return;
            take(*told.result);
        };
        // Now and then twice at once: as if a frame of the client's had come twice.
        for (int copies = ++asks_ % 5 == 0 ? 2 : 1; copies > 0; --copies)
            static_cast<void>(world_->propose(group, payload_, 1, heard));
        world_->events().after(90ms, [this] { ask(); });
    }
    void take(machine_type::result_type const& told) {
        ++asked_about_;
        repeated_ += told.status == machine::session_status::repeated ? 1U : 0U;
        if (told.status == machine::session_status::opened) {
            session_.emplace(told.session, 1);
        } else {
            EXPECT_TRUE(told.value.has_value()) << static_cast<int>(told.status);
            EXPECT_EQ(told.value, answered_ + 1);
            session_->answered(serial_);
            ++answered_;
        }
        std::string const text = std::to_string(number_) + " " + std::to_string(answered_ + 1);
        auto const next = session_->number(shared_bytes::copy_of(text), machine::stamp_ms{1});
        ASSERT_TRUE(next.has_value());
        serial_ = next->serial;
        payload_ = next->payload;
    }

    world_type* world_;
    std::size_t number_;
    std::optional<machine::session_client> session_;
    machine::session_serial serial_;
    shared_bytes payload_;
    std::uint64_t asked_about_ = 0;
    std::uint64_t asks_ = 0;
    std::uint64_t answered_ = 0;
    std::uint64_t repeated_ = 0;
};

TEST(sessions_cluster, every_command_is_applied_once_whatever_is_lost) {
    std::uint64_t answered = 0;
    std::uint64_t repeated = 0;
    std::uint64_t restored = 0;
    for (std::uint64_t seed = 1; seed <= 40; ++seed) {
        chronik::random chance{seed ^ 0x5e5510};
        chronik::testing::cluster_options options;
        options.network = {.loss_percent = 5, .duplicate_percent = 10, .delay_min = 50us, .delay_max = 20ms};
        options.host.snapshots = {.after_entries = 15, .after_bytes = 0, .keep_entries = 3};
        world_type world{seed, options, [](node_id, group_id) { return machine_type{}; }};
        world.open(group);
        std::vector<std::unique_ptr<client>> clients;
        for (std::size_t each = 0; each < tally::clients; ++each)
            clients.push_back(std::make_unique<client>(world, each));
        for (int step = 0; step < 40 && world.violations().empty(); ++step) {
            world.run_for(std::chrono::milliseconds{static_cast<int>(chance.between(20, 250))});
            node_id const any = world.nodes()[chance.below(3)];
            if (chance.chance(40)) world.crash(any); else world.restart(any);
            if (chance.chance(20)) world.isolate(any);
            if (chance.chance(40)) world.links().heal();
        }
        world.expect_recovery(20s);

        ASSERT_TRUE(world.violations().empty()) << "seed " << seed << ": " << world.violations().front();
        for (node_id const node : world.nodes()) {
            tally const& seen = world.group_on(node, group)->machine.own().inner();
            EXPECT_EQ(seen.wrong, 0U) << "seed " << seed;
            for (std::size_t each = 0; each < tally::clients; ++each)
                EXPECT_GE(seen.last[each], clients[each]->answered()) << "seed " << seed;
        }
        for (auto const& each : clients) {
            answered += each->answered();
            repeated += each->repeated();
        }
        restored += world.restored_count();
        if (::testing::Test::HasFailure()) return;
    }
    EXPECT_GT(answered, 1000U);
    EXPECT_GT(repeated, 10U) << "commands were asked for again that had been applied";
    EXPECT_GT(restored, 100U);
}

}  // namespace
