"""What a platform really starts: from its words to the program that runs, with a verdict of three.

The order is that of the Docker Engine: the words, USER, the look-up on PATH or by path, then the kernel, then what the
program visibly starts in its turn.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from gate.dockerfile.tree import Copy, Stage
from gate.image.model import File
from gate.memo import memo
from gate.model import Place, Unknown
from gate.platforms.accounts import find_user
from gate.platforms.argv import declared_entrypoint, effective_argv
from gate.platforms.bases import MORE_PATH, USUAL_PATH, base_of
from gate.platforms.filesystem import AARCH64, X86_64, Errno, FileSystem, Found, NotAllowed, User
from gate.platforms.image import LaunchImage, launch_image
from gate.platforms.kernel import Crashes, Loaded, Process, Unusable, executable, execute
from gate.platforms.model import Platform
from gate.platforms.outcome import Doubt, Fails, Fault, Outcome, Verdict
from gate.platforms.programs import Follower
from gate.platforms.registry import platforms

if TYPE_CHECKING:
    from gate.build import Build

_MACHINES = {"amd64": X86_64, "arm64": AARCH64}
_ANYBODY = User(-1, -1)
"""A user without any right of its own."""


def launch(build: Build, platform: str) -> Outcome:
    """What becomes of the build's target on a platform; never raises for anything that a Dockerfile or a file says.

    Raises KeyError for an unknown platform, ValueError where the file has no such stage.
    """
    kept = memo(build, "launches")
    if platform not in kept:
        kept[platform] = _Launch(build, platforms()[platform]).run()
    found: Outcome = kept[platform]
    return found


def is_open(build: Build, platform: str) -> bool:
    """Whether a launch is undecided before any file is looked at: the context lacks what is copied, or the words are the base
    image's. Such an outcome has no words and no scripts."""
    if launch_image(build).is_incomplete:
        return True
    try:
        _Launch(build, platforms()[platform]).words()
    except Doubt:
        return True
    except Fails:
        return False
    return False


class _Launch:
    def __init__(self, build: Build, platform: Platform) -> None:
        self.build = build
        self.platform = platform
        self.image: LaunchImage = launch_image(build)
        self.config = self.image.config
        self.outcome = Outcome(platform.name)
        self.follower = Follower(self.outcome.steps)
        self.reference, self.base = base_of(self.image.stage)

    def run(self) -> Outcome:
        outcome = self.outcome
        try:
            self._refuse_broken_builds()
            self._run()
        except Fails as failure:
            outcome.verdict = Verdict.FAILS
            outcome.error, outcome.exit_code, outcome.fault = failure.error, failure.exit_code, failure.fault
            outcome.program, outcome.file = failure.program, failure.file or self.follower.current
            outcome.place = _in_a_file(failure.place) or _place_of(failure) or self._launch_place()
            outcome.depth = self.follower.depth
            self.follower.note("start " + (failure.program or "the container"), failure.error, outcome.place)
        except Doubt as doubt:
            outcome.verdict = Verdict.UNDECIDED
            outcome.unknown = doubt.unknown
            outcome.place = _in_a_file(doubt.place) or self._launch_place()
            self.follower.note("undecided", doubt.unknown.reason, outcome.place)
        outcome.scripts = self.follower.scripts
        return outcome

    def _refuse_broken_builds(self) -> None:
        """A build that stops makes no image; more often, the context is another one than was given."""
        fault = self.image.first_fault
        if fault is not None:
            settle = "" if self.build.context_named else "--context"
            raise Doubt(Unknown(f"the build stops: {fault.message}", settle), fault.place)

    def _run(self) -> None:
        argv = self.words()
        if argv is None:
            return
        self.outcome.argv = argv
        self.follower.note("put the words together", " ".join(map(repr, argv)), self._launch_place())
        machine = _MACHINES.get(self.build.architecture)
        files = FileSystem(self.image.root, self.image.supply, self.image.supply.module, self.image.suspicion, machine)
        user = self.config.user
        cwd = self.config.working_dir or "/"
        env = dict(self.config.env)
        try:
            known = user if isinstance(user, Unknown) else find_user(user, files)
        except Doubt as doubt:
            if not self._is_made(str(user)):
                raise
            known = doubt.unknown
        if isinstance(known, User):
            self._start(argv, Process(files, known, cwd, env))
            return
        # Where anybody may, the user does not matter; where root may not either, nor does it.
        try:
            self._start(argv, Process(files, _ANYBODY, cwd, dict(env)))
        except Fails as anybodys:
            del self.outcome.steps[1:]
            try:
                self._start(argv, Process(files, User(), cwd, dict(env)))
            except Fails as roots:
                if (roots.error, roots.exit_code) == (anybodys.error, anybodys.exit_code):
                    raise
            raise Doubt(known) from None

    def _is_made(self, user: str) -> bool:
        """Whether a user whose number is not known is there: made by a command, or the base image's own."""
        name = user.partition(":")[0]
        if name == (self.base.user or "").partition(":")[0]:
            return True
        return any(
            command.name in ("useradd", "adduser") and name in command.values
            for stage in self.image.stage.lineage() for command in self.build.commands(stage)
        )  # fmt: skip

    # Words -----------------------------------------------------------------------------------------------------------

    def words(self) -> list[str] | None:
        """The words; None where the base image itself is known to answer."""
        word = self.platform.word
        inherits = "Entrypoint" not in self.config.set_by
        declared = declared_entrypoint(self.platform, self.build.settings) is not None
        if inherits and not declared and word is not None:
            if word in self.base.answers:
                self.follower.note(f"ENTRYPOINT of {self.reference}", f"answers {word}", self._from_place())
                return None
            if self.base.swallows:
                raise Fails(
                    f"unrecognized arguments: {word}", None, Fault.SWALLOWED, program=word, place=self._from_place()
                )
        return effective_argv(self.config, self.platform, self.build.settings)

    def _from_place(self) -> Place:
        return self.image.stage.root.from_.image.place

    def _launch_place(self) -> Place:
        """The ENTRYPOINT in force, else the CMD where that counts, else the FROM."""
        entrypoint = self.config.set_by.get("Entrypoint")
        if entrypoint is not None and self.config.entrypoint not in (None, [""]):
            return entrypoint.place
        cmd = self.config.set_by.get("Cmd")
        if self.platform.word is None and cmd is not None and cmd.keyword in ("CMD", "ONBUILD"):
            return cmd.place
        return self.image.stage.from_.place

    # Start -----------------------------------------------------------------------------------------------------------

    def _start(self, argv: list[str], process: Process) -> None:
        path = self._look_up(argv[0], process)
        if path is None:
            self.follower.follow(Loaded(Found(argv[0], None, argv[0]), argv, []), process, 0)
            return
        loaded = self._execute(path, argv, process)
        self.follower.follow(loaded, process, 0)

    def _look_up(self, name: str, process: Process) -> str | None:
        """Go's ``exec.LookPath``: the path to execute; None for a program that is known by name only."""
        if "/" in name:
            found = self._by_path(name, process)
            self.follower.note(f"look at {name}", _told(found), found)
            return name
        doubt: Doubt | None = None
        for folder in process.path.split(":") if process.path else ():
            try:
                path = self._in_folder(folder, name, process)
            except Doubt as uncertain:
                doubt = doubt or uncertain
                continue
            if path is not None:
                # An earlier folder may hold another program of that name; that it works all the same is taken for granted.
                return path or None
        if doubt is not None:
            raise doubt
        self._unless_context_is_another(process)
        file = self._first_file(name, process)
        raise Fails(
            f'exec: "{name}": executable file not found in $PATH', 127,
            Fault.NOT_FOUND if file is None else Fault.NOT_EXECUTABLE, program=name, place=self._launch_place(), file=file,
        )  # fmt: skip

    def _in_folder(self, folder: str, name: str, process: Process) -> str | None:
        if folder == MORE_PATH:
            for usual in USUAL_PATH:
                path = self._copied(f"{usual}/{name}", process)
                if path is not None:
                    return path
            there = self.image.supply.on_path_of_base(name)
            if isinstance(there, Unknown):
                raise Doubt(there)
            if there:
                self._note_brought(name)
            return "" if there else None
        path = re.sub("^//+", "/", posixpath.normpath(posixpath.join(folder or ".", name)))
        try:
            found = process.stat(path, searching=True)
            if not self._any_bit(found):
                return None
        except Errno:
            return None
        if not path.startswith("/"):
            raise Fails(
                f'exec: "{name}": cannot run executable found relative to current directory',
                128,
                Fault.NOT_FOUND,
                program=name,
                place=self._launch_place(),
                file=found.file,
            )
        if found.node is None:
            self._note_brought(name)
            return ""
        self.follower.note(f"look up {name} on PATH", _told(found), found)
        return path

    def _note_brought(self, name: str) -> None:
        """A program that no instruction copies: what installs it, or else the base image, has it."""
        place = self.image.supply.brought.origins.get(name)
        whose = "an installation brings it" if place is not None else "the base image has it"
        self.follower.note(f"look up {name} on PATH", whose, place or self._from_place())

    def _copied(self, path: str, process: Process) -> str | None:
        """A program that an instruction of the file put into one of the usual folders."""
        try:
            found = process.stat(path, searching=True)
        except (Errno, Doubt):
            return None
        if found.node is None or not self._any_bit(found):
            return None
        self.follower.note(f"look up {posixpath.basename(path)} on PATH", _told(found), found)
        return path

    def _any_bit(self, found: Found) -> bool:
        """What the look-up asks: no folder, and some x bit, whoever's it is."""
        node = found.node
        if node is None:
            return True
        found.unless_supposed()
        if node.type == "directory":
            return False
        if node.mode is None:
            raise Doubt(node.note or Unknown(f"the mode of {found.path} is not known", "--image"))
        if node.mode & 0o111:
            return True
        doubt = self.image.suspicion(node)
        if doubt is not None:
            raise Doubt(doubt)
        return False

    def _by_path(self, name: str, process: Process) -> Found:
        try:
            found = process.stat(name)
        except Errno as error:
            code = (
                126
                if isinstance(error, NotAllowed)
                else 127
                if str(error) in ("no such file or directory", "not a directory")
                else 128
            )
            raise Fails(f'exec: "{name}": stat {name}: {error}', code, Fault.MISSING, program=name) from error
        if not self._any_bit(found):
            raise Fails(f'exec: "{name}": permission denied', 126, Fault.NOT_EXECUTABLE, program=name, file=found.file)
        return found

    def _execute(self, path: str, argv: list[str], process: Process) -> Loaded:
        found = process.stat(path, searching=True)
        if found.node is None:
            return Loaded(found, argv, [])
        try:
            executable(process, found)
        except NotAllowed as error:
            raise Fails(
                f"exec {path}: permission denied", 126, Fault.NOT_EXECUTABLE, program=path, file=found.file
            ) from error
        try:
            loaded = execute(process, path, argv, searching=True)
        except Crashes as error:
            raise Fails(str(error), 139, error.fault, program=path, file=found.file) from error
        except Unusable as error:
            raise Fails(f"exec {path}: {error}", 1, error.fault, program=path, file=error.found.file) from error
        except Errno as error:
            raise Fails(f"exec {path}: {error}", 1, Fault.OTHER, program=path, file=found.file) from error
        for what, result, at in process.notes:
            self.follower.note(what, result, at)
        process.notes.clear()
        return loaded

    # Why -------------------------------------------------------------------------------------------------------------

    def _unless_context_is_another(self, process: Process) -> None:
        """``COPY . /`` that leaves a folder of PATH without existence was written for another context. Raises Doubt."""
        for folder in process.path.split(":"):
            try:
                process.stat(folder)
            except Errno:
                copied = _whole_context(self.image.stage, folder)
                if copied is not None:
                    why = f"the context brings no folder {folder}, which is on PATH"
                    raise Doubt(Unknown(why, "--context"), copied.place) from None
            except Doubt:
                continue

    def _first_file(self, name: str, process: Process) -> File | None:
        """The file of that name on PATH that was passed over."""
        for folder in process.path.replace(MORE_PATH, ":".join(USUAL_PATH)).split(":"):
            try:
                found = process.stat(f"{folder or '.'}/{name}", searching=True)
            except (Errno, Doubt):
                continue
            if found.node is not None and found.node.type == "file":
                return found.file
        return None


def _told(found: Found) -> str:
    if found.node is None:
        return f"{found.brought} of the base image or a package"
    mode = f", mode {found.node.mode:04o}" if found.node.mode is not None else ""
    return f"{found.path}{mode}"


def _in_a_file(place: Place | None) -> Place | None:
    """A place, unless it is in a text that stands in no file: the words of ``sh -c``."""
    return place if place is not None and place.path else None


def _place_of(failure: Fails) -> Place | None:
    file = failure.file
    return file.instruction.place if file is not None and file.instruction is not None else None


def _whole_context(stage: Stage, folder: str) -> Copy | None:
    """The COPY of the whole context to a folder above another one."""
    for each in (instruction for one in stage.lineage() for instruction in one.instructions):
        if isinstance(each, Copy) and each.from_ is None and any(str(source) in (".", "./") for source in each.sources):
            above = str(each.destination).rstrip("/") + "/"
            if above.startswith("/") and folder.startswith(above) and folder != above:
                return each
    return None
