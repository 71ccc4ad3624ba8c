"""Tables of cases for the rules about SageMaker Processing and Studio."""

from __future__ import annotations

import pytest

from tests.rules.support import findings, run, undecided

PROCESSING, STUDIO = "sagemaker-processing", "sagemaker-studio"
DISTRIBUTION = "public.ecr.aws/sagemaker/sagemaker-distribution"


@pytest.mark.parametrize(
    ("dockerfile", "answer"),
    [
        ("FROM python:3.12\n", "wrong"),
        ("FROM scratch\n", "wrong"),
        ("FROM python:3.12 AS image\nCMD python x.py\nFROM scratch AS export\nCOPY --from=image /w /\n", "unknown"),
        ("FROM ubuntu:24.04\nENTRYPOINT []\nCMD []\n", "right"),  # said so: another rule's
        ('FROM python:3.12\nENTRYPOINT ["python3"]\n', "right"),
        ("FROM python:3.12\nCMD python /x.py\n", "right"),
        ('FROM python:3.12 AS a\nENTRYPOINT ["/x"]\nFROM a\n', "right"),
        ("FROM acme/base:1\n", "unknown"),
        ("ARG B\nFROM $B\n", "unknown"),
    ],
)
def test_launchers(dockerfile: str, answer: str) -> None:
    assert bool(run(dockerfile, ["PRC001"], platforms=[PROCESSING])) is (answer == "wrong")
    assert bool(undecided(dockerfile, ["PRC001"], platforms=[PROCESSING])) is (answer == "unknown")


def test_a_script_processor_may_be_meant() -> None:
    files = {"pipeline.py": "from sagemaker.sklearn.processing import ScriptProcessor\n", ".dockerignore": "x"}
    dockerfile = "FROM python:3.12\nCOPY . /x\n"
    assert run(dockerfile, ["PRC001"], files, [PROCESSING]) == []
    assert [each.settle for each in undecided(dockerfile, ["PRC001"], files, [PROCESSING])] == [
        "container-entrypoint in the policy"
    ]


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("open('/opt/ml/input/data/train/x.csv')", True),
        ("out = '/opt/ml/model'\nprint(out)", True),
        ("open('/opt/ml/processing/input/x.csv')", False),
        ("open('/opt/ml/config/processingjobconfig.json')", False),
        ("print('nothing at /opt/ml/model')", False),
        ("# /opt/ml/model", False),
    ],
)
def test_paths_of_other_jobs(source: str, marked: bool) -> None:
    dockerfile = "FROM python:3.12\nCOPY p.py /\n"
    assert bool(run(dockerfile, ["PRC002"], {"p.py": source}, [PROCESSING])) is marked


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("import sys\nsys.exit(2)", True),
        ("import os\nos._exit(1)", True),
        ("import sys\nsys.exit()", False),
        ("import sys\nsys.exit(main())", False),
        ("import sys, pathlib\npathlib.Path('/opt/ml/output/message').write_text('x')\nsys.exit(1)", False),
        ("import helper, sys\nsys.exit(1)", False),
    ],
)
def test_exit_messages(source: str, marked: bool) -> None:
    files = {"p.py": source, "helper.py": "M = '/opt/ml/output/message'\n"}
    dockerfile = 'FROM python:3.12\nCOPY *.py /\nENTRYPOINT ["python3", "/p.py"]\n'
    assert bool(run(dockerfile, ["PRC003"], files, [PROCESSING])) is marked


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ("FROM python:3.12\nRUN pip install pandas==2.2.2", "wrong"),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3", "wrong"),
        ("FROM python:3.12\nRUN pip install ipykernel", "right"),
        ("FROM python:3.12\nRUN pip install jupyterlab", "right"),
        ("FROM continuumio/miniconda3:24.5.0-0\nRUN conda install -y ipykernel", "right"),
        ("FROM r-base:4.4.1\nRUN R -e \"install.packages('IRkernel'); IRkernel::installspec()\"", "right"),
        ('FROM python:3.12\nENTRYPOINT ["jupyter-lab"]', "right"),  # no Classic image
        ("FROM python:3.12\nRUN pip install -r https://example.com/r.txt", "unknown"),
        ("FROM python:3.12\nRUN pip install git+https://example.com/x", "unknown"),
        ("FROM acme/studio:1", "unknown"),
        (f"FROM {DISTRIBUTION}:2.6-cpu", "unknown"),
    ],
)
def test_kernels(lines: str, answer: str) -> None:
    assert bool(run(lines + "\n", ["STU001"], platforms=[STUDIO])) is (answer == "wrong")
    assert bool(undecided(lines + "\n", ["STU001"], platforms=[STUDIO])) is (answer == "unknown")


RIGHT = "--ServerApp.ip=0.0.0.0 --ServerApp.port=8888 --ServerApp.base_url=/jupyterlab/default"


@pytest.mark.parametrize(
    ("launch", "said"),
    [
        (f"CMD jupyter lab {RIGHT}", ""),
        (f"CMD jupyter-lab {RIGHT.replace('8888', '8080')}", "its port is 8080, not 8888"),
        (f"CMD exec jupyter lab {RIGHT.replace('0.0.0.0', '127.0.0.1')}", "it listens on 127.0.0.1, not on 0.0.0.0"),
        (f"CMD jupyter lab {RIGHT.replace('jupyterlab/default', 'x')}", "its base URL is /x, not /jupyterlab/default"),
        ('ENTRYPOINT ["jupyter-lab"]', "it listens on localhost"),
        ('ENTRYPOINT ["/start.sh"]', "its port is 9999"),
        ('ENTRYPOINT ["bash", "/start.sh"]', "its port is 9999"),
        ('ENTRYPOINT ["code-server", "--bind-addr", "0.0.0.0:8888"]', ""),
        ('ENTRYPOINT ["code-server", "--bind-addr", "127.0.0.1:8888"]', "it listens on 127.0.0.1"),
        (
            'ENTRYPOINT ["sagemaker-code-editor", "--host", "0.0.0.0", "--port", "8888", "--without-connection-token"]',
            "",
        ),
        ('ENTRYPOINT ["jupyter", "kernelgateway"]', ""),
        ('ENTRYPOINT ["bash"]', ""),
    ],
)
def test_servers(launch: str, said: str) -> None:
    files = {"start.sh*": f"#!/bin/bash\nexec jupyter lab {RIGHT.replace('8888', '9999')}\n"}
    found = findings(f"FROM python:3.12\nCOPY start.sh /\n{launch}\n", ["STU002"], files, [STUDIO])
    assert bool(found) is bool(said)
    assert all(said in each.message for each in found)


def test_words_that_are_not_known_leave_the_server_undecided() -> None:
    dockerfile = "FROM python:3.12\nCMD jupyter lab --port $PORT\n"
    assert run(dockerfile, ["STU002"], platforms=[STUDIO]) == []
    assert [each.rule_id for each in undecided(dockerfile, ["STU002"], platforms=[STUDIO])] == ["STU002"]


@pytest.mark.parametrize(
    ("line", "marked"),
    [
        ("COPY a.py /home/sagemaker-user/", True),
        ("WORKDIR /home/sagemaker-user\nCOPY a.py .", True),
        ("RUN git clone https://example.com/x /home/sagemaker-user/x", True),
        ("COPY a.py /home/sagemaker-users/", False),
        ("RUN useradd -d /home/sagemaker-user nb", False),
        ("COPY a.py /opt/", False),
    ],
)
def test_home(line: str, marked: bool) -> None:
    assert bool(run(f"FROM python:3.12\n{line}\n", ["STU003"], {"a.py": "1"}, [STUDIO])) is marked


@pytest.mark.parametrize(
    ("tag", "marked"),
    [("2.6-cpu", True), ("2.6.1-gpu", True), ("3-cpu", True), ("latest-cpu", True), ("2.5-cpu", False), ("1.11-cpu", False)],
)  # fmt: skip
def test_unified_studio(tag: str, marked: bool) -> None:
    dockerfile = f'FROM {DISTRIBUTION}:{tag}\nENTRYPOINT ["/x"]\n'
    assert bool(run(dockerfile, ["STU004"], platforms=[STUDIO])) is marked
