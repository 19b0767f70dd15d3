// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::executor does not model chronik::executor
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct one_lane {
    void run(task, task) {}
#ifdef CHRONIK_FIXED
    void run_in_background(task, task) {}
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, archetypes::state_machine>,
                             use<slot::executor, one_lane>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
