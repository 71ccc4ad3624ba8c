"""YAML text → plain values, with the line and column of every key and value.

The scalars are those of YAML 1.2: only ``true`` and ``false`` are booleans, so that ``grype: off`` says what it seems
to. Duplicate keys, foreign tags, self-references and documents that unfold to too many values are errors.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import Any

import yaml

from gate.lazy import pattern
from gate.record import dataclass, field

MAX_CHARS = 1_000_000
MAX_NODES = 20_000
MAX_DEPTH = 50

Path = tuple[Hashable, ...]

_INTEGER = pattern(r"[-+]?[0-9]{1,18}")
_FLOAT = pattern(r"[-+]?(\.[0-9]+|[0-9]+\.[0-9]*|[0-9]+(\.[0-9]*)?[eE][-+]?[0-9]{1,3})")
_WORDS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_TAGS = {
    f"tag:yaml.org,2002:{name}"
    for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq", "merge", "value")
}
_NULLS = {"", "~", "null", "Null", "NULL"}


class YamlError(ValueError):
    """Text that is no acceptable YAML: what is wrong, and the 1-based line and column."""

    def __init__(self, message: str, line: int = 1, column: int = 1) -> None:
        super().__init__(message)
        self.message = message
        self.line = line
        self.column = column


@dataclass
class Document:
    """A read document. ``marks``: the path of a value (keys and indices from the root) → line and column of the key
    that names it, or of the value itself where it stands in a list."""

    value: Any
    marks: dict[Path, tuple[int, int]] = field(default_factory=dict)

    def mark(self, path: Path) -> tuple[int, int]:
        """Where the value of that path stands, or the nearest value around it that stands anywhere."""
        while path and path not in self.marks:
            path = path[:-1]
        return self.marks.get(path, (1, 1))


def read(text: str) -> Document:
    """Read one YAML document. Raises :class:`YamlError`."""
    if len(text) > MAX_CHARS:
        raise YamlError(f"the file is larger than {MAX_CHARS} characters")
    try:
        # The loader in C overflows its stack on deep nesting; this one raises RecursionError.
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlError(error.problem or "this is not YAML", *where) from None
    except yaml.reader.ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
        raise YamlError("a character that YAML does not allow", line, column) from None
    except RecursionError:
        raise YamlError("nested too deeply") from None
    builder = _Builder()
    value = None if node is None else builder.build(node, (), 0)
    return Document(value, builder.marks)


class _Builder:
    def __init__(self) -> None:
        self.marks: dict[Path, tuple[int, int]] = {}
        self.count = 0

    def build(self, node: yaml.Node, path: Path, depth: int) -> Any:
        self.count += 1
        if self.count > MAX_NODES:
            raise _at(node, f"unfolds to more than {MAX_NODES} values")
        if depth > MAX_DEPTH:
            raise _at(node, "nested too deeply")
        if node.tag not in _TAGS:
            raise _at(node, f"the tag {node.tag} means nothing here")
        self.marks.setdefault(path, (node.start_mark.line + 1, node.start_mark.column + 1))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, depth)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, index), depth + 1) for index, child in enumerate(node.value)]
        assert isinstance(node, yaml.ScalarNode)
        return _scalar(node)

    def _mapping(self, node: yaml.MappingNode, path: Path, depth: int) -> dict[Hashable, Any]:
        values: dict[Hashable, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise _at(key_node, "a key must be a single word")
            key = str(key_node.value)
            if key in values:
                line, _ = self.marks[(*path, key)]
                raise _at(key_node, f"duplicate key '{key}', first on line {line}")
            self.marks[(*path, key)] = (key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            values[key] = self.build(value_node, (*path, key), depth + 1)
        return values


def _scalar(node: yaml.ScalarNode) -> Any:
    text = str(node.value)
    if node.style is not None:  # quoted or block
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text in _NULLS:
        return None
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


def _at(node: yaml.Node, message: str) -> YamlError:
    return YamlError(message, node.start_mark.line + 1, node.start_mark.column + 1)
