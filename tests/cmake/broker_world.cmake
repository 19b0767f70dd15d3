# SPDX-License-Identifier: Apache-2.0

# What decides in the broker, compiled once more with the environment of the deterministic world: broker_world/ comes
# before example/broker where headers are looked for. Never in one program with the library `broker`, which has the same
# names over another environment.
get_property(engine_sources GLOBAL PROPERTY chronik_broker_engine_sources)
add_library(broker_in_world STATIC ${engine_sources})
target_include_directories(broker_in_world BEFORE PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}/broker_world")
target_include_directories(broker_in_world PUBLIC "${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(broker_in_world PUBLIC broker_base)
if(CHRONIK_PRECOMPILE)
    target_precompile_headers(broker_in_world PRIVATE <composition.hpp> <log/log.hpp>)
endif()

chronik_add_tests(broker_world broker_world broker_in_world)

# As a program, and a fixed set of its seeds as a test: as many as a build of this kind runs in a minute or so on two
# cores. More: -DCHRONIK_BROKER_WORLD_SEEDS=..., or tests/broker_world/run --hours 1.
set(world_seeds 40)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    set(world_seeds 300)
elseif("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    set(world_seeds 15)
endif()
set(CHRONIK_BROKER_WORLD_SEEDS "" CACHE STRING "Seeds of the broker's world that CTest runs; empty: by kind of build")
if(CHRONIK_BROKER_WORLD_SEEDS)
    set(world_seeds "${CHRONIK_BROKER_WORLD_SEEDS}")
endif()

add_executable(broker_world_explorer broker_world/main.cpp)
set_target_properties(broker_world_explorer PROPERTIES OUTPUT_NAME broker-world)
target_link_libraries(broker_world_explorer PRIVATE broker_in_world)
add_test(NAME broker_world.fixed_seeds COMMAND broker_world_explorer --seeds ${world_seeds} --threads 2)
set_tests_properties(broker_world.fixed_seeds PROPERTIES TIMEOUT 900 PROCESSORS 2 LABELS broker_world)

# The life of a cluster, small; and of the size that users ask about.
add_executable(broker_world_lifecycle broker_world/lifecycle.cpp)
set_target_properties(broker_world_lifecycle PROPERTIES OUTPUT_NAME broker-world-lifecycle)
target_link_libraries(broker_world_lifecycle PRIVATE broker_in_world)
add_test(NAME broker_world.lifecycle COMMAND broker_world_lifecycle lifecycle 8 120 10)
add_test(NAME broker_world.lifecycle_long COMMAND broker_world_lifecycle lifecycle_long 100 10000 1000)
set_tests_properties(broker_world.lifecycle PROPERTIES TIMEOUT 900 LABELS broker_world)
set_tests_properties(broker_world.lifecycle_long PROPERTIES TIMEOUT 7200 LABELS "broker_world;long")
