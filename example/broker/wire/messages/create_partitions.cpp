// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/create_partitions.hpp>

namespace broker::wire {

template chronik::result<create_partitions::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<create_partitions::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(create_partitions::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(create_partitions::response const&, schema::version, gather_writer&);
template std::string print(create_partitions::request const&);
template std::string print(create_partitions::response const&);

}  // namespace broker::wire
