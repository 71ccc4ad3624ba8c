"""The rows that hadolint prints."""

from __future__ import annotations

from typing import Any

Row = tuple[int, str, str, str]
"""Line, code, level, message."""
Answer = tuple[Row, ...] | str
"""What hadolint printed about a text; or, in words, why it could not."""

LEVELS = ("error", "warning", "info", "style")


def row_of(fields: Any) -> Row | None:
    """Four fields as a row; None when they are no row."""
    if not isinstance(fields, list) or len(fields) != 4:
        return None
    line, code, level, message = fields
    if type(line) is not int or not isinstance(code, str) or level not in LEVELS or not isinstance(message, str):
        return None
    return line, code, level, message
