// SPDX-License-Identifier: Apache-2.0
#include <wire/codec_instantiate.hpp>
#include <wire/messages/describe_log_dirs.hpp>

namespace broker::wire {

template chronik::result<describe_log_dirs::request> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<describe_log_dirs::response> decode(chronik::shared_bytes const&, schema::version);
template chronik::result<void> encode(describe_log_dirs::request const&, schema::version, gather_writer&);
template chronik::result<void> encode(describe_log_dirs::response const&, schema::version, gather_writer&);
template std::string print(describe_log_dirs::request const&);
template std::string print(describe_log_dirs::response const&);

}  // namespace broker::wire
