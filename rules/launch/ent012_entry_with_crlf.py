"""ENT012 entry-with-crlf: the line ends of Windows, or a byte order mark, in the file that is started."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.source import Source
from gate.image.model import File
from gate.model import Edit, Fix, Place, Severity
from gate.platforms.kernel import shebang
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import first_line, outcomes

_RUN = 'FROM debian:12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n'

rule = Rule(
    id="ENT012",
    name="entry-with-crlf",
    severity=Severity.HIGH,
    image=True,
    fixes=(fixes.SAFE,),
    summary="The script that the container starts has the line ends of Windows or a byte order mark.",
    reason="The kernel takes the carriage return for a part of the interpreter's name and looks for python\\r: no such file or directory. In a shell script "
    "it becomes a part of the last word of each line. A byte order mark hides the #!.",
    fix="Save the file with LF, and keep it so: `train text eol=lf` in .gitattributes.",
    bad=[
        Example(_RUN, files={"entry.sh*": "»#!/bin/bash\r\necho hi\r\n"}),
        Example(_RUN, files={"entry.sh*": "»#!/bin/sh -e\r\nexec sh\r\n"}),
        Example(
            'FROM debian:12\nCOPY entry.sh /\nENTRYPOINT ["bash", "/entry.sh"]\n',
            files={"entry.sh": "#!/bin/bash\n»echo a\r\necho b\r\n"},
        ),
    ],
    good=[
        Example(_RUN, files={"entry.sh*": "#!/bin/bash\necho hi\n"}),
        Example(
            'FROM debian:12\nCOPY entry.sh notes.txt /\nENTRYPOINT ["/entry.sh"]\n',
            files={"entry.sh*": "#!/bin/sh\n", "notes.txt": "a\r\n"},
        ),
        Example(
            "FROM debian:12\nCOPY entry.sh /\nRUN sed -i 's/\\r$//' /entry.sh\nENTRYPOINT [\"/entry.sh\"]\n",
            files={"entry.sh*": "#!/bin/sh\r\n"},
        ),
    ],
)

_LIMIT = 1 << 17
_MENDED = 1 << 16
_BOM = b"\xef\xbb\xbf"


@rule.on_build
def check(build: Build) -> Results:
    seen: set[str] = set()
    for outcome in outcomes(build):
        for file in [*outcome.scripts, *([outcome.file] if outcome.file is not None else [])]:
            if file.path in seen or file.type != "file":
                continue
            seen.add(file.path)
            yield from _file(file, build)


def _file(file: File, build: Build) -> Results:
    data = file.read(_LIMIT) or b""
    marked = data.startswith((_BOM, b"\xff\xfe", b"\xfe\xff"))
    at = first_line(file, build, build.stages[-1].from_.place)
    if marked:
        yield rule.finding(
            at, f"{file.path} begins with a byte order mark, which hides its #! from the kernel: exec format error."
        )
        return
    if b"\r\n" not in data:
        return
    if data.split(b"\n")[0].endswith(b"\r") and data.startswith(b"#!"):
        words = " ".join(filter(None, shebang(data) or ("#!",))).replace("\r", "\\r")
        yield rule.finding(
            at,
            f"The first line of {file.path} ends with CR LF: the kernel starts {words!r}, carriage return and all.",
            fix=_fix(file, build, data),
        )
    elif _is_shell(data):
        where = data.index(b"\r\n")
        line = data.count(b"\n", 0, where) + 1
        yield rule.finding(
            _line(file, build, data, line, at),
            f"{file.path} has CR LF line ends: the shell takes the carriage return for a part of the last word.",
            fix=_fix(file, build, data),
        )


def _fix(file: File, build: Build, data: bytes) -> Fix | None:
    """LF at the end of each line of the file in the context, where that is text, and no longer than a script is."""
    if file.source is None or build.context is None or len(data) != file.size or len(data) > _MENDED:
        return None
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    start, end = text.index("\r\n"), text.rindex("\r\n") + 2
    source = Source(build.context.shown(file.source), data)
    edit = Edit(source.place(start, end), text[start:end].replace("\r\n", "\n"))
    return fixes.fix("end its lines with LF", edit)


def _is_shell(data: bytes) -> bool:
    found = shebang(data) if data.startswith(b"#!") else None
    if found is None:
        return not data.startswith(b"#!") and b"import " not in data
    words = f"{found[0]} {found[1]}".split()
    names = [word.rsplit("/", 1)[-1] for word in words if not word.startswith("-")]
    return bool(names) and (names[0] in SHELLS or (names[0] == "env" and names[1:2] and names[1] in SHELLS))  # type: ignore[return-value]


def _line(file: File, build: Build, data: bytes, line: int, fallback: Place) -> Place:
    if file.source is None or build.context is None:
        return fallback
    source = Source(build.context.shown(file.source), data)
    start = _offset(source.text, line)
    return source.place(start, start + len(source.line(line)))


def _offset(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.index("\n", at) + 1
    return at
