"""Tables of cases for the rules about what a job's process does."""

from __future__ import annotations

import pytest

from tests.rules.support import findings, run

TRAINING = ["sagemaker-training"]
PROGRAM = 'FROM python:3.12\nCOPY train.py /app/\nENTRYPOINT ["python", "/app/train.py"]\n'


def _speaks(rule: str, text: str, dockerfile: str = PROGRAM, **more: str) -> bool:
    return bool(run(dockerfile, [rule], {"train.py": text, **more}, TRAINING))


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("print(1)\n", True),
        ("open('/opt/ml/output/failure', 'w')\n", False),
        ("import os\nos.path.join(output_path, 'failure')\n", False),
        ("from sagemaker_training import environment\n", False),
    ],
)
def test_failure_file(text: str, speaks: bool) -> None:
    assert _speaks("SMT001", text) is speaks


def test_another_file_may_report_the_failure() -> None:
    dockerfile = PROGRAM.replace("COPY train.py", "COPY train.py own.py")
    assert not _speaks("SMT001", "import own\n", dockerfile, **{"own.py": "FAILED = '/opt/ml/output/failure'\n"})


def test_r_is_read_too() -> None:
    dockerfile = 'FROM r-base:4.3.1\nCOPY t.R /t.R\nENTRYPOINT ["/usr/bin/Rscript", "/t.R", "--no-save"]\n'
    found = run(dockerfile, ["SMT001", "SMT003", "SMT006"], {"t.R": "print(1)\n"}, TRAINING)
    assert {rule for rule, *_ in found} <= {"SMT001", "SMT003"}


SHELL = [
    ("python /app/train.py\n", False),
    ("exec python /app/train.py\n", False),
    ("python /app/train.py || true\n", True),
    ("python /app/train.py || echo failed\n", True),
    ("python /app/train.py || exit 1\n", False),
    ("python /app/train.py | tee log\n", True),
    ("set -o pipefail\npython /app/train.py | tee log\n", False),
    ("python /app/train.py 2>&1 | tee log; exit ${PIPESTATUS[0]}\n", False),
    ("python /app/train.py; exit 0\n", True),
    ("python /app/train.py\necho done\n", True),
    ("set -e\npython /app/train.py\necho done\n", False),
    ("python /app/train.py\nrc=$?\necho done\nexit $rc\n", False),
    ("python /app/train.py && echo done\n", False),
    ("if python /app/train.py; then echo good; else exit 1; fi\n", False),
    ("python -m pip install x || true\nexec python /app/train.py\n", False),
    ("python -c 'import x' || true\nexec python /app/train.py\n", False),
]


@pytest.mark.parametrize(("script", "speaks"), SHELL)
def test_exit_status(script: str, speaks: bool) -> None:
    dockerfile = "FROM python:3.12\nCOPY train.py /app/\nCOPY train /usr/local/bin/train\n"
    found = run(dockerfile, ["SMT002"], {"train.py": "", "train*": "#!/bin/bash\n" + script}, TRAINING)
    assert bool(found) is speaks


@pytest.mark.parametrize(
    ("handler", "speaks"),
    [
        ("except Exception:\n    sys.exit(0)\n", True),
        ("except:\n    sys.exit()\n", True),
        ("except Exception as e:\n    print(e)\n    sys.exit(1)\n", False),
        ("except Exception:\n    raise\n", False),
        ("except KeyboardInterrupt:\n    sys.exit(0)\n", False),
    ],
)
def test_exit_status_of_python(handler: str, speaks: bool) -> None:
    assert _speaks("SMT002", "import sys\ntry:\n    import job\n" + handler) is speaks


@pytest.mark.parametrize(
    ("dockerfile", "text", "speaks"),
    [
        (PROGRAM, "print(1)\n", True),
        (PROGRAM, "import signal\nsignal.signal(signal.SIGTERM, f)\n", False),
        (PROGRAM.replace('"python",', '"tini", "--", "python",'), "print(1)\n", False),
        (
            PROGRAM.replace('["python", "/app/train.py"]', '["bash", "-c", "exec python /app/train.py"]'),
            "print(1)\n",
            True,
        ),
        (
            PROGRAM.replace('["python", "/app/train.py"]', '["bash", "-c", "ls; python /app/train.py; ls"]'),
            "print(1)\n",
            False,
        ),
        ("FROM python:3.12\nRUN pip install sagemaker-training\nCOPY train.py /\n", "print(1)\n", False),
    ],
)
def test_sigterm(dockerfile: str, text: str, speaks: bool) -> None:
    assert _speaks("SMT003", text, dockerfile) is speaks


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("import torch\ntorch.save(m, 'model.pt')\n", True),
        ("import pickle\npickle.dump(m, open('m.pkl', 'wb'))\n", True),
        ("m.save('out')\n", True),
        ("import torch\ntorch.save(m, '/opt/ml/model/m.pt')\n", False),
        ("import torch\ntorch.save(m, args.model_dir)\n", False),
        ("import torch\ntorch.save(m, path)\n", False),
        ("print('no model')\n", False),
    ],
)
def test_model_saved(text: str, speaks: bool) -> None:
    assert _speaks("SMT005", text) is speaks


@pytest.mark.parametrize(
    ("dockerfile", "severity"),
    [
        (PROGRAM, ["medium"]),
        (PROGRAM + "ENV PYTHONUNBUFFERED=1\n", []),
        (PROGRAM + "ENV PYTHONUNBUFFERED=0\n", []),
        (PROGRAM + "ENV PYTHONUNBUFFERED=\n", ["medium"]),
        (PROGRAM.replace('"python",', '"python", "-u",'), []),
        (PROGRAM.replace("python:3.12", "1.dkr.ecr.us-east-1.amazonaws.com/own:1"), []),
    ],
)
def test_unbuffered(dockerfile: str, severity: list[str]) -> None:
    found = findings(dockerfile, ["SMT006"], {"train.py": ""}, TRAINING)
    assert [each.severity.word for each in found] == severity


READ = "import json\nwith open('/opt/ml/input/config/hyperparameters.json') as f:\n    params = json.load(f)\n"


@pytest.mark.parametrize(
    ("text", "speaks"),
    [
        ("Tree(max_depth=params['d'])\n", True),
        ("Tree(max_depth=params.get('d'))\n", True),
        ("for e in range(params['epochs']): ...\n", True),
        ("Tree(max_depth=int(params['d']))\n", False),
        ("Tree(kernel=params['k'])\n", False),
        ("params = {k: int(v) for k, v in params.items()}\nTree(max_depth=params['d'])\n", False),
        ("d = params.get('d', None)\nd = int(d)\nTree(max_depth=d)\n", False),
    ],
)
def test_hyperparameters(text: str, speaks: bool) -> None:
    assert _speaks("SMT007", READ + text) is speaks


@pytest.mark.parametrize(
    ("signal", "speaks"),
    [("SIGINT", True), ("SIGKILL", True), ("SIGTERM", False), ("15", False), ("TERM", False), ("2", True)],
)
def test_stop_signal(signal: str, speaks: bool) -> None:
    assert bool(run(f"FROM python:3.12\nSTOPSIGNAL {signal}\n", ["SMT008"], {}, TRAINING)) is speaks
