"""``mlgate check``: the gate."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from gate import report
from gate.commands.arguments import Arguments, check_color, check_writable, request_of
from gate.commands.output import OutputError, page_width, say, tell, tell_exit, tell_now, write, write_file
from gate.judge import UNJUDGED
from gate.model import Finding, Result
from gate.pipeline import Answer, Request, check
from gate.policy import PolicyError
from gate.record import dataclass, replace
from gate.report import Page
from gate.repository import Repository
from gate.terminal import wants_color

if TYPE_CHECKING:
    from gate.build import Build


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


@dataclass(frozen=True)
class Wanted:
    """One report to write: its name, and the file it goes to (None: standard output)."""

    name: str
    path: str | None = None


def reports_of(arguments: Arguments) -> list[Wanted]:
    """The reports that are asked for; a file never takes the text away from the terminal."""
    check_color(arguments.color)
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
        if one.path is not None:
            check_writable(one.path)
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
        write_file(wanted.path, found.render(result, replace(page, color=False, github=False, width=100)))
    elif wanted.name == "text":
        color = wants_color(arguments.color, sys.stdout, arguments.environment)
        say(found.render(result, replace(page, color=color, quiet=arguments.quiet)))
    else:
        write(found.render(result, page).encode("utf-8", "backslashreplace"))


def _teller(arguments: Arguments) -> Callable[[str], None]:
    """A line on the terminal that says what takes long."""
    if arguments.quiet or sys.stderr is None or not sys.stderr.isatty():
        return lambda text: None
    return tell_now


def _progress(arguments: Arguments) -> Callable[[int, int], None] | None:
    """A line on the terminal that counts the files of a long run."""
    if arguments.quiet or sys.stderr is None or not sys.stderr.isatty():
        return None

    def show(done: int, total: int) -> None:
        if total > 50:
            sys.stderr.write(f"\r{done} of {total} files" if done < total else "\r\x1b[K")
            sys.stderr.flush()

    return show
