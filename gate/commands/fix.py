"""``mlgate fix``: mend what has a sure mending, or show how."""

from __future__ import annotations

import difflib
import os
import secrets
import sys
from collections.abc import Iterator, Sequence

from gate import files
from gate.commands.arguments import Arguments, request_of
from gate.commands.output import say, tell, tell_exit, write
from gate.discover import shown
from gate.fixing import Fixed, Outcome, fix, fixable, inside
from gate.judge import FAILED, PASSED, UNJUDGED, said
from gate.model import Failure
from gate.terminal import clean
from gate.words import counted

_LONG = 5_000
"""Lines beyond which a file is compared as a whole: what there is between its first and last change is one hunk."""
_CONTEXT = 3


def run(arguments: Arguments, *, diff: bool, unsafe: bool) -> int:
    """Fix, or show what would be. Raises :class:`~gate.policy.PolicyError` on wrong use.

    Exit 0 when all that was asked for is done, 1 when ``diff`` has something to show, 3 when a file could not be judged
    or written.
    """
    outcome = fix(request_of(arguments), unsafe=unsafe)
    changed = [file for file in outcome.files if file.changed]
    if diff:
        _show(changed, arguments.environment.get("GITHUB_ACTIONS") == "true")
    else:
        _keep(outcome, changed, arguments)
        if not arguments.quiet:
            _report(outcome, to_stderr=any(_piped(file) for file in outcome.files))
    for failure in outcome.failures:
        tell(f"not fixed: {clean(said(failure))}")
    code = UNJUDGED if outcome.failures else FAILED if diff and changed else PASSED
    tell_exit(code, _cause(outcome, changed, diff, unsafe))
    return code


def _piped(file: Fixed) -> bool:
    return file.given is not None and file.given.data is not None


# Writing --------------------------------------------------------------------------------------------------------------


def _keep(outcome: Outcome, changed: Sequence[Fixed], arguments: Arguments) -> None:
    """Write the files; what came through standard input goes to standard output, changed or not."""
    for file in outcome.files:
        if _piped(file):
            write(file.after)
    for file in changed:
        if not _piped(file) and (why := _write(file, arguments.paths)):
            outcome.failures.append(Failure(file.path, why))
            file.fixed, file.after = [], file.before


def _write(file: Fixed, paths: Sequence[str]) -> str:
    """Write one file in the place of what was read, with its permissions. Gives why it was not, or ""."""
    if file.given is not None and not _named(file.path, paths):
        return "is a link out of the folder that was searched; name it to have it fixed"
    if not os.access(file.path, os.W_OK):
        return "is not writable"
    try:
        if files.read(file.path) not in (file.before, file.after):
            return "was changed by somebody else in the meantime"
        files.write(file.path, file.after, os.stat(file.path))
    except files.Unreadable as error:
        return str(error)
    except OSError as error:
        return f"cannot be written: {error.strerror or error}"
    return ""


def _named(path: str, paths: Sequence[str]) -> bool:
    """Whether a Dockerfile was given by name, or is really below a folder that was given."""
    for given in paths or (".",):
        if os.path.isdir(given):
            if inside(path, given):
                return True
        elif shown(given) == path:
            return True
    return False


# Telling --------------------------------------------------------------------------------------------------------------


def _report(outcome: Outcome, *, to_stderr: bool) -> None:
    """One line for each finding that was fixed."""
    lines = []
    for finding in outcome.fixed:
        assert finding.fix is not None
        where = f"{clean(finding.place.path)}:{finding.place.span.line}:{finding.place.span.column}"
        unsafe = "" if finding.fix.safe else " (unsafe)"
        lines.append(f"{where}: {clean(finding.rule_id)} {finding.name}: {clean(finding.fix.title)}{unsafe}")
    if to_stderr:
        for line in lines:
            tell(line)
    else:
        say("".join(f"{line}\n" for line in lines))


def _cause(outcome: Outcome, changed: Sequence[Fixed], diff: bool, unsafe: bool) -> str:
    fixed, left = len(outcome.fixed), outcome.left
    done = "would fix" if diff else "fixed"
    parts = [f"{done} {counted(fixed, 'finding')} in {counted(len(changed), 'file')}" if fixed else "nothing to fix"]
    if outcome.failures:
        first = said(outcome.failures[0])
        more = f" (and {len(outcome.failures) - 1} more)" if len(outcome.failures) > 1 else ""
        parts.insert(0, f"could not fix everything: {first}{more}")
    more_unsafe = 0 if unsafe else sum(fixable(finding, True) for finding in left)
    if left:
        parts.append(f"{len(left)} left" + (f", {more_unsafe} of them fixable with --unsafe" if more_unsafe else ""))
    return "; ".join(parts)


# Diffs ----------------------------------------------------------------------------------------------------------------


def _show(changed: Sequence[Fixed], github: bool) -> None:
    """The diffs, as ``patch -p0`` takes them; harmless on a terminal and in the log of a runner."""
    data = b"".join(line for file in changed for line in unified(file.path, file.before, file.after))
    if sys.stdout is not None and sys.stdout.isatty():
        lines = data.decode("utf-8", "surrogateescape").splitlines()
        say("".join(f"{clean(line)}\n" for line in lines))
    elif github and data:
        token = secrets.token_hex(16).encode()
        write(b"::stop-commands::" + token + b"\n" + data + b"::" + token + b"::\n")
    else:
        write(data)


def unified(path: str, before: bytes, after: bytes) -> Iterator[bytes]:
    """The lines of a unified diff, each with its line end."""
    name = clean(path).encode("utf-8", "surrogateescape")
    old, new = _lines(before), _lines(after)
    yield b"--- " + name + b"\n"
    yield b"+++ " + name + b"\n"
    for group in _groups(old, new):
        yield _header(group)
        for tag, i1, i2, j1, j2 in group:
            for line in old[i1:i2] if tag != "insert" else ():
                yield from _marked(b" " if tag == "equal" else b"-", line)
            for line in new[j1:j2] if tag in ("replace", "insert") else ():
                yield from _marked(b"+", line)


_Block = tuple[str, int, int, int, int]


def _groups(old: list[bytes], new: list[bytes]) -> list[list[_Block]]:
    """The hunks: blocks as :class:`difflib.SequenceMatcher` describes them."""
    if max(len(old), len(new)) <= _LONG:
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        return [list(group) for group in matcher.get_grouped_opcodes(_CONTEXT)]
    first = next((at for at, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    rest = min(len(old), len(new)) - first
    last = next((at for at in range(rest) if old[-1 - at] != new[-1 - at]), rest)
    i2, j2 = len(old) - last, len(new) - last
    lead, tail = min(first, _CONTEXT), min(last, _CONTEXT)
    blocks = [("equal", first - lead, first, first - lead, first), ("replace", first, i2, first, j2)]
    return [[*blocks, ("equal", i2, i2 + tail, j2, j2 + tail)]]


def _header(group: list[_Block]) -> bytes:
    def stretch(start: int, end: int) -> str:
        length = end - start
        return f"{start + 1 if length else start}" + (f",{length}" if length != 1 else "")

    return f"@@ -{stretch(group[0][1], group[-1][2])} +{stretch(group[0][3], group[-1][4])} @@\n".encode()


def _marked(mark: bytes, line: bytes) -> Iterator[bytes]:
    if line.endswith(b"\n"):
        yield mark + line
    else:
        yield mark + line + b"\n"
        yield b"\\ No newline at end of file\n"


def _lines(data: bytes) -> list[bytes]:
    """Lines that end in LF, as ``patch`` counts them."""
    lines = data.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
