"""The one visual language: colours in two themes, and what the classes of the pictures mean.

Hues are near those of Okabe & Ito (2008, Color Universal Design), each light or dark enough to be
read on its ground and to stay apart from the others under the common deficiencies of colour vision.
Colour is never alone: verdicts carry a symbol, series a marker, and a seed that does not show a
claim is hollow.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LIGHT = {
    "plot-ground": "#ffffff",  # behind the pictures; a page on another ground sets its own
    "plot-ink": "#1b1f24",
    "plot-quiet": "#5a6068",
    "plot-rule": "#c9ccd1",
    "supported": "#00735a",
    "confirmed": "#00735a",
    "refuted": "#b8430a",
    "inconclusive": "#7a6400",
    "equivalent": "#0063a3",
    "error": "#a0257f",
    "series-1": "#0a5fd0",
    "series-2": "#c24408",
    "series-3": "#0b4a3c",
    "series-4": "#9f33a0",
    "series-5": "#4f3f06",
    "series-6": "#6f6e72",
}
DARK = {
    "plot-ground": "#14171b",
    "plot-ink": "#e8eaed",
    "plot-quiet": "#a2a9b2",
    "plot-rule": "#3b4148",
    "supported": "#3fc7a0",
    "confirmed": "#3fc7a0",
    "refuted": "#f58c4a",
    "inconclusive": "#e0c64a",
    "equivalent": "#5fb4f0",
    "error": "#ec8fd0",
    "series-1": "#4f97f7",
    "series-2": "#f2652a",
    "series-3": "#6fe8b8",
    "series-4": "#f0a6e8",
    "series-5": "#f7e463",
    "series-6": "#928d96",
}
SYMBOLS = {
    "supported": "●",
    "confirmed": "◉",
    "refuted": "○",
    "inconclusive": "◐",
    "equivalent": "=",
    "error": "◇",
}
"""Of verdicts. Not ✓ and ✗, which say whether a verdict is the registered one."""

SERIES = 6  # colours that stay apart, each with a marker of its own


def meanings(verdicts: Iterable[str]) -> str:
    """Return the key to the symbols of these verdicts, "● supported · ○ refuted"."""
    met = set(verdicts)
    return " · ".join(
        f"{symbol} {verdict}" for verdict, symbol in SYMBOLS.items() if verdict in met
    )


def _theme(colours: dict[str, str]) -> str:
    return "".join(f"--{name}:{colour};" for name, colour in colours.items())


_CLASSES = """
:not(svg)>.plot{max-width:100%;height:auto}
.plot{color:var(--plot-ink);overflow:hidden}
.plot text{font:12px/1 system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;
fill:var(--plot-ink)}
.plot a{color:inherit;text-decoration:none}
.plot .links a text{fill:var(--series-1)}
.plot a:hover text,.plot a:focus text{text-decoration:underline}
.plot .quiet,.plot .quiet text{fill:var(--plot-quiet)}
.plot .middle,.plot .middle text{text-anchor:middle}
.plot .end,.plot .end text{text-anchor:end}
.plot .strong{font-weight:600}
.plot .coloured,.plot .coloured text,.plot tspan{fill:currentColor}
.plot path{fill:none;stroke-linejoin:round}
.plot .rule{stroke:var(--plot-rule)}
.plot .zero{stroke:var(--plot-quiet)}
.plot .margin{stroke:var(--plot-ink);stroke-width:1.5;stroke-dasharray:4 3}
.plot .region{fill:var(--supported);opacity:.13}
.plot .alike{fill:var(--equivalent);opacity:.13}
.plot .shown,.plot .unshown,.plot .hole{stroke-linecap:round;stroke-width:7}
.plot .shown{stroke:var(--supported)}
.plot .unshown{stroke:var(--refuted)}
.plot .hole{stroke:var(--plot-ground);stroke-width:3.6}
.plot .round{stroke:var(--equivalent);stroke-linecap:round;stroke-width:5;opacity:.75}
.plot .interval{stroke:var(--plot-ink);stroke-width:2}
.plot .solid{fill:var(--plot-ink)}
.plot .line{stroke:currentColor;stroke-width:1.8}
.plot .dashed{stroke-dasharray:5 3.5;stroke-width:1.4}
.plot .dotted{stroke-dasharray:1.6 3}
.plot .band{fill:currentColor;opacity:.14}
.plot .mark{fill:currentColor;stroke:var(--plot-ground);stroke-width:.8}
.plot .open{fill:var(--plot-ground);stroke:currentColor;stroke-width:1.4}
.plot .point{stroke:currentColor;stroke-linecap:round;stroke-width:7}
.plot .ring{stroke:currentColor;stroke-width:1.6}
.plot .cell{fill:currentColor;opacity:.2;stroke:var(--plot-ground);stroke-width:2}
.plot image{image-rendering:pixelated}
"""
_VERDICTS = "".join(f".plot .{verdict}{{color:var(--{verdict})}}" for verdict in SYMBOLS)
_SERIES = "".join(f".plot .s{n}{{color:var(--series-{n})}}" for n in range(1, SERIES + 1))

STYLE = (
    f":root{{{_theme(LIGHT)}}}[data-theme=dark]{{{_theme(DARK)}}}"
    f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{{_theme(DARK)}}}}}"
    f"@media print{{:root:root{{{_theme(LIGHT)}}}}}"
    + (_CLASSES + _VERDICTS + _SERIES).replace("\n", "")
)
"""The style sheet of all pictures, once a page."""

_GROUND = "svg{background:var(--plot-ground)}"
_SPACE = 16.0  # pixels between pictures that stand below one another, and around them
_BOX = re.compile(r'<svg [^>]*?viewBox="0 0 (\S+) (\S+)"')


def standalone(pictures: str) -> str:
    """Return pictures with the style sheet inside: one SVG file, several of them one below another.

    It paints its own ground, as the page around it may have another theme than the reader's.
    """
    boxes = [(float(width), float(height)) for width, height in _BOX.findall(pictures)]
    placed, top = [], _SPACE
    for picture, (_, height) in zip(re.split("(?=<svg )", pictures)[1:], boxes, strict=True):
        placed.append(picture.replace("<svg ", f'<svg x="{_SPACE:g}" y="{top:g}" ', 1))
        top += height + _SPACE
    width = max((width for width, _ in boxes), default=0.0) + 2 * _SPACE
    style = f"<style>{STYLE.replace('>', '&gt;')}{_GROUND}</style>"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {top:g}" '
        f'width="{width:g}" height="{top:g}">{style}{"".join(placed)}</svg>'
    )
