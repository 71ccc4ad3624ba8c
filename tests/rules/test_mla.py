"""Tables of cases for the rules about models, data and litter."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.engines.buildkit import BuildKit
from tests.rules.support import expect, findings, run, silent, undecided

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 1\n"  # fmt: skip
COPY = "FROM python:3.12\nCOPY . /app/\n"


@pytest.mark.parametrize(
    ("path", "size", "marked"),
    [
        ("model.pt", 10, True),
        ("m/a.safetensors", 10, True),
        ("M.ONNX", 10, True),
        ("decision-tree.pkl", 10, True),
        ("xgb.model", 10, True),
        ("pytorch_model.bin", 10, True),
        ("saved_model/saved_model.pb", 10, True),
        ("blob.bin", 11_000_000, True),
        ("blob.bin", 10, False),
        ("rows.npz", 10, False),
        ("tokenizer.model", 500_000, False),
        ("label_encoder.pkl", 900, False),
        ("label_encoder.pkl", 2_000_000, True),
        ("tests/data/m.pt", 10, False),
        ("src/fixtures/m.onnx", 10, False),
        ("model.pt", 0, False),
        ("model.py", 10, False),
        ("model.pt.txt", 10, False),
        (".pt", 10, False),
    ],
)
def test_what_is_a_model(path: str, size: int, marked: bool) -> None:
    assert bool(run(COPY, ["MLA001"], {path: b"\0" * size})) is marked


@pytest.mark.parametrize(
    ("policy", "platforms", "severity"),
    [
        ({}, [], "medium"),
        ({"thresholds": {"model-size": 5}}, [], "high"),
        ({"separate-artifacts": True}, [], "high"),
        ({"artifacts": "separate"}, [], "high"),
        ({"artifacts": "baked"}, [], "info"),
        ({"artifacts": "baked", "thresholds": {"model-size": 5}}, [], "info"),
        ({}, ["edge"], "info"),
        ({}, ["edge", "lambda"], "medium"),
        ({"artifacts": "separate"}, ["edge"], "high"),
    ],
)
def test_how_bad_a_baked_model_is(policy: dict[str, object], platforms: list[str], severity: str) -> None:
    found = run(COPY, ["MLA001"], {"model.pt": b"\0" * 10}, platforms, policy)
    assert [each[3] for each in found] == [severity]


@pytest.mark.parametrize(
    ("dockerfile", "marked"),
    [
        ("FROM python:3.12\nCOPY »model.pt /app/\n", True),  # not there yet: CI puts it there
        ("FROM python:3.12 AS a\nRUN make\nFROM python:3.12\nCOPY --from=a »/out/model.onnx /\n", True),
        ("FROM python:3.12\nCOPY --from=acme/models »/m/x.gguf /\n", True),
        ("FROM python:3.12\nCOPY *.txt /app/\n", False),
        ("FROM python:3.12\nCOPY --from=acme/x /data/rows.bin /\n", False),
        ("FROM python:3.12\nADD https://example.com/model.pt /\n", False),
        ("FROM python:3.12\nCOPY --exclude=*.pt . /app\n", False),
    ],
)
def test_models_that_are_not_here(dockerfile: str, marked: bool) -> None:
    (expect if marked else silent)("MLA001", dockerfile, files={"a.txt": "x"})


def test_what_comes_by_way_of_another_stage() -> None:
    files = {"src/m.pt": "x", "src/a.py": "", "src/n.ipynb": "{}", "src/p.onnx": POINTER}
    dockerfile = (
        "FROM python:3.12 AS b\nWORKDIR /src\nCOPY src .\nRUN make\nFROM python:3.12\nCOPY --from=b »/src /app\n"
    )
    for rule in ("MLA001", "MLA004", "MLA009"):
        expect(rule, dockerfile, files=files)
    silent("MLA001", dockerfile.replace("»", "").replace("RUN make", "RUN rm *.pt"), files=files)
    expect("MLA001", "FROM python:3.12\nCOPY --exclude=*.py »src /app\n", files=files)
    silent("MLA001", "FROM python:3.12\nCOPY --exclude=*.pt src /app\n", files=files)


def test_one_finding_for_each_word_with_what_it_brings() -> None:
    files = {"a.pt": b"\0" * 1500, "b.pt": b"\0" * 2_000_000, "c.py": ""}
    [found] = findings(COPY, ["MLA001"], files)
    assert found.message == "2 model files (2 MB), among them b.pt, are baked into the image."


@pytest.mark.parametrize(
    ("command", "severity"),
    [
        ("wget https://example.com/m/yolo.pt", "medium"),
        ("curl -L -o /m/model.bin https://huggingface.co/x/resolve/main/pytorch_model.bin", "medium"),
        ("curl -L -o /m/bert.zip https://storage.googleapis.com/bert_models/x.zip", "medium"),
        ("aws s3 cp s3://b/models/v1/model.tar.gz /m/", "medium"),
        ("aws s3 sync s3://b/models /m", "medium"),
        ("gsutil -m cp -r gs://b/saved_model /m", "medium"),
        ("hf download gpt2", "medium"),
        ("git lfs pull", "medium"),
        ("ollama pull llama3", "medium"),
        ("python -c \"import torch; torch.hub.load('a', 'b')\"", "medium"),
        ("python -m spacy download en_core_web_sm", "low"),
        ("python -c \"import nltk; nltk.download('punkt')\"", "low"),
        ("python <<EOF\nfrom transformers import AutoModel\nAutoModel.from_pretrained('x')\nEOF", "medium"),
        ("wget https://repo.anaconda.com/miniconda/Miniconda3-latest-Linux-x86_64.sh", None),
        ("wget https://github.com/acme/models/archive/refs/tags/v1.tar.gz", None),
        ("curl -fsSL https://developer.download.nvidia.com/cudnn-8.tar.gz | tar xz", None),
        ("aws s3 cp s3://b/wheels/mine-1.0-py3-none-any.whl /tmp/", None),
        ("aws s3 cp /m/model.tar.gz s3://b/models/", None),
        ("python -c \"import x; x.from_pretrained('./local')\"", None),
        ("pip install torch==2.4.0", None),
        ("git clone https://github.com/acme/x", None),
    ],
)
def test_downloads(command: str, severity: str | None) -> None:
    found = run(f"FROM python:3.12\nRUN {command}\n", ["MLA002"])
    assert [each[3] for each in found] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("command", "marked"),
    [
        ("bash get.sh", True),
        ("./get.sh", True),
        ("sh -e /app/get.sh", True),
        ("bash other.sh", False),
        ("python fetch.py", True),
        ("python tools/download_models.py", True),  # not here: its name says it
        ("bash download-weights.sh", True),
        ("python local.py", False),
        ("python train.py", False),
    ],
)
def test_downloads_by_scripts(command: str, marked: bool) -> None:
    files = {
        "get.sh*": "#!/bin/sh\nset -e\ncurl -fsSL -o /m/a.onnx https://example.com/a.onnx\n",
        "other.sh": "apt-get install -y curl\n",
        "fetch.py": "from huggingface_hub import snapshot_download\nsnapshot_download('x')\n",
        "local.py": "m.from_pretrained('x', local_files_only=True)\n",
    }
    assert bool(run(f"FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN {command}\n", ["MLA002"], files)) is marked


def test_an_address_may_hold_a_token() -> None:
    [found] = findings("FROM python:3.12\nADD https://e.com/model.pt?sig=hunter2 /m/\n", ["MLA002"])
    assert "hunter2" not in found.message


@pytest.mark.parametrize(
    ("files", "marked"),
    [
        ({"data/a.csv": 6_000_000, "data/b.csv": 6_000_000}, True),
        ({"rows.parquet": 11_000_000}, True),
        ({"images/a.jpg": 11_000_000}, True),
        ({"dataset/blob": 11_000_000}, True),
        ({"data/a.csv": 9_000_000}, False),
        ({"docs/film.mp4": 11_000_000}, False),
        ({"vendor.tar": 11_000_000}, False),
        ({"train/model.py": 11_000_000}, False),
        ({"model.pt": 11_000_000}, False),
    ],
)
def test_data(files: dict[str, int], marked: bool) -> None:
    assert bool(run(COPY, ["MLA003"], {path: b"\0" * size for path, size in files.items()})) is marked


@pytest.mark.parametrize(
    ("files", "marked"),
    [
        ({".git/HEAD": "x"}, True),
        ({"a/b.ipynb": "{}"}, True),
        ({"a/__pycache__/b.pyc": "x"}, True),
        ({".venv/bin/python": "x"}, True),
        ({"wandb/run/log": "x"}, True),
        ({"pkg/wandb/__init__.py": "x"}, False),
        ({".gitignore": "x", "gitfoo/x": "x"}, False),
        ({".git/HEAD": "x", "a.ipynb": "x", ".dockerignore": ".git\n**/*.ipynb\n"}, False),
    ],
)
def test_litter(files: dict[str, str], marked: bool) -> None:
    assert bool(run(COPY, ["MLA004"], files)) is marked


def test_studio_wants_its_notebooks() -> None:
    silent("MLA004", COPY, files={"a.ipynb": "{}"}, platforms=("sagemaker-studio",))


def test_the_whole_context() -> None:
    expect("MLA005", "FROM python:3.12\nCOPY ». .\n", files={"a": "x"}, severity="medium")
    expect("MLA005", "FROM python:3.12 AS b\nCOPY ». .\nFROM python:3.12\n", files={"a": "x"}, severity="low")
    expect("MLA005", "FROM python:3.12\nCOPY a »./ b/\n", files={"a": "x"})
    silent("MLA005", "FROM python:3.12\nCOPY . .\n", files={"a": "x", ".dockerignore": ""})


def test_without_a_context_the_ignore_file_is_not_known() -> None:
    from gate import catalogue
    from gate.build import Build
    from gate.dockerfile.parse import parse
    from gate.dockerfile.source import Source
    from gate.walk import Walker

    build = Build(parse(Source("Dockerfile", b"FROM python:3.12\nCOPY . /app\nCOPY m.pt /app\n")))
    rules = [rule for rule in catalogue.load().rules.values() if rule.family == "MLA"]
    outcome = Walker(rules).walk(build)
    assert not outcome.failures
    assert [each.rule_id for each in outcome.undecided] == ["MLA005"]
    assert {each.rule_id for each in outcome.findings} == {"MLA001", "MLA007", "MLA010"}


@pytest.mark.parametrize(
    ("line", "ignored", "marked"),
    [
        ("COPY a.txt /", "*.txt", True),
        ("COPY src /app", "src", True),
        ("COPY src/a.py /app/", "**/a.py", True),
        ("COPY a.txt /", "*.txt\n!a.txt", False),
        ("COPY src /app", "src/b.py", False),
        ("COPY src/*.py /app/", "src/a.py", False),
        ("COPY nowhere /", "nowhere", False),
    ],
)
def test_ignored_sources(line: str, ignored: str, marked: bool) -> None:
    files = {"a.txt": "x", "src/a.py": "x", "src/b.py": "x", ".dockerignore": ignored + "\n"}
    found = run(f"FROM python:3.12\n{line}\n", ["MLA006"], files)
    assert [(each[1], each[2]) for each in found] == ([(2, 6)] if marked else [])


def test_ignored_sources_of_a_stage_that_is_not_built() -> None:
    files = {"a.txt": "x", ".dockerignore": "*.txt\n"}
    silent("MLA006", "FROM python:3.12 AS unused\nCOPY a.txt /\nFROM python:3.12\n", files=files)
    expect("MLA006", "FROM python:3.12 AS b\nCOPY »a.txt /\nFROM python:3.12\nCOPY --from=b /a.txt /\n", files=files)


@pytest.mark.parametrize(
    ("content", "marked"),
    [
        (POINTER, True),
        (POINTER.replace("\n", "\r\n", 1), True),
        (POINTER + "x" * 200, False),
        ("PK\x03\x04", False),
        ("", False),
    ],
)
def test_pointers(content: str, marked: bool) -> None:
    assert bool(run(COPY, ["MLA009"], {"m.pt": content})) is marked
    assert run(COPY, ["MLA001"], {"m.pt": content if marked else ""}) == []


def test_version_labels_are_asked_for_where_a_model_is() -> None:
    files = {"m.onnx": "x"}
    expect("MLA007", "FROM python:3.12\nCOPY »m.onnx /\n", files=files, severity="low")
    silent("MLA007", "FROM python:3.12\n")
    silent(
        "MLA007", "FROM python:3.12\nARG V=1\nLABEL org.opencontainers.image.revision=$V\nCOPY m.onnx /\n", files=files
    )
    silent("MLA007", 'FROM python:3.12\nARG V\nRUN : "${V:?}"\nLABEL version=$V\nCOPY m.onnx /\n', files=files)


def test_the_file_map_may_be_unknown() -> None:
    """Where COPY puts it does not matter: the base image's WORKDIR is not known here."""
    expect("MLA001", "FROM acme/base:1\nCOPY ». .\n", files={"m.pt": "x"})
    assert undecided("FROM acme/base:1\nCOPY . .\n", ["MLA001"], {"m.pt": "x"}) == []


IGNORED = [
    ("COPY a.txt /", "*.txt"),
    ("COPY a.txt /", "*.txt\n!a.txt"),
    ("COPY src /app", "src"),
    ("COPY src /app", "src/**"),
    ("COPY src /app", "src/b.py"),
    ("COPY ./src/a.py /app/", "**/a.py"),
    ("COPY /src/a.py /app/", "src/*\n!src/b.py"),
    ("COPY src/../a.txt /", "a.*"),
    ("COPY a.txt src /app/", "src/a.py"),
]


@pytest.mark.parametrize(("line", "ignored"), IGNORED)
def test_the_builder_stops_where_the_rule_says_so(buildkit: BuildKit, tmp_path: Path, line: str, ignored: str) -> None:
    files = {"a.txt": "x", "src/a.py": "x", "src/b.py": "x", ".dockerignore": ignored + "\n"}
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    (tmp_path / "Dockerfile").write_text(f"FROM scratch\n{line}\n")
    built = buildkit.build(tmp_path, tmp_path / "Dockerfile")
    assert built.ok is not bool(run(f"FROM scratch\n{line}\n", ["MLA006"], files)), built.error_text
