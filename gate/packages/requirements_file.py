"""Requirements and constraints files, in pip's own syntax.

As pip reads them: the encoding from a byte order mark or a coding comment; a trailing backslash joins lines; a comment
needs the start of the line or a blank in front of its ``#``; only ``${UPPER_CASE}`` is a variable; options may follow
a requirement (``--hash``) or stand alone (``-r``, ``--index-url``). Everything keeps its place in the file.
"""

from __future__ import annotations

import codecs
import shlex
from collections.abc import Callable, Iterator

from gate.dockerfile.source import Source, Text
from gate.lazy import pattern
from gate.packages.model import FileRef, Pin, Request
from gate.packages.requirement import requirement
from gate.record import dataclass, field

_COMMENT = pattern(r"(?:^|\s+)#.*$")
_VARIABLE = pattern(r"\$\{([A-Z0-9_]+)\}")
_CODING = pattern(rb"coding[:=]\s*([-\w.]+)")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # UTF-32 first: its little-endian mark begins with that of UTF-16
_VALUES = {
    "-i": "--index-url", "--index-url": "--index-url", "--pypi-url": "--index-url",
    "--extra-index-url": "--extra-index-url", "-c": "--constraint", "--constraint": "--constraint",
    "-r": "--requirement", "--requirement": "--requirement", "-e": "--editable", "--editable": "--editable",
    "-f": "--find-links", "--find-links": "--find-links", "--no-binary": "", "--only-binary": "",
    "--trusted-host": "--trusted-host", "--use-feature": "", "--hash": "--hash", "-C": "", "--config-settings": "",
    "--config-setting": "", "--global-option": "", "--install-option": "", "--all-releases": "",
    "--only-final": "",
}  # fmt: skip
_LIMIT = 20_000  # requirements read from one file

Lookup = Callable[[str], "str | None"]


@dataclass(slots=True, eq=False)
class RequirementsFile:
    """What a file asks for. ``options`` are its own option lines, ``name`` → values."""

    source: Source
    requests: list[Request] = field(default_factory=list)
    files: list[FileRef] = field(default_factory=list)
    options: dict[str, list[str]] = field(default_factory=dict)

    @property
    def hashed(self) -> bool:
        """True when pip checks hashes for everything: one hash anywhere is enough."""
        return "--require-hashes" in self.options or any(request.hashes for request in self.requests)


def read_requirements(path: str, data: bytes, lookup: Lookup = lambda name: None) -> RequirementsFile:
    """Read a file. ``path`` is how users see it; ``lookup`` gives an environment variable's value. Never raises."""
    content = decode(data)
    file = RequirementsFile(Source(path, content.encode("utf-8", "surrogateescape")))
    for line in _logical_lines(file.source):
        if len(file.requests) >= _LIMIT:
            break
        _read_line(line, file, lookup)
    return file


def decode(data: bytes) -> str:
    """The text of a file, with pip's choice of encoding; what cannot be decoded becomes surrogate escapes."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    for line in data.split(b"\n", 2)[:2]:
        match = _CODING.search(line) if line[:1] == b"#" else None
        if match:
            try:
                return data.decode(match[1].decode("ascii"), "replace")
            except (LookupError, UnicodeError):
                break
    return data.decode("utf-8", "surrogateescape")


def _logical_lines(source: Source) -> Iterator[Text]:
    """Lines after joining, without comments, stripped, never empty."""
    joined: list[tuple[str, int]] = []  # piece, offset
    offset = 0
    for raw in source.text.splitlines(keepends=True):
        start, offset = offset, offset + len(raw)
        line = raw.rstrip("\r\n\v\f\x1c\x1d\x1e\x85\u2028\u2029")
        comment = _COMMENT.match(line)
        if line.endswith("\\") and not comment:
            stripped = line.lstrip("\\")
            joined.append((stripped.rstrip("\\"), start + len(line) - len(stripped)))
            continue
        # pip puts a blank in front of a comment line, so that it is a comment also behind a joined one.
        pieces = joined if comment else [*joined, (line, start)]
        joined = []
        yield from _text(source, pieces)
    yield from _text(source, joined)


def _text(source: Source, pieces: list[tuple[str, int]]) -> Iterator[Text]:
    value = ""
    places: list[tuple[int, int]] = []
    for piece, offset in pieces:
        if piece:
            places.append((len(value), offset))
            value += piece
    bare = _COMMENT.sub("", value)
    start = len(bare) - len(bare.lstrip())
    if bare.strip():
        yield Text(source, value, places).slice(start, len(bare.rstrip()))


def _read_line(line: Text, file: RequirementsFile, lookup: Lookup) -> None:
    value = _VARIABLE.sub(lambda match: lookup(match[1]) or match[0], line.value)
    argument, options = _split(value)
    try:
        given = list(_options(options))
    except ValueError:  # an unclosed quote: pip refuses the line
        return
    at = line.slice(0, len(argument)) if argument and argument == line.value[: len(argument)] else line
    if argument:
        hashes = tuple(text for name, text in given if name == "--hash")
        request = requirement(argument, at, hashes=hashes)
        if _VARIABLE.search(argument):
            request.pin = Pin.UNRESOLVED
        file.requests.append(request)
        return
    for name, text in given:
        if name == "--editable":
            file.requests.append(requirement(text, at, editable=True))
        elif name in {"--requirement", "--constraint"}:
            file.files.append(FileRef("requirements" if name == "--requirement" else "constraints", text, at))
        else:
            file.options.setdefault(name, []).append(text)


def _split(line: str) -> tuple[str, str]:
    """The requirement and its options: these start at the first word with a dash in front."""
    if line.startswith("-"):
        return "", line
    head, dash, tail = line.partition(" -")
    return head.rstrip(), (dash + tail).lstrip()


def _options(text: str) -> Iterator[tuple[str, str]]:
    words = iter(shlex.split(text))
    for word in words:
        name, equals, value = word.partition("=") if word.startswith("--") else (word[:2], word[2:3], word[2:])
        full = _VALUES.get(name)
        if full is None:
            yield name, ""
        else:
            yield full or name, value if equals else next(words, "")
