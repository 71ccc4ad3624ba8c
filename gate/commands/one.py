"""What the commands about one Dockerfile share: find it, read it, make it a build."""

from __future__ import annotations

from gate import files
from gate.build import Build
from gate.commands.check import Arguments, request_of
from gate.commands.output import tell_exit
from gate.discover import collect
from gate.judge import UNJUDGED
from gate.pipeline import policy_for
from gate.policy import Policy
from gate.work import make_build


def one(arguments: Arguments) -> tuple[Build, Policy] | None:
    """The build of the one Dockerfile that the arguments name; None when there is none, and then it is said why."""
    request = request_of(arguments)
    found = collect(request.paths, stdin=request.stdin)
    if found.failures or len(found.inputs) != 1:
        reason = found.failures[0].reason if found.failures else f"{len(found.inputs)} Dockerfiles, not one"
        tell_exit(UNJUDGED, f"{arguments.paths[0]}: {reason}")
        return None
    given = found.inputs[0]
    policy = policy_for(request, given.folder)
    try:
        data = files.read(given.path) if given.data is None else given.data
    except files.Unreadable as error:
        tell_exit(UNJUDGED, f"{given.path}: {error}")
        return None
    return make_build(given, data, request.options, policy), policy
