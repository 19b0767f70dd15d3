// SPDX-License-Identifier: Apache-2.0
// expect-error: has wanted\(\), but does not model chronik::bringing_observer
// expect-lines-max: 25
#include "archetypes/executor.hpp"
#include "archetypes/group_storage.hpp"
#include "archetypes/host_observer.hpp"
#include "archetypes/state_machine.hpp"
#include "archetypes/transport.hpp"

#include <chronik/node/host.hpp>

using namespace chronik;

struct reader_of_files : archetypes::host_observer {
#ifdef CHRONIK_FIXED
    void wanted(group_id, log_index) {}
#else
    void wanted(group_id, raft::event const&) {}
#endif
};

using composition = policies<use<slot::storage, archetypes::group_storage>,
                             use<slot::transport, archetypes::transport>,
                             use_type<slot::machine, archetypes::state_machine>,
                             use<slot::executor, archetypes::executor>,
                             use<slot::observer, reader_of_files>>;

void run(composition bag) { host node{node_id{1}, std::move(bag), host_options{}, 1, [] {}}; }
