"""SEC004 unpinned-remote-source: something from the network whose content nobody fixed."""

import re

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Copy, Instruction, Run
from gate.lazy import pattern
from gate.model import Severity, Unknown
from gate.packages.options import Arguments, Table, scan
from gate.rule import Results, Rule
from gate.rules.security._downloads import (
    DOWNLOADERS,
    Download,
    fetched,
    has_version,
    run_later,
    urlsplit_path,
)

rule = Rule(
    id="SEC004",
    name="unpinned-remote-source",
    severity=Severity.MEDIUM,
    security=True,
    summary="Remote content is used without a fixed version or checksum.",
    reason="Tomorrow's build gets something else under the same name, by accident or by an attacker's hand.",
    fix="Fix the commit (git clone … && git checkout <sha>), give ADD --checksum=sha256:…, or check the file's sha256 in the same RUN.",
    bad=[
        "FROM debian:12.5\nRUN git clone »https://github.com/acme/tool\n",
        "FROM debian:12.5\nADD »https://example.com/tool-1.2.tar.gz /opt/\n",
        "FROM debian:12.5\nRUN wget »https://example.com/latest/tool.tar.gz && tar xf tool.tar.gz\n",
    ],
    good=[
        "FROM debian:12.5\nRUN git clone https://github.com/acme/tool && git -C tool checkout 0123456789abcdef0123456789abcdef01234567\n",
        "FROM debian:12.5\nADD --checksum=sha256:24454f830cdb571e2c4ad15481119c43b3cafd48dd869a9b2945d1036d1dc68d https://example.com/t.tar.gz /opt/\n",
        'FROM debian:12.5\nRUN wget https://example.com/latest/t.tgz && echo "$SHA  t.tgz" | sha256sum -c\n',
        "FROM debian:12.5\nRUN curl -fsSL https://example.com/key.asc | gpg --dearmor -o /etc/apt/keyrings/x.gpg\n",
        "FROM debian:12.5\nRUN git clone /src/tool\n",
    ],
)

_GIT_CLONE = Table(frozenset(["-b", "-o", "-c", "-u", "-j", "--branch", "--origin", "--config", "--depth", "--reference", "--template", "--upload-pack", "--jobs", "--filter", "--shallow-since", "--shallow-exclude", "--separate-git-dir", "--server-option", "--revision"]))  # fmt: skip
_COMMIT = pattern(r"[0-9a-f]{7,40}\Z")
_TAG = pattern(r"(?:[A-Za-z][A-Za-z0-9]*[-_/])*v?\d+(?:[._-][\dA-Za-z]+)*\Z")
_CODE = pattern(
    r"\.(?:tar(?:\.\w+)?|t[gbx]z2?|zip|gz|bz2|xz|zst|7z|deb|rpm|apk|whl|sh|run|bin|jar|AppImage|exe|so|py)\Z",
    re.IGNORECASE,
)
_KEY = pattern(r"\.(?:gpg|asc|key|pub|pem|crt|sig|sha\d*(?:sum)?s?)\Z|/(?:gpg|keys?|apt-key)[\w.]*\Z", re.IGNORECASE)
_UNPACKERS = frozenset(
    {"tar", "bsdtar", "unzip", "funzip", "gunzip", "zcat", "xz", "unxz", "bunzip2", "unzstd", "cpio", "dpkg"}
)
_MODEL = pattern(r"\.(?:pt|pth|safetensors|h5|onnx|gguf|pkl|ckpt|tflite|joblib)\Z", re.IGNORECASE)


@rule.on_run("git")
def check_clones(run: Run, build: Build) -> Results:
    clones = [command for command in build.script(run).commands if command.name == "git" and "clone" in command.values]
    if not clones or run.stage is None or run.onbuild:
        return
    commands = [command for command in build.commands(run.stage) if command.name in ("git", "cd")]
    for clone in clones:
        arguments = scan(clone.arguments[clone.values.index("clone") + 1 :], _GIT_CLONE)
        url = arguments.operands[0] if arguments.operands else None
        if url is None or not _remote(url.prefix) or arguments.has("--revision"):
            continue
        later = next(at for at, command in enumerate(commands, 1) if command is clone)
        severity = _severity(*_reference(arguments, commands[later:]))
        if severity is not None:
            how = "a tag, which can be moved" if severity is Severity.LOW else "whatever its branch holds today"
            yield rule.finding(url, f"git clone takes {how}, of {url.prefix}.", severity=severity, stage=run.stage)


def _remote(url: str) -> bool:
    return bool(re.match(r"(?:https?|git|ssh)://|git@|[\w.-]+@[\w.-]+:", url))


def _reference(arguments: Arguments, later: list[Command]) -> tuple[bool, str | None]:
    """Whether a reference is named at all, and which (None: not known): what a later git command checks out in the
    clone's folder, or at least in front of the next clone, else the clone's own branch."""
    folder = _name(arguments.operands[-1].value or "").removesuffix(".git")
    found: list[tuple[bool, str | None]] = []
    at, alone = "", True
    for command in later:
        words = [word.value for word in command.arguments if word.value is None or not word.value.startswith("-")]
        if command.name == "cd":
            at = _name((words[0] if words else "") or "")
            continue
        verb = next((verb for verb in ("checkout", "reset", "switch") if verb in words), None)
        if verb and words.index(verb) + 1 < len(words):
            reference = words[words.index(verb) + 1]
            elsewhere = "-C" in command.values and words[0] is not None
            if folder and folder == (_name(words[0] or "") if elsewhere else at):
                return True, reference
            if alone and not elsewhere:
                found.append((True, reference))
        alone = alone and "clone" not in words
    if found:
        return found[0]
    branch = arguments.last("-b", "--branch")
    return branch is not None, branch.value if branch else None


def _name(path: str) -> str:
    return path.rstrip("/").rpartition("/")[2]


def _severity(named: bool, reference: str | None) -> Severity | None:
    """How bad a reference is; None when it is fixed, or when that cannot be known."""
    if named and (reference is None or _COMMIT.match(reference)):
        return None
    return Severity.LOW if reference and _TAG.match(reference) else Severity.MEDIUM


@rule.on_instruction("ADD")
def check_add(instruction: Instruction, build: Build) -> Results:
    assert isinstance(instruction, Copy)
    if instruction.flag("checksum") is not None:
        return
    for source in instruction.sources:
        url = build.expand(source, instruction)
        if isinstance(url, Unknown):
            url = source.value.partition("$")[0]
        if not re.match(r"(?:https?|git)://|git@", url) or _KEY.search(urlsplit_path(url)) or "api.github.com" in url:
            continue
        if re.search(r"\.git(?:#|$)", url) or url.startswith(("git://", "git@")):
            fragment = url.partition("#")[2].partition(":")[0]
            severity = _severity(bool(fragment), fragment)
            if severity is not None:
                yield rule.finding(
                    source,
                    f"ADD takes {url.partition('#')[0]} without a commit.",
                    severity=severity,
                    stage=instruction.stage,
                )
        elif not _MODEL.search(urlsplit_path(url)):
            severity = Severity.LOW if has_version(url) else Severity.MEDIUM
            yield rule.finding(
                source, f"ADD takes {url} without a checksum.", severity=severity, stage=instruction.stage
            )


@rule.on_run(*DOWNLOADERS)
def check_download(run: Run, build: Build) -> Results:
    found, checked = fetched(run, build)
    for download in () if checked else found:
        if _is_code(download, build.script(run).commands):
            severity = Severity.LOW if has_version(download.url) else Severity.MEDIUM
            yield rule.finding(
                download.word,
                f"{download.url[:100]} is downloaded and nothing checks its content.",
                severity=severity,
                stage=run.stage,
            )


def _is_code(download: Download, commands: tuple[Command, ...]) -> bool:
    """An archive, package or program that is kept; scripts that are run at once are SEC003's, models MLA002's."""
    if not re.match(r"(?:https?|ftp)://", download.url):
        return False
    if not download.file:
        return _is_unpacked(download.command)
    path = urlsplit_path(download.url).removesuffix("/download")
    if _KEY.search(path) or _MODEL.search(path) or run_later(download, commands):
        return False
    if _CODE.search(path) or _CODE.search(download.file) or "/bin/" in download.file:
        return True
    file = download.file.removeprefix("./")
    return any(
        command.name in ("chmod", "install")
        and any((value or "").removeprefix("./") == file for value in command.values)
        for command in commands
    )


def _is_unpacked(command: Command) -> bool:
    """Whether what a command writes goes through a pipe into a program that unpacks or installs it."""
    parent = command.parent
    if parent is None or parent.kind != "pipeline":
        return False
    at = next(at for at, child in enumerate(parent.children) if child is command)
    return any(isinstance(child, Command) and child.name in _UNPACKERS for child in parent.children[at + 1 :])
