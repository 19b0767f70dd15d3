// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::storage does not model chronik::group_storage
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct storage_that_takes_nothing : archetypes::group_storage {
#ifndef CHRONIK_FIXED
    void stage() = delete;
#endif
};

using composition = policies<use<slot::storage, storage_that_takes_nothing>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, archetypes::state_machine>,
                             use<slot::executor, archetypes::executor>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
