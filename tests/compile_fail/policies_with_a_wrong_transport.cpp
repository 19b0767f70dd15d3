// SPDX-License-Identifier: Apache-2.0
// expect-error: what fills slot::transport does not model chronik::transport::transport
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct carrier {
#ifdef CHRONIK_FIXED
    transport::send_result send(node_id, transport::frame const&) { return transport::send_result::unreachable; }
#else
    transport::send_result send(node_id, transport::frame&) { return transport::send_result::unreachable; }
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, carrier>,
                             use_type<slot::machine, archetypes::state_machine>,
                             use<slot::executor, archetypes::executor>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
