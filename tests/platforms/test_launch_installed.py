"""Launches of what the image installs: console scripts, where they go, modules, and texts for the wrong program."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from gate.platforms.outcome import Verdict
from tests.packages.test_distribution import zipped
from tests.platforms.test_launch import TRAINING, outcome

WORKS, FAILS, UNDECIDED = Verdict.WORKS, Verdict.FAILS, Verdict.UNDECIDED
PROJECT = '[project]\nname = "x"\nversion = "1"\n[project.scripts]\ntrain = "a:b"\n'
HATCH = PROJECT + '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
POETRY = '[tool.poetry]\nname = "x"\n[tool.poetry.scripts]\ntrain = "a:b"\n[build-system]\nbuild-backend = "poetry.core.masonry.api"\n'
LOCK = '[[package]]\nname = "numpy"\n'
WHEEL = zipped({"x-1.dist-info/entry_points.txt": "[console_scripts]\ntrain = a:b\n"})
FROM = "FROM python:3.11-slim\nWORKDIR /app\nCOPY . .\n"

INSTALLED: list[tuple[str, Mapping[str, str | bytes], Verdict]] = [
    ("RUN pip install x-1-py3-none-any.whl\n", {"x-1-py3-none-any.whl": WHEEL}, WORKS),
    ("RUN pip install *.whl && rm *.whl\n", {"x-1-py3-none-any.whl": WHEEL}, WORKS),
    ("RUN pip install x-1-py3-none-any.whl\n", {"x-1-py3-none-any.whl": zipped({})}, FAILS),
    ("RUN pip install x-1-py3-none-any.whl\n", {"x-1-py3-none-any.whl": b"junk"}, UNDECIDED),
    ("RUN pip install .\n", {"pyproject.toml": PROJECT}, WORKS),
    ("RUN pip install -r requirements.txt\n", {"pyproject.toml": PROJECT, "requirements.txt": "-e .\n"}, WORKS),
    ("RUN python setup.py install\n", {"setup.py": "from setuptools import setup\nsetup(scripts=['bin/train'])\n"}, WORKS),
    ("RUN pip install .\n", {"pyproject.toml": '[project]\nname="x"\ndependencies=["sagemaker-training>=4"]\n'}, WORKS),
    ("RUN pip install .\n", {"pyproject.toml": '[project]\nname="x"\ndependencies=["numpy"]\n'}, FAILS),
    ("RUN pip install --user .\n", {"pyproject.toml": PROJECT}, FAILS),
    ("RUN pip install --target /libs .\n", {"pyproject.toml": PROJECT}, FAILS),
    ("ENV PATH=/libs/bin:$PATH\nRUN pip install --target /libs .\n", {"pyproject.toml": PROJECT}, WORKS),
    ("RUN python -m venv /venv && /venv/bin/pip install .\n", {"pyproject.toml": PROJECT}, FAILS),
    ("RUN python -m venv /venv && . /venv/bin/activate && pip install .\nENV PATH=/venv/bin:$PATH\n", {"pyproject.toml": PROJECT}, WORKS),
    ("RUN uv pip install --system .\n", {"pyproject.toml": PROJECT}, WORKS),
    ("RUN uv sync --frozen\n", {"pyproject.toml": HATCH, "uv.lock": LOCK}, FAILS),
    ("RUN uv sync --frozen\nENV PATH=/app/.venv/bin:$PATH\n", {"pyproject.toml": HATCH, "uv.lock": LOCK}, WORKS),
    ("RUN uv sync --frozen --no-install-project\nENV PATH=/app/.venv/bin:$PATH\n", {"pyproject.toml": HATCH, "uv.lock": LOCK}, FAILS),
    ("RUN poetry install\n", {"pyproject.toml": POETRY, "poetry.lock": LOCK}, FAILS),
    ("RUN poetry config virtualenvs.create false && poetry install\n", {"pyproject.toml": POETRY, "poetry.lock": LOCK}, WORKS),
    ("ENV POETRY_VIRTUALENVS_CREATE=false\nRUN poetry install --no-root\n", {"pyproject.toml": POETRY, "poetry.lock": LOCK + '[[package]]\nname = "sagemaker-training"\n'}, WORKS),
    ("RUN pip install git+https://github.com/acme/x\n", {}, UNDECIDED),
]  # fmt: skip


@pytest.mark.parametrize(("rest", "files", "verdict"), INSTALLED)
def test_the_word_is_found_where_the_installer_puts_its_program(
    rest: str, files: Mapping[str, str | bytes], verdict: Verdict
) -> None:
    found = outcome(FROM + rest, files)
    assert found.verdict is verdict, (found.error, found.unknown)


STARTED = [
    ('CMD ["python", "pkg"]', FAILS, 1),  # a folder without __main__.py
    ('CMD ["python", "runnable"]', WORKS, None),
    ('CMD ["python", "-m", "pkg.tool"]', WORKS, None),
    ('CMD ["python", "-um", "pkg.absent"]', FAILS, 1),
    ('CMD ["python", "-m", "pkg"]', FAILS, 1),
    ('CMD ["python", "-m", "runnable"]', WORKS, None),
    ('CMD ["python", "-m", "json.tool"]', WORKS, None),
    ('CMD ["python", "-m", "nowhere"]', FAILS, 1),
    ('RUN pip install acme\nCMD ["python", "-m", "nowhere"]', UNDECIDED, None),
    ('RUN pip install nowhere\nCMD ["python", "-m", "nowhere"]', WORKS, None),
    ('ENV PYTHONPATH=/app/more\nCMD ["python", "-m", "deep"]', WORKS, None),
    ('CMD ["python", "-c"]', FAILS, 2),
    ('CMD ["python", "s.sh"]', FAILS, 1),
    ('ENTRYPOINT ["bash"]\nCMD ["python", "pkg/tool.py"]', FAILS, 126),
    ('ENTRYPOINT ["bash"]\nCMD ["main"]', FAILS, 2),  # Python text
    ('CMD ["bash", "s.sh"]', WORKS, None),
    ('ENV PATH=/app:$PATH\nCMD ["bash", "-c", "s.sh"]', WORKS, None),
    ('ENV PATH=/app:$PATH\nCMD ["bash", "-lc", "s.sh"]', UNDECIDED, None),
    ('CMD ["bash", "--login", "-c", "/app/s.sh"]', WORKS, None),
    ('CMD ["sh", "absent.sh"]', FAILS, 2),
    ('CMD ["bash", "./absent.sh"]', FAILS, 127),
    ('CMD ["bash", "crlf.sh"]', FAILS, 2),
    ('RUN apt-get install -y dumb-init\nENTRYPOINT ["dumb-init", "--", "/app/absent"]', FAILS, 2),
    ('RUN apt-get install -y gosu\nENTRYPOINT ["gosu", "root", "./s.sh"]', WORKS, None),
    ('CMD ["env", "-C", "/app", "A=1", "./s.sh"]', WORKS, None),
    ('CMD ["./eval.sh"]', FAILS, 127),
    ('CMD ["./source.sh"]', FAILS, 2),
    ('CMD ["./own.sh"]', WORKS, None),
]


@pytest.mark.parametrize(("rest", "verdict", "code"), STARTED)
def test_what_is_handed_over_to_an_interpreter(rest: str, verdict: Verdict, code: int | None) -> None:
    files = {
        "pkg/__init__.py": "", "pkg/tool.py": "", "runnable/__main__.py": "", "more/deep.py": "", "main": "#!/usr/bin/env python\nif x:\n    print('a')\n",
        "s.sh*": "#!/bin/sh\necho hi\n", "crlf.sh*": "#!/bin/sh\r\nif true; then\r\n  echo\r\nfi\r\n", "eval.sh*": '#!/bin/sh\neval "./absent x"\n',
        "source.sh*": "#!/bin/sh\n. /absent.sh\necho hi\n", "own.sh*": '#!/bin/sh\ncd "$(dirname "$0")" && exec ./s.sh\n',
    }  # fmt: skip
    found = outcome(FROM + rest + "\n", files, "docker")
    assert (found.verdict, found.exit_code) == (verdict, code), (found.error, found.unknown)


@pytest.mark.parametrize(
    ("platform", "argv"),
    [
        (TRAINING, ["/e", "train"]),
        ("kubernetes", ["/c", "a"]),
        ("kserve", ["/c", "a"]),
        ("vertex-training", ["/c", "a"]),
    ],
)
def test_command_and_args_are_for_others_than_sagemaker(platform: str, argv: list[str]) -> None:
    declared = {"command": ["/c"], "args": ["a"]}
    assert outcome('FROM scratch\nENTRYPOINT ["/e"]\nCMD ["x"]\n', {}, platform, declared).argv == argv


@pytest.mark.parametrize(
    ("base", "verdict"),
    [
        ("763104351884.dkr.ecr.${REGION}.amazonaws.com/pytorch-training:2.1", WORKS),
        ("${REGISTRY}/pytorch-training:2.1", UNDECIDED),
    ],
)
def test_a_variable_in_the_registry_does_not_hide_a_known_image(base: str, verdict: Verdict) -> None:
    assert outcome(f"ARG REGION\nARG REGISTRY\nFROM {base}\n").verdict is verdict


def test_a_user_that_a_command_makes_may_start_what_anybody_may() -> None:
    made = "FROM python:3.11\nRUN useradd -m app\nCOPY --chmod={} train /usr/local/bin/\nUSER app\n"
    files = {"train": "#!/bin/sh\necho\n"}
    assert outcome(made.format("755"), files).verdict is WORKS
    assert outcome(made.format("700"), files).verdict is UNDECIDED
    assert outcome(made.format("755").replace("USER app", "USER ghost"), files).verdict is UNDECIDED


@pytest.mark.parametrize(
    ("lines", "verdict"),
    [
        ("RUN python3 -m venv /v\nENV PATH=/v/bin:$PATH\n", WORKS),
        ("RUN virtualenv /v\nENV PATH=/v/bin:$PATH\n", WORKS),
        ("RUN uv venv /v\nENV PATH=/v/bin:$PATH\n", UNDECIDED),
        ("WORKDIR /app\nRUN uv sync\nENV PATH=/app/.venv/bin:$PATH\n", UNDECIDED),
        ("RUN apt-get install -y python3\nENV PATH=/v/bin:$PATH\n", FAILS),
    ],
)
def test_a_virtual_environment_has_a_python_of_its_own(lines: str, verdict: Verdict) -> None:
    found = outcome(
        f'FROM ubuntu:22.04\n{lines}COPY a.py /\nCMD ["python", "/a.py"]\n', {"a.py": ""}, platform="docker"
    )
    assert found.verdict is verdict, (found.error, found.unknown)


@pytest.mark.parametrize(
    "text",
    [
        "#!/bin/sh\n" + ". ./s\n" * 40,
        "#!/bin/sh -e\n" + "./s\n" * 40,
        "#!/bin/sh\nf() {\n" + "  f\n" * 40 + "}\nf\n",
        "#!/bin/sh\n" + 'eval "./s; ./s"\n' * 40 + "set -e\n./s\n./s\n",
    ],
)
def test_scripts_that_start_each_other_without_end_are_followed_for_a_while(text: str) -> None:
    files = {"s*": text}
    found = outcome(
        'FROM scratch\nCOPY --chmod=755 sh /bin/sh\nCOPY s /\nENTRYPOINT ["/s"]\n',
        {**files, "sh": b"\x7fELF"},
        "docker",
    )
    assert found.verdict in Verdict
