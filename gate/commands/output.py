"""Writing to standard output and standard error, whatever state they are in."""

from __future__ import annotations

import os
import sys
from contextlib import suppress

from gate import files
from gate.terminal import clean


class OutputError(Exception):
    """Something could not be written; ``str()`` says what and why."""


def write(data: bytes) -> None:
    """Write to standard output. A reader that has gone away is no fault; anything else raises :class:`OutputError`."""
    try:
        if sys.stdout is None:
            raise OutputError("standard output is closed")
        sys.stdout.flush()
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        _abandon_stdout()
    except OSError as error:
        _abandon_stdout()
        raise OutputError(f"cannot write to standard output: {error.strerror}") from None


def write_file(path: str, text: str) -> None:
    """Write text to a file, whole or not at all. Raises :class:`OutputError`."""
    try:
        files.write(path, text.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise OutputError(f"cannot write {path}: {error.strerror or error}") from None


def say(text: str) -> None:
    """Write text for people to standard output; what its encoding lacks is escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    write(text.encode(encoding, "backslashreplace"))


def tell(text: str) -> None:
    """One line on standard error, if there is anybody."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            encoding = sys.stderr.encoding or "utf-8"
            sys.stderr.write(f"mlgate: {text}\n".encode(encoding, "backslashreplace").decode(encoding))
            sys.stderr.flush()


def tell_now(text: str) -> None:
    """What is going on, on the one line of a terminal that changes; nothing when it is over."""
    sys.stderr.write(f"\r\x1b[K{clean(text)[:100]}")
    sys.stderr.flush()


def tell_exit(code: int, cause: str) -> None:
    """The last line of a run: which exit code, and why."""
    tell(f"exit {code}: {clean(cause)}")


def page_width() -> int:
    """How wide a report for people is: the terminal's width, ``COLUMNS``, else 100; never too narrow to read."""
    given = os.environ.get("COLUMNS", "")
    columns = int(given[:6]) if given.isascii() and given.isdecimal() else 0
    if not columns:
        with suppress(OSError, ValueError, AttributeError):  # closed, or no terminal
            columns = os.get_terminal_size(sys.__stdout__.fileno()).columns  # type: ignore[union-attr]
    return max(min(columns or 100, 160), 60)


def _abandon_stdout() -> None:
    """Send what is still in the buffer nowhere, so that the interpreter does not complain at its end."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, sys.stdout.fileno())
        os.close(null)
