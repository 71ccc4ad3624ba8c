"""MLA002 model-downloaded-in-build: a RUN or ADD fetches a model while the image is built."""

from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.command import Command, ShellWord
from gate.dockerfile.tree import Copy, Instruction, Run
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


@rule.on_instruction("RUN")
def check_run(instruction: Instruction, build: Build) -> Results:
    if not isinstance(instruction, Run) or not build.ships(instruction):
        return
    for command in build.script(instruction).commands:
        for place, what, severity in _fetched(command, instruction, build):
            severity = Severity.INFO if meant_to_be_baked(build) else severity
            yield rule.finding(place, f"{what} while the image is built.", severity=severity, stage=instruction.stage)


def _fetched(command: Command, run: Run, build: Build) -> Iterator[tuple[Place, str, Severity]]:
    name = command.name or ""
    values = [word.value if word.value is not None else word.prefix + word.suffix for word in command.arguments]
    text = " ".join(values)
    if name in ("wget", "curl", "aria2c", "axel"):
        url = next((value for value in values if "://" in value and _is_model(value, text)), "")
        if url:
            yield command.place, f"{name} downloads {_short(url)}", Severity.MEDIUM
    elif name in ("aws", "gsutil", "gcloud", "s5cmd", "azcopy", "rclone"):
        source = next((value for value in values if value.startswith(("s3://", "gs://", "https://"))), "")
        if source and _copies_down(values) and _is_model(source, text):
            yield command.place, f"{name} downloads {_short(source)}", Severity.MEDIUM
    elif (name in ("huggingface-cli", "hf") and "download" in values) or (name == "ollama" and "pull" in values):
        yield command.place, f"{name} downloads a model", Severity.MEDIUM
    elif name == "gdown" and values:
        yield command.place, "gdown downloads a file of a shared drive", Severity.MEDIUM
    elif name == "git" and (("clone" in values and any(value.startswith(_HUB) for value in values)) or values[:2] == ["lfs", "pull"]):  # fmt: skip
        yield command.place, f"git {'clone' if 'clone' in values else 'lfs pull'} downloads a model", Severity.MEDIUM
    elif name.startswith("python") or name == "spacy":
        yield from _by_python(command, command.arguments, values, run, build)


def _copies_down(values: list[str]) -> bool:
    verbs = ("cp", "sync", "rsync", "copy")
    at = next((index for index, value in enumerate(values) if value in verbs), None)
    operands = [value for value in values[at + 1 :] if not value.startswith("-")] if at is not None else []
    return bool(operands) and "://" in operands[0]


def _by_python(
    command: Command, words: tuple[ShellWord, ...], values: list[str], run: Run, build: Build
) -> Iterator[tuple[Place, str, Severity]]:
    if values[:2] in (["-m", "spacy"], ["-m", "nltk.downloader"]) or (command.name == "spacy" and "download" in values):
        if "download" in values or "nltk.downloader" in values:
            yield command.place, f"{' '.join(values[:3])} fetches language data", Severity.LOW
        return
    text = values[values.index("-c") + 1] if "-c" in values[:-1] else _script_text(words, command, run, build)
    if _LOCAL_ONLY.search(text):
        return
    found = _CALLS.search(text)
    small = None if found else _SMALL_CALLS.search(text)
    if found or small:
        call = (found or small).group(0).rstrip("( ")  # type: ignore[union-attr]
        if found:
            yield command.place, f"{call} fetches a model", Severity.MEDIUM
        else:
            yield command.place, f"{call} fetches language data", Severity.LOW


def _script_text(words: tuple[ShellWord, ...], command: Command, run: Run, build: Build) -> str:
    """What stands in the Python file that a command runs, where it is one of the context's; a here-document counts."""
    for redirect in command.redirects:
        if redirect.heredoc is not None:
            return redirect.heredoc.value
    path = next((word.value for word in words if word.value and not word.value.startswith("-")), None)
    folder = directory(command, run, build)
    if path is None or not path.endswith(".py") or not isinstance(folder, str) or (folder == BASE and path[0] != "/"):
        return ""
    file = launch_image(build).files.lookup(resolve(path, folder))
    data = getattr(file, "read", lambda limit: None)(_SCRIPT_LIMIT)
    return data.decode("utf-8", "replace") if data else ""


def _is_model(url: str, around: str) -> bool:
    """Whether an address names a model: by its ending, or for an archive by a word in it or in where it goes."""
    if _ENDING.search(url):
        return True
    if _NO_MODEL.search(url):
        return False
    packed = bool(_PACKED.search(url)) or url.startswith(("s3://", "gs://"))
    return packed and bool(_MODEL_WORD.search(url) or _MODEL_WORD.search(around))


def _short(url: str) -> str:
    """The last part of an address: the rest may hold a token."""
    name = url.partition("?")[0].rstrip("/").rpartition("/")[2]
    return name or url.partition("?")[0]
