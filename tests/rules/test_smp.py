"""Tables of cases for the rules about SageMaker's own tree."""

from __future__ import annotations

import pytest

from tests.rules.support import expect, findings, run, silent

TRAINING, HOSTING, PROCESSING = "sagemaker-training", "sagemaker-hosting", "sagemaker-processing"
FILES = {"m.pkl": "1", "conf/a.json": "{}", "tree/model/m.pkl": "1", "tree/code/t.py": "1", "empty/.gitkeep": ""}


@pytest.mark.parametrize(
    ("line", "platform", "expected"),
    [
        ("COPY conf /opt/ml/input/config", TRAINING, [("SMP001", "high")]),
        ("COPY m.pkl /opt/ml/checkpoints/", TRAINING, [("SMP001", "high")]),
        ("COPY conf /opt/ml/processing/conf", PROCESSING, [("SMP001", "high")]),
        ("COPY m.pkl /opt/ml/model/", HOSTING, [("SMP001", "medium")]),
        ("COPY m.pkl /opt/ml/models/a/", HOSTING, [("SMP001", "medium")]),
        ("COPY conf /opt/ml/input/config", HOSTING, [("SMP001", "medium")]),
        ("ENV D=/opt/ml/model\nCOPY m.pkl ${D}/m.pkl", TRAINING, [("SMP001", "medium")]),
        ("WORKDIR /opt/ml/model\nCOPY m.pkl .", TRAINING, [("SMP001", "medium")]),
        ("COPY tree /opt/ml", TRAINING, [("SMP001", "medium"), ("SMP006", "low")]),
        ("COPY nowhere.bin /opt/ml/model/", TRAINING, [("SMP001", "medium")]),
        ("RUN curl -o /opt/ml/model/m.bin https://example.com/m.bin", HOSTING, [("SMP001", "medium")]),
        ("RUN wget -P /opt/ml/model https://example.com/m.bin", HOSTING, [("SMP001", "medium")]),
        ("RUN cd /opt/ml/model && wget https://example.com/m.bin", HOSTING, [("SMP001", "medium")]),
        ("RUN git clone https://example.com/r /opt/ml/model", HOSTING, [("SMP001", "medium")]),
        ("RUN aws s3 sync s3://b/m /opt/ml/model/", HOSTING, [("SMP001", "medium")]),
        ("RUN tar xf /tmp/m.tgz -C /opt/ml/model", HOSTING, [("SMP001", "medium")]),
        ("RUN echo '{}' > /opt/ml/input/config/hyperparameters.json", TRAINING, [("SMP001", "high")]),
        ("RUN echo '{}' | tee /opt/ml/input/config/hyperparameters.json", TRAINING, [("SMP001", "high")]),
        ("RUN mkdir -p /opt/ml/model && touch /opt/ml/model/x", TRAINING, [("SMP001", "medium")]),
        ("RUN mv /tmp/m.pkl /opt/ml/model/m.pkl", TRAINING, [("SMP001", "medium")]),
        ("RUN mv /opt/ml/model/m.pkl /tmp/m.pkl", TRAINING, []),
        ("COPY m.pkl /opt/ml/m.pkl", HOSTING, [("SMP002", "medium")]),
        ("COPY m.pkl /opt/ml/extra/m.pkl", HOSTING, [("SMP002", "medium")]),
        ("COPY tree/code /opt/ml/code", TRAINING, [("SMP006", "low")]),
        ("COPY empty /opt/ml/input/data", TRAINING, []),
        ("RUN mkdir -p /opt/ml/model /opt/ml/input && chmod 777 /opt/ml", TRAINING, []),
        ("COPY m.pkl /opt/ml/model/\nRUN rm /opt/ml/model/m.pkl", TRAINING, []),
        ("RUN wget -O /opt/ml/model/x.zip https://e.com/x.zip && rm /opt/ml/model/x.zip", HOSTING, []),
        ("COPY m.pkl /opt/mlflow/", TRAINING, []),
        ("COPY m.pkl /opt/ml/model/", "kserve", []),
    ],
)
def test_what_lands_below_opt_ml(line: str, platform: str, expected: list[tuple[str, str]]) -> None:
    found = run(f"FROM python:3.12\n{line}\n", ["SMP001", "SMP002", "SMP006"], FILES, [platform])
    assert sorted((rule, severity) for rule, _, _, severity in found) == sorted(expected)


def test_what_a_build_stage_has_there_does_not_ship() -> None:
    silent("SMP001", "FROM python:3.12 AS b\nCOPY m.pkl /opt/ml/model/\nFROM python:3.12\n", files=FILES, platforms=(TRAINING,))  # fmt: skip


def test_another_stage_may_bring_it() -> None:
    expect(
        "SMP001",
        "FROM python:3.12 AS b\nRUN python train.py\nFROM python:3.12\nCOPY --from=b /out/m.pkl »/opt/ml/model/\n",
        platforms=(HOSTING,),
    )


@pytest.mark.parametrize(
    ("volume", "marked"),
    [("/opt/ml", True), ("/opt/ml/model", True), ("/tmp/x", True), ("/opt", True), ("/data", False), ("/optional", False)],
)  # fmt: skip
def test_volumes(volume: str, marked: bool) -> None:
    found = run(f"FROM python:3.12\nVOLUME {volume}\n", ["SMP003"], platforms=[TRAINING])
    assert bool(found) is marked


@pytest.mark.parametrize(
    ("source", "platform", "marked"),
    [
        ("open('/opt/ml/input/config/resourceConfig.json')", TRAINING, True),
        ("open('/opt/ml/input/config/inputDataConfig.json')", TRAINING, True),
        ("open('/opt/ml/input/config/hyperParameters.json')", TRAINING, True),
        ("open('/opt/ml/config/resourceconfig.json')", TRAINING, True),
        ("open('/opt/ml/input/config/resourceconfig.json')", PROCESSING, True),
        ("open('/opt/ml/config/resourceconfig.json')", PROCESSING, False),
        ("open('/opt/ml/input/config/hyperparameters.json')", TRAINING, False),
        ("# /opt/ml/input/config/resourceConfig.json", TRAINING, False),
        ("'''/opt/ml/input/config/resourceConfig.json'''\n", TRAINING, False),
        ("name = 'resourceConfig.json'", TRAINING, False),
        ("a, b = '/opt/ml/config/resourceconfig.json', '/opt/ml/input/config/resourceconfig.json'", TRAINING, False),
        ("def broken(:\n  '/opt/ml/input/config/resourceConfig.json'", TRAINING, False),
    ],
)
def test_configuration_files(source: str, platform: str, marked: bool) -> None:
    found = run("FROM python:3.12\nCOPY t.py /\n", ["SMP004"], {"t.py": source}, [platform])
    assert bool(found) is marked


@pytest.mark.parametrize(
    ("source", "marked"),
    [
        ("open('/opt/ml/model/x', 'w')", True),
        ("import os\nos.makedirs('/opt/ml/model/cache')", True),
        ("import os\nos.makedirs('/opt/ml/model', exist_ok=True)", False),
        ("from pathlib import Path\n(Path('/opt/ml/model') / 'x').read_text()", False),
        ("from pathlib import Path\nPath('/opt/ml/model', 'x').write_text('')", True),
        ("D = '/opt/ml/model'\nimport tarfile\ntarfile.open(D + '/m.tgz').extractall(D)", True),
        ("import os\nD = os.environ.get('SM_MODEL_DIR', '/opt/ml/model')\nopen(f'{D}/x', 'ab')", True),
        ("import os\nopen(os.path.join('/opt/ml', 'model', 'x'), mode='w')", True),
        ("open('/opt/ml/model/x')", False),
        ("open('/tmp/x', 'w')", False),
        ("d = '/opt/ml/model'\nd = '/tmp'\nopen(d, 'w')", False),
        ("def f(d):\n    open(d, 'w')", False),
    ],
)
def test_what_serving_writes(source: str, marked: bool) -> None:
    dockerfile = 'FROM python:3.12\nCOPY s.py /\nENTRYPOINT ["python", "/s.py"]\n'
    assert bool(run(dockerfile, ["SMP005"], {"s.py": source}, [HOSTING])) is marked


def test_what_trains_as_well_may_write() -> None:
    dockerfile = 'FROM python:3.12\nCOPY s.py /\nENTRYPOINT ["python", "/s.py"]\n'
    assert run(dockerfile, ["SMP005"], {"s.py": "open('/opt/ml/model/x', 'w')"}, [HOSTING, TRAINING]) == []


def test_the_message_names_the_folder() -> None:
    [found] = findings("FROM python:3.12\nCOPY m.pkl /opt/ml/model/\n", ["SMP001"], FILES, [HOSTING])
    assert found.message == "/opt/ml/model/m.pkl is hidden when SageMaker mounts /opt/ml/model."
