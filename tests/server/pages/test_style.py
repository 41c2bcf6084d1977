import re

import pytest

from loom.server.pages.frame import style

PAIRS = [
    *(("ink", "card"), ("ink", "ground"), ("quiet", "card"), ("quiet", "ground")),
    *(("accent", "card"), ("on-accent", "accent"), ("danger", "card"), ("ink", "notice")),
]


def colours(index: int) -> dict[str, str]:
    """The light ones (0) or the dark ones (1)."""
    block = re.findall(r":root \{(.*?)\}", style()[1].decode(), re.DOTALL)[index]
    return dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("index", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("front", "back"), PAIRS)
def test_text_stands_out_as_wcag_aa_asks(front: str, back: str, index: int) -> None:
    known = colours(index)
    light, dark = sorted((luminance(known[front]), luminance(known[back])), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 4.5
