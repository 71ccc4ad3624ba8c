"""SMP005 serving-writes-to-model: an endpoint's /opt/ml/model is read-only."""

import ast

from gate.build import Build
from gate.dockerfile.tree import Pairs
from gate.model import Severity
from gate.platforms.image import launch_image
from gate.platforms.texts import SourceText, reachable, texts
from gate.platforms.writes import may_write, writes
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import HOSTING, TRAINING, judged

_FOR = (HOSTING,)
_MODEL = "/opt/ml/model"

rule = Rule(
    id="SMP005",
    name="serving-writes-to-model",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="What serves the model writes below /opt/ml/model.",
    reason="On an endpoint the model is mounted read-only: OSError: [Errno 30] Read-only file system. Caches of Hugging Face and unpacked archives are the usual cases.",
    fix="Write to /tmp: ENV HF_HOME=/tmp/hf.",
    bad=[
        Example("FROM python:3.12\nENV A=1 »HF_HOME=/opt/ml/model/.cache\n", platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY serve.py /app/\nENTRYPOINT ["python", "/app/serve.py"]\n',
            files={"serve.py": "d = '/opt/ml/model'\nwith »open(d + '/log.txt', 'a') as f:\n    f.write('x')\n"},
            platforms=_FOR,
        ),
        Example(
            'FROM python:3.12\nCOPY . /app/\nENTRYPOINT ["python", "/app/serve.py"]\n',
            files={
                "serve.py": "import loader\n",
                "loader.py": "import t\nm = »t.from_pretrained('x', cache_dir='/opt/ml/model/c')\n",
                ".dockerignore": "x",
            },
            platforms=_FOR,
        ),
    ],
    good=[
        Example("FROM python:3.12\nENV HF_HOME=/tmp/hf\n", platforms=_FOR),
        Example(
            'FROM python:3.12\nCOPY serve.py /app/\nENTRYPOINT ["python", "/app/serve.py"]\n',
            files={
                "serve.py": "import pickle\nm = pickle.load(open('/opt/ml/model/m.pkl', 'rb'))\nopen('/tmp/x', 'w')\n"
            },
            platforms=_FOR,
        ),
        Example(
            "FROM python:3.12\nCOPY --chmod=755 . /usr/local/bin/\n",
            files={
                "serve": "#!/usr/bin/env python\nimport predictor\n",
                "predictor.py": "open('/opt/ml/model/m', 'rb')\n",
                "train": "#!/usr/bin/env python\nopen('/opt/ml/model/m', 'wb')\n",
                ".dockerignore": "x",
            },
            platforms=(HOSTING, TRAINING),
        ),
    ],
)

_CACHES = frozenset({"HF_HOME", "TRANSFORMERS_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HUB_CACHE", "HF_DATASETS_CACHE", "TORCH_HOME", "XDG_CACHE_HOME", "NLTK_DATA_CACHE", "MPLCONFIGDIR", "NUMBA_CACHE_DIR", "TMPDIR"})  # fmt: skip


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    for name in sorted(_CACHES & config.env.keys()):
        value, instruction = config.env[name], config.set_by.get(f"Env.{name}")
        # The folder itself is where some servers look for the model; a cache of its own lies below.
        if isinstance(value, str) and value.startswith(_MODEL + "/") and isinstance(instruction, Pairs):
            pair = next((pair for pair in reversed(instruction.pairs) if pair.key.value == name), None)
            yield rule.finding(pair or instruction, f"{name} leads to {value}, which an endpoint cannot write.")
    suspects = [source for source in texts(build) if b"/opt/ml" in source.data and may_write(source.data)]
    served = reachable(_entries(build), build) if suspects else []
    for source in suspects:
        if source in served and source.tree is not None:
            for path, call in writes(source.tree):
                makes_it = (
                    path == _MODEL and isinstance(call.func, ast.Attribute) and call.func.attr in ("makedirs", "mkdir")
                )
                if _below(path) and not makes_it:
                    yield rule.finding(
                        source.place(call), f"This writes to {path[:80]}, which an endpoint mounts read-only."
                    )


def _below(path: str) -> bool:
    return path == _MODEL or path.startswith(_MODEL + "/")


def _entries(build: Build) -> list[SourceText]:
    """The programs that answer ``serve``; none where one program answers ``train`` as well, and may write for that."""
    outcome = judged(build, HOSTING)
    training = judged(build, TRAINING)
    shared = {script.source for script in training.scripts} if training is not None else set()
    served = {script.source for script in outcome.scripts} - shared if outcome is not None else set()
    return [source for source in texts(build) if source.path in served]
