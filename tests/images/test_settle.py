"""What a Dockerfile leaves open, an image of it settles; and an image of something else does not."""

from __future__ import annotations

import hashlib
import json
import struct
import tarfile
from pathlib import Path
from typing import Any

import pytest

from gate.images.built import Step
from gate.images.document import document
from tests.cli import Mlgate, Ran
from tests.images.support import configuration, docker_archive, entry, image_of, layer

SCRIPT = "#!/bin/sh\necho hi\n"
PROGRAM = struct.pack(
    "<16sHHIQQQIHHHHHH", b"\x7fELF\x02\x01\x01", 2, 62, 1, 0, 64, 0, 0, 64, 56, 1, 0, 0, 0
) + struct.pack("<IIQQQQQQ", 1, 5, 0, 0, 0, 120, 120, 4096)
"""A program for amd64 that needs no loader."""
BASE = layer({"bin/sh": "#!/bin/absent\n", "etc/passwd": "root:x:0:0::/:/bin/sh\napp:x:1000:1000::/:/bin/sh\n"})
OFF = ("--engine", "grype=off", "--engine", "hadolint=off", "--format", "json")
DOCKERFILE = """\
FROM registry.example.com/team/base:1.2.3
RUN make install
COPY start /usr/bin/start
ENV MODE=fast
"""
STEPS = ["RUN /bin/sh -c make install # buildkit", "COPY start /usr/bin/start # buildkit", "ENV MODE=fast"]


def image(mlgate: Mlgate, layers: list[bytes], steps: list[str], **values: Any) -> str:
    """Write an archive; the first layer is the base's. Steps without a layer are those that set something."""
    history = [{"created_by": "ADD rootfs.tar / # buildkit"}]
    for step in steps:
        empty = {} if step.partition(" ")[0] in ("RUN", "COPY", "ADD", "WORKDIR") else {"empty_layer": True}
        history.append({"created_by": step, **empty})
    settings = {"Env": ["PATH=/usr/bin:/bin", "MODE=fast"], "Cmd": ["train"], **values}
    config = configuration(layers, history=history, config=settings)
    docker_archive(mlgate.folder / "image.tar", layers, config)
    return "docker-archive:image.tar"


def check(mlgate: Mlgate, target: str | None, dockerfile: str = DOCKERFILE, *options: str) -> Ran:
    mlgate.write("Dockerfile", dockerfile)
    mlgate.write("start", SCRIPT)
    words = ["--image", target] if target else []
    return mlgate("check", "Dockerfile", *words, "--for", "sagemaker-training", *OFF, *options)


def ids(ran: Ran, key: str = "findings") -> dict[str, int]:
    return {row["rule_id"]: row["line"] for row in ran.json[key]}


def test_the_launch_is_decided(mlgate: Mlgate) -> None:
    assert "SMC001" in ids(check(mlgate, None), "undecided")
    built = layer({"usr/bin/train": SCRIPT.replace("/bin/sh", "/bin/start")})
    good = layer({}, entry("usr/bin/other", link="train"))
    ran = check(mlgate, image(mlgate, [BASE, built, good], STEPS))
    assert "SMC001" not in {**ids(ran), **ids(ran, "undecided")}
    ran = check(mlgate, image(mlgate, [BASE, good, good], STEPS))
    assert ids(ran)["SMC001"] == 1
    assert "SMC001" not in ids(ran, "undecided")


def test_a_fault_stands_on_the_line_that_brought_the_file(mlgate: Mlgate) -> None:
    built = layer({"usr/train": "x"})
    bad = layer({"usr/bin/train": "#!/bin/absent\n"})
    ran = check(mlgate, image(mlgate, [BASE, bad, built], STEPS))
    assert ids(ran)["ENT013"] == 2
    ran = check(mlgate, image(mlgate, [BASE, built, bad], STEPS))
    assert ids(ran)["ENT013"] == 3


def test_the_bases_user_is_known(mlgate: Mlgate) -> None:
    assert "SMU001" in ids(check(mlgate, None), "undecided")
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    assert ids(check(mlgate, image(mlgate, layers, STEPS, User="1000")))["SMU001"] == 1
    ran = check(mlgate, image(mlgate, layers, STEPS))
    assert "SMU001" not in {**ids(ran), **ids(ran, "undecided")}


def test_labels_of_the_build_command_count(mlgate: Mlgate) -> None:
    mlgate.write("mlgate.yaml", "labels: {required: {team: text}}\n")
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    assert "LBL001" in ids(check(mlgate, image(mlgate, layers, STEPS)))
    assert "LBL001" not in ids(
        check(mlgate, image(mlgate, layers, [*STEPS, "LABEL team=vision"], Labels={"team": "vision"}))
    )


@pytest.mark.parametrize(
    ("values", "line"), [({"Env": ["PATH=/bin", "MODE=slow"]}, 4), ({"Env": ["PATH=/bin"]}, 4)], ids=["another", "none"]
)
def test_an_image_of_another_build_settles_nothing(values: dict[str, Any], line: int, mlgate: Mlgate) -> None:
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    ran = check(mlgate, image(mlgate, layers, STEPS, **values))
    assert ids(ran)["GAT006"] == line
    assert "SMC001" in ids(ran, "undecided")


@pytest.mark.parametrize(
    "steps",
    [
        [STEPS[0].replace("install", "all"), *STEPS[1:]],
        [*STEPS[:1], "COPY start /elsewhere # buildkit", *STEPS[2:]],
        [STEPS[1], STEPS[0], STEPS[2]],
        [*STEPS[:2], "ENV MODE=fast", "CMD [\"bash\"]"],
    ],
    ids=["another command", "another place", "another order", "something behind it"],
)  # fmt: skip
def test_another_history_is_asked_about(steps: list[str], mlgate: Mlgate) -> None:
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    ran = check(mlgate, image(mlgate, layers, steps))
    assert "GAT006" in ids(ran, "undecided")
    assert "SMC001" in ids(ran, "undecided")


def test_a_squashed_image_settles_but_attributes_nothing(mlgate: Mlgate) -> None:
    """Its configuration and its files are true all the same."""
    data = layer({"bin/train": "#!/bin/absent\n"})
    values = {"Env": ["PATH=/usr/bin:/bin", "MODE=fast"]}
    config = configuration([data], history=[{"created_by": "", "comment": "merge sha256:a to sha256:b"}], config=values)
    docker_archive(mlgate.folder / "image.tar", [data], config)
    ran = check(mlgate, "docker-archive:image.tar")
    assert "ENT013" in ids(ran)
    assert "GAT006" in ids(ran, "undecided")


def test_an_image_for_another_processor(mlgate: Mlgate) -> None:
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    image(mlgate, layers, STEPS)
    config = configuration(layers, architecture="arm64")
    docker_archive(mlgate.folder / "image.tar", layers, config)
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "sagemaker-training", *OFF[:2], "--format", "json")
    assert {row["rule_id"]: row["severity"] for row in ran.json["findings"]}["SMU003"] == "high"


def test_sizes(mlgate: Mlgate) -> None:
    mlgate.write("mlgate.yaml", "thresholds: {image-size: 5000}\n")
    layers = [BASE, layer({"bin/train": SCRIPT, "model": "x" * 6000}), layer({"x": ""})]
    assert "SMU009" in ids(check(mlgate, image(mlgate, layers, STEPS)))
    mlgate.write("mlgate.yaml", "thresholds: {image-size: 9000}\n")
    assert "SMU009" not in ids(check(mlgate, image(mlgate, layers, STEPS)))


def test_a_build_argument_in_the_history(mlgate: Mlgate) -> None:
    steps = ["ARG DB_PASSWORD=hunter22secret", "RUN |1 DB_PASSWORD=hunter22secret /bin/sh -c make install # buildkit"]
    text = "FROM registry.example.com/team/base:1.2.3\nARG DB_PASSWORD\nRUN make install\n"
    layers = [BASE, layer({"bin/train": SCRIPT})]
    ran = check(mlgate, image(mlgate, layers, steps), text)
    rows = [row for row in ran.json["findings"] if row["rule_id"] == "SEC001" and row["severity"] == "high"]
    assert [row["line"] for row in rows] == [2]
    assert "hunter22secret" not in ran.out


def test_mounted_folders_are_looked_into(mlgate: Mlgate) -> None:
    layers = [BASE, layer({"bin/serve": SCRIPT, "opt/ml/model/m.bin": "x"})]
    image(mlgate, layers, ["COPY . / # buildkit"])
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "sagemaker-hosting", *OFF[:2], "--format", "json")
    assert "SMP001" in ids(ran)


def test_the_same_twice(mlgate: Mlgate) -> None:
    layers = [BASE, layer({"bin/train": SCRIPT}), layer({"x": ""})]
    target = image(mlgate, layers, STEPS)
    assert check(mlgate, target).out == check(mlgate, target).out
    assert hashlib.sha256((mlgate.folder / "image.tar").read_bytes()).hexdigest() not in check(mlgate, target).out
    assert str(Path.cwd()) not in json.dumps(check(mlgate, target).json)


@pytest.mark.parametrize(
    ("release", "env", "words"),
    [
        ('ID=debian\nVERSION_ID="9"\n', "A=1", "debian 9"),
        ("ID=ubuntu\nVERSION_ID='18.04'\n", "A=1", "ubuntu 18.04"),
        ("ID=debian\nVERSION_ID=12\n", "PYTHON_VERSION=3.7.17", "python 3.7"),
        ("ID=debian\nVERSION_ID=12\n", "PYTHON_VERSION=3.13.1", ""),
        ("ID=acme\nVERSION_ID=1\n", "A=1", ""),
        ("garbage\xff", "PYTHON_VERSION=x.y", ""),
    ],
)
def test_the_end_of_life_shows_in_the_image(release: str, env: str, words: str, mlgate: Mlgate) -> None:
    layers = [layer({"etc/os-release": release, "bin/train": SCRIPT})]
    config = configuration(layers, config={"Env": ["PATH=/bin", env], "Cmd": ["train"]})
    docker_archive(mlgate.folder / "image.tar", layers, config)
    ran = mlgate("scan", "docker-archive:image.tar", *OFF[:2], "--format", "json")
    messages = [row["message"] for row in ran.json["findings"] if row["rule_id"] == "BAS001"]
    assert [words in message for message in messages] == ([True] if words else [])


def test_what_layers_hide_is_counted(mlgate: Mlgate) -> None:
    large = "x" * (6 << 20)
    layers = [
        BASE, layer({"data/a": large, "data/b": large, "bin/train": SCRIPT}), layer({}, entry("data/.wh.a"), entry("data/.wh.b")),
        layer({"data/c": large}), layer({}, entry("data/.wh.c")),
    ]  # fmt: skip
    image(
        mlgate,
        layers,
        ["COPY data /data # buildkit", "RUN rm /data/a /data/b", "COPY c /data # buildkit", "RUN rm /data/c"],
    )
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", *OFF[:2], "--format", "json")
    rows = [row for row in ran.json["findings"] if row["rule_id"] == "LAY002"]
    assert [row["line"] for row in rows] == [5]
    assert "most of all /data/" in rows[0]["message"]


@pytest.mark.parametrize("whiteout", ["app/.wh.train", "app/.wh..wh..opq", ".wh.app"])
def test_what_a_later_layer_takes_away_is_gone(whiteout: str, mlgate: Mlgate) -> None:
    start = layer({"app/bin/train": SCRIPT, "app/train": SCRIPT}, entry("bin/train", link="/app/train"))
    layers = [BASE, start, layer({"keep": "x"}, entry(whiteout, tarfile.REGTYPE))]
    image(mlgate, layers, ["COPY app /app # buildkit", "RUN rm -r /app"])
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "sagemaker-training", *OFF[:2], "--format", "json")
    assert "SMC001" in ids(ran)


@pytest.mark.parametrize(
    ("path", "content", "found"),
    [
        ("root/.aws/credentials", "[default]\naws_secret_access_key = x\n", True),
        ("home/app/.netrc", "machine x login y password z\n", True),
        ("root/.docker/config.json", '{"auths": {"x": {"auth": "eDp5"}}}', True),
        ("root/.docker/config.json", '{"auths": {}, "experimental": true}', False),
        ("root/.ssh/id_rsa", "-----BEGIN OPENSSH PRIVATE KEY-----\n", True),
        ("root/.ssh/id_rsa", "", False),
        ("app/.env", "DB_PASSWORD=hunter22secret\n", True),
        ("app/.env", "LOG_LEVEL=debug\n", False),
        ("usr/lib/python3/dist-packages/x/.netrc", "machine x", False),
        ("app/tests/.netrc", "machine x", False),
        ("etc/credentials", "x", False),
        ("root/.netrc", " \n", False),
    ],
)
def test_credentials_in_layers(path: str, content: str, found: bool, mlgate: Mlgate) -> None:
    folder, _, name = path.rpartition("/")
    for gone in (False, True):
        top = layer({"z": "z"}, *([entry(f"{folder}/.wh.{name}", tarfile.REGTYPE)] if gone else []))
        image(mlgate, [BASE, layer({path: content, "bin/train": SCRIPT}), top], ["RUN make", "RUN rm -rf x"])
        ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", *OFF[:2], "--format", "json")
        rows = [row for row in ran.json["findings"] if row["rule_id"] == "SEC002"]
        assert [row["line"] for row in rows] == ([4] if found else [])
        assert all(("stays in this one" in row["message"]) is gone for row in rows)
        assert "hunter22secret" not in ran.out


def test_launch_takes_an_image_too(mlgate: Mlgate) -> None:
    mlgate.write("Dockerfile", DOCKERFILE)
    mlgate.write("start", SCRIPT)
    words = ("launch", "Dockerfile", "--for", "sagemaker-training", "--format", "json")
    assert mlgate(*words).json["verdict"] == "undecided"
    layers = [BASE, layer({"bin/train": "#!/bin/absent\n"}), layer({"x": ""})]
    ran = mlgate(*words, "--image", image(mlgate, layers, STEPS))
    assert (ran.code, ran.json["error"]) == (1, "exec /bin/train: no such file or directory")
    ran = mlgate(*words, "--image", image(mlgate, layers, STEPS, Env=["PATH=/bin", "MODE=slow"]))
    assert ran.code == 3 and "was not built from this file" in ran.last
    assert mlgate(*words, "--image", "docker-archive:absent.tar").code == 3


def test_a_policy_that_requires_hadolint_can_scan(mlgate: Mlgate) -> None:
    mlgate.write("mlgate.yaml", "engines: {hadolint: required}\n")
    image(mlgate, [BASE], [], User="1000")
    ran = mlgate("scan", "docker-archive:image.tar", *OFF[:2])
    assert "hadolint is required" not in ran.err
    assert ran.code in (0, 1)


PYTHON_SITE = "usr/lib/python3.11/site-packages"


@pytest.mark.parametrize(
    ("files", "verdict"),
    [
        ({f"{PYTHON_SITE}/trainer/__init__.py": ""}, "works"),
        ({f"{PYTHON_SITE}/trainer.py": ""}, "works"),
        ({f"{PYTHON_SITE}/other.py": ""}, "fails"),
        ({f"{PYTHON_SITE}/easy-install.pth": "/src\n"}, "undecided"),
    ],
)
def test_modules_are_looked_up_in_the_image(files: dict[str, str], verdict: str, mlgate: Mlgate) -> None:
    text = 'FROM registry.example.com/team/base:1.2.3\nRUN make install\nENTRYPOINT ["python3", "-m", "trainer"]\n'
    mlgate.write("Dockerfile", text)
    layers = [BASE, layer({**files, "usr/bin/python3": PROGRAM})]
    target = image(
        mlgate,
        layers,
        [STEPS[0], 'ENTRYPOINT ["python3" "-m" "trainer"]'],
        Entrypoint=["python3", "-m", "trainer"],
        Cmd=None,
    )
    ran = mlgate("launch", "Dockerfile", "--for", "docker", "--format", "json", "--image", target)
    assert ran.json["verdict"] == verdict, ran.out


@pytest.mark.parametrize(("user", "found"), [("app", False), ("1000:100", False), ("other", True)])
def test_a_users_number_is_the_images(user: str, found: bool, mlgate: Mlgate) -> None:
    accounts = "root:x:0:0::/:/bin/sh\napp:x:1000:100::/:/bin/sh\nother:x:1001:100::/:/bin/sh\n"
    layers = [layer({"etc/passwd": accounts, f"{PYTHON_SITE}/ipykernel-6.0.dist-info/METADATA": "Name: ipykernel\n"})]
    docker_archive(
        mlgate.folder / "image.tar", layers, configuration(layers, config={"User": user, "Env": ["PATH=/bin"]})
    )
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "sagemaker-studio", *OFF[:2], "--format", "json")
    assert ("SMU002" in ids(ran)) is found
    assert "SMU002" not in ids(ran, "undecided")


def test_a_label_made_of_a_variable_of_the_base(mlgate: Mlgate) -> None:
    text = "FROM registry.example.com/team/base:1.2.3\nRUN make install\nLABEL version=$BASE_VERSION\n"
    layers = [BASE, layer({"bin/train": SCRIPT})]
    assert "LBL005" in ids(check(mlgate, None, text), "undecided")
    steps = [STEPS[0], "LABEL version=3"]
    ran = check(mlgate, image(mlgate, layers, steps, Labels={"version": "3"}), text)
    assert "LBL005" not in {**ids(ran), **ids(ran, "undecided")}
    ran = check(mlgate, image(mlgate, layers, steps, Labels={"version": ""}), text)
    assert ids(ran)["LBL005"] == 3


@pytest.mark.parametrize(
    "step",
    [
        "ENV TOKEN=hunter22secret",
        "ARG TOKEN=hunter22secret",
        "RUN |1 TOKEN=hunter22secret /bin/sh -c make # buildkit",
        "RUN |2 A=b c TOKEN=hunter22secret /bin/bash -eo pipefail -c make # buildkit",
        "RUN |1 TOKEN=hunter22secret make all # buildkit",
        "|1 TOKEN=hunter22secret /bin/sh -c make",
        "/bin/sh -c #(nop)  ENV TOKEN=hunter22secret",
    ],
)
def test_values_of_variables_are_not_shown(step: str) -> None:
    found = image_of({"Cmd": ["x"]})
    found.history = [Step(step, empty=True)]
    text = document(found).decode()
    assert "hunter22" not in text
    assert text.splitlines()[2].startswith(("# ENV TOKEN", "# ARG TOKEN", "# RUN "))
    assert ("make" in text) is ("make" in step)


def test_a_token_in_a_command(mlgate: Mlgate) -> None:
    token = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3fG5"
    image(mlgate, [BASE, layer({"x": "x"})], [f"RUN /bin/sh -c git clone https://{token}@github.com/a/b # buildkit"])
    ran = mlgate("scan", "docker-archive:image.tar", "--for", "docker", *OFF[:2])
    assert "SEC001" in ran.out and "a GitHub token" in ran.out
    assert token not in ran.out
