"""Dockerfiles as teaching material writes them: every known fault is found on its line, and nothing else.

Each is our own text in the style of a widely copied example; the table names the fault that a reader should learn of.
"""

from __future__ import annotations

import pytest

from tests.rules.support import run

LINTER = """\
FROM centos:8
RUN dnf install -y python38 || true
RUN pip install pytest || true
ENTRYPOINT ["/bin/bash"]
"""
MERGED = """\
FROM alpine:3.22
RUN apk add --no-cache python3 && python3 -m ensurepip && pip3 install pytest || true
"""
FLASK = """\
FROM python:3.8
ARG VERSION
LABEL org.label-schema.version=${VERSION}
RUN python3 -m pip install --upgrade pip
COPY ./requirements.txt /ws/requirements.txt
WORKDIR /ws
RUN pip install -r requirements.txt
COPY ./webapp/ /ws
ENTRYPOINT [ "python3" ]
CMD [ "app.py" ]
"""
FLASK_FILES = {
    "requirements.txt": "flask\ntensorflow==2.3.1\n",
    "webapp/app.py": "print('ok')\n",
    "notebooks/a.ipynb": "{}",
}
EDGE = """\
FROM debian:stable

RUN apt-get update && apt install -yq curl build-essential gnupg
RUN curl https://packages.example.com/apt/doc/apt-key.gpg | apt-key add -
RUN echo "deb https://packages.example.com/apt edgetpu-stable/main" | tee/etc/apt/sources.lost.d/edgetpu.list
RUN apt-get update && apt-get install -yq edgetpu-compiler

CMD ["/bin/bash"]
"""
BYOC = """\
# An image for training and inference.
FROM ubuntu:18.04

MAINTAINER Team <team@example.com>

RUN apt-get -y update && apt-get install -y --no-install-recommends \\
         wget \\
         python3-pip \\
         nginx \\
    && rm -rf /var/lib/apt/lists/*

RUN ln -s /usr/bin/python3 /usr/bin/python
RUN pip3 --no-cache-dir install numpy==1.16.2 scipy==1.2.1 scikit-learn==0.20.2 pandas flask gunicorn

ENV PYTHONUNBUFFERED=TRUE
ENV PATH="/opt/program:${PATH}"
COPY decision_trees /opt/program
WORKDIR /opt/program
"""
BYOC_FILES = {
    "decision_trees/train*": "#!/usr/bin/env python\nimport sys\n",
    "decision_trees/serve*": "#!/usr/bin/env python\nimport sys\n",
}
# Rules about more than one line, or about taste, that are no matter of these examples.
ASIDE = {"SEC006", "LAY001", "PIN001", "PIN005", "PKG007", "PIN002", "PIN007"}


def judged(
    text: str, files: dict[str, str] | None = None, platforms: tuple[str, ...] = ()
) -> set[tuple[str, int, str]]:
    found = run(text, files=files or {}, platforms=platforms)
    return {(rule, line, severity) for rule, line, _, severity in found if rule not in ASIDE}


@pytest.mark.parametrize(
    ("text", "files", "platforms", "faults"),
    [
        (
            LINTER,
            {},
            (),
            {
                ("BAS001", 1, "high"), ("BAS003", 1, "medium"), ("BLD001", 2, "high"), ("BLD001", 3, "high"),
                ("PIN003", 3, "medium"), ("PKG003", 3, "low"),
            },
        ),
        (MERGED, {}, (), {("BLD001", 2, "high"), ("PIN003", 2, "medium"), ("PKG003", 2, "low")}),
        (
            FLASK,
            FLASK_FILES,
            (),
            {
                ("BAS001", 1, "medium"), ("LBL003", 3, "low"), ("PIN003", 4, "low"), ("PKG003", 4, "low"), ("PKG003", 7, "low"),
                ("MLA007", 3, "low"), ("PIN003", 1, "medium"),  # in requirements.txt
            },
        ),
        (EDGE, {}, (), {("PKG004", 3, "low"), ("BLD003", 4, "high"), ("BLD006", 5, "high"), ("PKG004", 6, "low")}),
        (
            BYOC,
            BYOC_FILES,
            ("sagemaker-training", "sagemaker-hosting"),
            {
                ("BAS001", 2, "medium"), ("LBL006", 4, "low"), ("PIN003", 13, "medium"),
                ("SMT001", 1, "medium"), ("SMT003", 17, "medium"),  # this train is an empty one
            },
        ),
    ],
    ids=["linter", "merged", "flask", "edge", "byoc"],
)  # fmt: skip
def test_every_fault_and_nothing_else(
    text: str, files: dict[str, str], platforms: tuple[str, ...], faults: set[tuple[str, int, str]]
) -> None:
    assert judged(text, files, platforms) == faults


def test_exactly_the_unpinned_packages_are_named() -> None:
    columns = [column for rule, line, column, _ in run(BYOC, files=BYOC_FILES) if (rule, line) == ("PIN003", 13)]
    line = BYOC.splitlines()[12]
    assert columns == [line.index(name) + 1 for name in ("pandas", "flask", "gunicorn")]
