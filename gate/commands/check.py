"""``mlgate check``: the gate."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from gate import files, report
from gate.commands.output import OutputError, page_width, say, tell, tell_exit, write
from gate.discover import STDIN
from gate.judge import UNJUDGED
from gate.model import PLATFORMS, Finding, Result, Severity
from gate.pipeline import Answer, Request, check
from gate.policy import ENGINES, EngineChoice, PolicyError
from gate.record import dataclass, field, replace
from gate.report import Page
from gate.repository import Repository
from gate.share import Options
from gate.terminal import clean, wants_color
from gate.words import did_you_mean

if TYPE_CHECKING:
    from gate.build import Build


@dataclass
class Arguments:
    """The command line of ``mlgate check``, as typed."""

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


def run(arguments: Arguments) -> int:
    """Judge, report, and give the exit code. Raises :class:`~gate.policy.PolicyError` on wrong use."""
    wanted = reports_of(arguments)
    return finish(wanted, request_of(arguments), arguments)


def finish(wanted: Sequence[Wanted], request: Request, arguments: Arguments) -> int:
    """Judge, write the reports, and give the exit code."""
    answer = check(request, progress=_progress(arguments), tell=_teller(arguments))
    code, cause = answer.result.exit_code, answer.result.cause
    try:
        _write_reports(wanted, answer, arguments, request)
    except (OutputError, OSError) as error:
        code, cause = UNJUDGED, f"{error}; the verdict was: {cause}"
    tell_exit(code, cause)
    return code


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
            timeout=_number("--engine-timeout", arguments.engine_timeout, 0.001, 1e6),
            cache=not arguments.no_cache,
        ),
        baseline=arguments.baseline,
        jobs=int(_number("--jobs", arguments.jobs, 0, 1024)),
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
        overrides["platforms"] = tuple(dict.fromkeys(map(_platform, _split(arguments.platforms))))
    if arguments.fail_on is not None:
        overrides["fail_on"] = _threshold(arguments.fail_on)
    if arguments.select:
        overrides.update(select=_split(arguments.select), fresh=True)
    if arguments.ignore:
        overrides["ignore"] = _split(arguments.ignore)
    if arguments.extend_select:
        overrides["extend_select"] = _split(arguments.extend_select)
    if arguments.vex:
        overrides["vex"] = tuple(arguments.vex)
    if arguments.engines:
        overrides["engines"] = dict(map(_engine, _split(arguments.engines)))
    return overrides


def _split(values: Sequence[str]) -> tuple[str, ...]:
    """The words of a repeatable option that also takes commas."""
    return tuple(word.strip() for value in values for word in value.split(",") if word.strip())


def _number(option: str, text: str, least: float, most: float) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not least <= number <= most:
        raise PolicyError(f"{option}: write a number, not '{text}'")
    return number


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


@dataclass(frozen=True)
class Wanted:
    """One report to write: its name, and the file it goes to (None: standard output)."""

    name: str
    path: str | None = None


def reports_of(arguments: Arguments) -> list[Wanted]:
    """The reports that are asked for; a file never takes the text away from the terminal."""
    if arguments.color not in ("auto", "always", "never"):
        raise PolicyError(f"--color: write auto, always or never, not '{arguments.color}'")
    if arguments.sarif_category and not arguments.sarif_category.replace("/", "").isprintable():
        raise PolicyError("--sarif-category: write a name on one line")
    wanted = []
    for text in arguments.formats:
        name, equals, path = text.partition("=")
        if equals and not path:
            raise PolicyError(f"--format {text}: the file name is missing")
        wanted.append(Wanted(name, path if path != "-" else None) if equals else Wanted(name))
    wanted += [Wanted(report.for_file(path), path) for path in arguments.outputs]
    if all(one.path is not None for one in wanted):
        wanted.insert(0, Wanted("text"))
    for one in wanted:
        report.find(one.name)
        if one.path is not None and (why := files.why_unwritable(one.path)):
            raise PolicyError(f"cannot write {one.path}: {why}")
    return wanted


def _write_reports(wanted: Sequence[Wanted], answer: Answer, arguments: Arguments, request: Request) -> None:
    scanned = [target.name for target in request.targets] if request.scanned else []
    page = Page(
        catalogue=answer.catalogue,
        width=page_width(),
        verbose=arguments.verbose,
        repository=Repository(arguments.environment, scanned),
        asked=tuple(arguments.paths or scanned),
        category=arguments.sarif_category.strip("/"),
        full=arguments.sarif_full,
        github=arguments.environment.get("GITHUB_ACTIONS") == "true",
        build=_builds(request),
    )
    for source in answer.sources:
        page.sources.add(source)
    secret = {rule.id for rule in answer.catalogue.rules.values() if rule.secret}
    hidden = [finding.place for finding in answer.result.findings if finding.rule_id in secret]
    for place in hidden:
        page.sources.hide(place)
    result = _without_secrets(answer.result, page) if hidden else answer.result
    for one in wanted:
        _write_report(one, result, page, arguments)
    for note in dict.fromkeys(page.notes):
        tell(note)


def _without_secrets(result: Result, page: Page) -> Result:
    """The result with stars for secrets that a message quotes, and without the fixes that would repeat one."""
    starred = page.sources.starred

    def harmless(finding: Finding) -> Finding:
        edits = finding.fix.edits if finding.fix is not None else ()
        told = any(starred(edit.text) != edit.text for edit in edits)
        message, help = starred(finding.message), starred(finding.help)
        if not told and (message, help) == (finding.message, finding.help):
            return finding
        return replace(finding, message=message, help=help, fix=None if told else finding.fix)

    return replace(result, findings=tuple(map(harmless, result.findings)))


def _builds(request: Request) -> Callable[[str], Build | None]:
    @cache
    def builds() -> Callable[[str], Build | None]:
        from gate.commands.one import Builds  # what few reports ask for is imported for them alone

        return Builds(request)

    return lambda path: builds()(path)


def _write_report(wanted: Wanted, result: Result, page: Page, arguments: Arguments) -> None:
    found = report.find(wanted.name)
    if wanted.path is not None:
        text = found.render(result, replace(page, color=False, github=False, width=100))
        try:
            files.write(wanted.path, text.encode("utf-8", "backslashreplace"))
        except OSError as error:
            raise OutputError(f"cannot write {wanted.path}: {error.strerror or error}") from None
    elif wanted.name == "text":
        color = wants_color(arguments.color, sys.stdout, arguments.environment)
        say(found.render(result, replace(page, color=color, quiet=arguments.quiet)))
    else:
        write(found.render(result, page).encode("utf-8", "backslashreplace"))


def _teller(arguments: Arguments) -> Callable[[str], None]:
    """A line on the terminal that says what takes long."""
    if arguments.quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda text: None

    def show(text: str) -> None:
        sys.stderr.write(f"\r\x1b[K{clean(text)[:100]}")
        sys.stderr.flush()

    return show


def _progress(arguments: Arguments) -> Callable[[int, int], None] | None:
    """A line on the terminal that counts the files of a long run."""
    if arguments.quiet or sys.stderr is None or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if total > 50:
            sys.stderr.write(f"\r{done} of {total} files" if done < total else "\r\x1b[K")
            sys.stderr.flush()

    return show
