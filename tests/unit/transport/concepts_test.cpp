// SPDX-License-Identifier: Apache-2.0
#include "archetypes/transport.hpp"

#include <chronik/transport/concepts.hpp>

#include <gtest/gtest.h>

namespace {

using namespace chronik;

template <transport::transport Transport>
transport::send_result send_hello(Transport&& carrier) {
    return carrier.send(node_id{2}, transport::frame{0, {shared_bytes::copy_of("hello")}});
}

TEST(transport_concept, the_smallest_model_is_enough_for_a_template_that_asks_for_a_transport) {
    archetypes::transport nobody;

    EXPECT_EQ(send_hello(nobody), transport::send_result::unreachable);
}

}  // namespace
