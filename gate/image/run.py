"""What a RUN leaves behind, as far as that can be known without running it.

The policy, from certain to uncertain:

* The commands in :mod:`gate.image.file_commands` and :mod:`gate.image.content_commands` (``chmod``, ``cp``, ``ln``,
  ``mkdir``, ``mv``, ``rm``, ``sed -i`` …) and redirections are carried out. What may or may not run (behind ``||``, in
  ``if``, in a loop), or may fail without anybody noticing, makes what it touches unknown.
* A shell script of this very image is read, and its commands count as the RUN's own.
* Package managers add files to the system's folders.
* Any other program may add files anywhere, so that nothing can be said to be missing; but what COPY brought keeps its
  content, mode and owner. A program that changes those behind one's back is not assumed.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gate.context.paths import BadPattern, join
from gate.dockerfile.command import Command, Node, Script
from gate.dockerfile.shell import file_script
from gate.dockerfile.shell.status import exit_status_hidden_by, in_chain
from gate.dockerfile.shell.wrappers import SHELLS
from gate.dockerfile.source import Source
from gate.image import content_commands, file_commands
from gate.image.effects import Certainty, Effects
from gate.image.modes import ModeError
from gate.image.node import Node as File
from gate.image.node import directory
from gate.image.output import is_to_file, write_redirects
from gate.image.plan import RunCommands
from gate.image.start import check_start, leave_mount_points
from gate.image.tree import TreeError, TreeUnknown
from gate.model import Unknown

if TYPE_CHECKING:
    from gate.image.carry_out import Carrier

_EFFECTS: dict[str, Callable[[Effects, Command], None]] = {**file_commands.COMMANDS, **content_commands.COMMANDS}
_HARMLESS = frozenset({
    ":", "[", "[[", "awk", "basename", "break", "cat", "cmp", "command", "continue", "cut", "date", "declare", "df",
    "diff", "dirname", "du", "echo", "egrep", "env", "exit", "export", "expr", "false", "fgrep", "file", "getent",
    "grep", "hash", "head", "hostname", "id", "jobs", "kill", "ldd", "local", "locale", "ls", "md5sum", "nproc",
    "nvidia-smi", "passwd", "printenv", "printf", "ps", "pwd", "read", "readlink", "readonly", "return", "set",
    "sha256sum", "shift", "shopt", "sleep", "sort", "stat", "sync", "tail", "test", "time", "tr", "trap", "true",
    "type", "typeset", "ulimit", "umask", "uname", "uniq", "unset", "wait", "wc", "which", "whoami", "yes",
})  # fmt: skip
_QUIET = _HARMLESS.union({""}) - {"umask"} - _EFFECTS.keys()
"""Without a redirection, none of these leaves anything behind."""
_INSTALLERS = frozenset({
    "add-apt-repository", "apk", "apt", "apt-get", "apt-key", "aptitude", "brew", "conda", "cpan", "cpanm",
    "debconf-set-selections", "dnf", "dpkg", "dpkg-reconfigure", "easy_install", "gem", "ldconfig", "locale-gen",
    "mamba", "microdnf", "micromamba", "opam", "pacman", "pip", "pip2", "pip3", "pipx", "rpm", "tdnf",
    "update-ca-certificates", "uv", "yum", "zypper",
})  # fmt: skip
_PROJECTS = frozenset({"pdm", "pipenv", "poetry"})
_NOT_EVERYWHERE = frozenset({"curl", "dos2unix", "git", "install", "unzip", "wget"})
_SYSTEM = ("bin", "etc", "home", "lib", "lib64", "opt", "root", "run", "sbin", "srv", "usr", "var")
_FOLDER_OPTIONS = frozenset({
    "-d", "-p", "-t", "-w", "--bindir", "--dest", "--destination-directory", "--download-dir", "--install-dir",
    "--installroot", "--out-dir", "--prefix", "--root", "--root-prefix", "--src", "--target", "--wheel-dir",
})  # fmt: skip
_FOLDER_SETTINGS = frozenset({
    "CONDA_ENVS_DIRS", "CONDA_ENVS_PATH", "GEM_HOME", "MAMBA_ROOT_PREFIX", "PIP_PREFIX", "PIP_ROOT", "PIP_TARGET",
    "UV_PROJECT_ENVIRONMENT", "UV_PYTHON_INSTALL_DIR", "UV_TOOL_BIN_DIR", "UV_TOOL_DIR", "VIRTUAL_ENV",
})  # fmt: skip
_WORKS_HERE = frozenset({"build", "download", "init", "source", "sync", "venv", "wheel"})
"""Words of installers that write into the folder that they work in."""
_OTHER_PROCESS = frozenset({"subshell", "substitution", "shell"})
_MAY_NOT_RUN = frozenset({"if", "while", "until", "for", "case", "function"})
_MAX_SCRIPT = 1 << 17  # bytes
_MAX_DEPTH = 4  # scripts that start scripts
_MAX_SCRIPTS = 20  # per RUN


class RunJob:
    """One RUN. ``folders``: the working folder of each process of the script, by the id of its node."""

    def __init__(self, carrier: Carrier, operation: RunCommands) -> None:
        self.carrier = carrier
        self.operation = operation
        self._umask_known = True
        self._depth = 0
        self._scripts = 0
        self._folders: dict[int, str | None] = {}

    def run(self) -> None:
        operation, tree = self.operation, self.carrier.tree
        if self.carrier.plan.closed and tree.root.anywhere is None:
            try:
                check_start(operation, tree)
                leave_mount_points(operation, tree)
            except TreeError as error:
                self.carrier.refuse(error, operation.origin.place)
        if operation.origin is not operation.instruction:  # a trigger's shell and variables are those of another file
            self._anything()
            return
        folder = operation.directory if isinstance(operation.directory, str) else None
        self._script(self.carrier.world.evaluator.build.script(operation.instruction), folder, _CERTAIN)

    def _anything(self) -> None:
        root = self.carrier.tree.root
        root.anywhere = root.anywhere or self.operation.why

    def _script(self, script: Script, folder: str | None, certainty: Certainty) -> None:
        self._folders[id(script.root)] = folder
        if not script.parsed or (script.shell not in SHELLS and not script.commands):
            self._anything()
        for node in script.root.walk():
            if isinstance(node, Command):
                if node.name not in _QUIET or (node.redirects and any(map(is_to_file, node.redirects))):
                    self._command(node, certainty)
            elif node.redirects and any(map(is_to_file, node.redirects)):
                self._redirects(node, certainty)

    def _command(self, command: Command, outer: Certainty) -> None:
        name = command.name
        try:
            if name == "umask":
                self._umask_known = command.values in ([], ["022"], ["0022"], ["22"])
            elif name == "cd":
                process, certainty = _process(command), _Certainty(command, outer)
                sure = certainty.runs and certainty.noticed
                self._folders[id(process)] = _changed(self._folder(command), command) if sure else None
            elif name is not None and name in _EFFECTS:
                _EFFECTS[name](self._effects(command, outer), command)
            else:
                self._other(command, outer)
            if command.redirects:
                write_redirects(self._effects(command, outer), command)
        except (TreeError, TreeUnknown, BadPattern, ModeError):
            # The command fails in a build, or does something that cannot be known.
            self._anything()

    def _effects(self, node: Node, outer: Certainty) -> Effects:
        return Effects(self.carrier, self.operation, self._folder(node), _Certainty(node, outer), self._umask_known)

    def _redirects(self, node: Node, outer: Certainty) -> None:
        """A group's output: ``{ …; } > file``."""
        try:
            write_redirects(self._effects(node, outer), node)
        except (TreeError, TreeUnknown, BadPattern):
            self._anything()

    def _folder(self, part: Node) -> str | None:
        """The working folder of the process that runs a part of the script."""
        node: Node | None = part
        while node is not None:
            process = _process(node)
            if id(process) in self._folders:
                return self._folders[id(process)]
            node = process.parent
        return None

    def _other(self, command: Command, outer: Certainty) -> None:
        name = command.name
        if name == "" or name in _HARMLESS:
            return
        module = _module(command) if name is not None and name.startswith("python") else None
        if name in _INSTALLERS or module == "pip":
            self._installer(command)
        elif name in _PROJECTS:
            self._installer(command)
            folder = self._folder(command)
            self._may_fill(join(folder, ".venv") if folder is not None else None)
        elif name == "virtualenv" or module == "venv":
            self._environment(command, self._folder(command))
        elif not self._own_script(command, self._folder(command), outer):
            self._anything()

    def _installer(self, command: Command) -> None:
        """The system's folders may hold more after it, and the folders that its options and its variables name."""
        root = self.carrier.tree.root
        for name in _SYSTEM:
            node = root.child(name)
            if node is not None:
                if node.open is None:
                    _open_below(node, self.operation.why)
            elif root.open is None:
                self._anything()
        values = command.values
        for value in _named_folders(values):
            self._may_fill(_absolute(value, self._folder(command)))
        verb = next((value for value in values if value != "pip" and value and not value.startswith("-")), None)
        if verb in _WORKS_HERE:
            self._may_fill(self._folder(command))
        environment = self.carrier.world.evaluator.build.scope(self.operation.instruction).environment()
        for name in sorted(_FOLDER_SETTINGS.intersection(environment)):
            setting = environment[name]
            self._may_fill(setting if isinstance(setting, str) else None)

    def _environment(self, command: Command, folder: str | None) -> None:
        """``python -m venv FOLDER``."""
        words = command.values[2:] if command.name != "virtualenv" else command.values
        operands = [value for value in words if value is None or not value.startswith("-")]
        self._may_fill(_absolute(operands[0], folder) if len(operands) == 1 else None)

    def _may_fill(self, path: str | None) -> None:
        """There may be more in a folder, or the folder itself."""
        if path is None or not path.startswith("/"):
            self._anything()
            return
        tree = self.carrier.tree
        place = tree.find(tree.resolve(path))
        if place is None:
            tree.make_folders(tree.resolve(path), lambda above: _may_be_there(above.open or self.operation.why))
        elif place.type == "directory":
            _open_below(place, self.operation.why)

    def _own_script(self, command: Command, folder: str | None, outer: Certainty) -> bool:
        """Carry out a shell script that is in the image and known; False for anything else."""
        words = command.arguments if command.name in SHELLS or command.name in (".", "source") else command.words[:1]
        value = next((word.value for word in words if word.value is None or not word.value.startswith("-")), None)
        if value is None or ("/" not in value and command.name == value) or self._depth >= _MAX_DEPTH:
            return False
        if (folder is None and not value.startswith("/")) or self._scripts >= _MAX_SCRIPTS:
            return False
        tree = self.carrier.tree
        path = tree.resolve(value if value.startswith("/") else join(folder or "/", value))
        node = tree.find(path)
        data = node.read(_MAX_SCRIPT + 1) if node is not None and node.type == "file" else None
        if data is None or len(data) > _MAX_SCRIPT or b"\0" in data:
            return False
        script = file_script(Source(path, data))
        if script.shell not in SHELLS:
            return False
        self._scripts += 1
        self._depth += 1
        self._script(script, folder, _Certainty(command, outer))
        self._depth -= 1
        return True


def _named_folders(values: list[str | None]) -> Iterator[str | None]:
    """The values of an installer's options for folders; a bare name is one where the option has no other meaning."""
    for option, value in itertools.pairwise((*values, None)):
        if option is None or not option.startswith("-"):
            continue
        name, equals, rest = option.partition("=")
        if equals and name in _FOLDER_OPTIONS:
            yield rest
        elif option[:2] in _FOLDER_OPTIONS and option[2:3] in ("/", "."):
            yield option[2:]
        elif option in _FOLDER_OPTIONS and (value is None or value[:1] in ("/", ".") or option.startswith("--")):
            yield value


class _Certain:
    """That of a RUN's own script."""

    runs = noticed = True


_CERTAIN = _Certain()


class _Certainty:
    """How certain a part of a script is, in a script that is itself as certain as ``outer``. Most parts are never asked."""

    def __init__(self, node: Node, outer: Certainty) -> None:
        self._node = node
        self._outer = outer

    @property
    def noticed(self) -> bool:
        return self._outer.noticed and exit_status_hidden_by(self._node) is None

    @property
    def runs(self) -> bool:
        node = self._node
        if not self._outer.runs or not (in_chain(node) or _surely_runs(node)):
            return False
        return not isinstance(node, Command) or node.name not in _NOT_EVERYWHERE or self.noticed


def _surely_runs(node: Node) -> bool:
    """False when the script may go by without running a part."""
    while node.parent is not None:
        parent = node.parent
        if parent.kind in _MAY_NOT_RUN:
            return False
        if parent.kind in ("and", "or") and parent.children and parent.children[0] is not node:
            before = parent.children[0]
            if parent.kind == "or" or exit_status_hidden_by(before) is not None:
                return False
        node = parent
    return True


def _process(node: Node) -> Node:
    """The part of the script that runs in one process with a node: a ``cd`` counts up to its end."""
    while node.parent is not None:
        parent = node.parent
        if parent.kind in _OTHER_PROCESS or parent.parent is None:
            return parent
        if parent.kind == "pipeline":
            return node
        node = parent
    return node


def _changed(folder: str | None, command: Command) -> str | None:
    operands = [value for value in command.values if value is None or not value.startswith("-")]
    if len(operands) != 1 or operands[0] is None:
        return None
    if operands[0].startswith("/"):
        return join("/", operands[0])
    return join(folder, operands[0]) if folder is not None else None


def _module(command: Command) -> str | None:
    values = command.values
    return values[values.index("-m") + 1] if "-m" in values[:-1] else None


def _absolute(path: str | None, folder: str | None) -> str | None:
    if path is None or path.startswith("/"):
        return join("/", path) if path is not None else None
    return join(folder, path) if folder is not None else None


def _may_be_there(why: Unknown) -> File:
    folder = directory(None, None, None)
    folder.implied, folder.open = True, why
    return folder


def _open_below(folder: File, why: Unknown) -> None:
    """Let a folder of the base image, and those in it, hold more. Below one that may already, all may."""
    waiting = [folder]
    while waiting:
        node = waiting.pop()
        if node.type == "directory" and node.open is None:
            node.open = why
            waiting.extend(child for child in node.children().values() if child.implied)
