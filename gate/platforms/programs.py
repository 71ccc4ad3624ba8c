"""What a started program visibly starts in its turn: shells, ``env``, init programs, interpreters and their files."""

from __future__ import annotations

import posixpath

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell.wrappers import SHELLS, WRAPPERS, peel, shell_script
from gate.dockerfile.source import Source, Text
from gate.image.model import File
from gate.model import Place, Unknown
from gate.packages.options import listed
from gate.platforms.accounts import find_user
from gate.platforms.bases import MORE_PATH, USUAL_PATH
from gate.platforms.busybox import Busybox, busybox
from gate.platforms.filesystem import Errno, Found, NoEntry, NotAllowed, NotFolder
from gate.platforms.interpreters import INTERPRETERS, interpret, plain_name
from gate.platforms.kernel import Loaded, Process, Unusable, execute, shebang
from gate.platforms.outcome import Doubt, Fails, Fault, Step
from gate.platforms.shelltext import MAX_COMMANDS, Frame, Unparsed, run_text

MAX_DEPTH = 12
_LIMIT = 1 << 17
_FOLLOWED = 20
"""What a started program costs, in commands."""
_SH = "/bin/sh"
_NO_TEXT_FROM = 1 << 12
"""Bytes of a program from which on every shell that takes it for a text has met an error of syntax."""
_SWITCH_USER = listed("gosu su-exec s6-setuidgid")
_NOT_STARTED = {"dumb-init": 2, "gosu": 1, "su-exec": 1, "sudo": 1, "doas": 1, "catatonit": 1, "chpst": 111}
"""The exit code of a program that cannot start the one that it is given; others end with 126 or 127."""


class Follower:
    """Follows a launch from program to program, and writes down the steps."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.depth = 0
        self.current: File | None = None
        self.scripts: list[File] = []
        self.budget = [MAX_COMMANDS]
        self.box: Busybox | None = None  # what runs, where it is busybox
        self.is_bash = False  # whether the shell that runs is bash

    def note(self, what: str, result: str, at: Found | Place | None = None) -> None:
        place = at
        if isinstance(at, Found):
            file = at.file
            place = file.instruction.place if file is not None and file.instruction is not None else None
        self.steps.append(Step(what, result, place))  # type: ignore[arg-type]

    # Programs --------------------------------------------------------------------------------------------------------

    def follow(self, loaded: Loaded, process: Process, depth: int) -> None:
        """What a loaded program does with its words. Raises :class:`Fails` or :class:`Doubt`."""
        self.depth = depth
        self.budget[0] -= _FOLLOWED
        if self.budget[0] < 0:
            raise Doubt(Unknown("there is more to follow than is followed"))
        if depth > MAX_DEPTH:
            return  # each starts the next without end, so the container does run
        argv = loaded.argv
        name = posixpath.basename(argv[0]) if argv else ""
        script = loaded.scripts[0] if loaded.scripts else None
        self.scripts += [found.file for found in loaded.scripts if found.file is not None]
        before, self.box = (self.box, self.is_bash), busybox(loaded.found)
        self._program(name, argv, process, depth, script)
        self.box, self.is_bash = before

    def _program(self, name: str, argv: list[str], process: Process, depth: int, script: Found | None) -> None:
        if name.startswith("busybox") if self.box else name in ("busybox", "toybox"):
            if len(argv) > 1 and not argv[1].startswith("-"):
                self._program(posixpath.basename(argv[1]), argv[1:], process, depth, script)
            return
        self._unless_no_applet(name, self.box)
        if name in SHELLS:
            self._shell(name, argv, process, depth)
        elif name == "env":
            self._env(argv, process, depth, script)
        elif name in WRAPPERS and len(argv) > 1:
            self._wrapper(name, argv, process, depth)
        elif plain_name(name):
            file = interpret(plain_name(name), argv, process, self.note)
            if file is not None:
                self.scripts.append(file)

    def _unless_no_applet(self, name: str, box: Busybox | None) -> None:
        if box is not None and name not in box.names and not name.startswith("busybox"):
            raise Fails(f"{name}: applet not found", 127, Fault.OTHER, program=name, file=box.found.file)

    def start(
        self, words: list[str], wrappers: list[str], process: Process, depth: int, place: Place, replaced: bool
    ) -> None:
        """A command of a shell text."""
        for wrapper in wrappers:
            found = self._by_shell([wrapper], process, place)
            if found is not None:
                self._unless_no_applet(wrapper, busybox(found.found))
        if replaced and words[0].startswith("-") and not wrappers and (self.box is not None or self.is_bash):
            if words[0] == "--" or (self.is_bash and set(words[0][1:]) <= set("acl")):
                raise Doubt(Unknown(f"what exec {words[0]} starts is not followed"), place)
            raise Fails(f"exec: illegal option {words[0]}", 2, Fault.OTHER, program=words[0], place=place)
        loaded = (
            self._by_libc(words, process, place)
            if wrappers
            else self._by_shell(words, process, place, replaced=replaced)
        )
        if loaded is not None:
            self.follow(loaded, process, depth + 1)

    def _wrapper(self, name: str, argv: list[str], process: Process, depth: int) -> None:
        if name == "setsid" and depth == 0 and "-w" not in argv and "--wait" not in argv:
            return  # the container's own process leads its group: it forks and ends
        peeled = peel([_word(value) for value in argv])
        if peeled is None or (peeled.text is None and not peeled.rest):
            return
        if peeled.text is not None:
            raise Doubt(Unknown(f"what {name} starts is not followed"))
        words = [word.value or "" for word in peeled.rest]
        operand = argv[len(argv) - len(words) - 1]
        if process.user.uid != 0 and (name in _SWITCH_USER or name == "chroot"):
            raise Fails(f"{name}: operation not permitted", 1, Fault.OTHER, program=name)
        if name in _SWITCH_USER:
            process = self._as_user(operand, process)
        elif name == "chroot":
            if operand != "/":
                raise Doubt(Unknown(f"{operand} becomes the root"))
            process = Process(process.files, process.user, "/", process.env)
        self.note(f"{name} runs {words[0]}", "looked up as the C library does")
        try:
            loaded = self._by_libc(words, process, None)
        except Fails as failure:
            failure.exit_code = _NOT_STARTED.get(name, failure.exit_code)
            raise
        if loaded is None:
            return
        try:
            self.follow(loaded, process, depth + 1)
        except Fails as failure:
            if name == "xargs" and failure.exit_code is not None:
                failure.exit_code = 123  # whatever the program that it started has ended with
            raise

    def _as_user(self, name: str, process: Process) -> Process:
        try:
            user = find_user(name, process.files)
        except Fails as failure:
            failure.exit_code = 1
            raise
        return Process(process.files, user, process.cwd, process.env)

    def _env(self, argv: list[str], process: Process, depth: int, script: Found | None) -> None:
        """``env``, by itself or as what a first line asks for."""
        try:
            self._env_words(argv, process, depth)
        except Fails as failure:
            if script is not None and self.depth == depth and failure.fault is Fault.NOT_FOUND:
                failure.fault = Fault.LINE_ENDS if failure.program.endswith("\r") else Fault.INTERPRETER
                failure.file = script.file
            raise

    def _env_words(self, argv: list[str], process: Process, depth: int) -> None:
        """``env [OPTION]… [NAME=VALUE]… PROGRAM …``."""
        env = dict(process.env)
        at = 1
        while at < len(argv):
            word = argv[at]
            if word in ("-i", "--ignore-environment", "-"):
                env = {}
            elif word in ("-u", "--unset"):
                at += 1
                env.pop(argv[at] if at < len(argv) else "", None)
            elif word in ("-S", "--split-string") or word.startswith(("-S", "--split-string=")):
                text = (
                    word.partition("=")[2]
                    if word.startswith("--split-string=")
                    else word[2:].lstrip()
                    if word[:2] == "-S" and len(word) > 2
                    else ""
                )
                if self.box is not None:
                    raise Fails("invalid option -- 'S'", 1, Fault.OTHER, program=argv[0])
                if not text:
                    at += 1
                    text = argv[at] if at < len(argv) else ""
                if any(mark in text for mark in "\\\"'$#"):
                    raise Doubt(Unknown(f"env splits {text!r} by rules of its own"))
                argv = [*argv[:at], *text.split(), *argv[at + 1 :]]
                continue
            elif word == "--":
                at += 1
                break
            elif word in ("-C", "--chdir") and self.box is None and at + 1 < len(argv):
                at += 1
                process = Process(process.files, process.user, _folder(argv[at], process), env)
            elif word.startswith("-"):
                if self.box is not None and word not in ("-0", "--null"):
                    raise Fails(f"unrecognized option '{word}'", 1, Fault.OTHER, program=argv[0])
                raise Doubt(Unknown(f"env is given {word}"))
            else:
                break
            at += 1
        while at < len(argv) and "=" in argv[at]:
            name, _, value = argv[at].partition("=")
            env[name] = value
            at += 1
        if at < len(argv):
            inner = Process(process.files, process.user, process.cwd, env)
            self.note(f"env runs {argv[at]}", "looked up on PATH")
            loaded = self._by_libc(argv[at:], inner, None)
            if loaded is not None:
                self.follow(loaded, inner, depth + 1)

    # Shells ----------------------------------------------------------------------------------------------------------

    def _shell(self, name: str, argv: list[str], process: Process, depth: int) -> None:
        self.is_bash = name == "bash"
        if any(word == "--login" or (word[:1] == "-" and word[1:2] != "-" and "l" in word) for word in _options(argv)):
            process = _logged_in(process)
        words = [_word(value) for value in argv]
        text, stdin = shell_script(words)
        if stdin:
            return  # it reads standard input, and ends
        if text is not None:
            at = next(index for index, word in enumerate(words) if word is text)
            behind = argv[at + 1 :]
            errexit = any(word.startswith("-") and "e" in word.partition("o")[0] for word in argv[1:at])
            frame = Frame(
                behind[0] if behind else argv[0],
                behind[1:],
                process,
                depth,
                self.start,
                errexit,
                budget=self.budget,
                own=self._own_names(),
            )
            self.note(f"{name} -c runs {text.value!r}", f"with $0 = {frame.zero!r} and {frame.args!r}")
            run_text(text.value or "", name, frame)
            return
        at = 1
        while at < len(argv) and argv[at].startswith(("-", "+")) and argv[at] not in ("-", "--"):
            at += 2 if argv[at] in ("-o", "+o", "-O", "+O", "--rcfile", "--init-file") else 1
        if at < len(argv) and argv[at] in ("-", "--"):
            at += 1
        if at >= len(argv):
            if any(word.startswith("-") and "c" in word for word in argv[1:at]):
                raise Fails("-c requires an argument", 2, Fault.OTHER, program=argv[0])
            return
        for word in argv[1:at]:
            letters = word[1:].partition("-")[0] if self.box is not None else word[1:]
            if "\r" in word or (word[1:2] != "-" and not letters.isalpha() and word[:1] in "-+"):
                fault = Fault.LINE_ENDS if "\r" in word else Fault.OTHER
                raise Fails(f"{argv[0]}: illegal option", 2, fault, program=argv[at], file=self.current)
        if any(word.startswith("--") and len(word) > 2 for word in argv[1:at]) and name not in ("bash", "zsh"):
            raise Fails(f"{argv[0]}: illegal option --", 2, Fault.OTHER, program=argv[0])
        self._script(name, argv, at, process, depth)

    def _script(self, name: str, argv: list[str], at: int, process: Process, depth: int) -> None:
        """``sh FILE …``."""
        path = argv[at]
        found = self._operand(name, path, process)
        found.unless_supposed()
        if found.is_folder:
            if name == "bash":
                raise Fails(f"{path}: Is a directory", 126, Fault.MISSING, program=path)
            return  # nothing can be read of it, and the shell takes that for the end
        data = _content(found)
        errexit = any(word.startswith("-") and "e" in word.partition("o")[0] for word in argv[1:at])
        if data is None or len(data) >= _LIMIT or b"\0" in data[:80].split(b"\n")[0]:
            self._program_as_text(name, path, found, data, errexit)
        if data is None or len(data) >= _LIMIT:
            return
        data = data.replace(b"\0", b"")
        self.note(f"{name} reads {path}", f"{len(data)} bytes", found)
        self.current = found.file
        if found.file is not None:
            self.scripts.append(found.file)
        frame = Frame(
            path, argv[at + 1 :], process, depth, self.start, errexit, budget=self.budget, own=self._own_names()
        )
        source = Source((found.node.source if found.node else None) or found.path, data)
        try:
            mark = "\ufeff" if data.startswith(b"\xef\xbb\xbf") else ""  # a part of the first word, as a shell sees it
            run_text(mark + source.text, name, frame, source)
        except Unparsed:
            if _other_language(data):
                raise Fails(f"{path}: syntax error", 2, Fault.OTHER, program=path, file=found.file) from None
            raise

    def _program_as_text(self, name: str, path: str, found: Found, data: bytes | None, errexit: bool) -> None:
        """A shell that is told to read what is no shell text. Raises :class:`Fails` or :class:`Doubt`."""
        if data is None:
            program = found.node is None and (plain_name(found.brought) or found.brought in _PROGRAMS)
        else:
            program = data.startswith(b"\x7fELF") or b"\0" in data[:80].split(b"\n")[0]
        if not program:
            if found.node is None and not path.endswith(".sh"):
                raise Doubt(Unknown(f"whether {path} is a text for {name} to read cannot be known", "--image"))
            return
        if name in ("sh", "dash", "ash") and data is not None and not data.startswith(b"\x7fELF"):
            return  # these pass over the NULs
        if name == "bash":
            raise Fails(f"{path}: cannot execute binary file", 126, Fault.OTHER, program=path, file=found.file)
        if not errexit and (data is None or len(data) >= _NO_TEXT_FROM):
            raise Fails(f"{path}: Syntax error", 2, Fault.OTHER, program=path, file=found.file)
        raise Doubt(Unknown(f"{path} is no shell text"))

    def _operand(self, name: str, path: str, process: Process) -> Found:
        """The file that a shell reads: in the working folder, and for bash else on PATH, where no x bit is needed."""
        error: Errno = NoEntry()
        doubt: Doubt | None = None
        for folder in (None, *process.path.split(":")) if name == "bash" and "/" not in path else (None,):
            try:
                found = process.stat(path) if folder is None else self._search(folder, path, process)
                if folder is not None and found.is_folder:
                    continue
                if process.files.check(found, process.user, 4):
                    return found
                error = NotAllowed()
            except (NoEntry, NotFolder) as missing:
                error = error if isinstance(error, NotAllowed) else missing
            except Errno as other:
                error = other
            except Doubt as uncertain:
                if folder is None:
                    raise
                doubt = doubt or uncertain
            if folder is None and not isinstance(error, NoEntry):
                break
        if doubt is not None:
            raise doubt
        fault = Fault.NOT_READABLE if isinstance(error, NotAllowed) else Fault.MISSING
        code = (126 if isinstance(error, NotAllowed) else 127) if name in ("bash", "zsh", "ksh") else 2
        raise Fails(f"can't open '{path}': {_said(error)}", code, fault, program=path)

    def _by_shell(
        self, words: list[str], process: Process, place: Place | None, *, replaced: bool = False
    ) -> Loaded | None:
        """A shell's own look-up. A file that the kernel refuses for its format is read as shell text."""
        name = words[0]
        if "/" in name:
            return self._try(name, words, process, place)
        if self._is_own(name):
            return self._own(words)
        denied = closed = False
        doubt: Doubt | None = None
        first: Found | None = None
        for folder in process.path.split(":"):
            path = f"{folder or '.'}/{name}"
            try:
                found = self._search(folder, name, process)
            except NotAllowed:
                closed = True
                continue
            except Errno:
                continue
            except Doubt as uncertain:
                doubt = doubt or uncertain
                continue
            if found.node is None:
                return Loaded(found, words, [])
            path = found.path if folder == MORE_PATH else path
            if found.is_folder:
                closed = True
                continue
            first = first or found
            try:
                return self._try(path, words, process, place, told=name)
            except Fails as failure:
                if failure.exit_code == 127:
                    continue
                denied = True
        self._unless_own(name)
        if doubt is not None:
            raise doubt
        if denied:
            raise Fails(
                f"{name}: Permission denied",
                126 if replaced or self.box is not None or self.is_bash else 127,
                Fault.NOT_EXECUTABLE,
                program=name,
                file=first.file if first else None,
                place=place,
            )
        fault = Fault.INTERPRETER if first is not None else Fault.NOT_FOUND
        said = "Permission denied" if closed and first is None else "not found"
        file = first.file if first is not None else None
        code = 126 if replaced and closed else 127
        raise Fails(f"{name}: {said}", code, fault, program=name, file=file, place=place)

    def _search(self, folder: str, name: str, process: Process) -> Found:
        """A program in one folder of PATH. Raises :class:`Errno` or :class:`Doubt`."""
        if folder == MORE_PATH:
            for usual in USUAL_PATH:
                try:
                    found = process.stat(f"{usual}/{name}", searching=True)
                except (Errno, Doubt):
                    continue
                if found.node is not None:
                    return found
            there = process.files.supplied(
                f"/usr/bin/{name}", Unknown("the PATH of the base image is not known", "--image"), True
            )
            if isinstance(there, Unknown):
                raise Doubt(there)
            if not there:
                raise NoEntry
            return Found(name, None, name)
        return process.stat(f"{folder or '.'}/{name}", searching=True)

    def _is_own(self, name: str) -> bool:
        """Whether busybox starts a program of its own, without a look at PATH."""
        return name in self._own_names()

    def _own_names(self) -> frozenset[str]:
        return self.box.names if self.box is not None and self.box.own_first else frozenset()

    def _own(self, words: list[str]) -> Loaded:
        assert self.box is not None
        self.note(f"busybox starts {words[0]}", "one of its own programs")
        return Loaded(self.box.found, words, [])

    def _unless_own(self, name: str) -> None:
        """The shell of another busybox may run its own programs without a file. Raises :class:`Doubt`."""
        if self.box is not None and not self.box.own_first and name in self.box.names:
            raise Doubt(Unknown(f"{name} may be built into the shell"))

    def _try(self, path: str, words: list[str], process: Process, place: Place | None, told: str = "") -> Loaded | None:
        searching, told = bool(told), told or path
        try:
            return execute(process, path, words, searching=searching)
        except Unusable as error:
            if str(error) == "exec format error":
                return self._as_shell_text(error.found, path, words)
            if error.fault is Fault.LINE_ENDS or str(error) == "no such file or directory":
                raise Fails(
                    f"{told}: not found", 127, error.fault, program=path, file=error.found.file, place=place
                ) from error
            raise Fails(
                f"{told}: {_said(error)}", 126, error.fault, program=path, file=error.found.file, place=place
            ) from error
        except (NoEntry, NotFolder) as error:
            code = 127
            raise Fails(f"{told}: not found", code, Fault.MISSING, program=path, place=place) from error
        except Errno as error:
            raise Fails(
                f"{told}: {_said(error)}",
                126,
                Fault.NOT_EXECUTABLE,
                program=path,
                file=_file_at(path, process),
                place=place,
            ) from error

    def _as_shell_text(self, found: Found, path: str, words: list[str], shell: Found | None = None) -> Loaded | None:
        """``shell``: the one that reads it; None for another of the shell that runs."""
        data = _content(found)
        if data is None:
            raise Doubt(Unknown(f"a shell makes what it can of {path}"))
        if self.is_bash and b"\0" in data[:80].split(b"\n")[0]:
            raise Fails(f"{path}: cannot execute binary file", 126, Fault.OTHER, program=path, file=found.file)
        if shell is None and self.box is not None:
            shell = self.box.found
        return Loaded(shell or found, ["sh", path, *words[1:]], [found])

    def _by_libc(self, words: list[str], process: Process, place: Place | None) -> Loaded | None:
        """``execvp``: it goes on after a file that may not be executed, and hands one without a format to ``/bin/sh``."""
        name = words[0]
        if self._is_own(name):
            return self._own(words)
        denied: Errno | None = None
        doubt: Doubt | None = None
        fault, file = Fault.NOT_FOUND if "/" not in name else Fault.MISSING, None
        for path in _libc_paths(name, process):
            try:
                if path.startswith(MORE_PATH):
                    found = self._search(MORE_PATH, name, process)
                    if found.node is None:
                        return Loaded(found, words, [])
                    path = found.path
                return self._execve(path, words, process, searching="/" not in name)
            except Unusable as error:
                fault, file = error.fault, error.found.file
                if isinstance(error, Unusable) and str(error) not in (
                    "no such file or directory",
                    "permission denied",
                    "not a directory",
                ):
                    raise Fails(
                        f"can't execute '{name}': {_said(error)}", 126, fault, program=name, file=file, place=place
                    ) from error
                denied = error if str(error) == "permission denied" else denied
            except NotAllowed as error:
                denied, fault, file = error, Fault.NOT_EXECUTABLE, _file_at(path, process)
            except (NoEntry, NotFolder):
                continue
            except Doubt as uncertain:
                if "/" in name:
                    raise
                doubt = doubt or uncertain
            except Errno as error:
                raise Fails(
                    f"can't execute '{name}': {_said(error)}", 126, Fault.OTHER, program=name, place=place
                ) from error
        if doubt is not None:
            raise doubt
        if denied is not None:
            raise Fails(f"can't execute '{name}': Permission denied", 126, fault, program=name, file=file, place=place)
        raise Fails(
            f"can't execute '{name}': No such file or directory", 127, fault, program=name, file=file, place=place
        )

    def _execve(self, path: str, words: list[str], process: Process, *, searching: bool) -> Loaded | None:
        try:
            return execute(process, path, words, searching=searching)
        except Unusable as error:
            if str(error) != "exec format error":
                raise
            return self._as_shell_text(error.found, path, words, process.stat(_SH))


def _folder(path: str, process: Process) -> str:
    """``env -C``."""
    try:
        if process.stat(path).is_folder:
            return posixpath.join(process.cwd if isinstance(process.cwd, str) else "/", path)
        raise NotFolder
    except Errno as error:
        raise Fails(f"cannot change directory to '{path}': {error}", 125, Fault.MISSING, program=path) from error


def _options(argv: list[str]) -> list[str]:
    """The words of a shell in front of its first operand."""
    end = next((at for at, word in enumerate(argv[1:], 1) if word[:1] not in ("-", "+")), len(argv))
    return argv[1:end]


def _logged_in(process: Process) -> Process:
    """A login shell reads /etc/profile, which sets PATH anew as a rule."""
    try:
        process.stat("/etc/profile")
    except Errno:
        return process
    except Doubt:
        pass
    why = Unknown("a login shell takes PATH from /etc/profile, which is not read", "--image")
    return Process(process.files, process.user, process.cwd, {**process.env, "PATH": why})


def _libc_paths(name: str, process: Process) -> list[str]:
    """What ``execvp`` tries. Raises :class:`Doubt`."""
    if not name:
        return []
    if "/" in name:
        return [name]
    value = process.env.get("PATH", "/bin:/usr/bin")
    if isinstance(value, Unknown):
        raise Doubt(value)
    return [f"{folder}/{name}" if folder else name for folder in value.split(":")]


def _content(found: Found) -> bytes | None:
    if found.node is None:
        return None
    data = found.node.read(_LIMIT)
    if data is None and found.node.type == "file":
        return None
    return data


def _file_at(path: str, process: Process) -> File | None:
    try:
        return process.stat(path).file
    except (Errno, Doubt):
        return None


def _said(error: Errno) -> str:
    text = str(error)
    return text[:1].upper() + text[1:]


_NOWHERE = Text(Source("", b""), "", ())


def _word(value: str) -> ShellWord:
    return ShellWord(value, _NOWHERE, 0, 0, prefix=value)


_PROGRAMS = INTERPRETERS | SHELLS | listed("R Rscript cat cp env git ls make mv nginx sleep tail tini dumb-init")
"""Names of what is no text for a shell to read."""


def _other_language(data: bytes) -> bool:
    """Whether the first line of a text names an interpreter of another language."""
    data = data.removeprefix(b"\xef\xbb\xbf")
    parsed = shebang(data) if data.startswith(b"#!") else None
    if parsed is None:
        return False
    words = [word for word in f"{parsed[0]} {parsed[1]}".split() if not word.startswith("-")]
    name = posixpath.basename(words[1] if posixpath.basename(words[0]) == "env" and len(words) > 1 else words[0])
    return bool(plain_name(name))
