// SPDX-License-Identifier: Apache-2.0
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/host_observer.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/policies.hpp>

#include <gtest/gtest.h>

#include <memory>

namespace chronik {
namespace {

TEST(policies, an_object_is_found_under_its_slot_whatever_the_order) {
    policies bag{use<slot::executor, archetypes::executor>{}, use_type<slot::machine, archetypes::state_machine>{},
                 use<slot::observer, archetypes::host_observer>{{.told = 3}},
                 use<slot::storage, archetypes::group_storage>{}, use<slot::transport, archetypes::transport>{}};

    EXPECT_EQ(bag.get<slot::observer>().told, 3U);
    EXPECT_EQ(bag.get<slot::storage>().flushes, 0U);
}

TEST(policies, a_reference_stays_one) {
    archetypes::group_storage storage;
    policies bag{use<slot::storage, archetypes::group_storage&>{storage}, use<slot::transport, archetypes::transport>{},
                 use_type<slot::machine, archetypes::state_machine>{}, use<slot::executor, archetypes::executor>{}};

    EXPECT_EQ(&bag.get<slot::storage>(), &storage);
}

TEST(policies, an_observer_that_nobody_named_hears_and_does_nothing) {
    policies bag{use<slot::storage, archetypes::group_storage>{}, use<slot::transport, archetypes::transport>{},
                 use_type<slot::machine, archetypes::state_machine>{}, use<slot::executor, archetypes::executor>{}};

    static_assert(std::same_as<decltype(bag)::observer_type, no_observer>);
    bag.get<slot::observer>().failed(errc::storage_failed);
}

/// An object that can only be moved: the bag takes it over.
struct owning_executor {
    std::unique_ptr<int> owned;
    void run(task, task) {}
    void run_in_background(task, task) {}
};

TEST(policies, an_object_that_cannot_be_copied_moves_in) {
    policies bag{use<slot::storage, archetypes::group_storage>{}, use<slot::transport, archetypes::transport>{},
                 use_type<slot::machine, archetypes::state_machine>{},
                 use<slot::executor, owning_executor>{{std::make_unique<int>(5)}}};

    EXPECT_EQ(*bag.get<slot::executor>().owned, 5);
}

}  // namespace
}  // namespace chronik
