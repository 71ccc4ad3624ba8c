"""Tables of cases for the rules about user, processor, GPU and size."""

from __future__ import annotations

import pytest

from tests.rules.support import run, silent, undecided

TRAINING, HOSTING, STUDIO = "sagemaker-training", "sagemaker-hosting", "sagemaker-studio"


@pytest.mark.parametrize(
    ("dockerfile", "platform", "severity"),
    [
        ("FROM python:3.12\nUSER 1000\n", HOSTING, "high"),
        ("FROM python:3.12\nUSER app:app\n", HOSTING, "high"),
        ("FROM python:3.12\nUSER 1000\n", TRAINING, "medium"),
        ("FROM python:3.12\nUSER 1000\n", "sagemaker-processing", "medium"),
        ("FROM python:3.12\nARG U=1000\nUSER ${U}\n", HOSTING, "high"),
        ("FROM python:3.12 AS a\nUSER app\nFROM a\n", HOSTING, "high"),
        ("FROM pytorch/torchserve:0.11.0-cpu\n", HOSTING, "high"),
        ("FROM python:3.12\nUSER root\n", HOSTING, None),
        ("FROM python:3.12\nUSER 0\n", HOSTING, None),
        ("FROM python:3.12\n", HOSTING, None),
        ("FROM scratch\n", HOSTING, None),
        ("FROM python:3.12\nUSER 1000\n", "kserve", None),
        ("FROM 763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.1\n", HOSTING, None),
    ],
)
def test_root(dockerfile: str, platform: str, severity: str | None) -> None:
    found = run(dockerfile, ["SMU001"], platforms=[platform])
    assert [each[3] for each in found] == ([severity] if severity else [])


@pytest.mark.parametrize("dockerfile", ["ARG B\nFROM $B\n", "FROM acme/base:1\n", "FROM python:3.12\nARG U\nUSER $U\n"])
def test_an_unknown_user_is_undecided(dockerfile: str) -> None:
    assert [each.rule_id for each in undecided(dockerfile, ["SMU001"], platforms=[HOSTING])] == ["SMU001"]
    silent("SMU001", dockerfile, platforms=(HOSTING,))


@pytest.mark.parametrize(
    ("user", "answer"),
    [
        ("USER 1000:100", "right"),
        ("USER 0:0", "right"),
        ("USER root", "right"),
        ("", "right"),
        ("USER 1000", "right"),
        ("RUN useradd -m -s /bin/bash -N -u 1000 nb\nUSER nb", "right"),
        ("RUN useradd --uid 1000 --gid 100 nb\nUSER 1000", "right"),
        ("RUN useradd --uid 1000 --gid 1000 nb\nUSER 1000", "wrong"),
        ("USER 1001", "wrong"),
        ("USER 1000:1000", "wrong"),
        ("RUN adduser --uid 1234 nb\nUSER nb", "wrong"),
        ("USER somebody", "unknown"),
        ("ARG U\nUSER $U", "unknown"),
    ],
)
def test_studio_user(user: str, answer: str) -> None:
    dockerfile = f"FROM python:3.12\n{user}\n"
    assert bool(run(dockerfile, ["SMU002"], platforms=[STUDIO])) is (answer == "wrong")
    assert bool(undecided(dockerfile, ["SMU002"], platforms=[STUDIO])) is (answer == "unknown")


@pytest.mark.parametrize(
    ("line", "platform", "marked"),
    [
        ("FROM --platform=linux/arm64 python:3.12", TRAINING, True),
        ("FROM --platform=linux/arm64/v8 python:3.12", TRAINING, True),
        ("FROM --platform=linux/aarch64 python:3.12", "vertex-prediction", True),
        ("ARG P=linux/arm64\nFROM --platform=$P python:3.12", TRAINING, True),
        ("FROM public.ecr.aws/acme/base:1.2-arm64", TRAINING, True),
        ("FROM --platform=linux/amd64 arm64v8/python:3.12", TRAINING, False),
        ("FROM --platform=$TARGETPLATFORM python:3.12", TRAINING, False),
        ("FROM python:3.12", TRAINING, False),
        ("FROM --platform=linux/arm64 python:3.12", HOSTING, False),
        ("FROM --platform=linux/arm/v7 python:3.12", HOSTING, True),
        ("FROM --platform=linux/arm64 python:3.12", "kubernetes", False),
    ],
)
def test_architecture(line: str, platform: str, marked: bool) -> None:
    assert bool(run(f"{line}\n", ["SMU003"], platforms=[platform])) is marked


@pytest.mark.parametrize(
    ("package", "marked"),
    [
        ("cuda", True),
        ("cuda=12.4.1-1", True),
        ("cuda-12-4", True),
        ("cuda-drivers", True),
        ("nvidia-driver-535-server", True),
        ("nvidia-utils-535", True),
        ("libnvidia-compute-535", True),
        ("cuda-toolkit-12-4", False),
        ("cuda-libraries-12-4", False),
        ("cuda-command-line-tools-11-0", False),
        ("cuda-compat-12-4", False),
        ("nvidia-container-toolkit", False),
        ("libnvidia-container1", False),
    ],
)
def test_drivers(package: str, marked: bool) -> None:
    dockerfile = f"FROM ubuntu:22.04\nRUN apt-get update && apt-get install -y {package}\n"
    assert bool(run(dockerfile, ["SMU004"], platforms=[TRAINING])) is marked


@pytest.mark.parametrize(
    ("base", "package", "marked"),
    [
        ("nvidia/cuda:10.0-cudnn7-runtime", "tensorflow==2.3.1", True),
        ("nvidia/cuda:10.0-cudnn7-runtime", "tensorflow-gpu==1.15.5", False),
        ("nvidia/cuda:10.1-cudnn7-runtime", "tensorflow-gpu==1.15.5", True),
        ("nvidia/cuda:12.2.0-runtime-ubuntu22.04", "tensorflow==2.9.1", True),
        ("nvidia/cuda:11.4.0-runtime-ubuntu22.04", "tensorflow==2.4.1", False),
        ("pytorch/pytorch:1.7.1-cuda11.0-cudnn8-runtime", "torch==1.7.1", True),
        ("nvidia/cuda:10.2-base", "torch==1.7.1", False),
        ("nvidia/cuda:11.0-base", "'torch==1.7.1+cu110'", False),
        ("nvidia/cuda:11.0-base", "torch==2.3.0", False),
        ("nvidia/cuda:11.0-base", "mxnet-cu101==1.9.1", True),
        ("nvidia/cuda:10.1-base", "mxnet-cu101mkl==1.6.0", False),
        ("nvidia/cuda:12.1.0-base-ubuntu22.04", "cupy-cuda12x==13.2.0", False),
        ("nvidia/cuda:12.1.0-base-ubuntu22.04", "cupy-cuda11x==13.2.0", True),
        ("nvidia/cuda:10.0-base", "tensorflow", False),
        ("python:3.12", "tensorflow==2.3.1", False),
    ],
)
def test_cuda_pairs(base: str, package: str, marked: bool) -> None:
    dockerfile = f"FROM {base}\nRUN pip install {package}\n"
    assert bool(run(dockerfile, ["SMU006"], platforms=[TRAINING])) is marked


@pytest.mark.parametrize(
    ("tag", "instance", "answer"),
    [
        ("12.4.1-runtime-ubuntu22.04", "ml.g5.xlarge", "wrong"),
        ("12.4.1-runtime-ubuntu22.04", "ml.p5e.48xlarge", "right"),
        ("12.6.0-runtime-ubuntu22.04", "ml.p5en.48xlarge", "wrong"),
        ("11.4.3-runtime-ubuntu20.04", "ml.g5.xlarge", "right"),
        ("12.4.1-runtime-ubuntu22.04", "ml.m5.large", "right"),
        ("12.4.1-runtime-ubuntu22.04", "", "unknown"),
        ("11.2.2-runtime-ubuntu20.04", "", "right"),
    ],
)
def test_the_driver_of_the_host(tag: str, instance: str, answer: str) -> None:
    policy = {"instance-types": [instance]} if instance else {}
    dockerfile = f"FROM nvidia/cuda:{tag}\n"
    assert bool(run(dockerfile, ["SMU007"], platforms=[HOSTING], policy=policy)) is (answer == "wrong")
    assert bool(undecided(dockerfile, ["SMU007"], platforms=[HOSTING], policy=policy)) is (answer == "unknown")


@pytest.mark.parametrize(
    ("command", "marked"),
    [
        ("pip install torch==2.4.0", True),
        ("pip install vllm==0.6.0", True),
        ("pip install torch==2.4.0+cpu", False),
        ("pip install --extra-index-url https://download.pytorch.org/whl/cpu torch==2.4.0", False),
        ("uv pip install --torch-backend cpu torch==2.4.0", False),
        ("pip install tensorflow-cpu==2.16.1", False),
        ("pip install https://example.com/torch-2.4.0-cp312.whl", False),
    ],
)
def test_gpu_libraries_on_lambda(command: str, marked: bool) -> None:
    dockerfile = f"FROM public.ecr.aws/lambda/python:3.12\nRUN {command}\n"
    assert bool(run(dockerfile, ["SMU008"], platforms=["lambda"])) is marked


def test_a_requirements_file_names_the_index() -> None:
    files = {"r.txt": "--extra-index-url https://download.pytorch.org/whl/cpu\ntorch==2.4.0\n"}
    dockerfile = "FROM public.ecr.aws/lambda/python:3.12\nCOPY r.txt .\nRUN pip install -r r.txt\n"
    silent("SMU008", dockerfile, files=files, platforms=("lambda",))


def test_sizes_are_looked_up_and_nothing_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    from gate.context.items import MemoryItem

    monkeypatch.setattr(MemoryItem, "size", property(lambda self: 11 * 10**9 if self.type == "file" else 0))
    monkeypatch.setattr(MemoryItem, "read", lambda self, limit: pytest.fail("a file was read"))
    found = run("FROM public.ecr.aws/lambda/python:3.12\nCOPY big.bin .\n", ["SMU009"], {"big.bin": "x"}, ["lambda"])
    assert found == [("SMU009", 2, 6, "high")]
    assert run("FROM python:3.12\nCOPY big.bin .\n", ["SMU009"], {"big.bin": "x"}, ["kserve"]) == []
