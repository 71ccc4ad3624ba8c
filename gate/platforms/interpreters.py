"""Interpreters that are given a file or a module: whether it is there."""

from __future__ import annotations

import posixpath
import sys
from collections.abc import Callable

from gate.image.model import File
from gate.lazy import pattern
from gate.model import Unknown
from gate.packages.options import listed
from gate.platforms.filesystem import Errno, Found, NotAllowed
from gate.platforms.kernel import Process
from gate.platforms.outcome import Doubt, Fails, Fault

INTERPRETERS = listed("python pypy node nodejs Rscript perl ruby julia php deno bun java")
_VERSIONED = ("python", "pypy", "node", "php")
_ENDS_WITH = {"python": 2, "pypy": 2, "perl": 2, "Rscript": 2, "node": 1, "nodejs": 1, "ruby": 1, "julia": 1, "php": 1}
_VALUE_OPTIONS = {"python": "W X", "node": "r", "nodejs": "r", "perl": "I", "ruby": "I r", "java": ""}
_NODE_ENDINGS = ("", ".js", ".json", ".mjs", ".cjs")
_INIT_LIMIT = 1 << 16
_SHELL_LINE = pattern(rb"#![ \t]*(?:/\S*/)?(?:env[ \t]+)?(?:/\S*/)?(?:ba|da|a|z|k)?sh\b")

Note = Callable[[str, str, Found], None]


def plain_name(name: str) -> str:
    """``python3.11`` is python; empty for what is no interpreter."""
    plain = name.rstrip("0123456789.") if name.startswith(_VERSIONED) else name
    return plain if plain in INTERPRETERS else ""


def interpret(plain: str, argv: list[str], process: Process, note: Note) -> File | None:
    """The file that an interpreter reads; None where it is given none, or one that is not listed.

    Raises :class:`Fails` for one that is not there, :class:`Doubt`.
    """
    at, module = _operand_at(plain, argv)
    if module:
        return _module(argv, at, process, note)
    return _script(plain, argv[at], process, note) if at else None


# Files ----------------------------------------------------------------------------------------------------------------


def _script(plain: str, path: str, process: Process, note: Note) -> File | None:
    error: Errno
    for ending in _NODE_ENDINGS if plain in ("node", "nodejs") else ("",):
        try:
            found = process.stat(path + ending)
            if found.is_folder:
                found = _in_folder(plain, path, process)
            elif not process.files.check(found, process.user, 4):
                raise NotAllowed
            note(f"{plain} reads {path}", found.path, found)
            if plain in ("python", "pypy"):
                _unless_shell_text(path, found)
            return found.file
        except Errno as missing:
            error = missing
    fault = Fault.NOT_READABLE if isinstance(error, NotAllowed) else Fault.MISSING
    said = f"can't open file '{path}': {str(error)[:1].upper()}{str(error)[1:]}"
    if plain in ("node", "nodejs"):
        said = f"Cannot find module '{path}'"
    elif plain == "java":
        said = f"Unable to access jarfile {path}"
    raise Fails(said, _ENDS_WITH.get(plain, 1), fault, program=path)


def _unless_shell_text(path: str, found: Found) -> None:
    """A script whose first line names a shell. Raises :class:`Fails` or :class:`Doubt`."""
    data = found.node.read(_INIT_LIMIT) if found.node is not None else None
    if data is None or not _SHELL_LINE.match(data):
        return
    import ast

    try:
        ast.parse(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise Fails(f"{path}: SyntaxError: invalid syntax", 1, Fault.OTHER, program=path, file=found.file) from None
    raise Doubt(Unknown(f"{path} is for a shell, and Python makes what it can of it"))


def _in_folder(plain: str, path: str, process: Process) -> Found:
    if plain not in ("python", "pypy"):
        return process.stat(posixpath.join(path, "index.js"))
    try:
        return process.stat(posixpath.join(path, "__main__.py"))
    except Errno as error:
        raise Fails(f"can't find '__main__' module in '{path}'", 1, Fault.MISSING, program=path) from error


# python -m ------------------------------------------------------------------------------------------------------------


def _module(argv: list[str], at: int, process: Process, note: Note) -> File | None:
    """``python -m a.b``: the working folder comes first, then PYTHONPATH, then what is installed."""
    name = argv[at]
    parts = name.split(".")
    options = "".join(word[1:] for word in argv[1:at] if word[:1] == "-" and word[:2] != "--")
    installed = parts[0] in sys.stdlib_module_names or process.files.brings_module(parts[0])
    try:
        found = _in_places(_places(options, process), parts, process)
    except Doubt:
        if installed is True:
            return None
        raise
    if found is not None and not found.is_folder:
        if len(parts) > 1:
            raise Fails(f"No module named {name}", 1, Fault.MISSING, program=name)
        return _read(found, name, note)
    if found is not None and (installed is not True or _has_init(found, process)):
        try:
            return _below(found, parts, process, note)
        except Fails:
            if _has_init(found, process) or not isinstance(installed, Unknown):
                raise
    if installed is True:
        return None
    if isinstance(installed, Unknown):
        raise Doubt(installed)
    raise Fails(f"No module named {name}", 1, Fault.MISSING, program=name)


def _in_places(places: list[str], parts: list[str], process: Process) -> Found | None:
    """The module's file or the package's folder; a folder without ``__init__.py`` only where there is nothing better."""
    namespace: Found | None = None
    for place in places:
        found = _package(place, parts[0], process)
        if found is not None and (not found.is_folder or _has_init(found, process)):
            return found
        namespace = namespace or found
    return namespace


def _places(options: str, process: Process) -> list[str]:
    variables = process.env.get("PYTHONPATH", "")
    if "I" in options:
        return []
    if isinstance(variables, Unknown):
        raise Doubt(variables)
    places = [] if "P" in options or process.env.get("PYTHONSAFEPATH") else ["."]
    return places if "E" in options else [*places, *(place for place in variables.split(":") if place)]


def _package(place: str, name: str, process: Process) -> Found | None:
    """A package's folder or a module's file in one folder of ``sys.path``; a namespace's folder only without a file."""
    folder = _stat(posixpath.join(place, name), process)
    if folder is not None and folder.is_folder and _has_init(folder, process):
        return folder
    around = _stat(place, process)
    names = around.node.children() if around is not None and around.node is not None and around.is_folder else {}
    for each in (f"{name}.py", f"{name}.pyc", *(n for n in names if n.startswith(name + ".") and n.endswith(".so"))):
        file = _stat(posixpath.join(place, each), process)
        if file is not None and not file.is_folder:
            return file
    return folder if folder is not None and folder.is_folder else None


def _stat(path: str, process: Process) -> Found | None:
    try:
        return process.stat(path)
    except Errno:
        return None


def _has_init(folder: Found, process: Process) -> bool:
    return _stat(f"{folder.path}/__init__.py", process) is not None


def _below(package: Found, parts: list[str], process: Process, note: Note) -> File | None:
    """The module behind the dots, in a package that is there."""
    name = ".".join(parts)
    at: Found | None = package
    for number in range(1, len(parts)):
        assert at is not None
        above = at
        at = _package(above.path, parts[number], process)
        if at is None or (not at.is_folder and number < len(parts) - 1):
            _unless_path_grows(above, process)
            raise Fails(f"No module named {name}", 1, Fault.MISSING, program=name)
    assert at is not None
    if not at.is_folder:
        return _read(at, name, note)
    main = _stat(f"{at.path}/__main__.py", process)
    if main is not None:
        return _read(main, name, note)
    _unless_path_grows(at, process)
    said = f"No module named {name}.__main__; '{name}' is a package and cannot be directly executed"
    raise Fails(said, 1, Fault.MISSING, program=name)


def _unless_path_grows(package: Found, process: Process) -> None:
    """A package may add folders to its own ``__path__``. Raises :class:`Doubt`."""
    init = _stat(f"{package.path}/__init__.py", process)
    data = init.node.read(_INIT_LIMIT) if init is not None and init.node is not None else b""
    if data is None or b"__path__" in data:
        raise Doubt(Unknown(f"where the package {package.path} looks for its modules is not known"))


def _read(found: Found, name: str, note: Note) -> File | None:
    note(f"python runs the module {name}", found.path, found)
    return found.file


# Words ----------------------------------------------------------------------------------------------------------------


def _operand_at(plain: str, argv: list[str]) -> tuple[int, bool]:
    """Where an interpreter's file stands, or its module (then True); 0 when something else says what to run."""
    if plain in ("python", "pypy"):
        return _python_operand(plain, argv)
    if plain == "java":
        return _java_operand(argv), False
    values = _VALUE_OPTIONS.get(plain, "").split()
    at = 1
    while at < len(argv):
        word = argv[at]
        if plain in ("deno", "bun") or word == "-":
            return 0, False
        if not word.startswith("-"):
            return at, False
        if word[1:2] in values or word in ("--require", "--import", "--loader"):
            at += 2 if len(word) == 2 or word.startswith("--") else 1
        elif not word.startswith("--") and set(word[1:]) & set("eEprcfi"):
            return 0, False
        else:
            at += 1
    return 0, False


def _python_operand(plain: str, argv: list[str]) -> tuple[int, bool]:
    at = 1
    while at < len(argv):
        word = argv[at]
        if not word.startswith("-"):
            return at, False
        if word == "-" or word.startswith("--") or word[1:] in ("V", "VV", "h"):
            return 0, False
        for index, letter in enumerate(word[1:], start=1):
            if letter in "cm":
                return _value_of(letter, word, index, at, argv)
            if letter in "WX":
                at += 0 if index + 1 < len(word) else 1
                break
        at += 1
    return 0, False


def _value_of(letter: str, word: str, index: int, at: int, argv: list[str]) -> tuple[int, bool]:
    """``-c`` or ``-m``: its value is the rest of the word, or the next one."""
    if index + 1 < len(word) or (letter == "c" and at + 1 < len(argv)):
        return 0, False
    if at + 1 >= len(argv):
        raise Fails(f"Argument expected for the -{letter} option", 2, Fault.OTHER, program=argv[0])
    return at + 1, True


def _java_operand(argv: list[str]) -> int:
    at = 1
    while at < len(argv):
        word = argv[at]
        if word == "-jar":
            return at + 1 if at + 1 < len(argv) else 0
        if not word.startswith("-"):
            return 0
        at += 2 if word in ("-cp", "-classpath", "--class-path", "-p", "--module-path") else 1
    return 0
