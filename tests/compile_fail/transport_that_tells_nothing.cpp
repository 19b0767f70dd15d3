// SPDX-License-Identifier: Apache-2.0
// expect-error: a transport says what became of a frame
// expect-lines-max: 25
#include <chronik/transport/concepts.hpp>

struct silent {
#ifdef CHRONIK_FIXED
    chronik::transport::send_result send(chronik::node_id, chronik::transport::frame const&);
#else
    void send(chronik::node_id, chronik::transport::frame const&);
#endif
};
static_assert(chronik::transport::transport<silent>, "a transport says what became of a frame");
