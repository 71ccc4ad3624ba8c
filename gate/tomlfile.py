"""TOML as plain values; ``[tool.mlgate]`` of a pyproject.toml with the lines of its keys as far as a line scan finds them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gate.lazy import pattern

if TYPE_CHECKING:
    from gate.yamlfile import Document, Path

_HEADER = pattern(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]")
_KEY = pattern(r"(\s*)([\w.\"'-]+)\s*=")
_PREFIX = ("tool", "mlgate")


def loads(text: str) -> dict[str, Any]:
    """A whole document. Raises ValueError."""
    if sys.version_info >= (3, 11):
        import tomllib
    else:
        import tomli as tomllib
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read(text: str) -> Document:
    """Read the table. Raises :class:`~gate.yamlfile.YamlError`, also where the file has no such table."""
    from gate.yamlfile import MAX_CHARS, Document, YamlError

    if len(text) > MAX_CHARS:
        raise YamlError(f"the file is larger than {MAX_CHARS} characters")
    try:
        value: Any = loads(text)
    except ValueError as error:
        found = re.search(r"(.*) \(at line (\d+), column (\d+)\)", str(error))
        where = (int(found[2]), int(found[3])) if found else (1, 1)
        raise YamlError(found[1] if found else str(error), *where) from None
    for name in _PREFIX:
        value = value.get(name, {}) if isinstance(value, dict) else {}
    return Document(value, dict(_marks(text)))


def _marks(text: str) -> Iterator[tuple[Path, tuple[int, int]]]:
    table: Path = ()
    counts: dict[Path, int] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        header = _HEADER.match(line)
        if header:
            table = _split(header[2])
            if header[1] == "[[":
                counts[table] = counts.get(table, -1) + 1
                table = (*table, counts[table])
            if table[:2] == _PREFIX:
                yield table[2:], (number, header.start(1) + 1)
            continue
        key = _KEY.match(line)
        if key:
            path = (*table, *_split(key[2]))
            if path[:2] == _PREFIX:
                yield path[2:], (number, len(key[1]) + 1)


def _split(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in re.findall(r"\"[^\"]*\"|'[^']*'|[^.]+", dotted))
