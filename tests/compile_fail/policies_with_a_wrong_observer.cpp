// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::observer does not model chronik::host_observer
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct optimist {
    void event(group_id, raft::event const&) {}
    void applied(group_id, log_index) {}
#ifdef CHRONIK_FIXED
    void failed(std::error_code) {}
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, archetypes::state_machine>,
                             use<slot::executor, archetypes::executor>,
                             use<slot::observer, optimist>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
