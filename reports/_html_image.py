"""A finished image for the HTML report: its layers as shares of a bar, and as a table."""

from __future__ import annotations

from collections.abc import Iterator

from gate.model import Image, Place
from gate.record import dataclass
from gate.sources import Sources

_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True)
class Layer:
    """``text``: the line that made it; ``start`` and ``width``: its share of the bar, in thousandths."""

    number: int
    origin: str
    place: Place | None
    text: str
    size: str
    bytes: int
    share: str
    files: int
    removed: str
    start: int
    width: int


@dataclass(frozen=True)
class Stack:
    """An image. ``wasted``: what its layers hold that later ones delete or replace; empty when that is nothing."""

    name: str
    digest: str
    platform: str
    size: str
    inherited: str
    wasted: str
    layers: tuple[Layer, ...]


def stack(image: Image, sources: Sources) -> Stack:
    total = sum(layer.size for layer in image.layers)
    wasted = sum(layer.removed for layer in image.layers)
    inherited = sum(layer.size for layer in image.layers if layer.origin == "base")
    return Stack(
        image.name,
        image.digest,
        image.platform,
        size(total),
        size(inherited) if inherited else "",
        size(wasted) if wasted else "",
        tuple(_layers(image, sources, max(total, 1))),
    )


def _layers(image: Image, sources: Sources, total: int) -> Iterator[Layer]:
    done = 0
    for number, layer in enumerate(image.layers, 1):
        start = round(1000 * done / total)
        done += layer.size
        text = sources.line(layer.place.path, layer.place.line).strip() if layer.place is not None else ""
        yield Layer(
            number,
            layer.origin,
            layer.place,
            text.removeprefix("# "),
            size(layer.size),
            layer.size,
            f"{100 * layer.size / total:.0f} %",
            layer.files,
            size(layer.removed) if layer.removed else "",
            start,
            round(1000 * done / total) - start,
        )


def size(count: int) -> str:
    """Bytes for people: ``4.2 GB``."""
    value, unit = float(count), 0
    while value >= 999.5 and unit + 1 < len(_UNITS):
        value /= 1000
        unit += 1
    return f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 99.95 else f"{value:.1f} {_UNITS[unit]}"
