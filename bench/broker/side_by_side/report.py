# SPDX-License-Identifier: Apache-2.0
"""One page that needs nothing else: ratios first, then plots, then every figure with its spread."""

import html

from . import machine, plot

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
    if line["bound"] is None:
        return ""
    sign, limit = line["bound"]
    words = f"{'≥' if sign == '>=' else '≤'} {limit:.3g}"
    return words if line["holds"] else f'<span class="bad">{words}: missed</span>'


def _ratio(line):
    text, told = f"{line['ratio']:.3g}", line.get("ratios")
    if not told or told["count"] == 1:
        return text
    return f'{text} <span class="note">{told["min"]:.3g}–{told["max"]:.3g}, {told["count"]} runs</span>'


def _lines(lines):
    """Two figures and their ratio; below the words, what there is to say of them."""
    def words(line):
        note = f'<br><span class="note">{html.escape(line["note"])}</span>' if line["note"] else ""
        return html.escape(f"{line['what']} [{line['unit']}]") + note

    def side(told):
        return f'{number(told[1])}<br><span class="note">{html.escape(told[0])}</span>'

    return _table(("", "", "", "ratio", "aim"), [(words(each), side(each["left"]), side(each["right"]), _ratio(each),
                                                  _bound(each)) for each in lines])


def _missing(missing):
    return "".join(f'<p class="note">{html.escape(each["what"])}: no figure, because {html.escape(each["why"])}.</p>'
                   for each in missing)


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


CALLS_SHOWN = 8


def _calls(found):
    if not found:
        return ""
    title = "<h2>System calls and wake-ups of our broker</h2>"
    if found.get("left_out"):
        return f'{title}<p class="note">Left out: {html.escape(found["left_out"])}.</p>'
    rows = []
    for row in found["rows"]:
        words = html.escape(f"{row['load']}, {row['class']}")
        if "failed" in row:
            rows.append((words, f'<span class="bad">{html.escape(row["failed"])}</span>', *([""] * 7)))
            continue
        frequent = list(row["each_per_request"].items())[:CALLS_SHOWN]
        each = ", ".join(f"{name} {number(count)}" for name, count in frequent)
        rows.append((words, *(f"{row[name]:.3g}" for name in (
            "records_per_request", "wake_ups_per_request", "wake_ups_per_record", "involuntary_per_request",
            "calls_per_request", "calls_per_record", "traced_records_per_request")), html.escape(each)))
    head = ("", "records/request", "wake-ups/request", "wake-ups/record", "preempted/request", "calls/request",
            "calls/record", "records/request, traced", "calls/request, the most frequent ones")
    return (f'{title}<p class="note">{found["seconds"]:g} s of each load without a tracer (wake-ups: voluntary context '
            "switches of all threads), then as long under strace, which counts the calls and slows the broker down."
            f"</p>{_table(head, rows)}")


def _rests(told):
    if not told:
        return ""
    text = (f"Before each of {told['count']} cells the kernel was let write back what was dirty: "
            f"{told['seconds']['median']:.2g} s in the median, {told['seconds']['max']:.2g} s at most.")
    if told["unsettled"]:
        text += f" {told['unsettled']} cells began although others still wrote."
    return f'<p class="note">{text}</p>'


def page(raw, told):
    facts, busy = raw["machine"], raw["others_busy_cores"]
    warning = ""
    if machine.is_busy(busy):
        warning = (f'<p class="bad"><b>A busy machine.</b> While this was measured, other programs took {busy:.2f} of '
                   f'its {facts["cores"]} cores in the median run. Ratios may lean to one side; times are those of '
                   "a busy machine.</p>")
    about = [(html.escape(name.replace("_", " ")), html.escape(str(value))) for name, value in facts.items()]
    rounds = f"{raw['rounds']} round(s)"
    if raw.get("combined"):
        rounds = f"{raw['combined']} runs of {rounds}"
    about += [("Apache Kafka", html.escape(str(raw["kafka_version"]))),
              ("librdkafka", html.escape(str(raw["librdkafka"]))),
              ("matrix", html.escape(f"{raw['matrix']}, {rounds}, {raw['seconds']:g} s a cell, took "
                                     f"{raw['took_s'] / 60:.1f} min"))]
    parts = ["<!doctype html><html lang=en><meta charset=utf-8><title>chronik and Apache Kafka</title>",
             f"<style>{STYLE}</style>",
             "<h1>chronik-broker and Apache Kafka, side by side</h1>", warning,
             '<p class="note">Same machine, same run, in turns; each alone while it is measured. Medians over the '
             f"{'runs' if raw.get('combined') else 'rounds'}, with the smallest and the largest beside them. "
             "<b>synced</b>: acknowledged after the disk has it;"
             " <b>page-cache</b>: acknowledged before. Open-loop latency counts from when a record was due.</p>"]
    if told["headlines"]:
        parts += ["<h2>Ratios</h2>", _lines(told["headlines"])]
    if told["against"]:
        parts += ["<h2>Against the limits</h2>", _lines(told["against"])]
    parts += [_missing(told["missing"]), _calls(raw["calls"])]
    parts += ["<h2>Plots</h2>", _plots(told["cells"])]
    if told["lifecycle"]:
        parts += ["<h2>Starting, dying, memory</h2>",
                  _table(("", *raw["systems"]), [(html.escape(f"{each['figure']} [{each['unit']}]"),
                                                  *(_with_spread(each["systems"].get(name)) for name in raw["systems"]))
                                                 for each in told["lifecycle"]])]
    parts += [_limits(raw["limits"]), "<h2>All figures</h2>", _rests(told["rests"]),
              _figures(told["cells"]),
              "<h2>Where it was measured</h2>", _table(("", ""), about), "</html>"]
    return "\n".join(part for part in parts if part)
