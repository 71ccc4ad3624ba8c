"""conda, mamba, micromamba: match specifications, environment files, explicit lists."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.source import Source, Text
from gate.lazy import pattern
from gate.packages.model import FileRef, Install, Pin, Request
from gate.packages.options import Arguments, Table, listed, scan
from gate.packages.requirements_file import RequirementsFile, decode, read_requirements

if TYPE_CHECKING:
    import yaml

    from gate.rule import HasPlace

CONDA = Table(
    listed(
        """-n --name -p --prefix -c --channel --file -f --solver --experimental-solver --repodata-fn --revision
        --clone --platform --subdir --channel-priority --root-prefix -r --rc-file --log-level --category
        --pkgs-dirs --console --download-threads --spec --experimental --default-channel --cacert --ssl-verify
        --repodata-ttl --retry-clean-cache --extra-safety-checks --safety-checks --relocate-prefix --shell -s
        --kind -k --env-file --micromamba --lockfile"""
    )
    - {"-k", "-s", "--experimental"}
)
# In conda's own `install`, -f was --force until 4.x; a file is given by --file there.
_CONDA_ITSELF = Table(CONDA.values - {"-f", "-r"})
_INSTALLS = {
    "install": "install",
    "create": "install",
    "update": "install",
    "upgrade": "install",
    "remove": "uninstall",
    "uninstall": "uninstall",
}
_ARCHIVE = pattern(r"(?:\.tar\.bz2|\.conda)(?:#[0-9a-f]+)?\Z")
_SPEC = pattern(
    r"(?:(?P<channel>[^\s:=<>!\[]+(?::[^\s:=<>!\[]*)?)::)?(?P<name>[A-Za-z0-9_][A-Za-z0-9._-]*|\*)\s*"
    r"(?P<version>[^\[\]]*?)\s*(?:\[(?P<brackets>.*)\])?\s*",
    re.DOTALL,
)


def conda(command: Command) -> Install | None:
    """Read a command of the conda family."""
    if _INSTALLS.keys().isdisjoint(command.values):
        return None
    manager = (command.name or "").rstrip("0123456789.")
    table = _CONDA_ITSELF if manager == "conda" else CONDA
    arguments = scan(command.arguments, CONDA if any(word.value == "env" for word in command.arguments[:2]) else table)
    words = [word.value or "" for word in arguments.operands[:2]] + ["", ""]
    verb = _INSTALLS.get(words[1] if words[0] == "env" else words[0])
    if verb is None or arguments.has("--dry-run", "-d", "--help", "-h"):
        return None
    if words[0] == "env":
        return _env(command, manager, verb, arguments)
    cloned = arguments.has("--clone", "--revision", "--rev")
    requests = () if cloned else tuple(spec_request(word) for word in arguments.operands[1:] if word.value != "")
    return Install(
        manager,
        "conda",
        verb,
        command,
        arguments,
        requests,
        _files(arguments),
        complete=arguments.complete and command.complete,
    )


def _env(command: Command, manager: str, verb: str, arguments: Arguments) -> Install:
    if verb == "uninstall":
        return Install(manager, "conda", verb, command, arguments)
    files = _files(arguments)
    if not files and len(arguments.operands) == 2:
        files = (FileRef("environment", "environment.yml", arguments.operands[1]),)
    files = tuple(FileRef("environment", ref.path, ref.at) for ref in files)
    requests = tuple(spec_request(word) for word in arguments.operands[2:] if word.value and "=" in word.value)
    return Install(manager, "conda", verb, command, arguments, requests, files)


def _files(arguments: Arguments) -> tuple[FileRef, ...]:
    """The files of ``--file``: YAML is an environment, anything else a list of specifications."""
    refs = []
    for option in arguments.all("--file", "-f"):
        path = option.value
        kind = "environment" if path and path.lower().endswith((".yml", ".yaml")) else "specs"
        refs.append(FileRef(kind, path, option.word))
    return tuple(refs)


def conda_lock(command: Command) -> Install | None:
    arguments = scan(command.arguments, CONDA)
    if not arguments.operands or arguments.operands[0].value != "install":
        return None
    names = tuple(word.value for word in arguments.operands[1:2] if word.value) or ("conda-lock.yml",)
    return Install("conda-lock", "conda", "install", command, arguments, locks=names, frozen=True)


def spec_request(word: ShellWord) -> Request:
    """A request that is one word of a command line."""
    if word.value is not None:
        return spec(word.value, word)
    match = re.match(r"(?:[^\s:]+::)?([A-Za-z0-9_][A-Za-z0-9._-]*)(?=[=<>!~\s\[])", word.prefix)
    return Request(match[1] if match else "", "conda", Pin.UNRESOLVED, word, specifier=word.prefix)


def spec(value: str, at: HasPlace) -> Request:
    """A match specification: ``[channel::]name[=version[=build]]``, ``name>=1``, ``name[version=1.2]``, an archive."""
    value = value.strip()
    if _ARCHIVE.search(value):
        name, version = _archive_name(value)
        local = "://" not in value
        pin = Pin.LOCAL if local else Pin.HASH if "#" in value else Pin.EXACT
        return Request(name, "conda", pin, at, version, url=value)
    match = _SPEC.fullmatch(value)
    if match is None:
        return Request("", "conda", Pin.LOCAL if value.startswith((".", "/")) else Pin.UNRESOLVED, at, specifier=value)
    specifier = match["version"]
    brackets = dict(re.findall(r"(\w+)\s*=\s*['\"]?([^,'\"\]]+)", match["brackets"] or ""))
    if not specifier and "version" in brackets:
        specifier = brackets["version"] if brackets["version"][0] in "=<>!~" else "==" + brackets["version"]
    pin, version = spec_pin(specifier)
    if brackets.keys() & {"build", "md5", "sha256", "build_number"} and pin in {Pin.EXACT, Pin.COMPATIBLE} and version:
        pin = Pin.HASH
    return Request(match["name"], "conda", pin, at, version if pin.fixed else None, specifier)


def spec_pin(specifier: str) -> tuple[Pin, str | None]:
    """The strength of the version part of a specification, and the version where there is a single one.

    ``=1.2`` is fuzzy (any 1.2.x); spelled out to three parts there is nothing left to float but a fourth one, which
    conda packages as good as never have, so that counts as exact.
    """
    if not specifier:
        return Pin.NONE, None
    if specifier[0] in "=" and specifier[1:2] != "=":
        version, _, build = specifier[1:].partition("=")
        return _fuzzy(version.strip(), build.strip())
    if specifier.startswith("=="):
        version, _, build = specifier[2:].partition("=")
        return _exact(version.strip(), build.strip())
    if specifier[0] in "<>!~":
        bounds = set(re.findall(r"([<>]=)\s*([^,|<>=!\s]+)", specifier))
        both = {version for operator, version in bounds if operator == ">="} & {
            version for operator, version in bounds if operator == "<="
        }
        return (
            (Pin.EXACT, both.pop())
            if both and "|" not in specifier
            else (Pin.COMPATIBLE if specifier[0] == "~" else Pin.RANGE, None)
        )
    version, _, build = specifier.partition(" ")  # "numpy 1.26 py311_0", the form of recipes and lists
    return _exact(version, build.strip())


def _fuzzy(version: str, build: str) -> tuple[Pin, str | None]:
    if build and build != "*":
        return (Pin.EXACT if "*" in build else Pin.HASH), version
    if not version or version == "*":
        return Pin.NONE, None
    if "*" in version:
        return Pin.WILDCARD, None
    if re.search(r"[|,<>]", version):
        return Pin.RANGE, None
    return (Pin.EXACT if version.count(".") >= 2 else Pin.COMPATIBLE), version


def _exact(version: str, build: str) -> tuple[Pin, str | None]:
    if not version or version == "*":
        return Pin.NONE, None
    if "*" in version:
        return Pin.WILDCARD, None
    if re.search(r"[|,<>]", version):
        return Pin.RANGE, None
    return (Pin.HASH if build and "*" not in build else Pin.EXACT), version


def _archive_name(url: str) -> tuple[str, str | None]:
    """``numpy-1.26.4-py311h_0.conda`` → numpy, 1.26.4."""
    stem = _ARCHIVE.sub("", url.rpartition("/")[2])
    parts = stem.rsplit("-", 2)
    return (parts[0], parts[1]) if len(parts) == 3 else (stem, None)


def read_specs(path: str, data: bytes) -> list[Request]:
    """A list for ``--file``: a specification per line; below ``@EXPLICIT`` the addresses of archives."""
    source = Source(path, decode(data).encode("utf-8", "surrogateescape"))
    requests = []
    for start, line in _lines(source.text):
        value = line.partition("#")[0] if "://" not in line else line
        value = value.strip()
        if value and not value.startswith(("#", "@")):
            at = start + line.find(value)
            requests.append(spec(value, Text(source, value, [(0, at)])))
    return requests


def _lines(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for line in text.splitlines(keepends=True):
        yield start, line
        start += len(line)


def read_environment(path: str, data: bytes) -> RequirementsFile | None:
    """The dependencies of an environment file, those of its nested ``pip:`` list included, and the files that this names; None
    when it is no such file."""
    import yaml

    content = decode(data)
    source = Source(path, content.encode("utf-8", "surrogateescape"))
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        root = yaml.compose(content, Loader=loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return None
    dependencies = _value_of(root, "dependencies")
    if not isinstance(dependencies, yaml.SequenceNode):
        return None
    file = RequirementsFile(source)
    for node in dependencies.value:
        if isinstance(node, yaml.ScalarNode):
            request = spec(node.value, _node_text(source, node))
            if request.pin is not Pin.UNRESOLVED or request.name:
                file.requests.append(request)
        nested = _value_of(node, "pip")
        for item in nested.value if isinstance(nested, yaml.SequenceNode) else ():
            if isinstance(item, yaml.ScalarNode):
                _pip_line(file, item)
    return file


def _pip_line(file: RequirementsFile, node: yaml.ScalarNode) -> None:
    """An entry of the pip list: a line of a requirements file."""
    read = read_requirements(file.source.path, str(node.value).encode("utf-8", "surrogateescape"))
    for request in read.requests[:1]:
        request.at = _node_text(file.source, node)
        file.requests += [request] if request.pin is not Pin.UNRESOLVED or request.name else []
    for ref in read.files[:1]:
        ref.at = _node_text(file.source, node)
        file.files.append(ref)


def _value_of(node: Any, key: str) -> Any:
    for name, value in getattr(node, "value", ()) if type(node).__name__ == "MappingNode" else ():
        if name.value == key:
            return value
    return None


def _node_text(source: Source, node: yaml.ScalarNode) -> Text:
    start = node.start_mark.index
    if node.style in {'"', "'"}:
        start += 1
    return Text(source, str(node.value), [(0, start)])


PROGRAMS = {"conda": conda, "mamba": conda, "micromamba": conda, "conda-lock": conda_lock}
