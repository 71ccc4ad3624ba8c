"""Tables of cases for the rules about Lambda and edge devices."""

from __future__ import annotations

import pytest

from tests.rules.support import expect, run, silent, undecided

LAMBDA, EDGE = "lambda", "edge"
AWS = "FROM public.ecr.aws/lambda/python:3.12\n"


@pytest.mark.parametrize(
    ("dockerfile", "files", "answer"),
    [
        ('FROM python:3.12\nCOPY app.py .\nCMD ["app.handler"]\n', {"app.py": ""}, "wrong"),
        ("FROM ubuntu:24.04\nRUN apt-get install -y python3\nCMD python3 app.py\n", {}, "wrong"),
        (AWS, {}, "right"),
        ("FROM amazon/aws-lambda-nodejs:20\n", {}, "right"),
        ("FROM public.ecr.aws/lambda/provided:al2023 AS a\nFROM a\n", {}, "right"),
        ("FROM python:3.12\nCOPY r.txt .\nRUN pip install -r r.txt\n", {"r.txt": "awslambdaric==2.2.1\n"}, "right"),
        ("FROM node:22\nCOPY package.json .\nRUN npm ci\n", {"package.json": '{"dependencies": {"aws-lambda-ric": "3"}}'}, "right"),
        ("FROM golang:1.22 AS b\nCOPY go.mod .\nRUN go build\nFROM alpine:3.20\nCOPY --from=b /m /m\n", {"go.mod": "require github.com/aws/aws-lambda-go v1\n"}, "right"),
        ("FROM rust:1.80 AS b\nRUN cargo build\nFROM debian:12\nCOPY --from=b /m /m\n", {}, "unknown"),
        ("FROM acme/base\n", {}, "unknown"),
        ("ARG B\nFROM $B\n", {}, "unknown"),
        ("FROM python:3.12\nRUN poetry install\n", {}, "unknown"),
        ('FROM debian:12\nCOPY main /main\nENTRYPOINT ["/main"]\n', {"main": "\x7fELF"}, "unknown"),
        ("FROM scratch\nADD rootfs.tar.xz /\n", {}, "unknown"),
    ],
)  # fmt: skip
def test_runtime_clients(dockerfile: str, files: dict[str, str], answer: str) -> None:
    assert bool(run(dockerfile, ["LMB001"], files, [LAMBDA])) is (answer == "wrong")
    assert bool(undecided(dockerfile, ["LMB001"], files, [LAMBDA])) is (answer == "unknown")


@pytest.mark.parametrize(
    ("source", "word", "missing"),
    [
        ("def handler(e, c): pass", "app.handler", False),
        ("async def handler(e, c): pass", "app.handler", False),
        ("handler = Mangum(app)", "app.handler", False),
        ("class handler: pass", "app.handler", False),
        ("from web import handler", "app.handler", False),
        ("from web import other as handler", "app.handler", False),
        ("if True:\n    def handler(e, c): pass", "app.handler", False),
        ("a, (b, handler) = f()", "app.handler", False),
        ("from web import *", "app.handler", False),
        ("def __getattr__(name): pass", "app.handler", False),
        ("globals()['handler'] = 1", "app.handler", False),
        ("def (", "app.handler", False),
        ("x" * (1 << 20), "app.handler", False),
        ("def lambda_handler(e, c): pass", "app.handler", True),
        ("def f():\n    handler = 1", "app.handler", True),
        ("class A:\n    def handler(self): pass", "app.handler", True),
        ("", "app.handler", True),
        ("def handler(e, c): pass", "handler", True),
        ("def handler(e, c): pass", "other.handler", False),
        ("def handler(e, c): pass", "pkg/app.handler", False),
    ],
)
@pytest.mark.parametrize("folder", ["./", "/var/task/", "${LAMBDA_TASK_ROOT}", "$LAMBDA_TASK_ROOT/"])
def test_handlers(source: str, word: str, missing: bool, folder: str) -> None:
    dockerfile = f'{AWS}COPY app.py {folder}\nCMD ["{word}"]\n'
    assert bool(run(dockerfile, ["LMB005"], {"app.py": source}, [LAMBDA])) is missing


@pytest.mark.parametrize(
    ("source", "severity"),
    [
        ("open('/var/task/x', 'w')", "high"),
        ("import helper", "medium"),
        ("def handler(e, c):\n    import pathlib\n    pathlib.Path('/opt/x').write_bytes(b'')", "high"),
        ("import os\nos.makedirs('/home/x/cache', exist_ok=True)", "high"),
        ("open('/tmp/x', 'w')", None),
        ("open('/mnt/efs/x', 'w')", None),
        ("open('relative', 'w')", None),
        ("open('/var/task/x')", None),
        ("if __name__ == '__main__':\n    open('/x', 'w')", None),
        ("print 'python 2'", None),
    ],
)
def test_writes(source: str, severity: str | None) -> None:
    files = {"app.py": source, "helper.py": "open('/srv/x', 'w')\n", "build.py": "open('/etc/x', 'w')\n"}
    found = run(
        AWS + 'COPY *.py ${LAMBDA_TASK_ROOT}/\nRUN python build.py\nCMD ["app.handler"]\n', ["LMB002"], files, [LAMBDA]
    )
    assert [each[3] for each in found] == ([severity] if severity else [])


def test_the_program_of_a_custom_image() -> None:
    dockerfile = 'FROM python:3.12\nRUN pip install awslambdaric\nCOPY app.py /\nENTRYPOINT ["python", "/app.py"]\n'
    expect("LMB002", dockerfile, files={"app.py": "»open('/out', 'w')"}, platforms=(LAMBDA,), severity="high")


@pytest.mark.parametrize(
    ("lines", "severity"),
    [
        ("RUN pip install transformers==4.44.0", "medium"),
        ("RUN pip install librosa==0.10.2", "medium"),
        ("RUN pip install matplotlib==3.9.0", "low"),
        ("RUN pip install transformers==4.44.0\nENV HF_HOME=/tmp/hf", None),
        ("RUN pip install transformers==4.44.0\nENV HOME=/tmp", None),
        ("RUN pip install librosa==0.10.2\nENV NUMBA_CACHE_DIR=/tmp/n", None),
        ("ENV HF_HOME=/opt/hf", "medium"),
        ("ENV HF_HOME=/opt/hf\nRUN python fetch.py", None),  # filled by the build, and only read
        ("RUN pip install requests==2.32.3", None),
    ],
)
def test_caches(lines: str, severity: str | None) -> None:
    found = run(AWS + lines + "\n", ["LMB002"], platforms=[LAMBDA])
    assert [each[3] for each in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("base", "marked"),
    [
        ("nvidia/cuda:12.4.1-base-ubuntu22.04", True),
        ("pytorch/pytorch:2.3.0-cuda12.1-cudnn8-runtime", True),
        ("tensorflow/tensorflow:2.15.0-gpu-jupyter", True),
        ("nvidia/cuda", True),
        ("nvcr.io/nvidia/pytorch:24.05-py3", True),
        ("tensorflow/tensorflow:2.15.0", False),
        ("public.ecr.aws/lambda/python:3.12", False),
        ("scratch", False),
    ],
)
def test_gpus(base: str, marked: bool) -> None:
    assert bool(run(f"FROM {base}\n", ["LMB003"], platforms=[LAMBDA])) is marked


@pytest.mark.parametrize(
    ("lines", "place"),
    [
        ("COPY --chmod=600 app.py ./", (2, 6)),
        ("COPY --chmod=0750 lib ./lib", (2, 6)),
        ("COPY app.py ./\nRUN chmod 640 ./app.py", (3, 5)),
        ("COPY --chmod=600 app.py ./\nRUN chmod -R a+rX .", None),
        ("COPY --chmod=755 app.py ./", None),
        ("COPY app.py ./", None),
        ("COPY --chmod=600 app.py ./\nRUN mend", None),  # nobody knows what that does
    ],
)
def test_modes(lines: str, place: tuple[int, int] | None) -> None:
    found = run(AWS + lines + "\n", ["LMB004"], {"app.py": "1", "lib/a.py": "1"}, [LAMBDA])
    assert [(line, column) for _, line, column, _ in found] == ([place] if place else [])


@pytest.mark.parametrize(
    ("lines", "answer"),
    [
        ("FROM --platform=linux/arm64 debian:12\nRUN apt-get install -y edgetpu-compiler", "wrong"),
        ("FROM --platform=linux/amd64 debian:12\nRUN apt-get install -y edgetpu-compiler", "right"),
        ("FROM debian:12\nRUN apt-get install -y edgetpu-compiler", "unknown"),
        ("FROM --platform=linux/amd64 nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3", "wrong"),
        ("FROM nvcr.io/nvidia/l4t-pytorch:r35.2.1-pth2.0-py3", "right"),
        ("FROM arm32v7/python:3.9", "right"),
        ("FROM --platform=linux/arm/v7 python:3.9", "right"),
        ("FROM python:3.9", "unknown"),
    ],
)
def test_devices(lines: str, answer: str) -> None:
    assert bool(run(lines + "\n", ["EDG001"], platforms=[EDGE])) is (answer == "wrong")
    assert bool(undecided(lines + "\n", ["EDG001"], platforms=[EDGE])) is (answer == "unknown")


def test_packages_of_data_centres() -> None:
    expect("EDG002", "FROM python:3.9\nRUN pip install »tensorflow==2.14.0 numpy\n", platforms=(EDGE,))
    expect("EDG002", "FROM »nvidia/cuda:12.4.1-base-ubuntu22.04\n", platforms=(EDGE,))
    silent("EDG002", "FROM dustynv/l4t-pytorch:r36\nRUN pip install torch==2.3.0\n", platforms=(EDGE,))
    silent("EDG002", "FROM python:3.9\nRUN pip install tensorflow==2.14.0\n", platforms=("sagemaker-training",))


@pytest.mark.parametrize(
    ("package", "name", "content", "marked"),
    [
        ("pycoral", "m.tflite", "plain", True),
        ("pycoral", "m_edgetpu.tflite", "plain", False),
        ("pycoral", "m.tflite", "x edgetpu-custom-op x", False),
        ("tflite-runtime", "m.tflite", "plain", False),  # on the CPU, on purpose
    ],
)
def test_models_for_coral(package: str, name: str, content: str, marked: bool) -> None:
    dockerfile = f"FROM python:3.9\nRUN pip install {package}\nCOPY {name} /m/\n"
    assert bool(run(dockerfile, ["EDG003"], {name: content}, [EDGE])) is marked
