"""ENT011 entry-without-shebang: the kernel does not know what to make of the file."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures, first_line, place_of

_RUN = 'FROM python:3.12\nCOPY train /train\nENTRYPOINT ["/train"]\n'

rule = Rule(
    id="ENT011",
    name="entry-without-shebang",
    severity=Severity.HIGH,
    image=True,
    summary="The file that the container starts has no shebang and is no program.",
    reason="The kernel starts programs and files whose first two bytes are #!. An interactive shell runs any other text as a shell script, which hides the "
    "fault; a container ends with exec format error.",
    fix="Begin the file with a line like #!/usr/bin/env python3 or #!/bin/sh, or name the interpreter in ENTRYPOINT.",
    bad=[
        Example(_RUN, files={"train*": "»import os\n"}),
        Example(_RUN, files={"train*": "» #!/usr/bin/env python\n"}),
    ],
    good=[
        Example(_RUN, files={"train*": "#!/usr/bin/env python\nimport os\n"}),
        Example(
            'FROM python:3.12\nCOPY train /train\nENTRYPOINT ["python", "/train"]\n', files={"train": "import os\n"}
        ),
        Example(
            'FROM python:3.12\nCOPY train /train\nENTRYPOINT ["sh", "-c", "/train"]\n', files={"train*": "echo hi\n"}
        ),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for outcome in failures(build, Fault.NO_FORMAT):
        file = outcome.file
        at = place_of(outcome, build)
        data = file.read(4) if file is not None else None
        what = file.path if file is not None else outcome.program
        if file is not None and data is not None and not data.startswith((b"\x7fELF", b"MZ")):
            at = first_line(file, build, at)
        why = (
            "is empty"
            if data == b""
            else "is no program for this machine"
            if data in (b"\x7fELF",)
            else "does not begin with a usable #! line"
        )
        yield rule.finding(at, f"{what} {why}: {outcome.error}.")
