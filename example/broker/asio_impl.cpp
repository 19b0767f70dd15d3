// SPDX-License-Identifier: Apache-2.0

// The one file that compiles Asio's own code; see ASIO_SEPARATE_COMPILATION in CMakeLists.txt.
#include <asio/impl/src.hpp>
