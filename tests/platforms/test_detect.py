"""What is evidence for a platform, and what is none."""

from __future__ import annotations

import pytest

from gate.platforms.detect import detect
from tests.rules.support import make_build


@pytest.mark.parametrize(
    ("dockerfile", "files", "names"),
    [
        ("FROM debian:12.5\n", {}, []),
        ("FROM 763104351884.dkr.ecr.us-east-1.amazonaws.com/x-training:1.0.0\n", {}, ["sagemaker-training"]),
        ("FROM x\nCOPY a.py /\n", {"a.py": "P = '/opt/ml/' + 'input/config/hyperparameters.json'"}, ["sagemaker-training"]),
        ("FROM x\nCOPY a.R /\n", {"a.R": "paste('/opt/ml', 'input/config/hyperparameters.json', sep='/')"}, ["sagemaker-training"]),
        ("FROM x\nCOPY a.py /\n", {"a.py": "@app.route('/invocations')"}, ["sagemaker-hosting"]),
        ("FROM x\nCOPY b.py /\n", {"a.py": "@app.route('/invocations')", "b.py": ""}, []),
        ("FROM public.ecr.aws/lambda/python:3.12\nCOPY model /opt/ml/model\n", {"model": ""}, ["lambda"]),
    ],
)  # fmt: skip
def test_evidence(dockerfile: str, files: dict[str, str], names: list[str]) -> None:
    assert [target.name for target in detect(make_build(dockerfile, files, (), {}, {}))] == names
