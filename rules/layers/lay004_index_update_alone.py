"""LAY004 index-update-alone: the package index is fetched in a RUN of its own."""

from gate import fixes
from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Run
from gate.model import Fix, Severity
from gate.rule import Example, Results, Rule
from gate.rules.layers._commands import FETCHERS, fetches_index, is_housekeeping, manager_of, verb

rule = Rule(
    id="LAY004",
    name="index-update-alone",
    fixes=(fixes.SAFE,),
    severity=Severity.MEDIUM,
    summary="The package index is updated in a RUN that installs nothing.",
    reason="The layer with the index stays in the build cache. When the install below it changes a month later, it works with the old index: packages are "
    "not found, or come in versions with known holes.",
    fix="Join the two: RUN apt-get update && apt-get install -y --no-install-recommends … && rm -rf /var/lib/apt/lists/*.",
    bad=[
        Example(
            "FROM debian:12.5\nRUN »apt-get update\nRUN apt-get install -y git\n",
            fixed="FROM debian:12.5\nRUN apt-get update && \\\n    apt-get install -y git\n",
        ),
        "FROM debian:12.5\nRUN echo x > /y && »apt-get update -qq\n",
        "FROM alpine:3.20\nRUN »apk update\nRUN apk add git\n",
    ],
    good=[
        "FROM debian:12.5\nRUN apt-get update && apt-get install -y git\n",
        "FROM debian:12.5\nRUN apt-get update && apt-get upgrade -y\n",
        "FROM debian:12.5\nRUN apt-get update && ./install.sh\n",
        "FROM debian:12.5 AS build\nRUN apt-get update\nRUN apt-get install -y git\nFROM debian:12.5\nCOPY --from=build /x /x\n",
    ],
)


@rule.on_run(*FETCHERS)
def check(run: Run, build: Build) -> Results:
    if run.onbuild or not build.ships(run):
        return
    update: Command | None = None
    for command in build.script(run).commands:
        if fetches_index(command):
            update = command
        elif not is_housekeeping(command) or _deletes_index(command):
            return  # an install, or something that may be one; or the index does not stay
    if update is not None:
        yield rule.finding(
            update,
            f"{update.name} fetches the package index in a RUN that installs nothing: a later install will use it when it is stale.",
            stage=run.stage,
            fix=_fix(run, update, build),
        )


def _fix(run: Run, update: Command, build: Build) -> Fix | None:
    """The RUN joined with the one right below it, when that installs with the same manager."""
    later = run.stage.instructions[run.stage.instructions.index(run) + 1 :][:1] if run.stage is not None else []
    for below in later:
        if isinstance(below, Run) and any(_installs(command, update) for command in build.script(below).commands):
            return fixes.fix("join it with the RUN below", fixes.joined(run, below, build))
    return None


def _installs(command: Command, update: Command) -> bool:
    return manager_of(command) == manager_of(update) and verb(command) in {"install", "add", "upgrade", "in"}


def _deletes_index(command: Command) -> bool:
    return command.name == "rm" and any(
        (value or "").startswith(("/var/lib/apt", "/var/cache/apk")) for value in command.values
    )
