"""LAY004 index-update-alone: the package index is fetched in a RUN of its own."""

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Instruction, Run
from gate.model import Severity
from gate.rule import Results, Rule
from gate.rules.layers._commands import fetches_index, is_housekeeping

rule = Rule(
    id="LAY004",
    name="index-update-alone",
    severity=Severity.MEDIUM,
    summary="The package index is updated in a RUN that installs nothing.",
    reason="The layer with the index stays in the build cache. When the install below it changes a month later, it works with the old index: packages are "
    "not found, or come in versions with known holes.",
    fix="Join the two: RUN apt-get update && apt-get install -y --no-install-recommends … && rm -rf /var/lib/apt/lists/*.",
    bad=[
        "FROM debian:12.5\nRUN »apt-get update\nRUN apt-get install -y git\n",
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


@rule.on_instruction("RUN")
def check(run: Instruction, build: Build) -> Results:
    if not isinstance(run, Run) or run.onbuild or not build.ships(run):
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
        )


def _deletes_index(command: Command) -> bool:
    return command.name == "rm" and any(
        (value or "").startswith(("/var/lib/apt", "/var/cache/apk")) for value in command.values
    )
