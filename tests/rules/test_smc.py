"""Tables of cases for the rules about what answers SageMaker's words."""

from __future__ import annotations

import pytest

from tests.rules.support import findings, run, undecided

TRAINING, HOSTING = "sagemaker-training", "sagemaker-hosting"
ANSWER = ["SMC001", "SMC002", "SMC003", "SMC005", "SMC006", "SMC007"]
FILES = {"train.py": "import sys\nsys.argv\n", "app.py": "", "train*": "#!/usr/bin/env python\n"}

CASES = [
    ("FROM python:3.12\nCOPY train.py /app/\n", TRAINING, {"SMC001"}),
    ("FROM python:3.12\nCOPY train.py /app/\n", HOSTING, {"SMC002"}),
    ('FROM python:3.12\nCOPY train.py /app/\nCMD ["python", "/app/train.py"]\n', TRAINING, {"SMC003"}),
    ('FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n', TRAINING, set()),
    ('FROM python:3.12\nWORKDIR /app\nCOPY app.py .\nENTRYPOINT ["python3"]\nCMD ["app.py"]\n', HOSTING, {"SMC005"}),
    ("FROM vllm/vllm-openai:v0.10.0\n", HOSTING, {"SMC006"}),
    ("FROM python:3.12\nCOPY train /usr/local/bin/\n", TRAINING, set()),
    ("FROM python:3.12\nRUN mv /a /usr/local/bin/train\n", TRAINING, set()),
    ("FROM python:3.12\nRUN pip install sagemaker-training\n", TRAINING, set()),
    ("FROM python:3.12\nRUN pip install git+https://example.com/x.git\n", TRAINING, set()),
    ("FROM 1.dkr.ecr.us-east-1.amazonaws.com/pytorch-training:2.1\n", TRAINING, set()),
    ("ARG BASE\nFROM ${BASE}\n", TRAINING, set()),
    ('FROM python:3.12\nCMD ["python", "/app/x.py"]\n', "sagemaker-processing", set()),
]


@pytest.mark.parametrize(("dockerfile", "platform", "expected"), CASES)
def test_what_answers(dockerfile: str, platform: str, expected: set[str]) -> None:
    found = run(dockerfile, ANSWER, FILES, [platform])
    assert {rule for rule, *_ in found} == expected
    assert len(found) == len(expected)


def test_an_unknown_base_is_undecided() -> None:
    found = undecided("ARG BASE\nFROM ${BASE}\n", ["SMC001"], platforms=[TRAINING])
    assert [(each.rule_id, each.place.line) for each in found] == [("SMC001", 2)]


def test_a_stage_that_only_carries_files_out_is_not_the_image() -> None:
    dockerfile = (
        "FROM python:3.12 AS image\nCOPY train.py /dist/\nFROM scratch AS wheels\nCOPY --from=image /dist /dist/\n"
    )
    assert run(dockerfile, ANSWER, FILES, [TRAINING, HOSTING]) == []
    found = undecided(dockerfile, ANSWER, FILES, [TRAINING, HOSTING])
    assert [(each.rule_id, each.settle) for each in found] == [
        ("SMC001", "--target STAGE"),
        ("SMC002", "--target STAGE"),
    ]


def test_without_a_target_the_rules_are_silent() -> None:
    assert run("FROM python:3.12\nENTRYPOINT python x.py\n", [*ANSWER, "SMC004", "SMC008"], FILES, ["kserve"]) == []


@pytest.mark.parametrize(
    ("platforms", "severity"), [([TRAINING], "medium"), ([HOSTING], "medium"), ([TRAINING, HOSTING], "high")]
)
def test_a_lost_word_matters_when_it_has_to_be_told_apart(platforms: list[str], severity: str) -> None:
    found = findings("FROM python:3.12\nCOPY app.py /\nENTRYPOINT python /app.py\n", ["SMC004"], FILES, platforms)
    assert [each.severity.word for each in found] == [severity]


TENSORFLOW = "FROM tensorflow/tensorflow:2.15.0\nRUN pip install --no-cache-dir pandas==2.1.4\n"
FAMILIES = [*(f"SMC{number:03}" for number in range(1, 12)), *(f"ENT{number:03}" for number in range(10, 16))]


@pytest.mark.parametrize(
    ("rest", "refused_by"),
    [
        ('COPY train.py /app/\nCMD ["python", "/app/train.py"]\n', {"SMC003"}),
        ("COPY train.py /app/\nRUN python /app/train.py\n", {"SMC001", "SMC008"}),
        ('COPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n', set()),
        ("COPY train.py /opt/ml/code/train.py\n", {"SMC001"}),
    ],
)
def test_of_the_four_ways_to_train_only_the_entrypoint_is_one(rest: str, refused_by: set[str]) -> None:
    found = findings(TENSORFLOW + rest, FAMILIES, FILES, [TRAINING])
    assert {each.rule_id for each in found if each.severity.word in ("high", "critical")} == refused_by
