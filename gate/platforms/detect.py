"""Which platforms an image is meant for, from the evidence in its Dockerfile and its context.

Nothing is assumed: without evidence there is no target, and only the rules for any platform speak.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property, lru_cache

from gate.build import Build
from gate.dockerfile.tree import Instruction, Pairs
from gate.globs import is_like
from gate.model import Place, Target, Unknown
from gate.packages.installs import installs
from gate.packages.resolve import wanted
from gate.platforms.image import launch_image
from gate.platforms.registry import platforms

_READ = 1 << 16
"""Bytes of a source file that are searched."""
_FILES = 200
"""Source files that are searched: evidence stands near the entry, not in the two hundredth module."""
_AGENT_RUNTIME = "bedrock-agentcore"
_SOURCE_SUFFIXES = (
    ".py",
    ".sh",
    ".R",
    ".r",
    ".js",
    ".ts",
    ".conf",
    ".cfg",
    ".toml",
    ".json",
    ".yaml",
    ".yml",
    ".java",
    ".go",
    ".properties",
)


def detect(build: Build) -> tuple[Target, ...]:
    """The targets in the order of the platforms' names, each with its evidence, the best first."""
    facts = _Facts(build)
    strong = facts.evidence()
    # The sources are read only where nothing better has spoken.
    texts = list(_dockerfile_texts(build)) if strong else [*_dockerfile_texts(build), *_source_texts(build)]
    whole = "\n".join(content for _, content in texts)
    said = {text for text in _telling("texts") if text in whole}
    mentioned = {name: words for name, words in _wanted("texts") if not said.isdisjoint(words)} if said else {}
    found = []
    for name in sorted({*strong, *mentioned}):
        mentions = _mentions(texts, [text for text in mentioned.get(name, ()) if text in said])
        evidence = tuple(dict.fromkeys([*strong.get(name, ()), *mentions]))
        found.append(Target(name, evidence=evidence[:3]))
    return tuple(_settled(found, facts.agent_runtime))


def _settled(found: list[Target], agent_runtime: bool) -> Iterator[Target]:
    names = {target.name for target in found}
    return (target for target in found if not _explained(target, names, agent_runtime))


def _explained(target: Target, names: set[str], agent_runtime: bool) -> bool:
    """Whether another target is the better reason for all that speaks for this one."""
    weak = all(" mentions " in evidence for evidence in target.evidence)
    libraries = all(" installs " in evidence for evidence in target.evidence)
    if target.name == "sagemaker-training":
        # /opt/ml/… says training and processing alike; this variable names the program of training and hosting alike.
        program = all(evidence.endswith(" ENV SAGEMAKER_PROGRAM") for evidence in target.evidence)
        return (
            (weak and "sagemaker-processing" in names)
            or (program and "sagemaker-hosting" in names)
            or (libraries and "sagemaker-studio" in names)
        )
    if target.name == "sagemaker-hosting":  # agent runtimes serve /invocations, too
        return (weak and agent_runtime) or (libraries and "sagemaker-studio" in names)
    # What runs models on small devices also runs in the cloud.
    on_device = any(" FROM " in evidence for evidence in target.evidence)
    return target.name == "edge" and len(names) > 1 and not on_device


_Evidence = Iterator[tuple[str, str]]
"""The name of a platform, and what speaks for it."""


class _Facts:
    """What can be evidence in one build, each kind worked out when first asked for."""

    def __init__(self, build: Build) -> None:
        self.build = build

    @property
    def agent_runtime(self) -> bool:
        return _AGENT_RUNTIME in self._packages

    def evidence(self) -> dict[str, list[str]]:
        """What speaks for each platform for which anything but a text does, the best kind first."""
        found: dict[str, list[str]] = {}
        for kind in (self._labels, self._bases, self._installed, self._variables, self._programs):
            for name, said in kind():
                found.setdefault(name, []).append(said)
        return found

    @cached_property
    def _pairs(self) -> dict[str, list[tuple[Instruction, str]]]:
        """What ENV and LABEL set in the stages that ship, by the keyword."""
        found: dict[str, list[tuple[Instruction, str]]] = {"ENV": [], "LABEL": []}
        for stage in self.build.target.lineage() if self.build.target else ():
            for instruction in stage.instructions:
                if instruction.keyword in found and isinstance(instruction, Pairs):
                    keys = (pair.key.value.strip("\"'") for pair in instruction.pairs)
                    found[instruction.keyword] += [(instruction, key) for key in keys]
        return found

    def _labels(self) -> _Evidence:
        labels = self._pairs["LABEL"]
        for name, beginnings in _wanted("labels") if labels else ():
            for instruction, key in labels:
                if key.startswith(beginnings):
                    yield name, f"{_at(instruction.place)} LABEL {key}"

    def _variables(self) -> _Evidence:
        telling = _telling("variables")
        variables = [(instruction, key) for instruction, key in self._pairs["ENV"] if key in telling]
        for name, words in _wanted("variables") if variables else ():
            for instruction, key in variables:
                if key in words:
                    yield name, f"{_at(instruction.place)} ENV {key}"

    def _bases(self) -> _Evidence:
        if self._base is not None:
            base, said = self._base
            for name in _platforms_of(base):
                yield name, said

    @cached_property
    def _base(self) -> tuple[str, str] | None:
        """The name of the base image, without tag and digest, and where it stands."""
        if self.build.target is None:
            return None
        root = self.build.target.root
        written = root.base or root.from_.image.value
        name = written.partition("@")[0]
        head, _, tag = name.rpartition(":")
        return head if head and "/" not in tag else name, f"{_at(root.from_.image.place)} FROM {written}"

    @cached_property
    def _packages(self) -> dict[str, str]:
        return dict(_python_packages(self.build))

    def _installed(self) -> _Evidence:
        for name, words in _wanted("packages") if self._packages else ():
            for package in words:
                if package in self._packages:
                    yield name, f"{self._packages[package]} installs {package}"

    def _programs(self) -> _Evidence:
        """Files of that name in a folder of PATH that this file adds: what COPY brings to be found by its name."""
        image = launch_image(self.build) if self.build.target is not None else None
        for name, program in ((name, program) for name, words in _wanted("programs") for program in words):
            if image is None or not image.may_make(program):  # which costs less than to look
                continue
            for folder in self._folders:
                found = image.files.lookup(f"{folder}/{program}")
                if found is None or isinstance(found, Unknown) or found.type != "file" or found.instruction is None:
                    continue
                yield name, f"{_at(found.instruction.place)} {found.instruction.keyword} brings {found.path}"
                break

    @cached_property
    def _folders(self) -> list[str]:
        """Where programs are looked for: the folders of PATH, and the working directory."""
        config = launch_image(self.build).config
        path = config.env.get("PATH")
        folders = [*(path.split(":") if isinstance(path, str) else []), config.working_dir]
        return [each.rstrip("/") for each in folders if isinstance(each, str) and each.startswith("/")]


@lru_cache(maxsize=8)
def _wanted(kind: str) -> list[tuple[str, tuple[str, ...]]]:
    """The platforms that have evidence of a kind, each with what that is."""
    wanted = [(name, getattr(platform.evidence, kind)) for name, platform in platforms().items()]
    return [(name, words) for name, words in wanted if words]


@lru_cache(maxsize=8)
def _telling(kind: str) -> frozenset[str]:
    """What is evidence of a kind for any platform."""
    return frozenset(word for _, words in _wanted(kind) for word in words)


@lru_cache(maxsize=512)
def _platforms_of(base: str) -> list[str]:
    """The platforms that a base image is made for."""
    return [name for name, patterns in _wanted("bases") if any(is_like(base, pattern) for pattern in patterns)]


_Said = tuple["Instruction | str", str]
"""A text, and the instruction or the path of the file that it is."""


def _mentions(texts: list[_Said], wanted: list[str]) -> Iterator[str]:
    for where, content in texts:
        for text in wanted:
            if text in content:
                shown = where if isinstance(where, str) else f"{_at(where.place)} {where.keyword}"
                yield f"{shown} mentions {text}"
                break


def _dockerfile_texts(build: Build) -> Iterator[_Said]:
    """The instructions of the stages that ship."""
    for stage in build.target.lineage() if build.target is not None else ():
        for instruction in stage.instructions:
            yield instruction, instruction.text.value


def _source_texts(build: Build) -> Iterator[_Said]:
    """The sources that COPY brings from the context."""
    if build.target is None:
        return
    image = launch_image(build)
    if not image.has_context:
        return
    count = 0
    for file in image.files:
        if file.type != "file" or file.source is None or not _is_source(file.path) or (file.size or 0) > 1 << 20:
            continue
        data = file.read(_READ)
        if data is None or b"\0" in data:
            continue
        count += 1
        if count > _FILES:
            return
        yield file.source, data.decode("utf-8", "replace")


def _is_source(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.endswith(_SOURCE_SUFFIXES) or "." not in name


def _python_packages(build: Build) -> Iterator[tuple[str, str]]:
    """The PyPI names that speak for a platform and that the shipped stages install, from commands and requirement files,
    and where."""
    telling = _telling("packages") | {_AGENT_RUNTIME}
    for install in installs(build):
        if (
            install.ecosystem == "pypi"
            and install.verb == "install"
            and install.stage is not None
            and build.ships(install.stage)
        ):
            for request in (*install.requests, *wanted(install, build).from_files):
                name = request.name.lower().replace("_", "-")
                if name in telling:
                    yield name, _at(request.place)


def _at(place: Place) -> str:
    return f"{place.path}:{place.line}"
