"""Python sources, read as syntax trees and never run."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Sequence

from gate.model import Span


def parsed(text: str | bytes) -> ast.Module | None:
    """The tree, None for what Python would refuse to read or what is nested without measure."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def span(node: ast.expr | ast.stmt, lines: Sequence[str]) -> Span:
    """Where a node stands in these lines."""
    end_line = node.end_lineno or node.lineno
    end = node.end_col_offset or node.col_offset + 1
    return Span(node.lineno, _column(lines, node.lineno, node.col_offset), end_line, _column(lines, end_line, end))


def _column(lines: Sequence[str], number: int, offset: int) -> int:
    """The 1-based column of a byte offset."""
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    if line.isascii():
        return offset + 1
    return len(line.encode("utf-8", "replace")[:offset].decode("utf-8", "ignore")) + 1


def called(call: ast.Call) -> str:
    """The last name of what is called: ``load`` of ``json.load(…)``; empty where it has none."""
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""


def catches_all(handler: ast.ExceptHandler) -> bool:
    """``except:``, ``except Exception:``, ``except BaseException:``."""
    kind = handler.type
    return kind is None or (isinstance(kind, ast.Name) and kind.id in ("Exception", "BaseException"))
