# SPDX-License-Identifier: Apache-2.0
"""The folder of kept results: its page, and the lines that the project's own page takes from one of them."""

import json
import os

PAGE = "README.md"
HEAD = """# Results that were kept

<!-- Written by bench/broker/compare --index from the result.json of each folder. Run it again after a change. -->

Each folder is one call of [`bench/broker/compare`](../broker/README.md): `report.html` for people, `result.json` with
every figure; of several runs the medians, and the runs themselves in `run-1`, `run-2`, ... Figures of different
machines, or of a busy one, are not to be compared.

"""
COLUMNS = ("folder", "matrix", "machine", "versions", "commit", "others took")


def _cell(raw, name):
    facts = raw["machine"]
    if name == "matrix":
        runs = raw.get("combined", 1)
        return (f"{raw['matrix']}, {runs} run{'s' * (runs > 1)} of {raw['rounds']} round{'s' * (raw['rounds'] > 1)}, "
                f"{facts['time'][:10]}")
    if name == "machine":
        return (f"{facts['processor']}, {facts['cores']} cores, {facts['memory_bytes'] / (1 << 30):.0f} GiB, "
                f"{facts['system']}, kernel {facts['kernel']}, {facts['file_system'] or 'unknown file system'}")
    if name == "versions":
        kafka = f"Kafka {raw['kafka_version']} on {facts['java']}, " if raw["kafka_version"] else ""
        return f"{kafka}librdkafka {raw['librdkafka']}, {facts['compiler']}"
    if name == "commit":
        return f"{(facts['commit'] or 'unknown')[:12]}{' and changes' * facts['changed']}"
    return f"{raw['others_busy_cores']:.2f} cores"


def read(folder):
    with open(os.path.join(folder, "result.json"), encoding="utf-8") as file:
        return json.load(file)


def page(folder):
    """The text of the page: a row for each folder in it that has a result."""
    kept = sorted(name for name in os.listdir(folder) if os.path.exists(os.path.join(folder, name, "result.json")))
    if not kept:
        return HEAD + "No result is kept.\n"
    rows = []
    for name in kept:
        raw = read(os.path.join(folder, name))
        cells = [_cell(raw, column).replace("|", "/") for column in COLUMNS[1:]]
        rows.append(f"| [{name}]({name}/report.html) | " + " | ".join(cells) + " |\n")
    return HEAD + "| " + " | ".join(COLUMNS) + " |\n" + "|---" * len(COLUMNS) + "|\n" + "".join(rows)


def write(folder):
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, PAGE), "w", encoding="utf-8") as file:
        file.write(page(folder))


def _ratio(line):
    """`6.1 times (5.8 to 6.4)`, or a share where the other side is a limit."""
    told = line.get("ratios")
    text = f"{line['ratio']:.2g}"
    if told and told["count"] > 1:
        text += f" ({told['min']:.2g} to {told['max']:.2g} in {told['count']} runs)"
    return text


def lines(raw):
    """Rows of the table in the project's page, as ratios: figures of two machines are nobody's to compare."""
    facts, told = raw["machine"], raw["summary"]
    text = [f"On {facts['processor']}, {facts['cores']} cores, {facts['system']}; {_cell(raw, 'versions')}; commit "
            f"{_cell(raw, 'commit')}; other programs took {_cell(raw, '')}.", "",
            "| what | ours : theirs | aim | |", "|---|---|---|---|"]
    for line in told["headlines"] + told["against"]:
        aim, verdict = "", ""
        if line["bound"]:
            aim = f"{'at least' if line['bound'][0] == '>=' else 'at most'} {line['bound'][1]:.2g}"
            verdict = "" if line["holds"] else "missed"
        text.append(f"| {line['what']}: {line['left'][0]} to {line['right'][0]} | {_ratio(line)} | {aim} | {verdict} |")
    text += [f"| {each['what']} | no figure: {each['why']} | | |" for each in told["missing"]]
    return "\n".join(text) + "\n"
