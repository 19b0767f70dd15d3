# SPDX-License-Identifier: Apache-2.0
"""A plot as inline SVG: lines over a logarithmic axis, with the spread of each point as a bar."""

import html
import math

WIDTH, HEIGHT = 560, 320
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 34, 44


def short(value):
    """1500000 -> "1.5M"."""
    for limit, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:g}{unit}" if value % limit == 0 else f"{value / limit:.3g}{unit}"
    return f"{value:.3g}"


class _Axis:
    """Powers of ten around the values, between two places on the page."""

    def __init__(self, values, start, end):
        self.low = math.floor(math.log10(min(values)))
        self.high = max(math.ceil(math.log10(max(values))), self.low + 1)
        self.start, self.end = start, end

    def place(self, value):
        return self.start + (math.log10(value) - self.low) / (self.high - self.low) * (self.end - self.start)

    def ticks(self):
        return [10.0 ** power for power in range(self.low, self.high + 1)]


def lines(title, across, up, series):
    """series   {name: [(x, spread of y), ...]}, all greater than 0; a name is also the class of its style"""
    points = [(x, each) for values in series.values() for x, each in values]
    if not points:
        return ""
    horizontal = _Axis([x for x, _ in points], LEFT, WIDTH - RIGHT)
    vertical = _Axis([each[edge] for _, each in points for edge in ("min", "max")], HEIGHT - BOTTOM, TOP)
    parts = [f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{html.escape(title)}">',
             f'<text class="title" x="{LEFT}" y="16">{html.escape(title)}</text>']
    for tick in horizontal.ticks():
        x = horizontal.place(tick)
        parts.append(f'<path class="grid" d="M{x:.1f} {TOP}V{HEIGHT - BOTTOM}"/>'
                     f'<text x="{x:.1f}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{short(tick)}</text>')
    for tick in vertical.ticks():
        y = vertical.place(tick)
        parts.append(f'<path class="grid" d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}"/>'
                     f'<text x="{LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{short(tick)}</text>')
    parts.append(f'<text x="{(LEFT + WIDTH) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{html.escape(across)}</text>'
                 f'<text transform="translate(14 {HEIGHT / 2}) rotate(-90)" text-anchor="middle">'
                 f'{html.escape(up)}</text>')
    for place, (name, values) in enumerate(series.items()):
        values = sorted(values, key=lambda each: each[0])
        style = html.escape(name.split(" ")[0])
        at = [(horizontal.place(x), vertical.place(each["median"])) for x, each in values]
        parts.append(f'<polyline class="line {style}" points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in at)}"/>')
        for (x, y), (_, each) in zip(at, values):
            parts.append(f'<path class="line {style}" d="M{x:.1f} {vertical.place(each["min"]):.1f}'
                         f'V{vertical.place(each["max"]):.1f}"/>'
                         f'<circle class="{style}" cx="{x:.1f}" cy="{y:.1f}" r="3"/>')
        legend = WIDTH - RIGHT - 90 * (len(series) - place)
        parts.append(f'<circle class="{style}" cx="{legend}" cy="24" r="4"/>'
                     f'<text x="{legend + 8}" y="28">{html.escape(name)}</text>')
    parts.append("</svg>")
    return "".join(parts)
