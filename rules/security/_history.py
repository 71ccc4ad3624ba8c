"""Secrets in the history of a finished image: build arguments are written down there with their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.images.built import BuiltImage, Step
from gate.rules.security._secrets import known_format, password_in_url, placeholder, redacted, secret_name

_ARGUMENTS = re.compile(r"(?:RUN )?\|(\d{1,4}) ")
_ARG = re.compile(r"(?:/bin/\S+ (?:-\S+ )*#\(nop\) +)?ARG (\w+)=(.*)", re.DOTALL)
_PAIR = re.compile(r"(\w+)=(\S*)")


def secrets_in(image: BuiltImage) -> Iterator[tuple[Step, str, str]]:
    """``(step, name, what)``: each secret once, at the first step that shows it."""
    seen: set[str] = set()
    for step in image.history:
        for name, value in _arguments(step.created_by):
            found = known_format(value)
            if name not in seen and (
                found or password_in_url(value) or (secret_name(name) and value and not placeholder(value))
            ):
                seen.add(name)
                yield step, name, redacted(value)


def _arguments(text: str) -> Iterator[tuple[str, str]]:
    """The build arguments of a step; where values have blanks in them, only their first words."""
    arg = _ARG.fullmatch(text.strip())
    if arg:
        yield arg[1], arg[2]
        return
    start = _ARGUMENTS.match(text)
    if start:
        for count, pair in enumerate(_PAIR.finditer(text, start.end(), start.end() + 16_384)):
            if count >= int(start[1]):
                return
            yield pair[1], pair[2]
