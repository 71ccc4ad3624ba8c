"""From a path inside the image to the file of the build context behind it, as of one RUN.

``COPY requirements.txt /app/`` and, later, ``pip install -r requirements.txt`` in ``/app``: the file that pip reads is
the context's. Followed are COPY and ADD (folders, wildcards, renames, here-documents, other stages) and
``--mount=type=bind``. What a RUN made or changed, and what comes from another image, is Unknown.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import takewhile
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, has_wildcards, matches
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.mounts import mounts
from gate.dockerfile.source import Text
from gate.dockerfile.tree import Copy, Instruction, Run, Stage
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Unknown
from gate.packages.where import BASE, directory, earlier_instructions, resolve, with_base_variables, workdir
from gate.record import dataclass

if TYPE_CHECKING:
    from gate.build import Build

LIMIT = 16 << 20
"""Bytes that are read of a file: lock files of large projects have several megabytes."""

_MAX_STAGES = 10  # COPY --from that is followed through
_EDITORS = {
    "sed",
    "mv",
    "cp",
    "tee",
    "perl",
    "awk",
    "install",
    "ln",
    "rm",
    "patch",
    "truncate",
    "python",
    "python3",
    "jq",
    "yq",
}
_MAKERS = {
    "git",
    "curl",
    "wget",
    "tar",
    "unzip",
    "svn",
    "aws",
    "gsutil",
    "gcloud",
    "rsync",
    "7z",
    "pip-compile",
    "hg",
    "bsdtar",
}
_OUTPUT = pattern(r"-[oO]|--output")
_WITH_OUTPUT = pattern(r"(?:-o|--output|--output-file)=?.")
_NO_CONTEXT = Unknown("the build context is not read", "--context DIR")


@dataclass(frozen=True, slots=True)
class Found:
    """A file. ``image`` is its path in the image, ``shown`` the path that users see, ``data`` what is in it, up to :data:`LIMIT`;
    ``body`` is set for a here-document, whose places are in the Dockerfile."""

    image: str
    shown: str
    data: bytes
    body: Text | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Nothing in the Dockerfile brings the file. ``made`` tells that a RUN may have."""

    made: bool = False


Answer = Found | Missing | Unknown


def find(path: str, command: Command, run: Run, build: Build) -> Answer:
    """The file that a command of a RUN finds at a path."""
    folder = directory(command, run, build)
    if isinstance(folder, Unknown) and not path.startswith("/"):
        return folder
    return at(resolve(path, folder if isinstance(folder, str) else "/"), run, build, command)


def at(path: str, run: Run, build: Build, command: Command | None = None) -> Answer:
    """The file at an absolute path when a RUN (up to one of its commands) has got so far."""
    mounted = _mounted(path, run, build)
    if mounted is not None:
        return mounted
    if command is not None and _touched(path, run, build, command):
        return Unknown(f"{posixpath.basename(path)} is made or changed by a RUN")
    return _before(path, run, build, _MAX_STAGES)


def _before(path: str, instruction: Instruction, build: Build, depth: int) -> Answer:
    """The file at a path in front of an instruction. The last answer for a path of a stage is remembered, so that many
    questions about one file cost one walk."""
    if instruction.stage is None:
        return Missing()
    kept = memo(build, "files")
    key = (path, instruction.stage.index, depth)
    last: tuple[int, Answer] | None = kept.get(key)
    answer = _search(path, instruction, last, build, depth)
    kept[key] = (instruction.index, answer)
    return answer


def _search(path: str, instruction: Instruction, last: tuple[int, Answer] | None, build: Build, depth: int) -> Answer:
    """Walk back to where the file comes from, or to where the ``last`` search began."""
    made = False
    for other in earlier_instructions(instruction):
        if last is not None and other.stage is instruction.stage and other.index < last[0] <= instruction.index:
            known = last[1]
            return Missing(made or known.made) if isinstance(known, Missing) else known
        if isinstance(other, Run):
            if _touched(path, other, build):
                return Unknown(f"{posixpath.basename(path)} is made or changed by a RUN")
            made = made or _may_make(other, build)
        elif isinstance(other, Copy):
            found = _copied(path, other, build, depth)
            if not isinstance(found, Missing):
                return found
    return Missing(made)


def _at_end(path: str, stage: Stage, build: Build, depth: int) -> Answer:
    """The file at a path when a stage is finished."""
    last = Instruction("", stage.from_.source, stage.from_.head, stage.from_.text, 0, 0, stage=stage, index=1 << 62)
    return _before(path, last, build, depth)


# RUN ------------------------------------------------------------------------------------------------------------------


def _mounted(path: str, run: Run, build: Build) -> Answer | None:
    for mount in mounts(run, lambda text: build.expand(text, run)):
        if isinstance(mount.target, Unknown):
            return mount.target
        folder = workdir(run, build)
        if mount.target is None or isinstance(folder, Unknown):
            continue
        target = resolve(mount.target, folder)
        if path != target and not path.startswith(target.rstrip("/") + "/"):
            continue
        if mount.type != "bind":
            return Unknown(f"{mount.target} is a {mount.type} mount")
        if isinstance(mount.source, Unknown):
            return mount.source
        inside = posixpath.normpath(posixpath.join("/", mount.source or "", posixpath.relpath(path, target)))
        if mount.from_:
            return _from(mount.from_, inside, run, build, _MAX_STAGES)
        return _context_file(inside, path, build)
    return None


def _touched(path: str, run: Run, build: Build, until: Command | None = None) -> bool:
    """True when a command may write to the path: by name, which is all that can be said of most commands."""
    name = posixpath.basename(path)
    kept = memo(build, "touched")
    touched: list[tuple[int, str]] | None = kept.get(run.index)
    if touched is None:
        touched = kept[run.index] = list(_touches(run, build))
    end = until.whole.offset(until.start) if until is not None else 1 << 62
    return any(offset < end and written.endswith(name) for offset, written in touched)


def _touches(run: Run, build: Build) -> Iterator[tuple[int, str]]:
    """The names that the commands of a RUN may write to, each with its place in the Dockerfile."""
    for command in build.script(run).commands:
        targets = [redirect.target for redirect in command.redirects if ">" in redirect.operator and redirect.target]
        if command.name in _EDITORS:
            targets += command.arguments
        elif command.name not in {"pip", "pip3", None} and any(map(_OUTPUT.match, filter(None, command.values))):
            targets += [word for word in command.arguments if _WITH_OUTPUT.match(word.value or "")]
            targets += [after for flag, after in _pairs(command) if flag in {"-o", "-O", "--output", "--output-file"}]
        for target in targets:
            yield command.whole.offset(command.start), posixpath.basename((target.value or target.prefix).rstrip("/"))


def _pairs(command: Command) -> Iterator[tuple[str | None, ShellWord]]:
    words = command.arguments
    for index in range(len(words) - 1):
        yield words[index].value, words[index + 1]


def _may_make(run: Run, build: Build) -> bool:
    kept = memo(build, "makers")
    if run.index not in kept:
        kept[run.index] = makes(run, build)
    return bool(kept[run.index])


def makes(run: Run, build: Build, until: Command | None = None) -> bool:
    """True for a RUN that may bring files whose names nobody can tell; with ``until``, before that command."""
    script = build.script(run)
    if not script.parsed or script.shell not in {"sh", "bash", "dash", "ash", "zsh"}:
        return True
    return any(
        command.name in _MAKERS or command.name is None or "/" in (command.words[0].value or "/")
        for command in takewhile(lambda command: command is not until, script.commands)
        if command.words
    )


# COPY -----------------------------------------------------------------------------------------------------------------


def _copied(path: str, copy: Copy, build: Build, depth: int) -> Answer:
    """The file that a COPY or ADD puts at a path; Missing when it puts nothing there."""
    destination = _destination(copy, build)
    if isinstance(destination, Unknown):
        return Missing()
    if not (path == destination or path.startswith(destination.rstrip("/") + "/")):
        return Missing()
    rest = posixpath.relpath(path, destination)
    for heredoc in copy.heredocs:
        if rest in {".", heredoc.name}:
            if heredoc.expand and "$" in heredoc.body.value:
                return Unknown("the here-document has variables in it")
            return Found(path, copy.source.path, heredoc.body.value.encode("utf-8", "surrogateescape"), heredoc.body)
    for written in copy.sources:
        source = build.expand(written, copy)
        if isinstance(source, Unknown):
            return Unknown(f"what {written} stands for is not known")
        found = _from_source(source, rest, path, copy, build, depth)
        if not isinstance(found, Missing):
            return found
    return Missing()


def _destination(copy: Copy, build: Build) -> str | Unknown:
    value = build.expand(with_base_variables(copy.destination.value, copy), copy)
    if isinstance(value, Unknown):
        return value
    folder = workdir(copy, build)
    if isinstance(folder, Unknown):
        return resolve(value, BASE) if value.startswith("/") else folder
    return resolve(value, folder)


def _from_source(source: str, rest: str, path: str, copy: Copy, build: Build, depth: int) -> Answer:
    """``rest``: the path below the destination, ``.`` for the destination itself."""
    if "://" in source or source.startswith("git@"):
        wanted = rest == "." or rest == posixpath.basename(source)
        return Unknown(f"{source} is fetched by the build") if wanted else Missing()
    clean = posixpath.normpath("/" + source.lstrip("/"))
    if copy.from_ is not None:
        return _from_other(copy.from_.value, clean, rest, copy, build, depth)
    if build.context is None:
        return _guess(clean, rest)
    doubt: Answer = Missing()
    for candidate in _candidates(clean, rest, build, parents=copy.flag("parents") is not None):
        found = _context_file(candidate, path, build)
        if isinstance(found, Found):
            return found
        doubt = found if isinstance(found, Unknown) else doubt
    return doubt


def _candidates(source: str, rest: str, build: Build, *, parents: bool) -> Iterator[str]:
    """The context paths that may be at ``rest`` below the destination."""
    assert build.context is not None
    if not has_wildcards(source):
        yield from _places(source, rest, build, parents=parents)
        return
    for entry in build.context.entries():
        # A wildcard matches whole parts: only entries as deep as the pattern can be meant.
        if entry.path.count("/") == source.count("/") - 1:
            try:
                if not matches(source, "/" + entry.path):
                    continue
            except BadPattern:
                return
            yield from _places("/" + entry.path, rest, build, parents=parents)


def _places(source: str, rest: str, build: Build, *, parents: bool) -> Iterator[str]:
    assert build.context is not None
    if parents:
        if ("/" + rest).startswith(source.rstrip("/")):
            yield "/" + rest
        return
    entry = build.context.get(source.lstrip("/")) if source != "/" else None
    if source == "/" or (entry is not None and entry.type == "directory"):
        yield posixpath.join(source, rest)
    elif rest in {".", posixpath.basename(source)}:
        yield source


def _guess(source: str, rest: str) -> Answer:
    """Without a context: may this source put something there?"""
    name = posixpath.basename(source)
    if has_wildcards(name):
        try:
            return _NO_CONTEXT if rest == "." or matches(name, posixpath.basename(rest)) else Missing()
        except BadPattern:
            return Missing()
    if rest == "." or rest == name or "." not in name:
        return _NO_CONTEXT
    return Missing()


def _from_other(name: str, source: str, rest: str, copy: Copy, build: Build, depth: int) -> Answer:
    if rest in {".", posixpath.basename(source)}:
        found = _from(name, source, copy, build, depth)
        if not isinstance(found, Missing):
            return found
    return _from(name, posixpath.normpath(posixpath.join(source, rest)), copy, build, depth)


def _from(name: str, path: str, instruction: Instruction, build: Build, depth: int) -> Answer:
    """A file of another stage or image."""
    stage = next((other for other in build.stages if name.lower() == other.name or name == str(other.index)), None)
    if stage is None or depth == 0 or (instruction.stage is not None and stage.index >= instruction.stage.index):
        return Unknown(f"it comes from {name}")
    return _at_end(path, stage, build, depth - 1)


def _context_file(path: str, image: str, build: Build) -> Answer:
    if build.context is None:
        return _NO_CONTEXT
    inside = path.lstrip("/")
    entry = build.context.get(inside) if inside else None
    if entry is None or entry.type == "directory":
        return Missing()
    data = build.context.read(inside, LIMIT)
    if data is None:
        return Unknown(f"{inside} cannot be read")
    return Found(image, build.context.shown(inside), data)
