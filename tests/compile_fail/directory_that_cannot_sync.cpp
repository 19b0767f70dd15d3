// SPDX-License-Identifier: Apache-2.0
// expect-error: a new name must be made durable
// expect-lines-max: 30
#include "archetypes/directory.hpp"

using namespace chronik;

struct forgetful {
    using file_type = archetypes::file;
    result<file_type> open(std::string_view, wal::access);
    result<file_type> create(std::string_view);
    result<void> rename(std::string_view, std::string_view);
    result<void> remove(std::string_view);
    result<std::vector<std::string>> list();
#ifdef CHRONIK_FIXED
    result<void> sync();
#else
    void sync();
#endif
};
static_assert(wal::directory<forgetful>, "a new name must be made durable");
