"""The policies that come with mlgate: each loads, and changes what its name says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gate.model import Severity
from gate.policy import Policy, shipped
from gate.policyfinder import named
from tests.cli import Mlgate

ALL = ["default", "edge", "kserve", "lambda", "marketplace", "sagemaker", "strict", "vertex"]
DOCKERFILE = """FROM python:3.12.7-slim-bookworm
COPY requirements.txt /tmp/
RUN pip install --no-cache-dir -r /tmp/requirements.txt
COPY model.onnx /opt/app/
COPY app.py /opt/app/
ENV HF_TOKEN=hf_aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789
USER 1000
CMD ["python3", "/opt/app/app.py"]
"""


def test_these_are_there() -> None:
    assert shipped() == ALL


def test_default_is_what_holds_without_a_policy() -> None:
    assert named("default") == Policy()
    from gate.policyfile import load_shipped

    written = load_shipped("default")
    assert (written.fail_on, written.select, written.platforms) == (Severity.HIGH, (), ())
    assert {written.engine(name).mode for name in ("hadolint", "grype")} == {"auto"}
    assert written.settings == {}


@pytest.mark.parametrize(
    ("name", "platforms"),
    [
        ("strict", ()),
        ("sagemaker", ("sagemaker-training", "sagemaker-hosting")),
        ("vertex", ("vertex-training", "vertex-prediction")),
        ("kserve", ("kserve", "kubernetes")),
        ("lambda", ("lambda",)),
        ("edge", ("edge",)),
        ("marketplace", ("sagemaker-training", "sagemaker-hosting")),
    ],
)
def test_platforms(name: str, platforms: tuple[str, ...]) -> None:
    assert named(name).platforms == platforms
    assert named(name).name == name


@pytest.fixture
def image(mlgate: Mlgate) -> Mlgate:
    mlgate.write("Dockerfile", DOCKERFILE)
    mlgate.write("model.onnx", b"\0" * 1000)
    mlgate.write("requirements.txt", "torch==2.4.0\n")
    mlgate.write("app.py", "print('no server')\n")
    return mlgate


def found(mlgate: Mlgate, policy: str) -> dict[str, str]:
    """Rule id → severity, under a policy."""
    rows: list[dict[str, Any]] = mlgate.findings("--policy", policy)
    return {row["rule_id"]: row["severity"] for row in rows}


@pytest.mark.parametrize(
    ("policy", "says", "says_not"),
    [
        ("default", {"MLA001": "medium", "SEC001": "high"}, ["SMC003", "SMU001", "LMB001", "EDG002", "KSV003", "PIN002", "PIN007"]),
        ("strict", {"PIN002": "medium", "PIN007": "medium", "MLA001": "medium"}, ["SMU001"]),
        ("sagemaker", {"SMC003": "high", "SMU001": "high", "MLA001": "medium"}, ["LMB001", "EDG002"]),
        ("vertex", {"MLA001": "medium"}, ["SMC003", "SMU001", "LMB001"]),
        ("kserve", {"MLA001": "high"}, ["SMC003", "SMU001"]),
        ("lambda", {"LMB001": "high", "SMU008": "medium"}, ["SMC003", "SMU001"]),
        ("edge", {"MLA001": "info", "EDG002": "medium"}, ["SMC003", "LMB001"]),
        ("marketplace", {"MLA001": "info", "SEC001": "critical", "SMU001": "high"}, ["SEC006", "LMB001"]),
    ],
)  # fmt: skip
def test_what_a_policy_changes(image: Mlgate, policy: str, says: dict[str, str], says_not: list[str]) -> None:
    answer = found(image, policy)
    assert {rule: answer.get(rule) for rule in says} == says
    assert not set(says_not) & answer.keys()


@pytest.mark.parametrize(("policy", "limit"), [("lambda", 10 * 10**9), ("edge", 2 * 10**9), ("default", None)])
def test_sizes(image: Mlgate, policy: str, limit: int | None) -> None:
    assert named(policy).settings.get("thresholds", {}).get("image-size") == limit
    with Path(image.folder, "model.onnx").open("wb") as file:
        file.truncate(3 * 10**9)  # a hole: nothing is written, and nothing may be read
    assert ("SMU009" in found(image, policy)) is (limit is not None and limit < 3 * 10**9)


def test_strict_fails_on_what_others_only_tell(image: Mlgate) -> None:
    image.write("Dockerfile", "FROM python:3.12.7\nUSER 1000\n")
    assert image.check("--policy", "default").code == 0
    assert image.check("--policy", "strict").code == 1


def test_a_policy_of_ones_own_may_extend_them(image: Mlgate) -> None:
    image.write("mlgate.yaml", "extends: [sagemaker, edge]\nplatforms: [sagemaker-hosting]\n")
    answer = {row["rule_id"]: row["severity"] for row in image.findings()}
    assert answer["MLA001"] == "info" and "SMU001" in answer and "EDG002" not in answer
