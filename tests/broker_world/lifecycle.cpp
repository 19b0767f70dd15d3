// SPDX-License-Identifier: Apache-2.0
#include <broker_world/large_cluster.hpp>
#include <simulation/figure_report.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

// What happens in the life of a large cluster, and what it takes with each strategy of placement: whole brokers in
// virtual time make a topic, lose one of them for good, send it away, let another in, and send one away that runs.
//
//   broker-world-lifecycle NAME BROKERS PARTITIONS MOVES [STRATEGY]
//
// MOVES is how many partitions move at the same time; without STRATEGY all three. With CHRONIK_REPORT=DIR the figures
// are also in DIR/NAME.json. Exit status 1 if loads are not even afterwards, if `sticky` makes another replica than it
// must, or if something does not come to rest.

namespace {

using namespace broker::world;
using broker::placement;
using chronik::node_id;

constexpr std::array strategies{std::pair{placement::sticky, "sticky"}, std::pair{placement::range, "range"},
                                std::pair{placement::round_robin, "round_robin"}};

struct wishes {
    std::string name;
    std::uint32_t brokers = 0;
    std::uint32_t partitions = 0;
    std::uint32_t moves = 0;
    std::string_view strategy{};
};

bool read(std::string_view text, std::uint32_t& into) {
    auto const [end, error] = std::from_chars(text.data(), text.data() + text.size(), into);
    return error == std::errc{} && end == text.data() + text.size();
}

std::optional<wishes> parse(int count, char** words) {
    wishes made;
    if (count < 5 || count > 6) return std::nullopt;
    made.name = words[1];
    bool const good = read(words[2], made.brokers) && read(words[3], made.partitions) && read(words[4], made.moves);
    if (count == 6) made.strategy = words[5];
    auto const is_named = [&](auto const& each) { return each.second == made.strategy; };
    if (count == 6 && std::ranges::none_of(strategies, is_named)) return std::nullopt;
    // Three replicas are left when one of them has failed.
    if (!good || made.brokers < 4 || made.partitions < made.brokers || made.partitions > 10'000) return std::nullopt;
    return made.moves > 0 ? std::optional{made} : std::nullopt;
}

std::string told(change_cost const& cost, cluster_spread const& spread) {
    std::array<char, 320> text{};
    std::snprintf(text.data(), text.size(),
                  "%.2f s, %llu commands, %zu partitions and %zu replicas moved, %zu KiB of records copied, %.1f MB "
                  "between brokers, %zu led by another; apart: replicas %zu, preferred %zu, leaders %zu",
                  std::chrono::duration<double>{cost.time}.count(), static_cast<unsigned long long>(cost.commands),
                  cost.partitions, cost.replicas,
                  cost.replicas * large_cluster::records * large_cluster::record_bytes / 1024,
                  static_cast<double>(cost.bytes) / 1e6, cost.led, spread.replicas, spread.preferred, spread.leaders);
    return text.data();
}

/// One strategy's story. False if something is not as it must be; that is printed.
class story {
public:
    story(wishes const& of, placement placing, std::string name, chronik::simulation::figure_report& figures)
        : cluster_(of.brokers, placing, of.moves), brokers_(of.brokers),
          partitions_(static_cast<std::int32_t>(of.partitions)), is_sticky_(placing == placement::sticky),
          name_(std::move(name)), figures_(&figures) {}

    bool tell() {
        node_id const fails{2};
        node_id const leaves{3};
        say("all start", cluster_.start());
        say("the topic is made", cluster_.create(partitions_));
        say("one fails", cluster_.fail(fails));
        auto lost = cluster_.held_by(fails);
        expect_moved(say("it is sent away", cluster_.send_away(fails)), lost);
        expect_even();
        auto const join = say("one joins", cluster_.join());
        expect_moved(join, cluster_.held_by(node_id{brokers_ + 1}));
        expect_even();
        lost = cluster_.held_by(leaves);
        expect_moved(say("one is sent away", cluster_.send_away(leaves)), lost);
        expect_even();
        expect(cluster_.held_by(fails) == 0 && cluster_.held_by(leaves) == 0, "who was sent away holds something");
        for (auto const& each : cluster_.problems()) expect(false, each.c_str());
        return good_;
    }

private:
    change_cost say(char const* what, change_cost const& cost) {
        if (!cluster_.problems().empty()) return cost;
        auto const text = told(cost, cluster_.spread());
        std::printf("%s, %s: %s\n", name_.c_str(), what, text.c_str());
        std::fflush(stdout);
        figures_->add(name_ + ", " + what, text);
        return cost;
    }
    void expect_moved(change_cost const& cost, std::size_t least) {
        expect(cost.replicas >= least, "fewer replicas were made than had to be");
        expect(!is_sticky_ || cost.replicas == least, "sticky has made other replicas than it must");
    }
    void expect_even() {
        if (!cluster_.problems().empty()) return;
        auto const now = cluster_.spread();
        expect(now.replicas <= 1, "replicas are not even within one");
        expect(now.preferred <= 1, "preferred leaders are not even within one");
    }
    void expect(bool holds, char const* otherwise) {
        if (!holds) std::printf("  PROBLEM %s\n", otherwise);
        good_ = good_ && holds;
    }

    large_cluster cluster_;
    std::uint32_t brokers_;
    std::int32_t partitions_;
    bool is_sticky_;
    std::string name_;
    chronik::simulation::figure_report* figures_;
    bool good_ = true;
};

}  // namespace

int main(int count, char** words) {
    auto const wanted = parse(count, words);
    if (!wanted) {
        std::fputs("broker-world-lifecycle NAME BROKERS PARTITIONS MOVES [sticky|range|round_robin]\n"
                   "at least 4 brokers, a partition for each, and at most 10000 partitions\n",
                   stderr);
        return 2;
    }
    chronik::simulation::figure_report figures{wanted->name};
    bool good = true;
    for (auto const& [placing, name] : strategies) {
        if (!wanted->strategy.empty() && wanted->strategy != name) continue;
        auto const begin = std::chrono::steady_clock::now();
        bool const passed = story{*wanted, placing, name, figures}.tell();
        auto const seconds = std::chrono::duration<double>{std::chrono::steady_clock::now() - begin}.count();
        figures.ended(name, passed, seconds);
        good = good && passed;
    }
    if (!figures.write()) {
        std::fputs("the figures cannot be written where CHRONIK_REPORT says\n", stderr);
        return 1;
    }
    return good ? 0 : 1;
}
