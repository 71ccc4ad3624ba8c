"""PKG004 apt-lists-kept: the package lists that apt-get update fetched stay in the layer."""

import posixpath
import re

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.mounts import mounts
from gate.dockerfile.tree import Onbuild, Run
from gate.model import Fix, Severity
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG004",
    name="apt-lists-kept",
    severity=Severity.LOW,
    aliases=("DL3009",),
    fixes=(fixes.SAFE,),
    summary="The package lists of apt stay in the layer.",
    reason="They are 20 to 50 MB that no running container needs, and the next apt-get update fetches them again anyway. "
    "Removing them in another RUN does not make the image smaller.",
    fix="End the same RUN with: rm -rf /var/lib/apt/lists/*. Or mount a cache over /var/lib/apt and /var/cache/apt.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN »apt-get update && apt-get install -y curl\n",
            fixed="FROM debian:12.5\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        ),
        "FROM debian:12.5\nRUN »apt-get update && apt-get install -y curl\nRUN rm -rf /var/lib/apt/lists/*\n",
        "FROM debian:12.5\nRUN »apt-get update && apt-get install -y curl && apt-get clean && rm -rf /tmp/*\n",
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y curl && rm -rf /var/lib/apt/lists/*\n",
        "FROM debian:12.5\nRUN --mount=type=cache,target=/var/lib/apt --mount=type=cache,target=/var/cache/apt apt-get update && apt-get install -y curl\n",
        "FROM debian:12.5 AS build\nRUN apt-get update && apt-get install -y gcc\nFROM scratch\nCOPY --from=build /usr/bin/gcc /gcc\n",
    ],
)

_APT = ("apt-get", "apt", "aptitude")
_LISTS = "/var/lib/apt/lists"


@rule.on_run(*_APT)
def check(run: Run, build: Build) -> Results:
    if not build.ships(run):
        return
    update: Command | None = None
    folder = "/"
    for command in build.script(run).commands:
        if command.name == "cd":
            folder = (command.values or [None])[0] or "/"
        elif command.name in _APT and "update" in command.values:
            update = update or command
        elif update is not None and _cleans(command, folder):
            update = None
    if update is None or _mounted(run, build):
        return
    yield rule.finding(
        update,
        "The package lists that this fetches stay in the layer.",
        stage=run.stage,
        fix=_fix(update, run, build),
    )


def _fix(update: Command, run: Run, build: Build) -> Fix | None:
    """The lists removed at the end, unless a later RUN installs from them, or it takes sudo to remove them."""
    if update.wrappers or _needed_later(run, build):
        return None
    return fixes.fix("remove the lists", fixes.and_then(run, build, f"rm -rf {_LISTS}/*"))


def _needed_later(run: Run, build: Build) -> bool:
    for stage in build.stages:
        if run.stage not in stage.lineage():
            continue
        for later in stage.instructions:
            if isinstance(later, Run) and later.index > run.index and _uses_lists(later, build):
                return True
    return run.stage is None or any(isinstance(other, Onbuild) for other in run.stage.instructions)


def _uses_lists(run: Run, build: Build) -> bool:
    """Whether a RUN may need what an earlier one fetched: it runs apt, or a script, in front of an update of its own."""
    for command in build.script(run).commands:
        if command.name in _APT:
            return "update" not in command.values
        if command.name is None or (command.words and "/" in (command.words[0].value or "/")):
            return True
    return False


def _mounted(run: Run, build: Build) -> bool:
    return run.flag("mount") is not None and any(
        mount.type in ("cache", "tmpfs")
        and (not isinstance(mount.target, str) or (_LISTS + "/").startswith(mount.target.rstrip("/") + "/"))
        for mount in mounts(run, lambda text: build.expand(text, run))
    )


def _cleans(command: Command, folder: str) -> bool:
    """True for what removes the lists, and for a script of the image that says it cleans up."""
    name = command.name or ""
    if name in {"rm", "find"}:
        paths = (word.value if word.value is not None else word.text.value for word in command.arguments)
        return any(_covers(posixpath.join(folder, path.strip("\"'"))) for path in paths)
    if name in {"apt-get", "apt"}:
        return any(value in {"dist-clean", "distclean"} for value in command.values)
    return "/" in (command.words[0].value or "") and "clean" in name if command.words else False


def _covers(path: str) -> bool:
    """True for the folder of the lists, everything in it, or a folder above it."""
    if not path.startswith("/var"):
        return False
    if "{" in path and re.search(r"\{[^}]*\b(?:apt|lists)\b[^}]*\}", path):
        return path.startswith("/var/lib")
    bare = re.sub(r"(?:/\*+|/\.\*|/)+\Z", "", path)
    return bare in {_LISTS, "/var/lib/apt", "/var/lib", "/var"}
