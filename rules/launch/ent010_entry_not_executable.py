"""ENT010 entry-not-executable: the file that is started has no permission to be."""

import posixpath

from gate import fixes
from gate.build import Build
from gate.dockerfile.tree import Copy
from gate.model import Fix, Severity
from gate.platforms.outcome import Fault, Outcome
from gate.rule import Example, Results, Rule
from gate.rules.launch._mend import set_flag
from gate.rules.launch._outcome import failures, place_of

_SCRIPT = "#!/bin/sh\necho hi\n"
_BYOC = 'FROM python:3.12\nENV PATH="/opt/program:${PATH}"\n'

rule = Rule(
    id="ENT010",
    name="entry-not-executable",
    severity=Severity.HIGH,
    image=True,
    fixes=(fixes.SAFE,),
    summary="The file that the container starts is not executable.",
    reason="COPY keeps the mode that a file has in the build context. Without an execute bit the container ends at once with exit code 126, permission "
    "denied, or, when it is looked up on PATH, with 127 as if it were not there.",
    fix="COPY --chmod=755, or git update-index --chmod=+x and commit.",
    bad=[
        Example(
            'FROM debian:12\n»COPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n',
            files={"entry.sh": _SCRIPT},
            fixed='FROM debian:12\nCOPY --chmod=755 entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n',
        ),
        Example(
            _BYOC + "»COPY train /opt/program/train\n", files={"train": _SCRIPT}, platforms=("sagemaker-training",)
        ),
        Example('FROM debian:12\n»COPY --chmod=644 entry.sh /\nCMD ["/entry.sh"]\n', files={"entry.sh*": _SCRIPT}),
        Example(
            'FROM debian:12\n»COPY --chmod=744 entry.sh /\nUSER 1000\nCMD ["/entry.sh"]\n', files={"entry.sh": _SCRIPT}
        ),
    ],
    good=[
        Example('FROM debian:12\nCOPY entry.sh /entry.sh\nENTRYPOINT ["/entry.sh"]\n', files={"entry.sh*": _SCRIPT}),
        Example('FROM debian:12\nCOPY --chmod=755 entry.sh /\nENTRYPOINT ["/entry.sh"]\n', files={"entry.sh": _SCRIPT}),
        Example('FROM debian:12\nCOPY entry.sh /\nENTRYPOINT ["bash", "/entry.sh"]\n', files={"entry.sh": _SCRIPT}),
        Example(
            'FROM debian:12\nCOPY entry.sh /\nRUN chmod +x /entry.sh\nENTRYPOINT ["/entry.sh"]\n',
            files={"entry.sh": _SCRIPT},
        ),
    ],
)

_BUILD_FILES = ("Makefile", "makefile", "buildspec.yml", "buildspec.yaml", ".gitlab-ci.yml")


@rule.on_build
def check(build: Build) -> Results:
    for outcome in failures(build, Fault.NOT_EXECUTABLE, Fault.NOT_READABLE):
        at = place_of(outcome, build)
        script = _made_executable_by(outcome, build)
        if script:
            yield rule.undecided(
                at, f"{outcome.program} is not executable here; {script} may change that before the build", "--context"
            )
        else:
            yield rule.finding(at, _message(outcome), fix=_fix(outcome))


def _fix(outcome: Outcome) -> Fix | None:
    """The mode, where the instruction copies this one file and nothing else."""
    file = outcome.file
    copy = file.instruction if file is not None else None
    if file is None or not isinstance(copy, Copy) or file.type != "file" or copy.onbuild or copy.heredocs:
        return None
    if len(copy.sources) != 1 or file.source is None or not _is(copy.sources[0].value, file.source):
        return None
    return fixes.fix("copy it with mode 755", set_flag(copy, "chmod", "755"))


def _is(source: str, path: str) -> bool:
    """Whether a source word is the path of one file."""
    return posixpath.normpath(source).lstrip("/") == posixpath.normpath(path).lstrip("/")


def _message(outcome: Outcome) -> str:
    file = outcome.file
    what = file.path if file is not None else outcome.program
    mode = f" (mode {file.mode:04o})" if file is not None and file.mode is not None else ""
    if outcome.fault is Fault.NOT_READABLE:
        return f"The user of the container cannot read {what}{mode}: {outcome.error}."
    who = (
        "not executable"
        if file is None or not (file.mode or 0) & 0o111
        else "not executable for the user of the container"
    )
    return f"{what} is {who}{mode}: {outcome.error}."


def _made_executable_by(outcome: Outcome, build: Build) -> str:
    """The script of the context that sets the bit before the build; empty when there is none."""
    context, file = build.context, outcome.file
    if context is None or file is None or file.source is None:
        return ""
    name = posixpath.basename(file.source).encode("utf-8", "surrogateescape")
    for entry in context.entries():
        top = "/" not in entry.path
        if entry.type != "file" or not top or not entry.path.endswith((".sh", *_BUILD_FILES)):
            continue
        for line in (context.read(entry.path, 1 << 16) or b"").split(b"\n"):
            if b"chmod" in line and (name in line or b"*" in line):
                return entry.path
    return ""
