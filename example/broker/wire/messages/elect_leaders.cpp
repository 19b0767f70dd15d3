// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/elect_leaders.hpp>

namespace broker::wire {

template chronik::result<elect_leaders::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<elect_leaders::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(elect_leaders::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(elect_leaders::response const&, schema::version, gather_writer&);
template std::string print(elect_leaders::request const&);
template std::string print(elect_leaders::response const&);

}  // namespace broker::wire
