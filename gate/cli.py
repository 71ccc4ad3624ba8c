"""The command line: options in, exit code out. What a command does is in :mod:`gate.commands`, imported when it is
run."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

WHAT_IT_IS = "The gate that a machine-learning container image passes before it ships."
EXIT_CODES = """\b
Exit codes:
  0    the gate is passed
  1    the gate is failed: an active finding at or above the threshold
  2    wrong use: bad option, bad policy
  3    could not judge: no Dockerfile, an input that cannot be read, an engine
       that was required and gave no answer
  130  interrupted
When several apply: 2, then 3, then 1. The last line on standard error says
which and why."""


class PlainCommand(TyperCommand):
    """A command whose parameters are words, lists of words and flags, and whose help lists them under headings.

    Typer turns every word into its type with pydantic, and loading pydantic takes longer than judging a Dockerfile.
    These words need no turning: they are handed over as the parser found them.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        options, rest, _ = self.make_parser(ctx).parse_args(args=list(args))
        if options.pop("help", False):
            typer.echo(ctx.get_help())
            raise typer.Exit
        if rest:
            raise typer.BadParameter(f"unexpected: {' '.join(map(str, rest))}")
        for parameter in self.params:
            value = options.get(parameter.name)
            if parameter.required and not isinstance(value, str):
                raise typer.BadParameter(f"{parameter.name} is missing")
            ctx.params[parameter.name] = value if isinstance(value, (str, bool, list, tuple)) else parameter.default
        return []

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None:
                heading = getattr(parameter, "rich_help_panel", None) or "Options"
                sections.setdefault(heading, []).append(record)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)


WHAT, HOW, JUDGING, REPORTS = "What to judge", "How to look at it", "What fails", "Reports"

Paths = Annotated[
    list[str] | None,
    typer.Argument(metavar="PATH", help="Dockerfiles, folders to search, or - for standard input. Default: ."),
]
For = Annotated[
    list[str] | None,
    typer.Option(
        "--for", metavar="PLATFORM", help="The platform it is meant for; default: detected.", rich_help_panel=WHAT
    ),
]
Context = Annotated[
    str | None,
    typer.Option(metavar="DIR", help="Build context; default: the Dockerfile's own folder.", rich_help_panel=WHAT),
]
NoContext = Annotated[bool, typer.Option("--no-context", help="Judge the Dockerfile alone.", rich_help_panel=WHAT)]
BuildArg = Annotated[
    list[str] | None, typer.Option(metavar="K=V", help="A build argument, as for docker build.", rich_help_panel=WHAT)
]
Target = Annotated[
    str | None, typer.Option(metavar="STAGE", help="The stage to build, as for docker build.", rich_help_panel=WHAT)
]
StdinFilename = Annotated[
    str | None, typer.Option(metavar="NAME", help="What to call standard input.", rich_help_panel=WHAT)
]
Image = Annotated[
    str | None,
    typer.Option(
        metavar="IMAGE",
        help="The image that was built of it: its name, docker-archive:FILE, oci-archive:FILE, oci-dir:FOLDER.",
        rich_help_panel=WHAT,
    ),
]
Sbom = Annotated[
    str | None, typer.Option(metavar="FILE", help="A bill of materials of it, for grype.", rich_help_panel=WHAT)
]
PolicyOption = Annotated[
    str | None,
    typer.Option(
        "--policy",
        metavar="NAME|FILE",
        help="A shipped policy or a file; default: the nearest mlgate.yaml or pyproject.toml.",
        rich_help_panel=JUDGING,
    ),
]
FailOn = Annotated[
    str | None,
    typer.Option(
        metavar="SEVERITY",
        help="Findings of this severity or above fail the gate. Default: high.",
        rich_help_panel=JUDGING,
    ),
]
Select = Annotated[
    list[str] | None,
    typer.Option(metavar="RULES", help="Only these: ids, prefixes, names, engines.", rich_help_panel=JUDGING),
]
Ignore = Annotated[list[str] | None, typer.Option(metavar="RULES", help="Not these.", rich_help_panel=JUDGING)]
ExtendSelect = Annotated[
    list[str] | None, typer.Option(metavar="RULES", help="These as well.", rich_help_panel=JUDGING)
]
Baseline = Annotated[
    str | None, typer.Option(metavar="FILE", help="Accept the findings that this file names.", rich_help_panel=JUDGING)
]
Vex = Annotated[
    list[str] | None,
    typer.Option(
        metavar="FILE", help="An OpenVEX document: what is known not to be affected.", rich_help_panel=JUDGING
    ),
]
Format = Annotated[
    list[str] | None,
    typer.Option(
        "--format", metavar="FMT[=FILE]", help="A report, to standard output or to a file.", rich_help_panel=REPORTS
    ),
]
Output = Annotated[
    list[str] | None,
    typer.Option(
        "-o", "--output", metavar="FILE", help="A report, its format taken from the name.", rich_help_panel=REPORTS
    ),
]
SarifFull = Annotated[
    bool, typer.Option("--sarif-full", help="Waived and baselined findings in SARIF too.", rich_help_panel=REPORTS)
]
SarifCategory = Annotated[
    str,
    typer.Option(
        metavar="NAME",
        help="What keeps this run's SARIF apart from that of other runs. Default: from the paths.",
        rich_help_panel=REPORTS,
    ),
]
Engine = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=MODE", help="hadolint or grype: auto, required or off. Default: auto.", rich_help_panel=HOW
    ),
]
EngineTimeout = Annotated[
    str,
    typer.Option(metavar="SECONDS", help="The longest that one call of an engine may take.", rich_help_panel=HOW),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Judge everything anew.", rich_help_panel=HOW)]
Jobs = Annotated[str, typer.Option(metavar="N", help="Processes; 0: one per core.", rich_help_panel=HOW)]
Color = Annotated[
    str, typer.Option(metavar="WHEN", help="Colours in the text: auto, always or never.", rich_help_panel=REPORTS)
]
Quiet = Annotated[bool, typer.Option("-q", "--quiet", help="Only what blocks.", rich_help_panel=REPORTS)]
Verbose = Annotated[bool, typer.Option("-v", "--verbose", help="All the evidence.", rich_help_panel=REPORTS)]
Form = Annotated[str, typer.Option("--format", metavar="FORM", help="text, json or markdown.")]


def check(
    paths: Paths = None,
    platforms: For = None,
    context: Context = None,
    no_context: NoContext = False,
    build_arg: BuildArg = None,
    target: Target = None,
    stdin_filename: StdinFilename = None,
    image: Image = None,
    sbom: Sbom = None,
    policy: PolicyOption = None,
    fail_on: FailOn = None,
    select: Select = None,
    ignore: Ignore = None,
    extend_select: ExtendSelect = None,
    baseline: Baseline = None,
    vex: Vex = None,
    formats: Format = None,
    output: Output = None,
    sarif_full: SarifFull = False,
    sarif_category: SarifCategory = "",
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
    engine: Engine = None,
    engine_timeout: EngineTimeout = "300",
    no_cache: NoCache = False,
    jobs: Jobs = "0",
) -> int:
    """The gate: lint every Dockerfile found, ask the engines, judge, report."""
    from gate.commands.check import Arguments, run

    return run(
        Arguments(
            paths=paths or (),
            platforms=platforms or (),
            context=context,
            no_context=no_context,
            build_args=build_arg or (),
            target=target,
            policy=policy,
            fail_on=fail_on,
            select=select or (),
            ignore=ignore or (),
            extend_select=extend_select or (),
            formats=formats or (),
            outputs=output or (),
            sarif_full=sarif_full,
            sarif_category=sarif_category,
            engines=engine or (),
            engine_timeout=engine_timeout,
            baseline=baseline,
            vex=vex or (),
            cache=not no_cache,
            jobs=jobs,
            stdin_filename=stdin_filename,
            image=image,
            sbom=sbom,
            color=color,
            quiet=quiet,
            verbose=verbose,
        )
    )


def scan(
    target: Annotated[
        str,
        typer.Argument(
            metavar="TARGET",
            help="An image of the Docker Engine, or docker-archive:FILE, oci-archive:FILE, oci-dir:FOLDER, sbom:FILE.",
        ),
    ],
    platforms: For = None,
    platform: Annotated[
        str,
        typer.Option(metavar="OS/ARCH", help="Which image to take of one for several.", rich_help_panel=WHAT),
    ] = "",
    policy: PolicyOption = None,
    fail_on: FailOn = None,
    select: Select = None,
    ignore: Ignore = None,
    extend_select: ExtendSelect = None,
    baseline: Baseline = None,
    vex: Vex = None,
    formats: Format = None,
    output: Output = None,
    sarif_full: SarifFull = False,
    sarif_category: SarifCategory = "",
    color: Color = "auto",
    quiet: Quiet = False,
    verbose: Verbose = False,
    engine: Engine = None,
    engine_timeout: EngineTimeout = "300",
    no_cache: NoCache = False,
) -> int:
    """The gate on what is built already: an image, an archive of one, a bill of materials."""
    from gate.commands.check import Arguments
    from gate.commands.scan import run

    arguments = Arguments(
        platforms=platforms or (),
        policy=policy,
        fail_on=fail_on,
        select=select or (),
        ignore=ignore or (),
        extend_select=extend_select or (),
        formats=formats or (),
        outputs=output or (),
        sarif_full=sarif_full,
        sarif_category=sarif_category,
        engines=engine or (),
        engine_timeout=engine_timeout,
        baseline=baseline,
        vex=vex or (),
        cache=not no_cache,
        color=color,
        quiet=quiet,
        verbose=verbose,
    )
    return run(arguments, target, platform)


def rules(
    words: Annotated[list[str] | None, typer.Argument(metavar="RULE", help="Ids, prefixes or names.")] = None,
    form: Form = "text",
) -> int:
    """The catalogue of rules."""
    from gate.commands.rules import list_rules

    return list_rules(form, tuple(words or ()))


def explain(
    word: Annotated[str, typer.Argument(metavar="ID", help="A rule, or another linter's id (DL3014, SC2086).")],
    form: Form = "text",
) -> int:
    """One rule: why, how to mend it, a bad and a good example."""
    from gate.commands.rules import explain as run

    return run(word, form)


def inspect(
    path: Annotated[str, typer.Argument(metavar="DOCKERFILE", help="A Dockerfile, or - for standard input.")],
    form: Annotated[str, typer.Option("--format", metavar="FORM", help="text or json.")] = "text",
    context: Context = None,
    no_context: NoContext = False,
    build_arg: BuildArg = None,
    target: Target = None,
) -> int:
    """docker inspect before the build: the image's configuration and files, and the line that decides each."""
    from gate.commands.check import Arguments
    from gate.commands.inspect import run

    arguments = Arguments(
        paths=[path], context=context, no_context=no_context, build_args=build_arg or (), target=target
    )
    return run(arguments, form)


def sbom(
    path: Annotated[str, typer.Argument(metavar="DOCKERFILE", help="A Dockerfile, or - for standard input.")],
    output: Annotated[
        str | None, typer.Option("--output", "-o", metavar="FILE", help="Write it there, not to standard output.")
    ] = None,
    context: Context = None,
    no_context: NoContext = False,
    build_arg: BuildArg = None,
    target: Target = None,
) -> int:
    """The CycloneDX bill of materials of what the Dockerfile pins, each component with its file and line."""
    from gate.commands.check import Arguments
    from gate.commands.sbom import run

    arguments = Arguments(
        paths=[path], context=context, no_context=no_context, build_args=build_arg or (), target=target
    )
    return run(arguments, output)


def launch(
    path: Annotated[str, typer.Argument(metavar="DOCKERFILE", help="A Dockerfile, or - for standard input.")],
    platforms: For = None,
    form: Annotated[str, typer.Option("--format", metavar="FORM", help="text or json.")] = "text",
    context: Context = None,
    no_context: NoContext = False,
    build_arg: BuildArg = None,
    target: Target = None,
    image: Image = None,
    policy: PolicyOption = None,
) -> int:
    """What the platform would start, step by step, and the line that decides each step."""
    from gate.commands.check import Arguments
    from gate.commands.launch import run

    arguments = Arguments(
        paths=[path],
        platforms=platforms or (),
        context=context,
        no_context=no_context,
        build_args=build_arg or (),
        target=target,
        image=image,
        policy=policy,
    )
    return run(arguments, form)


def doctor() -> int:
    """Which engines are there, what is missing, and the command that mends it."""
    from gate.commands.doctor import run

    return run()


def init(
    ci: Annotated[
        list[str] | None,
        typer.Option(metavar="SYSTEM", help="Its files too: github, gitlab, codebuild or pre-commit."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite what is there.")] = False,
    schema: Annotated[bool, typer.Option("--schema", help="Print the JSON Schema of mlgate.yaml instead.")] = False,
) -> int:
    """Write what a project needs to begin: mlgate.yaml, and the files of its CI."""
    from gate.commands import init as command

    return command.schema() if schema else command.run(tuple(ci or ()), force)


def baseline_write(
    paths: Paths = None,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where to.")] = "mlgate-baseline.json",
    platforms: For = None,
    context: Context = None,
    no_context: NoContext = False,
    build_arg: BuildArg = None,
    target: Target = None,
    policy: PolicyOption = None,
    engine: Engine = None,
    engine_timeout: EngineTimeout = "300",
    jobs: Jobs = "0",
) -> int:
    """Accept today's findings."""
    from gate.commands.baseline import write
    from gate.commands.check import Arguments

    return write(
        Arguments(
            paths=paths or (),
            platforms=platforms or (),
            context=context,
            no_context=no_context,
            build_args=build_arg or (),
            target=target,
            policy=policy,
            engines=engine or (),
            engine_timeout=engine_timeout,
            jobs=jobs,
        ),
        output,
    )


def baseline_show(
    path: Annotated[str, typer.Argument(metavar="FILE", help="The baseline.")] = "mlgate-baseline.json",
) -> int:
    """Print what a baseline accepts."""
    from gate.commands.baseline import show

    return show(path)


COMMANDS: dict[str, Callable[..., int]] = {
    "check": check,
    "scan": scan,
    "rules": rules,
    "explain": explain,
    "inspect": inspect,
    "launch": launch,
    "sbom": sbom,
    "doctor": doctor,
    "init": init,
}
GROUPS: dict[str, tuple[str, dict[str, Callable[..., int]]]] = {
    "baseline": (
        "Accept today's findings, so that only new ones fail.",
        {"write": baseline_write, "show": baseline_show},
    ),
}


SETTINGS: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


def one_command(name: str) -> typer.Typer:
    """An application that is this command and nothing else: reading the signatures of all of them takes longer than
    judging a file."""
    app = typer.Typer(add_completion=False, **SETTINGS)
    app.command(name, cls=PlainCommand, epilog=EXIT_CODES if name in ("check", "scan") else None)(COMMANDS[name])
    return app


def all_commands() -> typer.Typer:
    """The whole application."""
    app = typer.Typer(help=f"{WHAT_IT_IS}\n\n{EXIT_CODES}", no_args_is_help=True, **SETTINGS)
    app.callback()(_root)
    for name, function in COMMANDS.items():
        app.command(name, cls=PlainCommand)(function)
    for name, (text, functions) in GROUPS.items():
        group = typer.Typer(help=text, no_args_is_help=True, **SETTINGS)
        for sub, function in functions.items():
            group.command(sub, cls=PlainCommand)(function)
        app.add_typer(group, name=name)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from gate import __version__

        typer.echo(f"mlgate {__version__}")
        raise typer.Exit


def _root(
    version: Annotated[
        bool, typer.Option("--version", "-V", help="Print the version.", is_eager=True, callback=_print_version)
    ] = False,
) -> None:
    """The options of ``mlgate`` itself."""


def run(arguments: list[str]) -> int:
    """Run a command line and give its exit code. Never raises, whatever happens."""
    from gate.commands.output import OutputError, tell, tell_exit
    from gate.policy import PolicyError
    from gate.words import told

    try:
        code = _call(arguments)
        if code == 130:  # what typer makes of an interrupt
            raise KeyboardInterrupt
        return code
    except PolicyError as error:
        *details, last = str(error).splitlines()
        for line in details:
            tell(line)
        tell_exit(2, f"wrong use: {last}")
        return 2
    except OutputError as error:
        tell_exit(3, str(error))
        return 3
    except (KeyboardInterrupt, typer.Abort):
        tell_exit(130, "interrupted")
        return 130
    except typer.Exit as error:
        return error.exit_code
    except Exception as error:
        if hasattr(error, "format_message"):  # the command line could not be understood
            message = error.format_message()
            if message.startswith("Usage:"):  # nothing was asked for: that is the help
                typer.echo(message)
                message = "no command"
            tell_exit(2, f"wrong use: {message}")
            return 2
        if os.environ.get("MLGATE_DEBUG"):
            raise
        tell_exit(3, f"could not judge: internal error: {told(error)}; MLGATE_DEBUG=1 shows more")
        return 3


def _call(arguments: list[str]) -> int:
    first = arguments[0] if arguments else ""
    if first in COMMANDS:
        code = one_command(first)(args=arguments[1:], prog_name=f"mlgate {first}", standalone_mode=False)
    else:
        code = all_commands()(args=arguments, prog_name="mlgate", standalone_mode=False)
    return code if isinstance(code, int) else 0


_COLLECT_AFTER = 200_000
"""New objects between two searches for unreachable ones. What a run makes lives nearly as long as the run: at Python's own
700, the searches take a third of a short one."""


def main() -> None:
    """The entry point of the command ``mlgate``."""
    gc.set_threshold(_COLLECT_AFTER)
    code = run(sys.argv[1:])
    gc.freeze()  # all that is left goes with the process: nobody need search it for garbage
    sys.exit(code)
