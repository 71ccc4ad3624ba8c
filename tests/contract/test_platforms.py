"""Vertex AI, KServe, AWS Lambda and plain Docker."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from tests.contract.conftest import Verify, statuses
from tests.contract.images import ANSWER, SERVE
from tests.images.support import configuration, docker_archive, layer

ROUTES = """
case "$method $path" in
"GET $AIP_HEALTH_ROUTE") say 200 "" ;;
"POST $AIP_PREDICT_ROUTE") say 200 "{\\"predictions\\": ${PREDICTIONS:-[1, 2]}}" ;;
"GET /v1/models") say 200 '{"models": ["m"]}' ;;
"POST /v1/models/m:predict") say 200 '{"predictions": [1, 2]}' ;;
esac
"""
SERVER = {"serve": SERVE, "answer": ANSWER, "routes": ROUTES}
FUNCTION = r"""#!/bin/sh
test "$(id -u)" = 993 && echo x > /tmp/x && ! echo x > /x || exit 9
test "$1" != late || exec sleep 600
api=http://$AWS_LAMBDA_RUNTIME_API/2018-06-01/runtime
if test "$1" = init; then exec wget -O - --post-data '{"errorMessage": "no handler"}' $api/init/error; fi
wget -q -S -O /tmp/event $api/invocation/next 2> /tmp/headers
id=$(sed -n 's/.*Lambda-Runtime-Aws-Request-Id: //p' /tmp/headers)
data=$(cat /tmp/event)
test "$1" = response || data='{"errorType": "KeyError", "errorMessage": "rows"}'
wget -q -O - --post-data "$data" $api/invocation/$id/$1 && wget -O - $api/invocation/next
"""


def test_vertex(verify: Verify) -> None:
    reference = verify.image("vertex", SERVER, 'ENTRYPOINT ["serve"]')
    words = ("--for", "vertex-prediction", "--payload", "sample.json", "--format", "json")
    ran = verify.run(reference, *words)
    assert (ran.code, set(statuses(ran).values())) == (0, {"passed"}), ran.out
    # The user declares a route of the image's own; and one prediction for two instances is too few.
    ran = verify.run(reference, *words, "--env", "AIP_HEALTH_ROUTE=/v1/models", "--env", "PREDICTIONS=[1]")
    assert (ran.code, statuses(ran)["health"], statuses(ran)["predict"]) == (1, "passed", "failed"), ran.out
    assert "1 predictions for 2 instances" in ran.out


def test_kserve(verify: Verify) -> None:
    reference = verify.image("kserve", SERVER, 'CMD ["serve"]')
    ran = verify.run(reference, "--for", "kserve", "--payload", "sample.json")
    assert (ran.code, "protocol V1; POST /v1/models/m:predict: 200" in ran.out) == (0, True), ran.out


@pytest.mark.parametrize(
    ("what", "code", "reason"),
    [
        ("response", 0, "it answers with 21 bytes"),
        ("error", 1, "the function fails: KeyError: rows"),
        ("init", 1, "its start fails: no handler"),
        ("late", 1, "it runs, and has not called the Runtime API after 2 s"),
    ],
)
def test_a_function(verify: Verify, what: str, code: int, reason: str) -> None:
    reference = verify.image(
        f"function-{what}", {"function": FUNCTION}, f'ENTRYPOINT ["/opt/program/function", "{what}"]'
    )
    ran = verify.run(reference, "--for", "lambda", "--payload", "sample.json", "--timeout", "2")
    assert (ran.code, reason in ran.out) == (code, True), ran.out
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("name", "program", "code", "reason"),
    [
        ("done", "exit 0", 0, "exit 0 after"),
        ("failed", "echo broken; exit 7", 1, "exit 7 after"),
        ("stays", "trap 'exit 0' TERM; sleep 60 & wait", 0, "still there after 2 s"),
    ],
)
def test_plain_docker(verify: Verify, name: str, program: str, code: int, reason: str) -> None:
    reference = verify.image(f"plain-{name}", {"run": f"#!/bin/sh\n{program}\n"}, 'CMD ["run"]')
    ran = verify.run(reference, "--for", "docker")
    assert (ran.code, reason in ran.out) == (code, True), ran.out


def test_nothing_to_run(verify: Verify) -> None:
    ran = verify.run(verify.engine.busybox(), "--for", "docker")
    assert (ran.code, "= proves: ENT015" in ran.out) == (1, True), ran.out


def test_an_image_for_another_processor(verify: Verify) -> None:
    layers = [layer({"bin/serve": "#!/bin/sh\n"})]
    rows: list[dict[str, Any]] = [{"Config": "", "RepoTags": ["mlgate-test/contract-arm:1"], "Layers": ["0/layer.tar"]}]
    document = configuration(layers, architecture="arm64")
    rows[0]["Config"] = f"{hashlib.sha256(json.dumps(document).encode()).hexdigest()}.json"
    archive = docker_archive(verify.mlgate.folder / "arm.tar", layers, document, rows)
    verify.engine.run("load", "-i", archive, check=True)
    ran = verify.run("mlgate-test/contract-arm:1", "--for", "vertex-prediction")
    assert (ran.code, "= proves: SMU003" in ran.out) == (1, True), ran.out
