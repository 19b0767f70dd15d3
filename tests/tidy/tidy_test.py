#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of tidy.py finds its breach in a small tree, and nothing in a tidy one."""
import tempfile
import unittest
from pathlib import Path

import tidy

HEAD = "// SPDX-License-Identifier: Apache-2.0\n#pragma once\n"


def breaches(rule, **files):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [sentence for _, _, sentence in rule(tidy.Tree(folder))]


class Rules(unittest.TestCase):
    def finds(self, rule, files, *fragments):
        found = breaches(rule, **files)
        self.assertEqual(len(found), len(fragments), found)
        for sentence, fragment in zip(found, fragments):
            self.assertIn(fragment, sentence)

    def test_a_room_of_floor_two_may_not_include_another(self):
        self.finds(tidy.floors, {"include/chronik/raft/core.hpp": HEAD + "#include <chronik/wal/journal.hpp>\n"},
                   "raft (floor 2) includes chronik/wal/journal.hpp (floor 2)")

    def test_a_higher_floor_may_include_a_lower(self):
        self.finds(tidy.floors, {"include/chronik/node/host.hpp": HEAD + "#include <chronik/wal/journal.hpp>\n",
                                 "include/chronik/raft/core.hpp": HEAD + "#include <chronik/base/ids.hpp>\n"})

    def test_only_the_concepts_of_the_journal_are_open_to_posix(self):
        self.finds(tidy.floors, {"include/chronik/posix/file.hpp": HEAD + "#include <chronik/wal/concepts.hpp>\n",
                                 "include/chronik/posix/more.hpp": HEAD + "#include <chronik/wal/journal.hpp>\n"},
                   "chronik/wal/journal.hpp")

    def test_an_unknown_room_is_a_breach(self):
        self.finds(tidy.floors, {"include/chronik/attic/box.hpp": HEAD}, "attic is on no floor")

    def test_asio_and_hana_have_their_rooms(self):
        self.finds(tidy.third_party, {"include/chronik/net/a.hpp": HEAD + "#include <asio/post.hpp>\n",
                                      "include/chronik/raft/b.hpp": HEAD + "#include <asio/post.hpp>\n",
                                      "include/chronik/raft/c.hpp": HEAD + "#include <boost/hana/tuple.hpp>\n",
                                      "example/d.cpp": HEAD + "#include <asio.hpp>\n"},
                   "Asio belongs in net/", "Hana belongs", "two seconds")

    def test_examples_stay_out_of_detail(self):
        self.finds(tidy.examples_use_the_public_face,
                   {"example/counter/a.cpp": "#include <chronik/net/timer.hpp>\n#include <chronik/net/detail/x.hpp>\n"},
                   "<chronik/net/detail/x.hpp>")

    def test_rooms_of_the_broker_build_on_each_other_in_one_direction(self):
        self.finds(tidy.examples_use_the_public_face,
                   {"example/broker/wire/a.hpp": '#include "server/b.hpp"\n', "example/broker/server/b.hpp": ""},
                   "wire/ includes server/b.hpp")
        self.finds(tidy.examples_use_the_public_face,
                   {"example/broker/server/b.hpp": '#include "handlers/c.hpp"\n',
                    "example/broker/handlers/c.hpp": '#include "server/b.hpp"\n#include "composition.hpp"\n',
                    "example/broker/composition.hpp": '#include "server/b.hpp"\n'},
                   "handlers/ includes server/b.hpp; it may include cleaning, cluster, groups, handlers",
                   "rooms include each other: handlers -> server -> handlers")
        self.finds(tidy.examples_use_the_public_face,
                   {"example/broker/attic/a.hpp": '#include "wire/b.hpp"\n', "example/broker/wire/b.hpp": ""},
                   "attic has no place in the broker's order")

    def test_what_decides_in_the_broker_knows_its_environment_by_one_page(self):
        self.finds(tidy.the_environment_is_a_page,
                   {"example/broker/cluster/a.cpp": "#include <environment.hpp>\n#include <asio/awaitable.hpp>\n"
                                                    "#include <chronik/net/tcp_options.hpp>\n// steady_now\n",
                    "example/broker/groups/b.cpp": "#include <asio/steady_timer.hpp>\n",
                    "example/broker/handlers/c.cpp": "auto now = chronik::net::steady_now();\n",
                    "example/broker/server/d.cpp": "#include <chronik/posix/directory.hpp>\n"},
                   "<asio/steady_timer.hpp>", "steady_now")

    def test_pure_floors_see_code_and_not_comments(self):
        self.finds(tidy.pure_floors,
                   {"include/chronik/raft/a.hpp": HEAD + 'virtual void f();\n// throw\nauto s = "throw";\n',
                    "include/chronik/net/b.hpp": HEAD + "throw 1;\n"},
                   "virtual")

    def test_shape_wants_a_licence_a_guard_and_a_readable_size(self):
        self.finds(tidy.shape, {"include/chronik/a.hpp": "#pragma once\n", "include/chronik/b.hpp": HEAD[:39] + "\n",
                                "include/chronik/c.hpp": HEAD + "\n" * 400},
                   "licence", "#pragma once", "402 lines")
        self.finds(tidy.columns, {"tests/d.cpp": HEAD + "x" * 121 + "\n" + "x" * 120}, "121 columns")

    def test_a_header_without_a_test_is_found(self):
        self.finds(tidy.headers_have_tests,
                   {"include/chronik/raft/core.hpp": HEAD, "include/chronik/raft/log.hpp": HEAD,
                    "include/chronik/raft/detail/x.hpp": HEAD, "include/chronik/raft/concepts.hpp": HEAD,
                    "tests/unit/raft/log_test.cpp": "#include <chronik/raft/log.hpp>\n",
                    "tests/static/raft.cpp": "#include <chronik/raft/concepts.hpp>\n"},
                   "tests/unit/raft/core_test.cpp")

    def test_a_concept_has_a_page_a_model_laws_and_a_diagnostic(self):
        header = {"include/chronik/raft/concepts.hpp": HEAD + "namespace chronik::raft {\ntemplate <class T>\n"
                  "concept log_view = true;\nnamespace detail {\ntemplate <class T>\nconcept helper = true;\n"
                  "}  // namespace detail\n}  // namespace chronik::raft\n"}
        self.finds(tidy.concepts_are_complete, header, "no page", "no smallest model", "no case", "no laws")
        self.finds(tidy.concepts_are_complete,
                   header | {"docs/concepts/log_view.md": "# log_view\n",
                             "tests/archetypes/log_view.hpp": "/// The smallest raft::log_view.\n",
                             "tests/compile_fail/a.cpp": 'static_assert(raft::log_view<a>, "no");\n',
                             "tests/laws/log_view_laws.hpp": "template <raft::log_view Log>\n"})

    def test_a_concept_without_laws_has_a_reason(self):
        self.finds(tidy.concepts_are_complete,
                   {"include/chronik/node/concepts.hpp": HEAD + "concept host_observer = true;\n",
                    "docs/concepts/host_observer.md": "`host_observer`", "tests/archetypes/a.hpp": "host_observer",
                    "tests/compile_fail/a.cpp": "// expect-error: model chronik::host_observer\n"})

    def test_a_header_that_the_umbrella_forgot_is_found(self):
        self.finds(tidy.umbrellas_are_complete,
                   {"include/chronik/raft/core.hpp": HEAD, "include/chronik/raft/concepts.hpp": HEAD,
                    "include/chronik/raft/detail/x.hpp": HEAD, "include/chronik/net/timer.hpp": HEAD,
                    "include/chronik/testing/disk.hpp": HEAD,
                    "include/chronik/chronik.hpp": "#include <chronik/raft/concepts.hpp>\n",
                    "include/chronik/concepts.hpp": ""},
                   "is not in include/chronik/concepts.hpp", "is not in include/chronik/chronik.hpp")

    def test_tests_neither_sleep_nor_hide(self):
        self.finds(tidy.tests_do_not_wait,
                   {"tests/unit/a_test.cpp": "std::this_thread::sleep_for(1s);\nGTEST_SKIP();\n",
                    "tests/clients/b_test.py": "time.sleep(1)\n"},
                   "time.sleep", "sleep_for", "GTEST_SKIP")

    def test_words_that_do_not_belong(self):
        self.finds(tidy.words, {"docs/a.md": "as in ../sha" + "red/design.md\n",
                                "include/chronik/b.hpp": "// TO" + "DO\n"},
                   "finish it", "a path outside")

    def test_cycles_of_headers_and_of_rooms(self):
        self.finds(tidy.includes_have_no_cycle,
                   {"include/chronik/node/a.hpp": "#include <chronik/raft/b.hpp>\n",
                    "include/chronik/raft/b.hpp": "#include <chronik/node/a.hpp>\n"},
                   "headers include each other", "rooms include each other")
        self.finds(tidy.includes_have_no_cycle,
                   {"include/chronik/node/a.hpp": "#include <chronik/raft/b.hpp>\n", "include/chronik/raft/b.hpp": ""})


if __name__ == "__main__":
    unittest.main()
