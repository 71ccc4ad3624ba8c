"""What the commands that judge are given, and what they ask the pipeline for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

from gate import files
from gate.discover import STDIN
from gate.model import PLATFORMS, Severity
from gate.pipeline import Request
from gate.policy import ENGINES, EngineChoice, PolicyError
from gate.record import dataclass, field
from gate.share import Options
from gate.words import did_you_mean


@dataclass
class Arguments:
    """A command line, as typed; most commands know only some of it."""

    paths: Sequence[str] = ()
    platforms: Sequence[str] = ()
    context: str | None = None
    no_context: bool = False
    build_args: Sequence[str] = ()
    target: str | None = None
    policy: str | None = None
    fail_on: str | None = None
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    extend_select: Sequence[str] = ()
    formats: Sequence[str] = ()
    outputs: Sequence[str] = ()
    sarif_full: bool = False
    sarif_category: str = ""
    engines: Sequence[str] = ()
    engine_timeout: str = "300"
    baseline: str | None = None
    vex: Sequence[str] = ()
    no_cache: bool = False
    jobs: str = "0"
    stdin_filename: str | None = None
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False
    image: str | None = None
    sbom: str | None = None
    environment: dict[str, str] = field(default_factory=lambda: dict(os.environ))


def request_of(arguments: Arguments) -> Request:
    """What the command line asks the pipeline for. Raises :class:`~gate.policy.PolicyError`."""
    if arguments.context is not None and not os.path.isdir(arguments.context):
        raise PolicyError(f"--context {arguments.context}: no such folder")
    paths = list(arguments.paths) or ["."]
    return Request(
        paths=paths,
        stdin=_read_stdin() if STDIN in paths else None,
        stdin_filename=arguments.stdin_filename,
        policy=arguments.policy,
        overrides=_overrides(arguments),
        options=Options(
            context=arguments.context,
            use_context=not arguments.no_context,
            build_args=dict(_build_args(arguments)),
            target=arguments.target,
            timeout=number("--engine-timeout", arguments.engine_timeout, 0.001, 1e6),
            cache=not arguments.no_cache,
        ),
        baseline=arguments.baseline,
        jobs=int(number("--jobs", arguments.jobs, 0, 1024)),
        targets=finished_targets(arguments),
    )


def finished_targets(arguments: Arguments) -> tuple[Any, ...]:
    """What ``--image`` and ``--sbom`` name."""
    if arguments.image is None and arguments.sbom is None:
        return ()
    from gate.images.target import SBOM, Target, parse_target

    found = []
    if arguments.image is not None:
        found.append(parse_target(arguments.image, "--image"))
        if not found[0].is_image:
            raise PolicyError(f"--image {arguments.image}: write --sbom {found[0].value}")
    if arguments.sbom is not None:
        path = arguments.sbom.removeprefix("sbom:")
        if not path:
            raise PolicyError("--sbom: the file name is missing")
        found.append(Target(SBOM, path))
    return tuple(found)


def _overrides(arguments: Arguments) -> dict[str, Any]:
    """What the command line says against the policy. ``--select`` starts afresh: what the policy says about selection
    no longer counts."""
    overrides: dict[str, Any] = {}
    if arguments.platforms:
        overrides["platforms"] = tuple(dict.fromkeys(map(_platform, split(arguments.platforms))))
    if arguments.fail_on is not None:
        overrides["fail_on"] = _threshold(arguments.fail_on)
    if arguments.select:
        overrides.update(select=split(arguments.select), fresh=True)
    if arguments.ignore:
        overrides["ignore"] = split(arguments.ignore)
    if arguments.extend_select:
        overrides["extend_select"] = split(arguments.extend_select)
    if arguments.vex:
        overrides["vex"] = tuple(arguments.vex)
    if arguments.engines:
        overrides["engines"] = dict(map(_engine, split(arguments.engines)))
    return overrides


def split(values: Sequence[str]) -> tuple[str, ...]:
    """The words of a repeatable option that also takes commas."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def number(option: str, text: str, least: float, most: float, what: str = "a number") -> float:
    """Raises :class:`~gate.policy.PolicyError` for what is none, or out of these bounds."""
    try:
        found = float(text)
    except ValueError:
        found = -1
    if not least <= found <= most:
        raise PolicyError(f"{option}: write {what}, not '{text}'")
    return found


def check_color(word: str) -> None:
    """Raises :class:`~gate.policy.PolicyError` for what is no ``--color``."""
    if word not in ("auto", "always", "never"):
        raise PolicyError(f"--color: write auto, always or never, not '{word}'")


def check_writable(path: str) -> None:
    """Raises :class:`~gate.policy.PolicyError` for a file that cannot be written, before anything is done for it."""
    if why := files.why_unwritable(path):
        raise PolicyError(f"cannot write {path}: {why}")


def _threshold(word: str) -> Severity | None:
    words = [severity.word for severity in reversed(Severity) if severity is not Severity.UNKNOWN]
    if word not in (*words, "never"):
        hint = did_you_mean(word, [*words, "never"])
        raise PolicyError(f"--fail-on: there is no severity '{word}'{hint}; there are {', '.join(words)}, never")
    return None if word == "never" else Severity[word.upper()]


def _platform(word: str) -> str:
    if word not in PLATFORMS:
        raise PolicyError(f"--for: there is no platform '{word}'{did_you_mean(word, PLATFORMS)}")
    return word


def _engine(text: str) -> tuple[str, EngineChoice]:
    name, _, mode = text.partition("=")
    if name not in ENGINES:
        raise PolicyError(f"--engine: there is no engine '{name}'{did_you_mean(name, ENGINES)}")
    modes = ("auto", "required", "off")
    if mode not in modes:
        raise PolicyError(f"--engine {name}: write {name}=auto, {name}=required or {name}=off, not '{text}'")
    return name, EngineChoice(mode)


def _build_args(arguments: Arguments) -> list[tuple[str, str]]:
    """``K=V`` as it stands; a bare ``K`` takes its value from the environment, as ``docker build`` does."""
    pairs = []
    for text in arguments.build_args:
        name, equals, value = text.partition("=")
        if not name:
            raise PolicyError(f"--build-arg: write NAME=VALUE, not '{text}'")
        if equals or name in arguments.environment:
            pairs.append((name, value if equals else arguments.environment[name]))
    return pairs


def _read_stdin() -> bytes | None:
    """What comes through standard input; None, which reads as a missing file, when it is closed."""
    try:
        return None if sys.stdin is None else sys.stdin.buffer.read(files.MAX_BYTES + 1)
    except (OSError, ValueError):
        return None
