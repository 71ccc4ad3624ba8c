"""MLA002 model-downloaded-in-build: a RUN or ADD fetches a model while the image is built."""

from collections.abc import Iterator
from functools import lru_cache

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.shell import file_script
from gate.dockerfile.source import Source
from gate.dockerfile.tree import Copy, Instruction, Run
from gate.image.model import File
from gate.lazy import pattern
from gate.model import Place, Severity
from gate.packages.where import BASE, directory, resolve
from gate.platforms.image import launch_image
from gate.rule import Example, Results, Rule
from gate.rules.artifacts._models import meant_to_be_baked

rule = Rule(
    id="MLA002",
    name="model-downloaded-in-build",
    severity=Severity.MEDIUM,
    summary="A model is downloaded while the image is built.",
    reason="The image gets whatever was there that day, needs the credentials at build time, is as large as with a copied model, and never sees the next version: the layer stays in the cache.",
    fix='Fetch it when the container starts, into /tmp or a mounted folder: snapshot_download(…, revision="<commit>"). If it must be baked in, fix revision and checksum.',
    bad=[
        "FROM python:3.12\nRUN »wget https://example.com/weights/yolo.pt -P /app\n",
        "FROM python:3.12\nRUN pip install transformers==4.44.0 && »python -c \"from transformers import AutoModel; AutoModel.from_pretrained('bert-base-uncased')\"\n",
        "FROM python:3.12\nRUN »aws s3 cp s3://acme/models/v1/ /app/model --recursive\n",
        "FROM python:3.12\nRUN »huggingface-cli download bert-base-uncased --local-dir /m\n",
        "FROM python:3.12\nADD »https://example.com/resnet.onnx /m/\n",
        "FROM python:3.12\nRUN »git clone https://huggingface.co/gpt2 /m\n",
        Example(
            "FROM python:3.12\nWORKDIR /app\nCOPY fetch.py .\nRUN »python fetch.py\n",
            files={"fetch.py": "from huggingface_hub import snapshot_download\nsnapshot_download('gpt2')\n"},
        ),
    ],
    good=[
        "FROM python:3.12\nRUN wget https://repo.anaconda.com/miniconda/Miniconda3-py312_24.5.0-0-Linux-x86_64.sh\n",
        "FROM python:3.12\nRUN curl -fsSL https://example.com/cudnn-linux-x86_64-8.9.tar.gz | tar xz\n",
        "FROM python:3.12\nRUN aws s3 cp s3://acme/wheels/mine-1.0-py3-none-any.whl /tmp/\n",
        "FROM python:3.12 AS fetch\nRUN wget https://example.com/yolo.pt\nFROM python:3.12\n",
        "FROM python:3.12\nRUN pip install huggingface-hub==0.24.0\n",
    ],
)

_ENDING = pattern(
    r"\.(?:pt|pth|safetensors|h5|hdf5|onnx|gguf|ggml|ckpt|tflite|pkl|pickle|joblib|keras|mar|cbm|pb|caffemodel|params|weights|nemo)(?=$|[?#&\"'\s])",
    2,
)
_PACKED = pattern(r"\.(?:bin|zip|tar|tgz|tar\.\w+|model|npz)(?=$|[?#&\"'\s])", 2)
_MODEL_WORD = pattern(
    r"(?<![a-z])(?:models?|weights|checkpoints?|ckpt|bert|gpt2|llama|resnet\d*|mobilenet\w*|yolo\w*|pretrained|saved_model|glove|fasttext|word2vec|embeddings?)(?![a-z])",
    2,
)
_NO_MODEL = pattern(r"miniconda|anaconda|miniforge|cudnn|cuda|nccl|driver|awscli|aws-cli|toolkit|cmake|openmpi|-src\b|\.deb\b|\.rpm\b|\.whl\b|\.jar\b|server|github\.com/[^/]+/[^/]+/(?:archive|tarball|zipball)", 2)  # fmt: skip
_HUB = ("https://huggingface.co/", "https://hf.co/", "git@hf.co:")
_CALLS = pattern(
    r"\b(?:from_pretrained|snapshot_download|hf_hub_download|load_state_dict_from_url|cached_download|gdown\.download)\s*\(|\btorch\.hub\.(?:load|download)\w*\s*\(|\bSentenceTransformer\s*\(|\bwhisper\.load_model\s*\("
)
_SMALL_CALLS = pattern(r"\bnltk\.download\s*\(|\bspacy\.cli\.download\s*\(|\btiktoken\.get_encoding\s*\(")
_LOCAL_ONLY = pattern(r"local_files_only\s*=\s*True|from_pretrained\(\s*[\"'](?:\.{0,2}/)")
_NAMED = pattern(r"(?:download|fetch|pull)[\w-]*?[_-]?(?:models?|weights|checkpoints?)\w*\.(?:py|sh)$", 2)
_SHELLS = ("sh", "bash")
_PROGRAMS = frozenset(
    [
        "wget",
        "curl",
        "aria2c",
        "axel",
        "aws",
        "gsutil",
        "gcloud",
        "s5cmd",
        "azcopy",
        "rclone",
        "huggingface-cli",
        "hf",
        "ollama",
        "gdown",
        "git",
        "spacy",
        "nltk.downloader",
    ]
).union(_SHELLS)
_SCRIPT_LIMIT = 1 << 17


@rule.on_instruction("ADD")
def check_add(instruction: Instruction, build: Build) -> Results:
    if isinstance(instruction, Copy) and build.ships(instruction):
        for word in instruction.sources:
            value = build.expand(word, instruction)
            if isinstance(value, str) and "://" in value and _is_model(value, str(instruction.destination)):
                severity = Severity.INFO if meant_to_be_baked(build) else Severity.MEDIUM
                yield rule.finding(
                    word, f"ADD downloads {_short(value)} into the image.", severity=severity, stage=instruction.stage
                )


@rule.on_build
def check_runs(build: Build) -> Results:
    for run in filter(build.ships, build.dockerfile.runs):
        for command in build.script(run).commands:
            is_module = len(command.words) > 1 and command.words[1].value == "-m"
            if is_module or _may_fetch(command.name or ""):
                for place, what, severity in _fetched(command, run, build):
                    severity = Severity.INFO if meant_to_be_baked(build) else severity
                    yield rule.finding(place, f"{what} while the image is built.", severity=severity, stage=run.stage)


@lru_cache(maxsize=1024)
def _may_fetch(program: str) -> bool:
    return program in _PROGRAMS or program.startswith("python") or program.endswith(".sh")


def _fetched(command: Command, run: Run, build: Build) -> Iterator[tuple[Place, str, Severity]]:
    """What a command of a RUN downloads, itself or by the script that it runs."""
    name = command.name or ""
    said = _download(command)
    if said is None and name.startswith("python"):
        said = _by_python(command, run, build)
    elif said is None and (name in _SHELLS or name.endswith(".sh")):
        said = _by_script(command, run, build)
    if said is not None:
        yield command.place, *said


def _download(command: Command) -> tuple[str, Severity] | None:
    """What a command downloads as its words say."""
    name = command.name or ""
    values = [word.value if word.value is not None else word.prefix + word.suffix for word in command.arguments]
    if name in ("wget", "curl", "aria2c", "axel"):
        text = " ".join(values)
        url = next((value for value in values if "://" in value and _is_model(value, text)), "")
        return (f"{name} downloads {_short(url)}", Severity.MEDIUM) if url else None
    if name in ("aws", "gsutil", "gcloud", "s5cmd", "azcopy", "rclone"):
        source = next((value for value in values if value.startswith(("s3://", "gs://", "https://"))), "")
        model = source and _copies_down(values) and _is_model(source, " ".join(values))
        return (f"{name} downloads {_short(source)}", Severity.MEDIUM) if model else None
    if (name in ("huggingface-cli", "hf") and "download" in values) or (name == "ollama" and "pull" in values):
        return f"{name} downloads a model", Severity.MEDIUM
    if name == "gdown" and values:
        return "gdown downloads a file of a shared drive", Severity.MEDIUM
    if name == "git" and "clone" in values and any(value.startswith(_HUB) for value in values):
        return "git clone downloads a model", Severity.MEDIUM
    if name == "git" and values[:2] == ["lfs", "pull"]:
        return "git lfs pull downloads a model", Severity.MEDIUM
    module = values[1] if values[:1] == ["-m"] and len(values) > 1 else name
    if (module == "spacy" and "download" in values) or module == "nltk.downloader":
        return f"{module} fetches language data", Severity.LOW
    return None


def _copies_down(values: list[str]) -> bool:
    verbs = ("cp", "sync", "rsync", "copy")
    at = next((index for index, value in enumerate(values) if value in verbs), None)
    operands = [value for value in values[at + 1 :] if not value.startswith("-")] if at is not None else []
    return bool(operands) and "://" in operands[0]


def _by_python(command: Command, run: Run, build: Build) -> tuple[str, Severity] | None:
    """What a Python text downloads: that of ``-c``, of a here-document, of a file of the image."""
    values = command.values
    text = values[values.index("-c") + 1] if "-c" in values[:-1] else None
    text = text or next((each.heredoc.value for each in command.redirects if each.heredoc is not None), None)
    if text is None:
        path = next((value for value in values if value and not value.startswith("-")), "")
        text = _text_at(path, command, run, build)
        if text is None:
            return _by_name(path)
    if _LOCAL_ONLY.search(text):
        return None
    found = _CALLS.search(text)
    if found is not None:
        return f"{found[0].rstrip('( ')} fetches a model", Severity.MEDIUM
    small = _SMALL_CALLS.search(text)
    return (f"{small[0].rstrip('( ')} fetches language data", Severity.LOW) if small is not None else None


def _by_script(command: Command, run: Run, build: Build) -> tuple[str, Severity] | None:
    """What a shell script downloads."""
    words = command.arguments if command.name in _SHELLS else command.words[:1]
    path = next((word.value for word in words if word.value and not word.value.startswith("-")), "")
    text = _text_at(path, command, run, build) if path.endswith(".sh") else ""
    if text is None:
        return _by_name(path)
    for inner in file_script(Source(path, text.encode())).commands if text else ():
        said = _download(inner)
        if said is not None:
            return f"{path.rpartition('/')[2]} runs {said[0].replace(' downloads', ', which downloads')}", said[1]
    return None


def _by_name(path: str) -> tuple[str, Severity] | None:
    """A script that is not here, and whose name says it all."""
    name = path.rpartition("/")[2]
    return (f"{name} downloads models, as its name says,", Severity.MEDIUM) if _NAMED.search(name) else None


def _text_at(path: str, command: Command, run: Run, build: Build) -> str | None:
    """The file that a command runs, where it is one of the context's; None where it cannot be read."""
    folder = directory(command, run, build)
    if not path or not isinstance(folder, str) or (folder == BASE and path[0] != "/"):
        return None
    image = launch_image(build)
    file = image.files.lookup(resolve(path, folder)) if image.may_read(path.rpartition("/")[2]) else None
    data = file.read(_SCRIPT_LIMIT) if isinstance(file, File) else None
    return data.decode("utf-8", "replace") if data is not None else None


def _is_model(url: str, around: str) -> bool:
    """Whether an address names a model: by its ending, or for an archive by a word in it or in where it goes."""
    if _ENDING.search(url):
        return True
    packed = bool(_PACKED.search(url)) or url.startswith(("s3://", "gs://"))
    return packed and not _NO_MODEL.search(url) and bool(_MODEL_WORD.search(url) or _MODEL_WORD.search(around))


def _short(url: str) -> str:
    """The last part of an address: the rest may hold a token."""
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return name or url.partition("?")[0]
