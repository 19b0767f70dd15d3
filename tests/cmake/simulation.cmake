# SPDX-License-Identifier: Apache-2.0

# The deterministic world as a program, and a fixed set of its seeds as a test: as many as a build of this kind runs in
# a minute or so on two cores. More: -DCHRONIK_SIMULATION_SEEDS=..., or tests/simulation/run --hours 1.
set(chronik_seeds 200)
if(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
    set(chronik_seeds 2000)
elseif("${CMAKE_CXX_FLAGS}" MATCHES "-fsanitize")
    set(chronik_seeds 60)
endif()
set(CHRONIK_SIMULATION_SEEDS "" CACHE STRING "Seeds that CTest runs; empty: by kind of build")
if(CHRONIK_SIMULATION_SEEDS)
    set(chronik_seeds "${CHRONIK_SIMULATION_SEEDS}")
endif()

add_executable(simulation_world simulation/main.cpp)
set_target_properties(simulation_world PROPERTIES OUTPUT_NAME simulation-world)
target_include_directories(simulation_world PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(simulation_world PRIVATE chronik_own)
add_test(NAME simulation.fixed_seeds COMMAND simulation_world --seeds ${chronik_seeds} --threads 2)
set_tests_properties(simulation.fixed_seeds PROPERTIES TIMEOUT 900 PROCESSORS 2 LABELS simulation)

# What a rebalance costs by strategy; a thousand partitions take minutes.
add_executable(simulation_rebalance simulation/rebalance.cpp)
set_target_properties(simulation_rebalance PROPERTIES OUTPUT_NAME simulation-rebalance)
target_include_directories(simulation_rebalance PRIVATE "${CMAKE_CURRENT_SOURCE_DIR}")
target_link_libraries(simulation_rebalance PRIVATE chronik_own)
add_test(NAME simulation.rebalance COMMAND simulation_rebalance rebalance 10 100)
add_test(NAME simulation.rebalance_long COMMAND simulation_rebalance rebalance_long 1000)
set_tests_properties(simulation.rebalance PROPERTIES TIMEOUT 900 LABELS "simulation;rebalance")
set_tests_properties(simulation.rebalance_long PROPERTIES TIMEOUT 3600 LABELS "simulation;rebalance;long")

# The same seed takes the same way on every compiler, and as it did before.
add_test(NAME simulation.kept_traces
    COMMAND simulation_world --kept "${CMAKE_CURRENT_SOURCE_DIR}/simulation/traces.txt")
set_tests_properties(simulation.kept_traces PROPERTIES TIMEOUT 300 LABELS simulation)

# Every known mistake can still be made: tests/mutants/run has the rest.
add_test(NAME simulation.mutants_apply COMMAND "${CMAKE_CURRENT_SOURCE_DIR}/mutants/run" --check)
set_tests_properties(simulation.mutants_apply PROPERTIES TIMEOUT 600 LABELS simulation)

# What is told of them is what was measured.
add_test(NAME simulation.mutants_table
    COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/mutants/table.py" --check)
add_test(NAME simulation.mutants_table_finds_its_gaps
    COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_CURRENT_SOURCE_DIR}/mutants/table_test.py")
set_tests_properties(simulation.mutants_table simulation.mutants_table_finds_its_gaps
    PROPERTIES TIMEOUT 60 LABELS simulation)
