// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <broker_world/brokers.hpp>
#include <broker_world/world.hpp>
#include <cluster/cluster.hpp>
#include <metadata/commands.hpp>
#include <metadata/image.hpp>

#include <chronik/base/ids.hpp>
#include <chronik/base/random.hpp>
#include <chronik/base/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace broker::world {

/// What operators do about a disk: let a broker in that nobody has known yet, and send another away, whose disk is then
/// gone. Sometimes it is gone first, with its process, for ever.
///
/// Commands are given to any broker, and again until its metadata show what came of them. Once in a trial.
/// threads   one for each world
class replacement {
public:
    replacement(world& in, std::uint64_t seed) : world_(&in), chance_(seed) {
        // Not from within: who tells of it goes through all nodes.
        in.when_wiped([this](chronik::node_id which) {
            world_->events().after(chronik::duration::zero(), [this, which] { begin(which); });
        });
    }
    replacement(replacement const&) = delete;
    replacement& operator=(replacement const&) = delete;

    /// Nobody is on the way, neither there nor back.
    bool is_over() const { return leaving_ == chronik::no_node || is_over_; }
    bool has_replaced() const { return is_over_; }

private:
    static constexpr chronik::duration look_interval = std::chrono::milliseconds{200};

    void begin(chronik::node_id which) {
        auto const asked = some_ready();
        // Who has not joined yet cannot be sent away.
        bool const is_known = asked != chronik::no_node && image_at(asked)->find_broker(which) != nullptr;
        if (leaving_ != chronik::no_node || !is_known || world_->planned().nodes < copies_min) return;
        leaving_ = which;
        newcomer_ = chronik::node_id{world_->planned().nodes + 1};
        // A partition that moves may be on its way to that disk alone.
        if (!world_->planned().moves_partitions() && chance_.chance(50)) lose();
        look();
    }

    void look() {
        go_on();
        if (!is_over_) world_->events().after(look_interval, [this] { look(); });
    }

    void go_on() {
        auto const asked = some_ready();
        if (asked == chronik::no_node) return;
        auto const image = image_at(asked);
        auto const* const here = image->find_broker(newcomer_);
        if (here == nullptr && image->find_admission(newcomer_) == nullptr) return admit(asked);
        if (!has_come_) return come();
        if (here == nullptr || here->status != metadata::broker_state::alive) return;
        auto const* const old = image->find_broker(leaving_);
        if (old == nullptr) return;
        if (!old->leaving) return send_away(asked);
        if (old->status != metadata::broker_state::decommissioned) return;
        if (!is_lost_) lose();
        is_over_ = true;
    }

    void admit(chronik::node_id asked) {
        metadata::admit_broker command;
        command.node = newcomer_;
        command.host = host_of(newcomer_);
        command.kafka_port = kafka_port;
        command.rpc_port = rpc_port;
        world_->submit(asked, command);
    }
    void come() {
        has_come_ = true;
        world_->add(newcomer_);
    }
    void send_away(chronik::node_id asked) {
        world_->is_sent_away(leaving_);
        metadata::change_membership command;
        command.node = leaving_;
        command.leaves = true;
        world_->submit(asked, command);
    }
    void lose() {
        is_lost_ = true;
        world_->remove(leaving_);
    }

    /// A broker that knows the metadata; no_node if there is none.
    chronik::node_id some_ready() {
        auto const& all = world_->nodes();
        auto const first = static_cast<std::size_t>(chance_.below(all.size()));
        for (std::size_t at = 0; at < all.size(); ++at) {
            auto const each = all[(first + at) % all.size()];
            if (world_->is_running(each) && world_->inside(each).members().ready()) return each;
        }
        return chronik::no_node;
    }
    std::shared_ptr<metadata::image const> image_at(chronik::node_id which) {
        return world_->inside(which).members().image();
    }

    /// As many as every partition has: whoever of them loses its disk, a quorum is left.
    static constexpr std::uint32_t copies_min = 3;

    world* world_;
    chronik::random chance_;
    chronik::node_id leaving_ = chronik::no_node;
    chronik::node_id newcomer_ = chronik::no_node;
    bool is_lost_ = false;
    bool has_come_ = false;
    bool is_over_ = false;
};

}  // namespace broker::world
