// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/describe_groups.hpp>

namespace broker::wire {

template chronik::result<describe_groups::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<describe_groups::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(describe_groups::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(describe_groups::response const&, schema::version, gather_writer&);
template std::string print(describe_groups::request const&);
template std::string print(describe_groups::response const&);

}  // namespace broker::wire
