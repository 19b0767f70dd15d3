# SPDX-License-Identifier: Apache-2.0
"""One page that needs nothing else: ratios first, then plots, then every figure with its spread."""

import html

from . import machine, plot, summary

STYLE = """
:root { color-scheme: light dark; --ink: light-dark(#1b1f24, #e6e8ea); --back: light-dark(#fff, #14171a);
        --soft: light-dark(#6a737d, #98a1aa); --rule: light-dark(#e1e4e8, #2c3238);
        --chronik: light-dark(#0b6e99, #4fb3dd); --kafka: light-dark(#b5541c, #e79a5b);
        --bad: light-dark(#b00020, #ff7b88); }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--back); max-width: 1160px;
       margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--rule); text-align: right; vertical-align: top; }
th:first-child, td:first-child { text-align: left; } th { color: var(--soft); font-weight: 500; }
.wide { overflow-x: auto; } .note { color: var(--soft); } .bad { color: var(--bad); }
.plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(420px, 1fr)); gap: 1rem; }
svg text { font: 11px system-ui, sans-serif; fill: var(--soft); } svg .title { font-size: 13px; fill: var(--ink); }
svg .grid { stroke: var(--rule); fill: none; } svg .line { fill: none; stroke-width: 1.6; }
svg .line.chronik { stroke: var(--chronik); } svg .line.kafka { stroke: var(--kafka); }
svg circle.chronik { fill: var(--chronik); } svg circle.kafka { fill: var(--kafka); }
"""

COLUMNS = (("records/s", "records_per_s", 1), ("MB/s", "megabytes_per_s", 1), ("p50 ms", "p50_us", 1e3),
           ("p99 ms", "p99_us", 1e3), ("p99.9 ms", "p99.9_us", 1e3), ("max ms", "max_us", 1e3),
           ("end to end p99 ms", "end_to_end_p99_us", 1e3), ("CPU s/million", "cpu_s_per_million", 1),
           ("switches/1000", "switches_per_thousand", 1), ("peak MiB", "peak_bytes", 1 << 20),
           ("written MB", "written_bytes", 1e6))


def number(value):
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def _with_spread(told, unit=1):
    if told is None:
        return ""
    median = number(told["median"] / unit)
    if told["count"] == 1:
        return median
    return f'{median} <span class="note">{number(told["min"] / unit)}–{number(told["max"] / unit)}</span>'


def _table(head, rows):
    cells = lambda row, tag: "".join(f"<{tag}>{each}</{tag}>" for each in row)
    return (f'<div class="wide"><table><thead><tr>{cells(head, "th")}</tr></thead><tbody>'
            + "".join(f"<tr>{cells(row, 'td')}</tr>" for row in rows) + "</tbody></table></div>")


def _bound(line):
    sign, limit = line["bound"]
    words = f"{'≥' if sign == '>=' else '≤'} {limit:.3g}"
    return words if line["holds"] else f'<span class="bad">{words}: missed</span>'


def _headlines(told):
    return _table(("", "chronik", "kafka", "chronik : kafka", "aim"),
                  [(html.escape(f"{each['what']} [{each['unit']}]"), number(each["chronik"]), number(each["kafka"]),
                    f"{each['ratio']:.3g}", _bound(each)) for each in told["headlines"]])


def _series(cells, figure, unit):
    """{system: points} of the cells whose axis has a place for them."""
    series = {}
    for cell in cells:
        for name, figures in cell["systems"].items():
            spread = figures.get(figure)
            if spread and cell["at"] > 0 and spread["min"] > 0:
                scaled = {key: spread[key] / unit for key in ("median", "min", "max")}
                series.setdefault(name, []).append((cell["at"], scaled))
    return series


PLOTS = (("rate", "p99_us", 1e3, "Latency against offered load", "records/s offered", "p99 ms, produce"),
         ("rate", "end_to_end_p99_us", 1e3, "End to end against offered load", "records/s offered",
          "p99 ms, end to end"),
         ("partitions", "records_per_s", 1, "Throughput against partitions", "partitions", "records/s"),
         ("record bytes", "megabytes_per_s", 1, "Throughput against record size", "bytes", "MB/s"))


def _plots(cells):
    drawn = []
    for nodes, durability in sorted({(each["nodes"], each["class"]) for each in cells}):
        for group, figure, unit, title, across, up in PLOTS:
            inside = [each for each in cells
                      if (each["group"], each["nodes"], each["class"]) == (group, nodes, durability)]
            if len(inside) > 1:
                drawn.append(plot.lines(f"{title}: {nodes} node{'s' * (nodes > 1)}, {durability}", across, up,
                                        _series(inside, figure, unit)))
    return f'<div class="plots">{"".join(drawn)}</div>'


def _figures(cells):
    rows = []
    for cell in cells:
        for name, figures in cell["systems"].items():
            rows.append((html.escape(cell["cell"]), name,
                         *(_with_spread(figures.get(figure), unit) for _, figure, unit in COLUMNS)))
        for each in cell["failed"]:
            rows.append((html.escape(cell["cell"]), each["system"],
                         f'<span class="bad">{html.escape(each["why"])}</span>', *([""] * (len(COLUMNS) - 1))))
    return _table(("cell", "", *(title for title, _, _ in COLUMNS)), rows)


def _limits(found):
    if not found:
        return ""
    disk, loopback, client = found["disk"], found["loopback"], found["client"]["measured"]
    rows = [("fdatasync after 4 KiB, behind each other", f"{number(disk['small']['syncs_per_s'])}/s, p50 "
             f"{disk['small']['latency_us']['p50'] / 1e3:.3g} ms, "
             f"p99 {disk['small']['latency_us']['p99'] / 1e3:.3g} ms"),
            ("fdatasync after 1 MiB, behind each other", f"{number(disk['large']['megabytes_per_s'])} MB/s"),
            ("TCP over loopback, one way", f"{number(loopback['stream']['megabytes_per_s'])} MB/s"),
            ("TCP over loopback, a byte there and back", f"p50 {loopback['round_trip_us']['p50']:.3g} us"),
            ("the client against librdkafka's mock broker in its own process, 1 KiB, 16 partitions",
             f"{number(client['records_per_s'])} records/s")]
    return "<h2>What disk, loopback and client can do by themselves</h2>" + _table(("", ""), rows)


def page(raw, told):
    facts, busy = raw["machine"], raw["others_busy_cores"]
    warning = ""
    if machine.is_busy(busy):
        warning = (f'<p class="bad"><b>A busy machine.</b> While this was measured, other programs took {busy:.2f} of '
                   f'its {facts["cores"]} cores in the median run. Ratios may lean to one side; times are those of '
                   "a busy machine.</p>")
    about = [(html.escape(name.replace("_", " ")), html.escape(str(value))) for name, value in facts.items()]
    about += [("Apache Kafka", html.escape(str(raw["kafka_version"]))),
              ("librdkafka", html.escape(str(raw["librdkafka"]))),
              ("matrix", html.escape(f"{raw['matrix']}, {raw['rounds']} round(s), {raw['seconds']:g} s a cell, took "
                                     f"{raw['took_s'] / 60:.1f} min"))]
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>chronik and Apache Kafka</title>",
             f"<style>{STYLE}</style>",
             "<h1>chronik-broker and Apache Kafka, side by side</h1>", warning,
             '<p class="note">Same machine, same run, in turns; each alone while it is measured. Medians over the '
             "rounds, with the smallest and the largest beside them. <b>synced</b>: acknowledged after the disk has it;"
             " <b>page-cache</b>: acknowledged before. Open-loop latency counts from when a record was due.</p>"]
    if told["headlines"]:
        parts += ["<h2>Ratios</h2>", _headlines(told)]
    parts += ["<h2>Plots</h2>", _plots(told["cells"])]
    if told["lifecycle"]:
        parts += ["<h2>Starting, dying, memory</h2>",
                  _table(("", *raw["systems"]), [(html.escape(f"{each['figure']} [{each['unit']}]"),
                                                  *(_with_spread(each["systems"].get(name)) for name in raw["systems"]))
                                                 for each in told["lifecycle"]])]
    parts += [_limits(raw["limits"]), "<h2>All figures</h2>", _figures(told["cells"]),
              "<h2>Where it was measured</h2>", _table(("", ""), about), "</html>"]
    return "\n".join(part for part in parts if part)
