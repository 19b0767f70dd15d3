// SPDX-License-Identifier: Apache-2.0
// expect-error: slot::executor is empty; add use
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

using composition = policies<
#ifdef CHRONIK_FIXED
    use<slot::executor, archetypes::executor>,
#endif
    use<slot::storage, archetypes::group_storage>,
    use<slot::transport, archetypes::transport>,
    use_type<slot::machine, archetypes::state_machine>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
