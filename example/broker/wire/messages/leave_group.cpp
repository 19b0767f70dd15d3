// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/leave_group.hpp>

namespace broker::wire {

template chronik::result<leave_group::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<leave_group::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(leave_group::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(leave_group::response const&, schema::version, gather_writer&);
template std::string print(leave_group::request const&);
template std::string print(leave_group::response const&);

}  // namespace broker::wire
