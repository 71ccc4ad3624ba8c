"""PKG003 pip-cache-kept: the download cache of pip or uv stays in the layer."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.mounts import mounts
from gate.dockerfile.tree import Run
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Fix, Severity, Unknown
from gate.packages.configuration import setting
from gate.packages.installs import installs
from gate.packages.model import Install, Pin
from gate.packages.where import variable
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PKG003",
    name="pip-cache-kept",
    severity=Severity.LOW,
    aliases=("DL3042",),
    fixes=(fixes.SAFE,),
    summary="The download cache of pip or uv stays in the layer.",
    reason="Every wheel is in the image twice: installed, and as the archive that it came from. Nobody will install it again there.",
    fix="Add --no-cache-dir (uv: --no-cache), or keep the cache outside: RUN --mount=type=cache,target=/root/.cache/pip.",
    bad=[
        Example(
            "FROM python:3.12\nRUN »pip install flask==3.0.3\n",
            fixed="FROM python:3.12\nRUN pip install --no-cache-dir flask==3.0.3\n",
        ),
        Example("FROM python:3.12\nCOPY r.txt .\nRUN »pip install -r r.txt\n", files={"r.txt": "flask==3.0.3\n"}),
    ],
    good=[
        "FROM python:3.12\nRUN pip install --no-cache-dir flask==3.0.3\n",
        "FROM python:3.12\nRUN pip --no-cache-dir install flask==3.0.3\n",
        "FROM python:3.12\nRUN uv --no-cache tool install ruff==0.5.0\n",
        "FROM python:3.12\nENV PIP_NO_CACHE_DIR=1\nRUN pip install flask==3.0.3\n",
        "FROM python:3.12\nRUN --mount=type=cache,target=/root/.cache/pip pip install flask==3.0.3\n",
        "FROM python:3.12\nRUN pip install flask==3.0.3 && rm -rf ~/.cache\n",
        "FROM python:3.12 AS build\nRUN pip install flask==3.0.3\nFROM python:3.12\nCOPY --from=build /usr/local /usr/local\n",
    ],
)

_SWITCHED_OFF = pattern(r"(?m)^\s*no-cache-dir\s*=")
_PIP = ("PIP_NO_CACHE_DIR",)
_UV = ("UV_NO_CACHE",)
_REMOVED = pattern(r"(?:^|/)\.cache(?:/(?:\*|pip|uv).*)?/?\*?$|^/root/?\*?$|\.cache/?\W*$|pip[-_]?cache")
_CACHE = pattern(r"(?:^|/)\.cache(?:/|$)|(?:pip|uv)[^/]*cache|cache[^/]*(?:pip|uv)|/(?:pip|uv)/?$")


@rule.on_build
def check(build: Build) -> Results:
    for install in installs(build, triggers=True):
        run = install.run
        if (
            install.manager in {"pip", "uv"}
            and run is not None
            and build.ships(run)
            and _fetches(install)
            and not _told(install)
        ):
            kept = _kept(install, run, build)
            if isinstance(kept, Unknown):
                yield rule.undecided(install, f"whether the cache is off is not known: {kept.reason}", kept.settle)
            elif kept:
                flag = "--no-cache" if install.manager == "uv" else "--no-cache-dir"
                yield rule.finding(
                    install,
                    f"{install.manager} leaves its cache in the layer.",
                    help=f"Add {flag}, or mount a cache: RUN --mount=type=cache,target=/root/.cache/{install.manager}.",
                    stage=install.stage,
                    aliases=("DL3042",) if install.manager == "pip" else (),
                    fix=_fix(install.command, flag),
                )


def _fix(command: Command, flag: str) -> Fix | None:
    place = fixes.argument(command, "install", "download", "wheel", "sync", "add")
    return fixes.fix(f"add {flag}", fixes.after(command, place, flag))


def _fetches(install: Install) -> bool:
    """False when everything comes from the image itself."""
    if install.verb == "uninstall" or install.arguments.has("--no-index", "--offline"):
        return False
    local = all(request.pin is Pin.LOCAL for request in install.requests) and not install.files and not install.locks
    return not (local and install.requests and install.arguments.has("--no-deps", "--no-dependencies"))


def _told(install: Install) -> bool:
    """True when an option switches the cache off, or moves it to a place that is not kept."""
    if install.arguments.has("--no-cache-dir", "--no-cache", "-n" if install.manager == "uv" else "--no-cache"):
        return True
    moved = install.arguments.last("--cache-dir")
    return moved is not None and (moved.value in {"", "/dev/null", "false"} or moved.unknown)


def _kept(install: Install, run: Run, build: Build) -> bool | Unknown:
    if not install.complete and any(word.value is None and not word.prefix for word in install.command.words):
        return False  # an option may be in the words that are not known
    for name in _PIP if install.manager == "pip" else _UV:
        value = variable(name, install.command, run, build)
        if isinstance(value, Unknown):
            return value
        # pip switches the cache off for every valid value of the variable, "0" and "false" among them; uv only for a true one.
        if value and (install.manager == "pip" or value.lower() not in {"0", "false", "no", "off"}):
            return False
    if _mounted(install, run, build) or _removed_later(install.command, run, build):
        return False
    return not (install.manager == "pip" and _configured(install, run, build))


def _mounted(install: Install, run: Run, build: Build) -> bool:
    """True when a mount takes the cache away from the layer."""
    if run.flag("mount") is None:
        return False
    moved = install.arguments.last("--cache-dir")
    variable_name = "PIP_CACHE_DIR" if install.manager == "pip" else "UV_CACHE_DIR"
    directory = moved.value if moved is not None else variable(variable_name, install.command, run, build)
    for mount in mounts(run, lambda text: build.expand(text, run)):
        if mount.type not in ("cache", "tmpfs"):
            continue
        if not isinstance(mount.target, str) or isinstance(directory, Unknown):
            return True
        target = mount.target.rstrip("/")
        folder = (directory or f"/root/.cache/{install.manager}").rstrip("/")
        if _CACHE.search(target) or (folder + "/").startswith(target + "/"):
            return True
    return False


def _removed_later(command: Command, run: Run, build: Build) -> bool:
    """True when the same RUN throws the cache away behind the install."""
    kept = memo(build, "cache-removals")
    if run.index not in kept:
        places = [other.whole.offset(other.start) for other in build.script(run).commands if _removes(other)]
        kept[run.index] = max(places, default=-1)
    return bool(kept[run.index] > command.whole.offset(command.start))


def _removes(command: Command) -> bool:
    if command.name in {"rm", "find", "rmdir"}:
        return any(_REMOVED.search(word.value or word.text.value) for word in command.arguments)
    values = command.values
    if command.name == "uv":
        return values[:2] in (["cache", "clean"], ["cache", "prune"])
    return "cache" in values and "purge" in values


def _configured(install: Install, run: Run, build: Build) -> bool:
    return setting("pip", _SWITCHED_OFF, install.command, run, build) is not False
