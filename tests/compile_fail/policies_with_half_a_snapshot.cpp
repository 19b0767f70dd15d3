// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::machine has snapshot\(\) or restore\(\)
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct counter : archetypes::state_machine {
    machine::one_chunk snapshot() const { return machine::one_chunk{{}}; }
#ifdef CHRONIK_FIXED
    result<void> restore(shared_bytes const&) { return {}; }
#else
    result<void> restore(std::vector<std::byte>) { return {}; }
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, counter>,
                             use<slot::executor, archetypes::executor>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
