"""How a file is started: what the kernel makes of its first bytes, down to the program that runs in the end."""

from __future__ import annotations

import struct

from gate.model import Unknown
from gate.platforms.filesystem import Errno, FileSystem, Found, NoEntry, NotAllowed, User
from gate.platforms.outcome import Doubt, Fault
from gate.record import dataclass, field

BUFFER = 256
"""Bytes of a file that the kernel looks at."""
_MAX_SCRIPTS = 5
_I386 = 3
_BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


class Unusable(Errno):
    """``execve`` refuses. ``fault`` says of what kind, ``found`` which file is to blame, ``interpreter`` which is missing."""

    def __init__(self, error: str, fault: Fault, found: Found, interpreter: str = "") -> None:
        super().__init__(error)
        self.fault = fault
        self.found = found
        self.interpreter = interpreter


class Crashes(Unusable):
    """The program is started and is dead at once."""


@dataclass(slots=True)
class Process:
    """A process about to execute something."""

    files: FileSystem
    user: User
    cwd: str | Unknown
    env: dict[str, str | Unknown]
    notes: list[tuple[str, str, Found]] = field(default_factory=list)

    @property
    def path(self) -> str:
        """``PATH``. Raises :class:`Doubt`."""
        value = self.env.get("PATH", "")
        if isinstance(value, Unknown):
            raise Doubt(value)
        return value

    def stat(self, path: str, *, searching: bool = False) -> Found:
        """Raises :class:`Errno` or :class:`Doubt`."""
        if isinstance(self.cwd, Unknown):
            if not path.startswith("/"):
                raise Doubt(self.cwd)
            return self.files.find(path, "/", self.user, searching=searching)
        return self.files.find(path, self.cwd, self.user, searching=searching)


@dataclass(slots=True)
class Loaded:
    """What runs in the end: the program behind any ``#!`` lines, and its words."""

    found: Found
    argv: list[str]
    scripts: list[Found]


def execute(process: Process, path: str, argv: list[str], *, searching: bool = False) -> Loaded:
    """``execve``; ``searching``: the path comes from PATH. Raises :class:`Unusable`, another :class:`Errno`, or :class:`Doubt`."""
    scripts: list[Found] = []
    words = list(argv)
    first: Found | None = None
    while True:
        try:
            found = process.stat(path, searching=searching and first is None)
            executable(process, found)
        except Errno as error:
            if first is None:
                raise
            crlf = path.endswith("\r")
            raise Unusable(str(error), Fault.LINE_ENDS if crlf else Fault.INTERPRETER, scripts[-1], path) from error
        first = first or found
        if found.node is None:
            return Loaded(found, words, scripts)
        data = _read(found, BUFFER)
        if not data.startswith(b"#!"):
            _program(process, found, data)
            return Loaded(found, words, scripts)
        parsed = shebang(data)
        if parsed is None:
            process.files.unless_suspicious(found.node)
            raise Unusable("exec format error", Fault.NO_FORMAT, found)
        interpreter, argument = parsed
        process.notes.append((f"read the first line of {path}", "#!" + " ".join(filter(None, parsed)), found))
        scripts.append(found)
        if len(scripts) > _MAX_SCRIPTS:
            raise Unusable("too many levels of symbolic links", Fault.INTERPRETER, found, interpreter)
        words = [interpreter, *([argument] if argument else []), path, *words[1:]]
        path = interpreter


def executable(process: Process, found: Found) -> None:
    """Raises :class:`NotAllowed` for what ``execve`` would not even open."""
    found.unless_supposed()
    if found.is_folder or (found.node is not None and found.node.type != "file"):
        raise NotAllowed
    if not process.files.check(found, process.user, 1):
        raise NotAllowed


def _read(found: Found, limit: int) -> bytes:
    assert found.node is not None
    data = found.node.read(limit)
    if data is None:
        raise Doubt(found.node.note or Unknown(f"the content of {found.path} is not known", "--image"))
    return data


def shebang(data: bytes) -> tuple[str, str] | None:
    """Interpreter and argument of a first line, as the kernel cuts it; None where it sees none."""
    buffer = data[:BUFFER].ljust(BUFFER, b"\0")
    end = buffer.split(b"\0")[0].find(b"\n")
    if end < 0:
        end = BUFFER - 1
        start = _skip(buffer, 2, end)
        # A path that may have been cut off is no path.
        if start is None or not any(buffer[at] in b" \t\0" for at in range(start, end + 1)):
            return None
    while buffer[end - 1] in b" \t":
        end -= 1
    start = _skip(buffer, 2, end)
    if start is None or start >= end:
        return None
    stop = next((at for at in range(start, end) if buffer[at] in b" \t\0"), end)
    argument = b""
    if stop < end and buffer[stop] != 0:
        more = _skip(buffer, stop, end)
        argument = buffer[more:end].split(b"\0")[0] if more is not None else b""
    name = buffer[start:stop]
    if not name:
        return None
    return name.decode("utf-8", "surrogateescape"), argument.decode("utf-8", "surrogateescape")


def _skip(buffer: bytes, at: int, end: int) -> int | None:
    while at <= end:
        if buffer[at] not in b" \t":
            return at
        at += 1
    return None


def _program(process: Process, found: Found, data: bytes) -> None:
    """A file without ``#!``: it has to be an ELF program for this machine. Raises :class:`Unusable` or :class:`Doubt`."""
    if not data.startswith(b"\x7fELF"):
        process.files.unless_suspicious(found.node)
        behind = data.lstrip(b"\xef\xbb\xbf\xff\xfe\0")
        marked = data.startswith(_BOMS) and behind.startswith(b"#")
        raise Unusable("exec format error", Fault.LINE_ENDS if marked else Fault.NO_FORMAT, found)
    size = found.node.size if found.node is not None else None
    machine = process.files.machine
    if machine is None:
        raise Doubt(Unknown(f"{found.path} is a program for another processor, and not looked into"))
    header = _Elf(data, size or len(data), machine)
    if header.machine == _I386 and header.word == 1:
        raise Doubt(Unknown(f"{found.path} is a 32-bit program: the machine decides"))
    whole = _read(found, header.table_end) if header.plausible else b""
    if not header.plausible or len(whole) < header.table_end:
        raise Unusable("exec format error", Fault.NO_FORMAT, found)
    _segments(process, found, header, whole)


class _Elf:
    """The header of an ELF file, as far as the kernel looks at it."""

    def __init__(self, data: bytes, size: int, machine: int) -> None:
        self.size = size
        self.word = data[4] if len(data) > 4 else 0
        self.machine = 0
        self.table_end = 0
        self.plausible = False
        if len(data) < 64:
            return
        kind, self.machine = struct.unpack_from("<HH", data, 16)
        (self.table,) = struct.unpack_from("<Q", data, 32)
        entry, self.count = struct.unpack_from("<HH", data, 54)
        self.table_end = self.table + 56 * self.count
        self.plausible = (
            kind in (2, 3) and self.machine == machine and entry == 56 and 1 <= self.count <= 65536 // 56
            and self.table_end <= size
        )  # fmt: skip


def _segments(process: Process, found: Found, header: _Elf, data: bytes) -> None:
    """The loader that a program asks for, and whether its parts are all there."""
    needed = 0
    for number in range(header.count):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", data, header.table + 56 * number)
        if kind == 3:
            _loader(process, found, offset, length)
        elif kind == 1:
            needed = max(needed, offset + length)
    if needed > header.size:
        raise Crashes("segmentation fault", Fault.NO_FORMAT, found)


def _loader(process: Process, found: Found, offset: int, length: int) -> None:
    if not 2 <= length <= 4096:
        raise Unusable("exec format error", Fault.NO_FORMAT, found)
    data = _read(found, offset + length)[offset:]
    if len(data) < length or data[-1] != 0:
        raise Unusable("exec format error", Fault.NO_FORMAT, found)
    name = data.split(b"\0")[0].decode("utf-8", "surrogateescape")
    try:
        loader = process.stat(name)
        executable(process, loader)
    except NoEntry as error:
        raise Unusable(str(error), Fault.INTERPRETER, found, name) from error
    except Errno as error:
        raise Unusable(str(error), Fault.INTERPRETER, found, name) from error
