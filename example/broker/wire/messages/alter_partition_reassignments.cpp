// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/alter_partition_reassignments.hpp>

namespace broker::wire {

template chronik::result<alter_partition_reassignments::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<alter_partition_reassignments::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(alter_partition_reassignments::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(alter_partition_reassignments::response const&, schema::version, gather_writer&);
template std::string print(alter_partition_reassignments::request const&);
template std::string print(alter_partition_reassignments::response const&);

}  // namespace broker::wire
