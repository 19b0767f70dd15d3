// SPDX-License-Identifier: Apache-2.0
// expect-error: slot::observer is filled twice; keep one
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

using composition = policies<
#ifndef CHRONIK_FIXED
    use<slot::observer, no_observer>,
#endif
    use<slot::storage, archetypes::group_storage>,
    use<slot::transport, archetypes::transport>,
    use_type<slot::machine, archetypes::state_machine>,
    use<slot::executor, archetypes::executor>,
    use<slot::observer, no_observer>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
