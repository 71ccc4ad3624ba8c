"""SageMaker's training, hosting and processing, on images that keep the contract or break it in one way."""

from __future__ import annotations

import tarfile

import pytest

from tests.contract.conftest import Verify, statuses
from tests.contract.images import ANSWER, BYOC, ROUTES, SERVE

TRAINING = ("--for", "sagemaker-training", "--format", "json", "--input", "data")
HOSTING = ("--for", "sagemaker-hosting", "--format", "json", "--model", "model", "--payload", "sample.csv")
SAVES = "#!/bin/sh\ndate > /opt/ml/model/model"
DEAF = "#!/bin/sh\ntrap '' TERM\ndate > /opt/ml/model/model || exit 1"


def test_an_image_that_keeps_both_contracts(verify: Verify) -> None:
    """The model that is trained is the one that is served."""
    reference = verify.image("byoc")
    words = ("--for", "sagemaker-training", "--for", "sagemaker-hosting", "--payload", "sample.csv")
    ran = verify.run(reference, *words, "--hyperparameters", "max_leaf_nodes=5", "--format", "json=report.json", "-v")
    report = ran.out
    assert ran.code == 0, report
    assert "passed   train        exit 0 after" in report
    assert '| {"max_leaf_nodes": "5"}' in report  # all values are text
    assert "failure      with a read-only /opt/ml/model: exit 255, failure: the model is not saved" in report
    assert "passed   ping         GET /ping: 200 after" in report
    assert "PASS  11 passed, 1 skipped" in report
    assert ran.last == "mlgate: exit 0: 11 cases passed; left open: sagemaker-training stop"
    assert "mlgate: training …\n" in ran.err
    assert (verify.mlgate.folder / "report.json").stat().st_size > 1000
    assert verify.left() == []


@pytest.mark.parametrize(
    ("name", "train", "case", "status", "rules", "reason"),
    [
        ("absent", None, "train", "failed", ["SMC001"], 'exec: "train": executable file not found in $PATH'),
        ("no-shebang", "date > /x\n", "train", "failed", ["ENT011", "SMU003"], "exec format error"),
        ("exit-4", "#!/bin/sh\necho no rows >&2\nexit 4\n", "train", "failed", [], "exit 4"),
        ("nothing-saved", "#!/bin/sh\ndate\n", "train", "failed", ["SMT005"], "/opt/ml/model is empty"),
        ("claims", f"{SAVES}; echo bad > /opt/ml/output/failure\n", "train", "failed", ["SMT002"], "failure says: bad"),
        ("offline", "#!/bin/sh\nwget http://example.com/ || exit 1\n", "train", "unknown", [], "asks for the network"),
        ("hides", f"{SAVES} || true\nexit 0\n", "failure", "failed", ["SMT002"], "cannot have saved its model"),
        ("silent", f"{SAVES} || exit 3\n", "failure", "failed", ["SMT001"], "exit 3, and nothing in"),
        ("deaf", f"{DEAF}\nsleep 2\n", "stop", "failed", ["SMT003", "ENT009"], "ignores SIGTERM"),
    ],
)
def test_a_training_that_breaks_it(
    verify: Verify, name: str, train: str | None, case: str, status: str, rules: list[str], reason: str
) -> None:
    ran = verify.run(verify.image(name, {} if train is None else {"train": train}), *TRAINING)
    row = next(row for row in ran.json["cases"] if row["name"] == case)
    assert (row["status"], row["rules"]) == (status, rules), row
    assert reason in row["reason"]
    assert ran.code == (1 if status == "failed" else 3)
    assert ran.json["exit_code"] == ran.code
    if case == "train":
        assert statuses(ran) == {"image": "passed", "train": status, "failure": "skipped", "stop": "skipped"}
    if name == "absent":
        assert (row["exit_code"], row["argv"], row["log"]) == (127, ["train"], [])
    if name == "claims":
        assert row["failure"] == "bad"
    if name == "exit-4":
        assert (row["exit_code"], row["argv"], row["log"]) == (4, ["train"], ["no rows"])
    assert verify.left() == []


def test_a_training_that_heeds_sigterm(verify: Verify) -> None:
    train = f"{SAVES} || {{ echo sealed > /opt/ml/output/failure; exit 1; }}\ntrap 'exit 0' TERM\nsleep 2 &\nwait\n"
    ran = verify.run(verify.image("graceful", {"train": train}), *TRAINING)
    assert (ran.code, set(statuses(ran).values())) == (0, {"passed"}), ran.out


def test_a_training_without_a_handler_is_not_killed_as_long_as_it_is_short(verify: Verify) -> None:
    ran = verify.run(verify.image("dropped", {"train": f"{SAVES} || exit 1\nsleep 2\n"}), *TRAINING)
    row = ran.json["cases"][-1]
    assert (row["name"], row["status"], "has no handler for SIGTERM" in row["notes"][0]) == ("stop", "passed", True), (
        row
    )


def test_without_the_users_data_a_failure_is_nobodys_fault(verify: Verify) -> None:
    reference = verify.image("exit-4", {"train": "#!/bin/sh\necho no rows >&2\nexit 4\n"})
    ran = verify.run(reference, "--for", "sagemaker-training")
    assert ran.code == 3
    assert "unknown  train    exit 4, on a small CSV of mlgate's own" in ran.out
    assert "= help: --input DIR: a sample of the real data" in ran.out


def test_what_takes_too_long_is_ended(verify: Verify) -> None:
    ran = verify.run(verify.image("endless", {"train": "#!/bin/sh\nexec sleep 600\n"}), *TRAINING, "--timeout", "1")
    assert (ran.code, statuses(ran)["train"]) == (3, "unknown")
    assert "still training after 1 s" in ran.last
    assert verify.left() == []


@pytest.mark.parametrize(
    ("name", "programs", "case", "status", "rules", "reason"),
    [
        ("other-port", {"serve": SERVE.replace("8080", "5000")}, "ping", "failed", ["SMS001"], "listens on 5000"),
        (
            "loopback",
            {"serve": "#!/bin/sh\nexec httpd -f -p 127.0.0.1:8080\n"},
            "ping",
            "failed",
            ["SMS002"],
            "it listens on 127.0.0.1:8080 alone",
        ),
        ("no-ping", {"routes": ROUTES.replace("/ping", "/health")}, "ping", "failed", ["SMS004"], "GET /ping: 404"),
        ("ends", {"serve": "#!/bin/sh\necho oh; exit 3\n"}, "start", "failed", [], "it ended with exit code 3"),
        (
            "no-invocations",
            {"routes": ROUTES.replace("/invocations", "/predict")},
            "invocations",
            "failed",
            ["SMS005"],
            "POST /invocations: 404 no such route",
        ),
        (
            "breaks",
            {"routes": ROUTES.replace('say 200 "1"', 'say 500 "no numpy"')},
            "invocations",
            "failed",
            [],
            "POST /invocations: 500 no numpy",
        ),
        (
            "fragile",
            {"routes": ROUTES.replace('say 400 "send numbers"', "kill 1; sleep 1")},
            "malformed",
            "failed",
            [],
            "ends the server with exit code 0",
        ),
        ("deaf-server", {"serve": SERVE.replace("trap", "#")}, "stop", "failed", ["SMT003", "ENT009"], "no handler"),
    ],
)
def test_a_server_that_breaks_it(
    verify: Verify, name: str, programs: dict[str, str], case: str, status: str, rules: list[str], reason: str
) -> None:
    ran = verify.run(verify.image(name, {**BYOC, **programs}), *HOSTING)
    row = next(row for row in ran.json["cases"] if row["name"] == case)
    assert (row["status"], row["rules"]) == (status, rules), row
    assert reason in row["reason"]
    assert ran.code == 1
    after = [row["name"] for row in ran.json["cases"] if case in row["needs"]]
    assert {statuses(ran)[name] for name in after} <= {"skipped"}
    assert verify.left() == []


def test_a_server_without_its_model_is_not_judged(verify: Verify) -> None:
    ran = verify.run(verify.image("byoc"), "--for", "sagemaker-hosting")
    assert ran.code == 3
    assert "GET /ping: 500" in ran.last and ran.last.endswith("it has no model")


def test_without_a_sample_invocations_are_left_open(verify: Verify) -> None:
    with tarfile.open("model.tar.gz", "w:gz") as tar:
        tar.add("model/model.txt", "model.txt")
    ran = verify.run(verify.image("byoc"), "--for", "sagemaker-hosting", "--model", "model.tar.gz", "--format", "json")
    assert (ran.code, statuses(ran)["invocations"], statuses(ran)["stop"]) == (0, "skipped", "passed")
    gone = verify.image("no-invocations", {**BYOC, "routes": ROUTES.replace("/invocations", "/predict")})
    ran = verify.run(gone, "--for", "sagemaker-hosting", "--model", "model", "--format", "json")
    assert (ran.code, statuses(ran)["invocations"]) == (1, "failed")


def test_labels_bring_cases_of_their_own(verify: Verify) -> None:
    label = "LABEL com.amazonaws.sagemaker.capabilities.accept-bind-to-port=true"
    words = ("--model", "model", "--format", "json")  # the label says what it is for
    kept = verify.run(verify.image("bound", BYOC, label), *words)
    assert (kept.code, statuses(kept)["port"]) == (0, "passed"), kept.out
    fixed = {**BYOC, "serve": SERVE.replace("${SAGEMAKER_BIND_TO_PORT:-", "${NOTHING:-")}
    broken = verify.run(verify.image("unbound", fixed, label), *words)
    assert (broken.code, broken.json["cases"][-1]["rules"]) == (1, ["SMS011"])


def test_several_models(verify: Verify) -> None:
    label = "LABEL com.amazonaws.sagemaker.capabilities.multi-models=true"
    routes = """
    loaded=/tmp/mlgate
    case "$method $path" in
    "GET /ping") say 200 "" ;;
    "GET /models") say 200 "{}" ;;
    "POST /models") test -e $loaded && say 409 ""; test -s /opt/ml/models/mlgate/model/model.txt || say 500 ""; touch $loaded; say 200 "" ;;
    "GET /models/mlgate") test -e $loaded || say 404 ""; say 200 "" ;;
    "DELETE /models/mlgate") rm $loaded; say 200 "" ;;
    esac
    """
    programs = {"serve": SERVE, "answer": ANSWER, "routes": routes}
    ran = verify.run(verify.image("models", programs, label), "--model", "model", "--format", "json")
    assert statuses(ran)["models"] == "passed", ran.out
    forgetful = {**programs, "routes": routes.replace("touch $loaded", "true")}
    ran = verify.run(verify.image("forgetful", forgetful, label), "--model", "model", "--format", "json")
    assert ran.json["cases"][-1]["reason"] == "loading it again (POST /models): 200, not 409"


def test_processing(verify: Verify) -> None:
    process = (
        "#!/bin/sh\ntest -f /opt/ml/config/processingjobconfig.json || exit 8\n"
        "cat /opt/ml/processing/input/training/*.csv > /opt/ml/processing/output/rows\n"
    )
    good = verify.image("process", {"process": process}, 'ENTRYPOINT ["process"]')
    ran = verify.run(good, "--for", "sagemaker-processing")
    assert (ran.code, "with an output" in ran.out) == (0, True), ran.out
    bad = verify.image(
        "no-process", {"process": "#!/bin/sh\necho why > /opt/ml/output/message; exit 1\n"}, 'CMD ["process"]'
    )
    ran = verify.run(bad, "--for", "sagemaker-processing", "--input", "data")
    assert (ran.code, "exit 1, message: why" in ran.out) == (1, True), ran.out


def test_the_policy_may_declare_the_command(verify: Verify) -> None:
    verify.mlgate.write(
        "mlgate.yaml",
        "platforms: [sagemaker-training, edge]\ncontainer-entrypoint: [sh, -c, 'date > /opt/ml/model/x']\n",
    )
    ran = verify.run(verify.engine.busybox(), "--format", "json")
    assert statuses(ran)["train"] == "passed", ran.out
    assert "mlgate: verify does not run edge, which the policy names\n" in ran.err
    assert ran.json["cases"][1]["argv"] == ["sh", "-c", "date > /opt/ml/model/x"]
