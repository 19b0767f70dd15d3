// SPDX-License-Identifier: Apache-2.0
#include <handlers/init_producer_id.hpp>

#include <chrono>

namespace broker::handlers {

namespace {

using wire::error_code;
namespace message = wire::init_producer_id;

constexpr std::chrono::seconds allocation_limit{5};

asio::awaitable<void> run(context& in, message::request asked, answer<message::response> done) {
    message::response response;
    if (asked.transactional_id) {
        response.error = error_code::invalid_request;
        co_return done(response);
    }
    if (asked.producer_id >= 0 && asked.producer_epoch >= 0 && asked.producer_epoch < INT16_MAX - 1) {
        // A producer that lost track of its sequence goes on with its id in the next epoch (KIP-360).
        response.producer_id = asked.producer_id;
        response.producer_epoch = static_cast<std::int16_t>(asked.producer_epoch + 1);
        co_return done(response);
    }
    auto const id = co_await in.producer_ids.next(allocation_limit);
    response.error = id ? error_code::none : error_code::coordinator_not_available;
    response.producer_id = id.value_or(-1);
    response.producer_epoch = id ? 0 : -1;
    done(response);
}

}  // namespace

void handle(context& in, request_info const&, message::request&& asked, answer<message::response> done) {
    in.loop.start(run(in, std::move(asked), std::move(done)));
}

}  // namespace broker::handlers
