// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/describe_topic_partitions.hpp>

namespace broker::wire {

template chronik::result<describe_topic_partitions::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<describe_topic_partitions::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(describe_topic_partitions::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(describe_topic_partitions::response const&, schema::version, gather_writer&);
template std::string print(describe_topic_partitions::request const&);
template std::string print(describe_topic_partitions::response const&);

}  // namespace broker::wire
