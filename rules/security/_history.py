"""Secrets in the history of a finished image: build arguments are written down there with their values."""

from __future__ import annotations

import re
from collections.abc import Iterator

from gate.images.built import BuiltImage, Step
from gate.rules.security._secrets import known_format, password_in_url, placeholder, redacted, secret_name

_ARGUMENTS = re.compile(r"(?:RUN )?\|(\d{1,4}) ")
_ARG = re.compile(r"(?:/bin/\S+ (?:-\S+ )*#\(nop\) +)?ARG (\w+)=(.*)", re.DOTALL)
_PAIR = re.compile(r"(\w+)=(\S*)")


def secrets_in(image: BuiltImage, *, texts: bool) -> Iterator[tuple[Step, str]]:
    """Each secret once, at the first step that shows it: the step, and what it is. ``texts``: those in commands, too."""
    seen: set[str] = set()
    for step in image.history:
        told = False
        for name, value in _arguments(step.created_by):
            if name not in seen and _is_secret(name, value):
                seen.add(name)
                told = True
                yield step, f"the value of the build argument {name}: {redacted(value)}"
        found = known_format(step.created_by) if texts and not told else None
        if found and step.created_by[found[1] : found[2]] not in seen:
            seen.add(step.created_by[found[1] : found[2]])
            yield step, f"{found[0]}: {redacted(step.created_by[found[1] : found[2]])}"


def _is_secret(name: str, value: str) -> bool:
    by_name = secret_name(name) and value != "" and not placeholder(value)
    return known_format(value) is not None or password_in_url(value) is not None or by_name


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
