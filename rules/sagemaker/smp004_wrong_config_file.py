"""SMP004 wrong-config-file: a program reads a configuration file that SageMaker does not write."""

from gate.build import Build
from gate.lazy import pattern
from gate.model import Severity
from gate.platforms.texts import SourceText, texts
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import TRAINING
from gate.rules.sagemaker._paths import PROCESSING

_FOR = (TRAINING, PROCESSING)

rule = Rule(
    id="SMP004",
    name="wrong-config-file",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="A program reads a configuration file of SageMaker under a name or in a folder that it does not have.",
    reason="The files are hyperparameters.json, inputdataconfig.json and resourceconfig.json, in small letters, in /opt/ml/input/config for training and in /opt/ml/config for "
    "processing. Anything else is not found, on a file system that tells capitals apart.",
    fix="Write the name as SageMaker does.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY t.py /\n",
            files={"t.py": "x = open(»'/opt/ml/input/config/resourceConfig.json')\n"},
            platforms=(TRAINING,),
        ),
        Example(
            "FROM python:3.12\nCOPY t.py /\n",
            files={"t.py": "import os\np = os.path.join('/opt/ml', »'input/config/hyperparameter.json')\n"},
            platforms=(TRAINING,),
        ),
        Example(
            "FROM python:3.12\nCOPY p.sh /\n",
            files={"p.sh": "#!/bin/sh\ncat »/opt/ml/input/config/resourceconfig.json\n"},
            platforms=(PROCESSING,),
        ),
    ],
    good=[
        Example(
            "FROM python:3.12\nCOPY t.py /\n",
            files={"t.py": "# not resourceConfig.json\nopen('/opt/ml/input/config/resourceconfig.json')\n"},
            platforms=(TRAINING,),
        ),
        Example(
            "FROM python:3.12\nCOPY . /\n",
            files={"local_test/resourceConfig.json": "{}", "t.py": '"""Reads resourceConfig.json"""\n'},
            platforms=(TRAINING,),
        ),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-training-algo-running-container.html",),
)

_FILE = pattern(
    r"(?:^|/)((?:hyper_?parameters?|input_?data_?config|resource_?config|processing_?job_?config)\.json)$", 2
)
_RIGHT = frozenset({"hyperparameters.json", "inputdataconfig.json", "resourceconfig.json", "processingjobconfig.json"})
_HINT = pattern(rb"(?i)(hyper_?parameters?\.json|(?:input_?data_?|resource_?|processing_?job_?)config\.json)")


@rule.on_build
def check(build: Build) -> Results:
    for source in texts(build):
        if _suspect(source, build):
            yield from _strings(source, build)


def _suspect(source: SourceText, build: Build) -> bool:
    """Whether a look at the strings is worth it: most sources have nothing of the kind."""
    if b".json" not in source.data:
        return False
    if any(name.decode() not in _RIGHT for name in _HINT.findall(source.data)):
        return True
    return (b"/opt/ml/config/" if PROCESSING not in build.platforms else b"/opt/ml/input/config") in source.data


def _strings(source: SourceText, build: Build) -> Results:
    both = b"/opt/ml/config/" in source.data and b"/opt/ml/input/config" in source.data
    only_training = PROCESSING not in build.platforms and not both
    only_processing = TRAINING not in build.platforms and not both
    for value, place in source.strings():
        match = _FILE.search(value)
        if (
            match is not None
            and match[1] not in _RIGHT
            and (match[1].lower().replace("_", "") in _RIGHT or _near(match[1]))
        ):
            if "/" in value or "opt/ml" in source.text:
                right = _near(match[1]) or match[1].lower().replace("_", "")
                yield rule.finding(place, f"SageMaker writes {right}, not {match[1]}.")
        elif (
            only_training and value.startswith("/opt/ml/config/") and match is not None and "processing" not in match[1]
        ):
            yield rule.finding(place, f"A training job's configuration is in /opt/ml/input/config, not {value}.")
        elif only_processing and value.startswith("/opt/ml/input/config"):
            yield rule.finding(place, f"A processing job's configuration is in /opt/ml/config, not {value}.")


def _near(name: str) -> str:
    return "hyperparameters.json" if name.lower().replace("_", "") == "hyperparameter.json" else ""
