"""A SageMaker processing job: the image's own command, or the declared one, between ``input`` and ``output``."""

from __future__ import annotations

import json
from time import monotonic

from gate.contract import sample
from gate.contract.bench import Bench
from gate.contract.containers import Container, Mount
from gate.contract.model import Outcome, failed, passed, unknown

_SECONDS = 600.0
_FOLDER, _MESSAGE = "/opt/ml/processing", "/opt/ml/output/message"
_JOB = {
    "ProcessingJobArn": "arn:aws:sagemaker:us-east-1:123456789012:processing-job/mlgate-verify",
    "ProcessingJobName": "mlgate-verify",
    "ProcessingInputs": [{"InputName": "input", "S3Input": {"LocalPath": f"{_FOLDER}/input"}}],
    "ProcessingOutputConfig": {"Outputs": [{"OutputName": "output", "S3Output": {"LocalPath": f"{_FOLDER}/output"}}]},
}


def process(bench: Bench) -> Outcome:
    """T16: it ends with 0 and leaves an output."""
    containers = bench.containers
    folders = (_FOLDER, "/opt/ml/config", "/opt/ml/output")
    container = bench.prepare(
        mounts=[Mount(path, containers.volume()) for path in folders],
        isolated=not bench.options.network,
        hostname="algo-1",
    )
    if isinstance(container, Outcome):
        return container
    files = {"processingjobconfig.json": _JOB, "resourceconfig.json": sample.resources()}
    config = {f"config/{name}": json.dumps(value).encode() for name, value in files.items()}
    with bench.sample.tar(config, ("processing/output",), "processing/input") as tar:
        container.put("/opt/ml", tar)
    started = bench.run(container)
    if isinstance(started, Outcome):
        return started
    with bench.removed(container):
        bench.tell("processing")
        limit = bench.options.timeout or _SECONDS
        code = container.wait(limit)
        if code is None:
            container.kill()
            return unknown(f"still running after {limit:.0f} s", "give a smaller --input, or a longer --timeout")
        if code:
            outcome = bench.ended(container, code) or bench.offline(container, code) or _failed(bench, container, code)
        elif not container.files(_FOLDER, frozenset(f"input/{name}" for name in bench.sample.names)):
            outcome = unknown(
                f"exit 0, and nothing new below {_FOLDER}",
                "declare the job's command as container-entrypoint in mlgate.yaml, or give its data with --input",
            )
        else:
            outcome = passed(f"exit 0 after {monotonic() - container.began:.1f} s, with an output")
        outcome.exit_code, outcome.seconds = code, monotonic() - container.began
        return outcome


def _failed(bench: Bench, container: Container, code: int) -> Outcome:
    data = container.read(_MESSAGE, 1024) or b""
    message = " ".join(data.decode("utf-8", "replace").split())
    reason = f"exit {code}" + (f", message: {message}" if message else "")
    if bench.sample.own:
        return unknown(f"{reason}, on a small CSV of mlgate's own", "--input DIR: a sample of the real data")
    return failed(reason, f"the last lines of the log say why; {_MESSAGE} reaches the user" if not message else "")
