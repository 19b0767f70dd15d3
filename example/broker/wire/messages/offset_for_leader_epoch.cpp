// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/offset_for_leader_epoch.hpp>

namespace broker::wire {

template chronik::result<offset_for_leader_epoch::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<offset_for_leader_epoch::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(offset_for_leader_epoch::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(offset_for_leader_epoch::response const&, schema::version, gather_writer&);
template std::string print(offset_for_leader_epoch::request const&);
template std::string print(offset_for_leader_epoch::response const&);

}  // namespace broker::wire
