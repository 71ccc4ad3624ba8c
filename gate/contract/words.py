"""What a container and the engine say, read: text that nobody can trust, and the faults that it names."""

from __future__ import annotations

from gate.lazy import pattern
from gate.record import dataclass
from gate.terminal import clean

LINES = 200
"""Lines of a container's output that are kept."""
_WIDTH = 500
_COLOUR = pattern(r"\x1b\[[0-9;]*m")
_NOTHING_STARTED = pattern(
    r"executable file not found in|: permission denied|exec format error|no such file or directory|not a directory|"
    r"cannot run executable found relative|unable to find user|[Nn]o command specified|is a directory"
)
_NAMED = pattern(r'exec: "([^"]*)"')
_EXEC_FAILED = pattern(r"^(?:standard_init_linux\.go:\d+: )?exec (?:user process caused|/\S+): \S")
_NO_SCRIPT = pattern(
    r"can't open file '|[Cc]annot open file|can't open '?(?:train|serve)\b|No such file or directory: '?(?:train|serve)\b"
)
_GPU = pattern(
    r"Found no NVIDIA driver|libcuda\.so\.1|CUDA driver version is insufficient|no CUDA-capable device|"
    r"NVIDIA driver was not detected|Failed to initialize NVML"
)
_NO_NETWORK = pattern(
    r"Temporary failure in name resolution|Name or service not known|Network is unreachable|Could not resolve host|"
    r"bad address|getaddrinfo|NameResolutionError|EndpointConnectionError|network unreachable|No address associated"
)


@dataclass(frozen=True, slots=True)
class Fault:
    """Why nothing runs: ``text`` are the words of the engine or the kernel, ``rules`` what they prove."""

    text: str
    rules: tuple[str, ...]
    next_step: str


def lines(output: bytes) -> tuple[str, ...]:
    """The last lines of what a container wrote: without colours, nothing in them that a terminal would obey."""
    text = _COLOUR.sub("", output.decode("utf-8", "surrogateescape"))
    kept = text.replace("\r\n", "\n").replace("\r", "\n").rstrip().split("\n")[-LINES:]
    return tuple(clean(line[:_WIDTH]) for line in kept) if text.strip() else ()


def refusal(explanation: str, word: str | None) -> Fault | None:
    """The image's fault in what the engine says where it starts nothing; None where the engine itself is at fault."""
    text = explanation.rpartition("unable to start container process: ")[2].removesuffix(": unknown")
    text = text.removeprefix("error during container init: ")  # as newer engines have it
    if not _NOTHING_STARTED.search(text):
        return None
    return Fault(clean(text)[:_WIDTH], *_meaning(text, word))


def refusal_in(log: tuple[str, ...]) -> Fault | None:
    """The same where the kernel refused the program: the container's only output is that."""
    for line in log[-1:]:
        if _EXEC_FAILED.match(line):
            return Fault(line, *_meaning(line, None))
    return None


def _meaning(text: str, word: str | None) -> tuple[tuple[str, ...], str]:
    named = _NAMED.search(text)
    if "not found in" in text:
        if named is not None and named[1] == word:
            rule = "SMC001" if word == "train" else "SMC002"
            return (rule,), f"put an executable file called {word} into a folder of PATH, or set an ENTRYPOINT"
        return ("ENT014",), "the program that ENTRYPOINT or CMD names is not on PATH"
    if "permission denied" in text:
        return ("ENT010",), "make it executable: COPY --chmod=755"
    if "exec format error" in text:
        return ("ENT011", "SMU003"), "give the script a first line such as #!/bin/sh, or build for this processor"
    if text.startswith("exec /"):
        return (
            "ENT012",
            "ENT013",
        ), "the interpreter of its first line is not in the image; a line end of Windows does that, too"
    if "no such file" in text or "not a directory" in text:
        return ("ENT014",), "the program that ENTRYPOINT or CMD names is not in the image"
    if "ommand specified" in text:
        return ("ENT015",), "set an ENTRYPOINT or a CMD"
    return (), "mlgate launch shows how the program is looked up"


def misses_script(log: tuple[str, ...]) -> bool:
    """Whether an interpreter says that the script it was given is not there."""
    return any(_NO_SCRIPT.search(line) for line in log[-20:])


def wants_gpu(log: tuple[str, ...]) -> bool:
    return any(_GPU.search(line) for line in log)


def wants_network(log: tuple[str, ...]) -> bool:
    return any(_NO_NETWORK.search(line) for line in log)
