// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/create_topics.hpp>

namespace broker::wire {

template chronik::result<create_topics::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<create_topics::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(create_topics::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(create_topics::response const&, schema::version, gather_writer&);
template std::string print(create_topics::request const&);
template std::string print(create_topics::response const&);

}  // namespace broker::wire
