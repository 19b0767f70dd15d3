// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/delete_groups.hpp>

namespace broker::wire {

template chronik::result<delete_groups::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<delete_groups::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(delete_groups::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(delete_groups::response const&, schema::version, gather_writer&);
template std::string print(delete_groups::request const&);
template std::string print(delete_groups::response const&);

}  // namespace broker::wire
