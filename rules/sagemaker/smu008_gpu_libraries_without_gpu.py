"""SMU008 gpu-libraries-without-gpu: gigabytes of CUDA for machines that have no GPU."""

from gate.build import Build
from gate.facts import facts
from gate.model import Severity
from gate.packages.model import Install, Request
from gate.packages.resolve import wanted
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import python_requests, without_gpu

_FOR = ("sagemaker-hosting", "sagemaker-training", "sagemaker-processing", "lambda")

rule = Rule(
    id="SMU008",
    name="gpu-libraries-without-gpu",
    severity=Severity.MEDIUM,
    platforms=_FOR,
    summary="GPU libraries are installed for machines without a GPU.",
    reason="The default Linux wheels of PyTorch and others bring 2 to 5 GB of CUDA libraries that are pulled at every start and never loaded.",
    fix="Install the CPU build: pip install torch --index-url https://download.pytorch.org/whl/cpu.",
    bad=[
        Example("FROM public.ecr.aws/lambda/python:3.12\nRUN pip install »torch==2.4.0\n", platforms=("lambda",)),
        Example(
            "FROM python:3.12\nCOPY r.txt /\nRUN pip install -r /r.txt\n",
            files={"r.txt": "flask==3.0.3\n»onnxruntime-gpu==1.18.0\n"},
            platforms=("sagemaker-hosting",),
            policy={"instance-types": ["ml.m5.large"]},
        ),
    ],
    good=[
        Example("FROM python:3.12\nRUN pip install torch==2.4.0\n", platforms=("sagemaker-hosting",)),
        Example(
            "FROM public.ecr.aws/lambda/python:3.12\nRUN pip install torch==2.4.0 --index-url https://download.pytorch.org/whl/cpu\n",
            platforms=("lambda",),
        ),
        Example("FROM public.ecr.aws/lambda/python:3.12\nRUN pip install torch==2.4.0+cpu\n", platforms=("lambda",)),
        Example(
            "FROM --platform=linux/arm64 public.ecr.aws/lambda/python:3.12\nRUN pip install torch==2.4.0\n",
            platforms=("lambda",),
        ),
    ],
)

_INDEX = (
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--index",
    "--default-index",
    "--torch-backend",
)


@rule.on_build
def check(build: Build) -> Results:
    why = without_gpu(build)
    if not why or build.target is None or "arm64" in str(build.target.root.from_.flag("platform") or ""):
        return
    table: dict[str, str] = facts("accelerators")["gpu-packages"]
    for install, request, name in python_requests(build):
        if name in table and not _for_cpu(install, request, build):
            yield rule.finding(
                request,
                f"{request.name} brings GPU libraries, and {why}.",
                help=f"Install {table[name]}.",
                stage=install.stage,
            )


def _for_cpu(install: Install, request: Request, build: Build) -> bool:
    """Whether the request, an option of the command, of its files or the environment leads to a CPU build."""
    if "cpu" in (request.version or "") or request.url or (request.marker and "platform" in request.marker):
        return True
    given = [option.value or "cpu" for option in install.arguments.all(*_INDEX)]
    given += [value for file in wanted(install, build).files for name in _INDEX for value in file.options.get(name, ())]
    text = build.dockerfile.source.text
    return any("cpu" in value for value in given) or ("INDEX_URL" in text and "whl/cpu" in text)
