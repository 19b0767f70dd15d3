// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "file.hpp"

namespace chronik::archetypes {

/// The smallest wal::storable_file.
class storable_file : public file {
public:
    result<wal::file_memory> map_to_store() { return wal::file_memory{}; }
    result<void> bring(wal::file_memory const&, wal::touch) { return {}; }
};

}  // namespace chronik::archetypes
