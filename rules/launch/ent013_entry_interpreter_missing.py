"""ENT013 entry-interpreter-missing: the program that the shebang names is not in the image."""

from gate.build import Build
from gate.model import Severity
from gate.platforms.outcome import Fault
from gate.rule import Example, Results, Rule
from gate.rules.launch._outcome import failures, first_line, place_of

_RUN = 'COPY --chmod=755 train /train\nENTRYPOINT ["/train"]\n'

rule = Rule(
    id="ENT013",
    name="entry-interpreter-missing",
    severity=Severity.HIGH,
    image=True,
    summary="The interpreter that the started file asks for is not in the image.",
    reason="The kernel starts the program behind #!. When it is not there, the container ends with no such file or directory, although the file itself is "
    "there. Debian's and Ubuntu's packages bring python3 and no python; Alpine has no bash.",
    fix="Name an interpreter that the image has (#!/usr/bin/env python3, #!/bin/sh), or install it.",
    bad=[
        Example(
            "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3-pip\n" + _RUN,
            files={"train": "»#!/usr/bin/env python\n"},
        ),
        Example("FROM alpine:3.20\n" + _RUN, files={"train": "»#!/bin/bash\n"}),
        Example("FROM debian:12\n" + _RUN, files={"train": "»#!/usr/bin/env Rscript\n"}),
    ],
    good=[
        Example(
            "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3-pip\n" + _RUN,
            files={"train": "#!/usr/bin/env python3\n"},
        ),
        Example(
            "FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y python3 && ln -s /usr/bin/python3 /usr/bin/python\n"
            + _RUN,
            files={"train": "#!/usr/bin/env python\n"},
        ),
        Example("FROM python:3.12\n" + _RUN, files={"train": "#!/usr/bin/env python\n"}),
        Example("FROM continuumio/miniconda3\n" + _RUN, files={"train": "#!/usr/bin/env python\n"}),
        Example("FROM debian:12\n" + _RUN, files={"train": "#!/bin/bash\n"}),
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    for outcome in failures(build, Fault.INTERPRETER):
        at = place_of(outcome, build)
        file = outcome.file
        data = (file.read(256) if file is not None else None) or b""
        if file is not None and data.startswith(b"#!"):
            wanted = data.split(b"\n")[0].decode("utf-8", "replace").strip()
            at = first_line(file, build, at)
            yield rule.finding(at, f"The image has nothing that answers {wanted!r}: {outcome.error}.")
        else:
            what = file.path if file is not None else outcome.program
            yield rule.finding(at, f"{what} asks for a loader that the image does not have: {outcome.error}.")
