"""The command line as Typer has it: the help, what is wrong with a line, completion in the shell.

It is made of the same description of the commands (:mod:`gate.options`) that a line with nothing wrong is read by
without it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from gate.options import HEADING, Command, Option
from gate.policy import PolicyError

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
SETTINGS: dict[str, Any] = {
    "rich_markup_mode": None,
    "pretty_exceptions_enable": False,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}


class PlainCommand(TyperCommand):
    """A command whose parameters are words, lists of words and flags, and whose help lists them under headings.

    Typer turns every word into its type with pydantic, which takes long to load. These words need no turning: they are
    handed over as the parser found them.
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
                raise PolicyError(f"{parameter.metavar or parameter.name} is missing")
            ctx.params[parameter.name] = value if isinstance(value, (str, bool, list, tuple)) else parameter.default
        return []

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        arguments = [parameter for parameter in self.params if parameter.param_type_name == "argument"]
        names = [str(each.metavar) if each.required else f"[{each.metavar}]" for each in arguments]
        return ["[OPTIONS]", *(name + "..." * (each.nargs == -1) for name, each in zip(names, arguments, strict=True))]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        sections: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is None:
                continue
            if parameter.param_type_name == "argument":
                heading, record = "Arguments", (str(parameter.metavar), record[1])
            else:
                heading = getattr(parameter, "rich_help_panel", None) or HEADING
            sections.setdefault(heading, []).append(record)
        for heading, rows in sections.items():
            with formatter.section(heading):
                formatter.write_dl(rows)


def call(words: list[str], commands: Mapping[str, Command], groups: Mapping[str, str]) -> int:
    """Do what Typer makes of a command line, and give the exit code. ``groups``: the help of a first word that is no
    command of its own. Raises :class:`~gate.policy.PolicyError` for a line that it does not understand."""
    first = words[0] if words else ""
    if first in commands:
        application, words, name = _one(first, commands[first]), words[1:], f"mlgate {first}"
    else:
        application, name = _all(commands, groups), "mlgate"
    try:
        code = application(args=words, prog_name=name, standalone_mode=False)
    except typer.Exit as error:
        return error.exit_code
    except typer.Abort:
        raise KeyboardInterrupt from None
    except Exception as error:
        if not hasattr(error, "format_message"):
            raise
        message = error.format_message()
        if message.startswith("Usage:"):  # nothing was asked for: that is the help
            typer.echo(message)
            message = "no command"
        raise PolicyError(message) from None
    if code == 130:  # what typer makes of an interrupt
        raise KeyboardInterrupt
    return code if isinstance(code, int) else 0


def _one(name: str, described: Command) -> typer.Typer:
    """An application that is this command and nothing else."""
    app = typer.Typer(add_completion=False, **SETTINGS)
    epilog = EXIT_CODES if name in ("check", "scan") else None
    app.command(name, cls=PlainCommand, epilog=epilog)(_function(described))
    return app


def _all(commands: Mapping[str, Command], groups: Mapping[str, str]) -> typer.Typer:
    """The whole application."""
    app = typer.Typer(help=f"{WHAT_IT_IS}\n\n{EXIT_CODES}", no_args_is_help=True, **SETTINGS)
    app.callback()(_root)
    parts = {name: typer.Typer(help=text, no_args_is_help=True, **SETTINGS) for name, text in groups.items()}
    for name, described in commands.items():
        group, _, last = name.rpartition(" ")
        (parts[group] if group else app).command(last, cls=PlainCommand)(_function(described))
    for name, group_app in parts.items():
        app.add_typer(group_app, name=name)
    return app


def _function(described: Command) -> Callable[..., int]:
    """A command as the function that Typer reads: its signature says what the options are."""

    def call(**values: Any) -> int:
        absent = {option.into: option.absent for option in described.options}
        return described.run(**{name: absent[name] if value is None else value for name, value in values.items()})

    parameters = [_parameter(option) for option in described.options]
    call.__doc__ = described.run.__doc__
    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return call


def _parameter(option: Option) -> inspect.Parameter:
    kind: Any = list[str] | None if option.many else str | None if option.metavar else bool
    absent = None if option.many else option.absent
    if option.required or isinstance(absent, str):
        kind = str
    if option.names:
        said = typer.Option(
            *option.names, metavar=option.metavar or None, help=option.help, rich_help_panel=option.heading
        )
    else:
        said = typer.Argument(metavar=option.metavar, help=option.help)
    return inspect.Parameter(
        option.into,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if option.required else absent,
        annotation=Annotated[kind, said],
    )


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
