"""What a launch starts: from its words through shells, scripts and Python programs to the servers."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import ShellWord
from gate.dockerfile.shell.wrappers import SHELLS, peel, shell_script
from gate.dockerfile.source import Source, Text
from gate.image.model import File
from gate.lazy import pattern
from gate.packages.options import listed
from gate.platforms.kernel import shebang
from gate.platforms.model import Platform
from gate.servers.apps import App
from gate.servers.arguments import address, bound
from gate.servers.commands import COMMANDS, refused
from gate.servers.interpreter import Interpreter
from gate.servers.launch import Launched, Start
from gate.servers.model import MANY, UNKNOWN, Script, Server, Serving, plain
from gate.servers.program import Serve, Spawn
from gate.servers.shell import ShellReader
from gate.servers.source import PythonFile, python_file
from gate.servers.values import Function, Method, Module

if TYPE_CHECKING:
    from gate.build import Build

MAX_DEPTH = 10
MAX_PROGRAMS = 40
_SCRIPT_LIMIT = 1 << 15
_NOWHERE = Text(Source("", b""), "", ())
_NEVER_SERVES = listed(
    """mkdir cp mv rm ln echo printf cat chmod chown sed awk grep touch curl wget tar unzip aws gsutil gcloud pip pip3 apt-get
    sleep ls env export test [ [[ (( true false kill killall tail date hostname id whoami git ldconfig find head sort uniq tee
    envsubst rsync stat nvidia-smi df free ps which command readlink dirname basename install sysctl ulimit openssl update-
    ca-certificates"""
)
_PARENTS = listed(
    "tini tini-static dumb-init catatonit docker-init s6-svscan timeout sudo su xvfb-run conda mamba micromamba"
)
"""Programs that stay, with the one that they start as their child."""
_VERSION = pattern(r"(?<=[a-z])[\d.]+$")


class Explorer(Launched):
    """Follows one launch and fills a :class:`~gate.servers.model.Serving`."""

    def __init__(self, build: Build, platform: Platform, serving: Serving) -> None:
        super().__init__(build, platform, serving)
        self._programs = 0
        self._unseen = 0  # programs that nobody knows

    def python_file(self, file: File) -> PythonFile:
        found = python_file(file, self.build)
        if found not in self.serving.sources:
            self.serving.sources.append(found)
        return found

    # Programs --------------------------------------------------------------------------------------------------------

    def program(self, argv: Sequence[Any], start: Start, depth: int = 0) -> None:
        """A program with its words."""
        self._programs += 1
        if depth > MAX_DEPTH or self._programs > MAX_PROGRAMS or not argv:
            if argv:
                self.unread("too many programs start one another", start.place)
            return
        words = [_word(value) for value in argv]
        peeled = peel(words) if words[0].value is not None else None
        while peeled is not None and peeled.text is None and peeled.rest:
            for each in peeled.assignments or ():
                name, _, value = (each.value or "").partition("=")
                start.environment = {**start.environment, name: value}
            start.replaced = start.replaced and words[0].base_name not in _PARENTS
            argv = argv[len(words) - len(peeled.rest) :]
            words = words[len(words) - len(peeled.rest) :]
            peeled = peel(words) if words[0].value is not None else None
        first = plain(argv[0])
        if not isinstance(first, str) or not first:
            if start.last or start.background:
                self.unread("the name of the program is not known", start.place)
            return
        self._named(first, list(argv), words, start, depth)

    def _named(self, first: str, argv: list[Any], words: list[ShellWord], start: Start, depth: int) -> None:
        name = posixpath.basename(first)
        bare = _VERSION.sub("", name) if name.startswith(("python", "pypy", "node")) else name
        if name in SHELLS:
            self._shell(name, argv, words, start, depth)
        elif bare in ("python", "pypy"):
            self._python(argv, start, depth)
        elif name == "Rscript":
            self._r(argv, start)
        elif (found := self._own_file(first, start.cwd)) is not None:
            self._file(found, first, argv, start, depth)
        elif name in COMMANDS:
            self._command(name, argv[1:], start)
        elif name in ("tail", "sleep"):
            if set(map(plain, argv[1:])) & {"/dev/null", "infinity", "inf"} and start.certain:
                self.serving.idle.append(start.place)
        elif name in _NEVER_SERVES:
            self.rewritten |= {
                each for each in map(plain, argv[1:]) if isinstance(each, str) and each.endswith(".conf")
            }
        else:
            self._unseen += 1
            if start.last or start.background:
                self.unread(f"what {name} serves is not read", start.place)

    def _command(self, name: str, words: list[Any], start: Start) -> None:
        inner = Start(
            name, words, start.place, start.cwd, start.environment, start.certain, start.background, start.last
        )
        word = refused(inner)
        if word:
            self.unread(f"{name} refuses the argument {word}", start.place)
            return
        server = COMMANDS[name](self, inner)
        if server is not None:
            server.background = server.background or start.background
            server.last, server.waited = start.last, start.waited
            self.serving.servers.append(server)

    def _own_file(self, name: str, cwd: str) -> File | None:
        """The file of the context (or of the Dockerfile) behind a program's name."""
        if "/" in name:
            paths = [posixpath.normpath(posixpath.join(cwd, name))]
        else:
            path = self.image.config.env.get("PATH")
            usual = "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin"
            folders = f"{path if isinstance(path, str) else ''}:{usual}".split(":")
            paths = [f"{folder.rstrip('/')}/{name}" for folder in folders if folder.startswith("/")]
        for path in paths:
            found = self.file(path)
            if isinstance(found, File) and found.read(1) is not None:
                return found
        return None

    def _file(self, file: File, name: str, argv: list[Any], start: Start, depth: int) -> None:
        data = file.read(_SCRIPT_LIMIT) or b""
        parsed = shebang(data) if data.startswith(b"#!") else None
        if parsed is not None:
            interpreter = [parsed[0], *parsed[1].split()]
            if posixpath.basename(parsed[0]) == "env":
                interpreter = [word for word in interpreter[1:] if word != "-S"]
            elif len(interpreter) > 1 and posixpath.basename(parsed[0]) in SHELLS:
                interpreter = interpreter[:1]
            self.program([*interpreter, file.path if "/" not in name else name, *argv[1:]], start, depth + 1)
        elif start.last or start.background:
            self.unread(f"{file.path} is not read", start.place)

    # Shells ----------------------------------------------------------------------------------------------------------

    def _shell(self, name: str, argv: list[Any], words: list[ShellWord], start: Start, depth: int) -> None:
        text, stdin = shell_script(words)
        if stdin:
            return
        if text is not None:
            at = next(index for index, word in enumerate(words) if word is text)
            if text.value is None:
                self.unread("the text that a shell runs is not known", start.place)
                return
            self._run_shell(
                Source("", b""), text.value, name, [plain(each) for each in argv[at + 1 :]] or [name], start, depth
            )
            return
        at = 1
        while at < len(argv) and isinstance(plain(argv[at]), str) and plain(argv[at]).startswith(("-", "+")):
            at += 2 if plain(argv[at]) in ("-o", "+o", "-O", "+O") else 1
        path = plain(argv[at]) if at < len(argv) else None
        if isinstance(path, str):
            self.shell_file(path, [plain(each) for each in argv[at:]], name, start, depth)

    def shell_file(self, path: str, args: list[Any], shell: str, start: Start, depth: int) -> None:
        """``sh FILE WORDS…``; ``args`` begins with the file."""
        file = self._own_file(path if "/" in path else f"./{path}", start.cwd) or self._own_file(path, start.cwd)
        data = file.read(_SCRIPT_LIMIT) if file is not None else None
        if data is None or file is None or len(data) >= _SCRIPT_LIMIT:
            if start.last or start.background:
                self.unread(f"{path} is not read", start.place)
            return
        shown = Source(self.shown(file) if file.source is not None else "", data)
        if file.source is None and file.instruction is not None:
            start.place = file.instruction.place
        self._run_shell(shown, shown.text, shell, args, start, depth)

    def shell_text(self, text: str, start: Start, depth: int = 1) -> None:
        """Text that is given to ``sh -c``."""
        self._run_shell(Source("", b""), text, "sh", ["sh"], start, depth)

    def _run_shell(self, source: Source, text: str, shell: str, args: list[Any], start: Start, depth: int) -> None:
        if depth > MAX_DEPTH:
            self.unread("too many programs start one another", start.place)
            return
        ShellReader(self, source, text, shell, args, start, depth).run()

    def _r(self, argv: list[Any], start: Start) -> None:
        path = next(
            (plain(word) for word in argv[1:] if isinstance(plain(word), str) and not plain(word).startswith("-")), None
        )
        if path is not None:
            self._note_script(posixpath.normpath(posixpath.join(start.cwd, path)), start)
        if start.last or start.background:
            self.unread("what Rscript serves is not read", start.place)

    # Python ----------------------------------------------------------------------------------------------------------

    def _python(self, argv: list[Any], start: Start, depth: int) -> None:
        at = 1
        while at < len(argv):
            word = plain(argv[at])
            if not isinstance(word, str):
                break
            if word == "-c" or word == "-":
                if start.last or start.background:
                    self.unread("a program that is given on the command line is not read", start.place)
                return
            if word.startswith("-") and not word.startswith("--") and word.endswith("m") and at + 1 < len(argv):
                self._python_module(plain(argv[at + 1]), argv[at + 2 :], start, depth)
                return
            if not word.startswith("-"):
                self._python_script(word, argv[at:], start, depth)
                return
            start.unbuffered = start.unbuffered or (not word.startswith("--") and "u" in word)
            at += 2 if word in ("-W", "-X") else 1
        if start.last or start.background:
            self.unread("the program that Python runs is not known", start.place)

    def _python_module(self, name: Any, words: list[Any], start: Start, depth: int) -> None:
        if not isinstance(name, str):
            self.unread("the module that Python runs is not known", start.place)
            return
        for known in (name, name.partition(".")[0]):
            if known in COMMANDS:
                self._command(known, list(words), start)
                return
        base = posixpath.join(start.cwd, *name.split("."))
        for path in (base + ".py", base + "/__main__.py"):
            if isinstance(self.file(path), File):
                self._python_script(path, [path, *words], start, depth, folders=[start.cwd])
                return
        if start.last or start.background:
            self.unread(f"what python -m {name} serves is not read", start.place)

    def _python_script(
        self, path: str, argv: list[Any], start: Start, depth: int, folders: list[str] | None = None
    ) -> None:
        whole = posixpath.normpath(posixpath.join(start.cwd, path))
        self._note_script(whole, start)
        run = self._interpreted(whole, start, [path, *argv[1:]], "__main__", folders or [posixpath.dirname(whole)])
        if run is None:
            if start.last or start.background:
                self.unread(f"{whole} is not read", start.place)
            return
        interpreter, module = run
        before, unseen = self._known(), self._unseen
        self.rewritten |= {posixpath.normpath(posixpath.join(start.cwd, each)) for each in interpreter.writes}
        for each in interpreter.serves:
            self._serve(each, interpreter, start)
        for spawned in interpreter.spawns:
            self._spawn(spawned, interpreter, start, depth)
        scripts = self.serving.scripts
        if self._unseen > unseen and scripts and scripts[-1].file.path == whole:
            scripts.pop()  # it hands over to a program that is not seen
        nothing = self._known() == before
        if (nothing or interpreter.doubt) and (start.last or start.background):
            why = interpreter.doubt or "it starts no server that is known"
            self.unread(f"{module.file.shown}: {why}", module.file.start())

    def _note_script(self, path: str, start: Start) -> None:
        file = self.file(path)
        if isinstance(file, File) and file.read(1) is not None and not start.background:
            unbuffered = start.unbuffered or bool(plain(self.variable(start, "PYTHONUNBUFFERED", "")))
            self.serving.scripts.append(Script(file, start.replaced, unbuffered))

    def _known(self) -> tuple[int, int, bool]:
        return len(self.serving.servers), len(self.serving.unread), self.serving.platform_serves

    def _interpreted(
        self, path: str, start: Start, argv: list[Any], name: str, folders: list[str]
    ) -> tuple[Interpreter, Module] | None:
        file = self.file(path)
        if not isinstance(file, File):
            return None
        source = self.python_file(file)
        if source.tree is None:
            return None
        extra = self.variable(start, "PYTHONPATH", None)
        given = plain(extra).split(":") if isinstance(plain(extra), str) else []
        search = [*folders, *[folder for folder in given if folder.startswith("/")]]
        interpreter = Interpreter(
            self.file, self.python_file, lambda key, default: self.variable(start, key, default), argv, search
        )
        module = interpreter.run(source, name)
        return (interpreter, module) if module is not None else None

    def run_python(self, path: str, start: Start, argv: list[Any], name: str) -> Module | None:
        """A configuration file that is written in Python."""
        run = self._interpreted(path, start, argv, name, [posixpath.dirname(path)])
        return run[1] if run is not None else None

    def load_app(self, server: Server, target: Any, folders: list[str], start: Start, default: str) -> None:
        """The application that ``module:attribute`` names becomes the server's."""
        text = plain(target)
        if not isinstance(text, str):
            server.unread = "its application is not known"
            return
        dotted, _, attribute = text.partition(":")
        attribute = attribute or default
        for folder in folders:
            base = posixpath.join(folder, *dotted.split("."))
            for path in (base + ".py", base + "/__init__.py"):
                run = self._interpreted(path, start, [server.kind], dotted, list(folders))
                if run is not None:
                    self._take_app(server, run, attribute)
                    return
        server.unread = f"its application {dotted} is not in the image's files"

    def _take_app(self, server: Server, run: tuple[Interpreter, Module], attribute: str) -> None:
        interpreter, module = run
        name = attribute.partition("(")[0]
        value: Any = module.names.get(name, UNKNOWN)
        for part in name.split(".")[1:] if "." in name else ():
            value = interpreter.attribute(module.names.get(name.split(".")[0], UNKNOWN), part)
        if name == "\0flask":
            value = next(
                (each for each in module.names.values() if isinstance(each, App) and each.kind == "flask"), UNKNOWN
            )
            factory = module.names.get("create_app", module.names.get("make_app"))
            value = factory if value is UNKNOWN and isinstance(factory, Function) else value
        if isinstance(value, Function):
            value = interpreter.enter(value, [], {})
        self._set_app(server, value, interpreter, module)

    def _set_app(self, server: Server, value: Any, interpreter: Interpreter, module: Module | None) -> None:
        if isinstance(value, Method) and isinstance(value.owner, App):
            value = value.owner  # app.server, app.wsgi_app
        if isinstance(value, App):
            server.app = value
            if interpreter.doubt:
                value.open = value.open or interpreter.doubt
        else:
            server.unread = "its application is made in a way that is not read"

    def _serve(self, serve: Serve, interpreter: Interpreter, start: Start) -> None:
        """A server inside of a program."""
        certain = start.certain and serve.certain
        if serve.kind == "sagemaker toolkit":
            self.serving.platform_serves = True
            return
        values = serve.values
        server = Server(serve.kind, [], serve.place, certain=certain, background=start.background)
        if "bind" in values:
            server.addresses = [bound(values["bind"], serve.place, 8000, certain=certain)]
        elif values.get("uds") is not None or values.get("unix_socket") is not None:
            from gate.servers.model import Address

            server.addresses = [Address("", None, serve.place, socket=str(values.get("uds") or values["unix_socket"]))]
        else:
            server.addresses = [
                address(values.get("host", UNKNOWN), values.get("port", UNKNOWN), serve.place, certain=certain)
            ]
        if serve.kind in ("flask", "werkzeug", "quart"):
            server.development = serve.place
        for key in ("debug", "timeout", "use_reloader"):
            if key in values:
                server.settings[key] = (values[key], serve.place)
        self._serve_app(server, serve, interpreter, start)
        self.serving.servers.append(server)

    def _serve_app(self, server: Server, serve: Serve, interpreter: Interpreter, start: Start) -> None:
        app = serve.app
        if serve.kind == "kserve":
            server.routes = (
                ("GET", "/v1/models/*"),
                ("POST", "/v1/models/*"),
                ("GET", "/v2/*"),
                ("POST", "/v2/*"),
                ("GET", "/"),
            )
        elif isinstance(app, str):
            folders = interpreter.folders
            dotted, _, attribute = app.partition(":")
            module = interpreter.modules.get(dotted)
            main = interpreter.modules.get("__main__")
            if (
                isinstance(main, Module)
                and posixpath.basename(main.file.path) == dotted + ".py"
                and not isinstance(module, Module)
            ):
                self._set_app(server, main.names.get(attribute, UNKNOWN), interpreter, main)
            else:
                self.load_app(server, app, folders, start, default="app")
        elif serve.kind == "http.server":
            from gate.servers.handlers import handler_app

            found = handler_app(app, serve.place)
            server.app, server.unread = found, "" if found is not None else "its handler is not read"
        else:
            self._set_app(server, app, interpreter, None)

    def _spawn(self, spawn: Spawn, interpreter: Interpreter, start: Start, depth: int) -> None:
        """A program that a Python program starts."""
        cwd = plain(spawn.cwd)
        environment = {key: value for key, value in spawn.environment.items() if isinstance(key, str)}
        inner = Start(
            "", [], spawn.place, posixpath.normpath(posixpath.join(start.cwd, cwd)) if isinstance(cwd, str) else start.cwd,
            {**start.environment, **environment}, start.certain and spawn.certain, not spawn.waited, False,
            interpreter.waits, False,
        )  # fmt: skip
        argv = spawn.argv
        if isinstance(plain(argv), str):
            self.shell_text(plain(argv), inner, depth + 1)
        elif isinstance(argv, (list, tuple)) and argv:
            self.program([value if _is_word(value) or value is MANY else UNKNOWN for value in argv], inner, depth + 1)
        else:
            self._unseen += 1
            self.unread("what a program starts is not known", spawn.place)


def _is_word(value: Any) -> bool:
    return isinstance(plain(value), str)


def _word(value: Any) -> ShellWord:
    text = plain(value)
    known = text if isinstance(text, str) else None
    return ShellWord(known, _NOWHERE, 0, 0, prefix=known or "")
