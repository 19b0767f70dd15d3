// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::machine does not model chronik::machine::state_machine
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct counter {
    using result_type = int;
#ifdef CHRONIK_FIXED
    int apply(entry const&) { return 0; }
#else
    int apply(shared_bytes const&) { return 0; }
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, counter>,
                             use<slot::executor, archetypes::executor>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
