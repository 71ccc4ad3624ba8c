"""LMB002 writes-outside-tmp: everything but /tmp is read-only in Lambda."""

from gate.build import Build
from gate.dockerfile.tree import Run
from gate.model import Severity, Unknown
from gate.packages.requirement import normalized
from gate.platforms.image import launch_image
from gate.platforms.texts import SourceText, reachable, texts
from gate.platforms.writes import may_write, writes
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import shipped_requests

_FOR = ("lambda",)

rule = Rule(
    id="LMB002",
    name="writes-outside-tmp",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The function writes outside of /tmp, or a library of it will.",
    reason="Lambda's file system is read-only but for /tmp, and the user has no home folder: OSError: [Errno 30] Read-only file system. Hugging Face, Matplotlib and Numba keep their caches in the home folder unless they are told otherwise.",
    fix="Write below /tmp; ENV HF_HOME=/tmp/hf MPLCONFIGDIR=/tmp/mpl NUMBA_CACHE_DIR=/tmp/numba.",
    bad=[
        Example(
            'FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ${LAMBDA_TASK_ROOT}/\nCMD ["app.handler"]\n',
            files={"app.py": "def handler(e, c):\n    with »open('/var/task/out.txt', 'w') as f:\n        f.write('x')\n"},
            platforms=_FOR,
        ),
        Example(
            'FROM public.ecr.aws/lambda/python:3.12\nRUN pip install »transformers==4.44.0\nCOPY app.py ${LAMBDA_TASK_ROOT}/\nCMD ["app.handler"]\n',
            files={"app.py": "from transformers import pipeline\np = pipeline('x')\n"},
            platforms=_FOR,
        ),
        Example("FROM public.ecr.aws/lambda/python:3.12\nENV »HF_HOME=/root/.cache/hf\n", platforms=_FOR),
    ],
    good=[
        Example(
            'FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ${LAMBDA_TASK_ROOT}/\nCMD ["app.handler"]\n',
            files={"app.py": "def handler(e, c):\n    open('/tmp/out', 'w')\n    open('/var/task/x')\nif __name__ == '__main__':\n    open('/x', 'w')\n"},
            platforms=_FOR,
        ),
        Example("FROM public.ecr.aws/lambda/python:3.12\nRUN pip install transformers==4.44.0\nENV HF_HOME=/tmp/hf\n", platforms=_FOR),
        Example(
            'FROM public.ecr.aws/lambda/python:3.12\nENV HF_HOME=/opt/hf\nCOPY get.py .\nRUN pip install transformers==4.44.0 && python get.py\nCMD ["app.handler"]\n',
            files={"get.py": "open('/opt/hf/x', 'w')\n"},
            platforms=_FOR,
        ),
    ],
    links=("https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",),
)  # fmt: skip

_CACHES = {
    "transformers": ("HF_HOME", "TRANSFORMERS_CACHE", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "XDG_CACHE_HOME"),
    "sentence-transformers": ("SENTENCE_TRANSFORMERS_HOME", "HF_HOME", "HF_HUB_CACHE", "TRANSFORMERS_CACHE", "XDG_CACHE_HOME"),
    "matplotlib": ("MPLCONFIGDIR",),
    "seaborn": ("MPLCONFIGDIR",),
    "numba": ("NUMBA_CACHE_DIR",),
    "librosa": ("NUMBA_CACHE_DIR",),
}  # fmt: skip
"""Package → the variables that lead its cache elsewhere."""
_SEVERITY = {
    "matplotlib": Severity.LOW,
    "seaborn": Severity.LOW,
}  # it takes a temporary folder, and says so at each start
_WRITABLE = ("/tmp/", "/dev/", "/mnt/", "/proc/")  # noqa: S108


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    handlers = _handlers(build)
    for source in reachable(handlers, build):
        if may_write(source.data) and source.tree is not None:
            # What another module could do, the function may never ask of it.
            severity = Severity.HIGH if source in handlers else Severity.MEDIUM
            for path, call in writes(source.tree, inside_main=False):
                if path.startswith("/") and not path.startswith(_WRITABLE) and path != "/tmp":  # noqa: S108
                    yield rule.finding(
                        source.place(call),
                        f"This writes to {path[:80]}, which is read-only in Lambda.",
                        severity=severity,
                    )
    yield from _caches(build)


def _handlers(build: Build) -> list[SourceText]:
    """The module that CMD names (``app.handler``), or the program that the container starts."""
    config = launch_image(build).config
    words = [
        word for given in (config.entrypoint, config.cmd) if not isinstance(given, Unknown) for word in given or ()
    ]
    handlers = {word.rpartition(".")[0].replace("/", ".").rpartition(".")[2] for word in words if "." in word}
    started = {word.rpartition("/")[2] for word in words}
    return [
        source
        for source in texts(build)
        if source.is_python and (source.module in handlers or source.arrival.name in started)
    ]


def _caches(build: Build) -> Results:
    env = launch_image(build).config.env
    set_by = launch_image(build).config.set_by
    home = env.get("HOME")
    if isinstance(home, str) and home.startswith("/tmp"):  # noqa: S108
        return
    filled = _filled_in_build(build)
    told: set[tuple[str, ...]] = set()
    for install, request in shipped_requests(build):
        names = _CACHES.get(normalized(request.name)) if request.ecosystem == "pypi" else None
        if names is None or names in told or any(name in env for name in names) or "HOME" in env:
            continue
        told.add(names)
        yield rule.finding(
            request,
            f"{request.name} keeps a cache in the home folder, and {names[0]} leads it nowhere else.",
            help=f"ENV {names[0]}=/tmp/cache",
            severity=_SEVERITY.get(normalized(request.name), Severity.MEDIUM),
            stage=install.stage,
        )
    for name in sorted({name for names in _CACHES.values() for name in names} & env.keys()):
        value, instruction = env[name], set_by.get(f"Env.{name}")
        outside = isinstance(value, str) and value.startswith("/") and not f"{value}/".startswith(_WRITABLE)
        if outside and instruction is not None and not filled:
            pair = next((pair for pair in getattr(instruction, "pairs", ()) if pair.key.value == name), instruction)
            yield rule.finding(
                pair, f"{name} leads to {value}, which is read-only in Lambda.", severity=Severity.MEDIUM
            )


def _filled_in_build(build: Build) -> bool:
    """Whether a RUN may have filled the cache, so that the function only reads it."""
    return any(
        isinstance(each, Run) and any((command.name or "").startswith(("python", "hf", "huggingface")) for command in build.script(each).commands)
        for stage in build.stages
        for each in stage.instructions
    )  # fmt: skip
