// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/describe_cluster.hpp>

namespace broker::wire {

template chronik::result<describe_cluster::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<describe_cluster::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(describe_cluster::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(describe_cluster::response const&, schema::version, gather_writer&);
template std::string print(describe_cluster::request const&);
template std::string print(describe_cluster::response const&);

}  // namespace broker::wire
