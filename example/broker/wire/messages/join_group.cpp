// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/join_group.hpp>

namespace broker::wire {

template chronik::result<join_group::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<join_group::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(join_group::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(join_group::response const&, schema::version, gather_writer&);
template std::string print(join_group::request const&);
template std::string print(join_group::response const&);

}  // namespace broker::wire
