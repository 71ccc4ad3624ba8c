"""From a path in the image to the file of the context, as of one RUN."""

from __future__ import annotations

import pytest

from gate.dockerfile.source import Source
from gate.packages.files import Found, Missing, find
from gate.packages.installs import installs
from gate.packages.resolve import wanted
from tests.packages.support import build_of, shown

FILES = {
    "requirements.txt": "foo==1\n",
    "req/base.txt": "base\n",
    "req/dev.txt": "-r base.txt\ndev==1\n-c ../c.txt\n",
    "c.txt": "base==2\n",
    "src/requirements.txt": "src\n",
    "a/b/r.txt": "deep\n",
}


def located(text: str) -> str | None:
    """The context file behind the last ``-r``; "?" when undecided, None when nothing brings it."""
    build = build_of(text, FILES)
    install = installs(build)[-1]
    assert install.run is not None and install.files[-1].path is not None
    answer = find(install.files[-1].path, install.command, install.run, build)
    if isinstance(answer, Found):
        return answer.shown
    return None if isinstance(answer, Missing) else "?"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("COPY requirements.txt /app/\nWORKDIR /app\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /app\nWORKDIR /app\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("WORKDIR /app\nCOPY requirements.txt .\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("WORKDIR /app\nCOPY requirements.txt ./\nRUN pip install -r ./requirements.txt", "requirements.txt"),
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /tmp/r.txt\nRUN pip install -r /tmp/r.txt", "requirements.txt"),
        ("COPY . .\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("COPY . /app\nRUN pip install -r /app/src/requirements.txt", "src/requirements.txt"),
        ("COPY / /app/\nRUN pip install -r /app/requirements.txt", "requirements.txt"),
        ("COPY ./ /app/\nRUN cd /app && pip install -r requirements.txt", "requirements.txt"),
        ("COPY src /app\nWORKDIR /app\nRUN pip install -r requirements.txt", "src/requirements.txt"),
        ("COPY src/ /app/\nRUN cd /app/ && pip install -r requirements.txt", "src/requirements.txt"),
        ("COPY *.txt /app/\nRUN pip install -r /app/requirements.txt", "requirements.txt"),
        ("COPY req*.txt ./\nRUN pip install -r requirements.txt", "requirements.txt"),
        ("COPY req/*.txt /x/\nRUN pip install -r /x/dev.txt", "req/dev.txt"),
        ("COPY a/* /x/\nRUN pip install -r /x/r.txt", "a/b/r.txt"),
        ('COPY ["requirements.txt", "/app/"]\nRUN pip install -r /app/requirements.txt', "requirements.txt"),
        ("COPY --chown=1:1 requirements.txt /app/\nRUN pip install -r /app/requirements.txt", "requirements.txt"),
        ("ADD requirements.txt /app/\nRUN pip install -r /app/requirements.txt", "requirements.txt"),
        ("COPY c.txt requirements.txt /app/\nRUN pip install -r /app/requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /app/\nRUN pip install -r /app/../app/requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /app/\nRUN (cd /app; pip install -r requirements.txt)", "requirements.txt"),
        ("COPY requirements.txt /\nWORKDIR /\nRUN (cd /app); pip install -r requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /root/\nRUN cd && pip install -r requirements.txt", "requirements.txt"),
        ("COPY requirements.txt /root/r\nRUN pip install -r ~/r", "requirements.txt"),
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt && rm requirements.txt", "requirements.txt"),
        ("COPY requirements.txt .\nRUN pip install -r requirements.txt\nRUN rm requirements.txt", "requirements.txt"),
        (
            "COPY src/requirements.txt .\nCOPY requirements.txt .\nRUN pip install -r requirements.txt",
            "requirements.txt",
        ),
        ("ARG F=requirements.txt\nCOPY $F /app/\nRUN pip install -r /app/$F", "requirements.txt"),
        ("ENV D=/app\nCOPY requirements.txt $D/\nRUN pip install -r ${D}/requirements.txt", "requirements.txt"),
        ("RUN --mount=type=bind,source=requirements.txt,target=/r.txt pip install -r /r.txt", "requirements.txt"),
        (
            "WORKDIR /app\nRUN --mount=source=requirements.txt,target=requirements.txt pip install -r requirements.txt",
            "requirements.txt",
        ),
        ("RUN --mount=target=/src pip install -r /src/src/requirements.txt", "src/requirements.txt"),
        ("RUN --mount=type=bind,target=. pip install -r requirements.txt", "requirements.txt"),
        ("RUN --mount=type=bind,source=req,target=/req pip install -r /req/dev.txt", "req/dev.txt"),
        ("COPY <<EOF /r.txt\nfoo\nEOF\nRUN pip install -r /r.txt", "Dockerfile"),
        ("COPY --parents req/dev.txt /x/\nRUN pip install -r /x/req/dev.txt", "req/dev.txt"),
        ("RUN echo hello > /log\nCOPY requirements.txt .\nRUN pip install -r requirements.txt", "requirements.txt"),
        # not there, or not knowable
        ("RUN pip install -r requirements.txt", None),
        ("COPY src /app\nRUN pip install -r /elsewhere/requirements.txt", None),
        ("RUN pip install -r requirements.txt\nCOPY requirements.txt .", None),
        ("COPY requirements.txt /app/\nRUN pip install -r /requirements.txt", None),
        ("COPY requirements.txt .\nRUN sed -i s/a/b/ requirements.txt && pip install -r requirements.txt", "?"),
        ("COPY requirements.txt .\nRUN sed -i s/a/b/ requirements.txt\nRUN pip install -r requirements.txt", "?"),
        ("RUN echo foo > requirements.txt && pip install -r requirements.txt", "?"),
        ("RUN curl -o requirements.txt https://x && pip install -r requirements.txt", "?"),
        ("RUN poetry export -o requirements.txt\nRUN pip install -r requirements.txt", "?"),
        ("ADD https://h/requirements.txt /\nRUN pip install -r /requirements.txt", "?"),
        ("COPY --from=image:1 /r.txt /r.txt\nRUN pip install -r /r.txt", "?"),
        ("ARG F\nCOPY $F /app/\nRUN pip install -r /app/requirements.txt", "?"),
        ("RUN --mount=type=cache,target=/c pip install -r /c/r.txt", "?"),
        ("RUN --mount=type=bind,from=image:1,target=/c pip install -r /c/r.txt", "?"),
        ("COPY <<EOF /r.txt\nfoo==$V\nEOF\nRUN pip install -r /r.txt", "?"),
        ("RUN cd $UNKNOWN && pip install -r requirements.txt", "?"),
    ],
)
def test_find(text: str, path: str | None) -> None:
    assert located(f"FROM python:3.12\n{text}\n") == path


def test_other_stages() -> None:
    first = "FROM python:3.12 AS a\nWORKDIR /a\nCOPY requirements.txt r.txt\n"
    assert located(first + "FROM a\nRUN pip install -r r.txt\n") == "requirements.txt"
    assert located(first + "FROM a\nWORKDIR b\nRUN pip install -r ../r.txt\n") == "requirements.txt"
    assert (
        located(first + "FROM python:3.12\nCOPY --from=a /a/r.txt /x/\nRUN pip install -r /x/r.txt\n")
        == "requirements.txt"
    )
    assert located(first + "FROM python:3.12\nCOPY --from=0 /a /x\nRUN pip install -r /x/r.txt\n") == "requirements.txt"
    assert (
        located(first + "FROM python:3.12\nRUN --mount=from=a,source=/a,target=/m pip install -r /m/r.txt\n")
        == "requirements.txt"
    )
    assert located(first + "FROM python:3.12\nRUN pip install -r /a/r.txt\n") is None


def test_lambda_task_folder() -> None:
    base = "FROM public.ecr.aws/lambda/python:3.12\n"
    assert (
        located(base + "COPY requirements.txt ${LAMBDA_TASK_ROOT}/\nRUN pip install -r requirements.txt\n")
        == "requirements.txt"
    )
    assert (
        located(base + "COPY requirements.txt ${LAMBDA_TASK_ROOT}\nRUN pip install -r /var/task/requirements.txt\n")
        == "requirements.txt"
    )


def test_ignored_files_are_not_there() -> None:
    build = build_of(
        "FROM python:3.12\nCOPY . .\nRUN pip install -r r.txt\n", {"r.txt": "foo\n", ".dockerignore": "r.txt\n"}
    )
    needs = wanted(installs(build)[0], build)
    assert not needs.from_files
    assert len(needs.unread) == 1


def test_nested_files_and_constraints() -> None:
    build = build_of("FROM python:3.12\nCOPY . /app\nRUN pip install -r /app/req/dev.txt\n", FILES)
    needs = wanted(installs(build)[0], build)
    assert [(shown(request), request.place.path, request.place.line) for request in needs.from_files] == [
        ("dev exact 1", "req/dev.txt", 2),
        ("base none", "req/base.txt", 1),
    ]
    assert [needs.pin(request).value for request in needs.from_files] == ["exact", "exact"]


@pytest.mark.parametrize(
    "setting",
    [
        "ENV PIP_CONSTRAINT=/c.txt\nRUN ",
        "ARG PIP_CONSTRAINT=/c.txt\nRUN ",
        "RUN PIP_CONSTRAINT=/c.txt ",
        "RUN export PIP_CONSTRAINT=/c.txt && ",
    ],
)
def test_constraints_from_the_environment(setting: str) -> None:
    build = build_of(f"FROM python:3.12\nCOPY c.txt /\n{setting}pip install base other\n", FILES)
    install = installs(build)[0]
    needs = wanted(install, build)
    assert [needs.pin(request).value for request in install.requests] == ["exact", "none"]


def test_files_that_name_each_other_end() -> None:
    files = {"a.txt": "-r b.txt\nx\n", "b.txt": "-r a.txt\ny\n"}
    build = build_of("FROM python:3.12\nCOPY . /\nRUN pip install -r /a.txt\n", files)
    assert [request.name for request in wanted(installs(build)[0], build).from_files] == ["x", "y"]


def test_heredoc_requests_stand_in_the_dockerfile() -> None:
    build = build_of("FROM python:3.12\nCOPY <<EOF /r.txt\n# c\nfoo\n  bar==1\nEOF\nRUN pip install -r /r.txt\n")
    requests = wanted(installs(build)[0], build).from_files
    assert [
        (request.name, request.place.path, request.place.line, request.place.span.column) for request in requests
    ] == [
        ("foo", "Dockerfile", 4, 1),
        ("bar", "Dockerfile", 5, 3),
    ]


def test_without_a_context() -> None:
    from gate.build import Build
    from gate.dockerfile.parse import parse

    text = b"FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n"
    build = Build(parse(Source("Dockerfile", text)))
    ((_, why),) = wanted(installs(build)[0], build).unread
    assert why.settle == "--context DIR"
