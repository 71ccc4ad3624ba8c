"""Reading ``.dockerignore``: lines to patterns."""

from __future__ import annotations

from gate.context.paths import clean
from gate.dockerfile.words import SPACE

_LONGEST_LINE = 64 * 1024  # bytes; the builder's line reader gives up on a longer one


class IgnoreFileError(ValueError):
    """The builder cannot read the ignore file."""


def parse_ignore_file(data: bytes) -> list[str]:
    """The patterns of an ignore file, cleaned and relative to the context. Raises :class:`IgnoreFileError`.

    Only a ``#`` in the first column starts a comment; white space around a pattern goes, also behind its ``!``.
    """
    patterns = []
    for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        if len(line) >= _LONGEST_LINE:
            raise IgnoreFileError("bufio.Scanner: token too long")
        if line.startswith(b"#"):
            continue
        pattern = line.decode("utf-8", "surrogateescape").strip(SPACE)
        if not pattern:
            continue
        sign = "!" if pattern.startswith("!") else ""
        pattern = pattern[len(sign) :].strip(SPACE)
        if pattern:
            pattern = clean(pattern)
            if len(pattern) > 1:
                pattern = pattern.removeprefix("/")
        patterns.append(sign + pattern)
    return patterns
