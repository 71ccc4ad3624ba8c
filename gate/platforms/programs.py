"""What a started program visibly starts in its turn: shells, ``env``, init programs, interpreters and their files."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell.wrappers import SHELLS, WRAPPERS, peel, shell_script
from gate.dockerfile.source import Source, Text
from gate.image.model import File
from gate.model import Place, Unknown
from gate.packages.options import listed
from gate.platforms.bases import MORE_PATH, USUAL_PATH
from gate.platforms.filesystem import Errno, Found, NoEntry, NotAllowed, NotFolder
from gate.platforms.kernel import Loaded, Process, Unusable, execute
from gate.platforms.outcome import Doubt, Fails, Fault, Step
from gate.platforms.shelltext import Frame, run_text

MAX_DEPTH = 12
_LIMIT = 1 << 17
_SH = "/bin/sh"
_INTERPRETERS = listed("python pypy node nodejs Rscript perl ruby julia php deno bun java")
_ENDS_WITH = {"python": 2, "pypy": 2, "perl": 2, "Rscript": 2, "node": 1, "nodejs": 1, "ruby": 1, "julia": 1, "php": 1}
_VALUE_OPTIONS = {"python": "W X", "node": "r", "nodejs": "r", "perl": "I", "ruby": "I r", "java": ""}


class Follower:
    """Follows a launch from program to program, and writes down the steps."""

    def __init__(self, steps: list[Step]) -> None:
        self.steps = steps
        self.depth = 0
        self.current: File | None = None
        self.scripts: list[File] = []

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
        if depth > MAX_DEPTH:
            return  # each starts the next without end, so the container does run
        argv = loaded.argv
        name = posixpath.basename(argv[0]) if argv else ""
        script = loaded.scripts[0] if loaded.scripts else None
        self.scripts += [found.file for found in loaded.scripts if found.file is not None]
        self._program(name, argv, process, depth, script)

    def _program(self, name: str, argv: list[str], process: Process, depth: int, script: Found | None) -> None:
        if name in ("busybox", "toybox") and len(argv) > 1:
            self._program(argv[1], argv[1:], process, depth, script)
        elif name in SHELLS:
            self._shell(name, argv, process, depth)
        elif name == "env" and script is not None:
            try:
                self._env(argv, process, depth)
            except Fails as failure:
                if self.depth == depth and failure.fault is Fault.NOT_FOUND:  # it is what the first line asks for
                    failure.fault = Fault.LINE_ENDS if failure.program.endswith("\r") else Fault.INTERPRETER
                    failure.file = script.file
                raise
        elif name == "env":
            self._env(argv, process, depth)
        elif name in WRAPPERS and len(argv) > 1:
            self._wrapper(name, argv, process, depth)
        else:
            plain = name.rstrip("0123456789.") if name.startswith(("python", "pypy", "node", "php")) else name
            if plain in _INTERPRETERS:
                self._interpreter(plain, argv, process)

    def start(
        self, words: list[str], wrappers: list[str], process: Process, depth: int, place: Place, replaced: bool
    ) -> None:
        """A command of a shell text."""
        for wrapper in wrappers:
            self._by_shell([wrapper], process, place)
        loaded = (
            self._by_libc(words, process, place)
            if wrappers
            else self._by_shell(words, process, place, replaced=replaced)
        )
        if loaded is not None:
            self.follow(loaded, process, depth + 1)

    def _wrapper(self, name: str, argv: list[str], process: Process, depth: int) -> None:
        peeled = peel([_word(value) for value in argv])
        if peeled is None or (peeled.text is None and not peeled.rest):
            return
        if peeled.text is not None:
            return
        words = [word.value or "" for word in peeled.rest]
        self.note(f"{name} runs {words[0]}", "looked up as the C library does")
        loaded = self._by_libc(words, process, None)
        if loaded is not None:
            self.follow(loaded, process, depth + 1)

    def _env(self, argv: list[str], process: Process, depth: int) -> None:
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
                if self._is_busybox(argv[0], process):
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
            elif word.startswith("-"):
                raise Doubt(Unknown(f"env is given {word}"))
            elif "=" in word:
                name, _, value = word.partition("=")
                env[name] = value
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

    def _is_busybox(self, path: str, process: Process) -> bool:
        """Whether an ``env`` is busybox's, which knows no -S."""
        try:
            found = process.stat(path if "/" in path else f"/usr/bin/{path}")
        except (Errno, Doubt):
            return False
        data = found.node.read(1 << 22) if found.node is not None else None
        return data is not None and b"BusyBox v" in data

    # Shells ----------------------------------------------------------------------------------------------------------

    def _shell(self, name: str, argv: list[str], process: Process, depth: int) -> None:
        words = [_word(value) for value in argv]
        text, stdin = shell_script(words)
        if stdin:
            return  # it reads standard input, and ends
        if text is not None:
            at = next(index for index, word in enumerate(words) if word is text)
            behind = argv[at + 1 :]
            errexit = any(word.startswith("-") and "e" in word.partition("o")[0] for word in argv[1:at])
            frame = Frame(behind[0] if behind else argv[0], behind[1:], process, depth, self.start, errexit)
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
        if any("\r" in word for word in argv[1:at]):
            raise Fails(f"{argv[0]}: illegal option", 2, Fault.LINE_ENDS, program=argv[at], file=self.current)
        if any(word.startswith("--") and len(word) > 2 for word in argv[1:at]) and name not in ("bash", "zsh"):
            raise Fails(f"{argv[0]}: illegal option --", 2, Fault.OTHER, program=argv[0])
        self._script(name, argv, at, process, depth)

    def _script(self, name: str, argv: list[str], at: int, process: Process, depth: int) -> None:
        """``sh FILE …``."""
        path = argv[at]
        found = self._operand(name, path, process)
        if found.is_folder:
            if name == "bash":
                raise Fails(f"{path}: Is a directory", 126, Fault.MISSING, program=path)
            raise Doubt(Unknown(f"{path} is a folder"))
        data = _content(found)
        if data is None or len(data) >= _LIMIT:
            return
        if data.startswith(b"\x7fELF") or b"\0" in data[:80].split(b"\n")[0]:
            raise Doubt(Unknown(f"{path} is no shell text"))
        self.note(f"{name} reads {path}", f"{len(data)} bytes", found)
        self.current = found.file
        if found.file is not None:
            self.scripts.append(found.file)
        errexit = any(word.startswith("-") and "e" in word.partition("o")[0] for word in argv[1:at])
        frame = Frame(path, argv[at + 1 :], process, depth, self.start, errexit)
        source = Source((found.node.source if found.node else None) or found.path, data)
        run_text(source.text, name, frame, source)

    def _operand(self, name: str, path: str, process: Process) -> Found:
        """The file that a shell reads: in the working folder, and for bash else on PATH, where no x bit is needed."""
        places = [path]
        if name == "bash" and "/" not in path:
            places += [posixpath.join(folder or ".", path) for folder in process.path.split(":")]
        error: Errno = NoEntry()
        for place in places:
            try:
                found = process.stat(place, searching=place != path)
                if place != path and found.is_folder:
                    continue
                if process.files.check(found, process.user, 4):
                    return found
                error = NotAllowed()
            except (NoEntry, NotFolder) as missing:
                error = error if isinstance(error, NotAllowed) else missing
            except Errno as other:
                error = other
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
        self._maybe_applet(name, process)
        if doubt is not None:
            raise doubt
        if denied:
            raise Fails(
                f"{name}: Permission denied",
                126,
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

    def _maybe_applet(self, name: str, process: Process) -> None:
        """busybox's shell may run its own programs without a file. Raises :class:`Doubt`."""
        if name in _APPLETS:
            raise Doubt(Unknown(f"{name} may be built into the shell"))

    def _try(self, path: str, words: list[str], process: Process, place: Place | None, told: str = "") -> Loaded | None:
        searching, told = bool(told), told or path
        try:
            return execute(process, path, words, searching=searching)
        except Unusable as error:
            if str(error) == "exec format error":
                return self._as_shell_text(error.found, path, words, process)
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

    def _as_shell_text(self, found: Found, path: str, words: list[str], process: Process) -> Loaded | None:
        data = _content(found)
        if data is None or b"\0" in data[:80]:
            raise Doubt(Unknown(f"a shell makes what it can of {path}"))
        return Loaded(found, ["sh", path, *words[1:]], [found])

    def _by_libc(self, words: list[str], process: Process, place: Place | None) -> Loaded | None:
        """``execvp``: it goes on after a file that may not be executed, and hands one without a format to ``/bin/sh``."""
        name = words[0]
        if "/" in name:
            paths = [name]
        else:
            value = process.env.get("PATH", "/bin:/usr/bin")
            if isinstance(value, Unknown):
                raise Doubt(value)
            paths = [f"{folder}/{name}" if folder else name for folder in value.split(":")]
        denied: Errno | None = None
        doubt: Doubt | None = None
        fault, file = Fault.NOT_FOUND if "/" not in name else Fault.MISSING, None
        for path in paths:
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
            loaded = self._as_shell_text(error.found, path, words, process)
            process.stat(_SH)
            return loaded

    # Interpreters ----------------------------------------------------------------------------------------------------

    def _interpreter(self, plain: str, argv: list[str], process: Process) -> None:
        at = _operand_at(plain, argv)
        if not at:
            return
        path = argv[at]
        error: Errno
        for name in _names(plain, path):
            try:
                found = process.stat(name)
                if found.is_folder and plain not in ("node", "nodejs"):
                    process.stat(posixpath.join(name, "__main__.py" if plain in ("python", "pypy") else "index.js"))
                elif not process.files.check(found, process.user, 4):
                    raise NotAllowed
                self.note(f"{plain} reads {path}", found.path, found)
                if found.file is not None:
                    self.scripts.append(found.file)
                return
            except Errno as missing:
                error = missing
        fault = Fault.NOT_READABLE if isinstance(error, NotAllowed) else Fault.MISSING
        said = f"can't open file '{path}': {_said(error)}"
        if plain in ("node", "nodejs"):
            said = f"Cannot find module '{path}'"
        elif plain == "java":
            said = f"Unable to access jarfile {path}"
        raise Fails(said, _ENDS_WITH.get(plain, 1), fault, program=path)


def _names(plain: str, path: str) -> list[str]:
    return [path, path + ".js", path + ".json", path + ".mjs", path + ".cjs"] if plain in ("node", "nodejs") else [path]


def _operand_at(plain: str, argv: list[str]) -> int:
    """Where an interpreter's file stands; 0 when something else says what to run."""
    at = 1
    values = _VALUE_OPTIONS.get(plain, "").split()
    while at < len(argv):
        word = argv[at]
        if plain == "java":
            if word == "-jar":
                return at + 1 if at + 1 < len(argv) else 0
            if not word.startswith("-"):
                return 0
            at += 2 if word in ("-cp", "-classpath", "--class-path", "-p", "--module-path") else 1
            continue
        if plain in ("deno", "bun") or word == "-":
            return 0
        if not word.startswith("-"):
            return at
        if plain in ("python", "pypy"):
            letters = word[1:]
            if word.startswith("--") or letters in ("V", "h", "VV") or set(letters) & {"c", "m"}:
                return 0
            at += 2 if letters[-1] in values else 1
        elif word[1:2] in values or word in ("--require", "--import", "--loader"):
            at += 2 if len(word) == 2 or word.startswith("--") else 1
        elif word.startswith("--"):
            at += 1
        elif plain in ("node", "nodejs", "perl", "ruby", "Rscript", "php", "julia") and set(word[1:]) & set("eEprcfi"):
            return 0
        else:
            at += 1
    return 0


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


def words_of(values: Sequence[str]) -> list[ShellWord]:
    """Plain words as the shell reader's words."""
    return [_word(value) for value in values]


_APPLETS = listed(
    """ash awk basename bunzip2 busybox bzcat bzip2 cal cat chgrp chmod chown chroot clear cmp cp cpio cut date dc dd df
    diff dirname dmesg dos2unix du egrep env expand expr factor fgrep find fold free getopt grep groups gunzip gzip
    head hexdump hostid hostname id install ip kill killall less link ln ls lzcat md5sum mkdir mkfifo mknod mktemp more
    mount mv nc nice nl nohup nproc nslookup od paste patch pidof ping printenv ps pwd readlink realpath renice
    reset rev rm rmdir route sed seq setsid sh sha1sum sha256sum sha512sum shred sleep sort split stat strings stty su
    sum sync tac tail tar tee test time timeout top touch tr truncate tty umount uname uncompress unexpand uniq unix2dos unlink
    unxz unzip uptime usleep uudecode uuencode vi watch wc wget which who whoami xargs xz xzcat yes zcat nologin"""
)
