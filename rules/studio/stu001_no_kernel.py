"""STU001 no-kernel: Studio Classic finds no kernel in the image."""

from gate.build import Build
from gate.model import Severity
from gate.packages.installs import installs
from gate.packages.model import Pin
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.platforms.bases import base_of
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._answer import cmd_of, entrypoint_of
from gate.rules.sagemaker._gpu import shipped_requests

_FOR = ("sagemaker-studio",)

rule = Rule(
    id="STU001",
    name="no-kernel",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="A Studio Classic image installs no kernel.",
    reason="Studio Classic replaces ENTRYPOINT and CMD by its kernel gateway, which starts the kernel that a kernelspec names. Without one the image cannot be chosen in a notebook.",
    fix="RUN pip install ipykernel && python -m ipykernel install --sys-prefix (R: IRkernel::installspec()).",
    bad=[
        Example("»FROM python:3.12\nRUN pip install pandas==2.2.2\n", platforms=_FOR),
        Example("»FROM continuumio/miniconda3:24.5.0-0\nRUN conda install -y pandas=2.2\n", platforms=_FOR),
    ],
    good=[
        Example("FROM python:3.12\nRUN pip install ipykernel && python -m ipykernel install --sys-prefix\n", platforms=_FOR),
        Example("FROM quay.io/jupyter/base-notebook:2024-05-27\n", platforms=_FOR),
        Example("FROM python:3.12\nRUN pip install jupyterlab==4.2.1\n", platforms=_FOR),
        Example('FROM python:3.12\nENTRYPOINT ["code-server", "--port", "8888"]\n', platforms=_FOR),
        Example("FROM acme/studio:1.2\n", platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/sagemaker/latest/dg/studio-byoi-specs.html",),
)  # fmt: skip

_KERNELS = frozenset(
    [
        "ipykernel",
        "jupyter",
        "jupyterlab",
        "notebook",
        "jupyter-console",
        "qtconsole",
        "ipywidgets",
        "spyder-kernels",
        "metakernel",
        "bash-kernel",
        "sparkmagic",
        "sagemaker-studio-analytics-extension",
        "r-irkernel",
        "irkernel",
        "xeus-python",
        "almond",
        "octave-kernel",
        "nbclassic",
        "jupyter-core",
        "jupyter-server",
        "jupyterhub",
        "voila",
        "ipyparallel",
        "sagemaker-studio-sparkmagic-lib",
        "anaconda",
    ]
)
_SPECS = (
    "usr/local/share/jupyter/kernels",
    "usr/share/jupyter/kernels",
    "opt/conda/share/jupyter/kernels",
    "root/.local/share/jupyter/kernels",
)
_PLAIN = ("python", "debian", "ubuntu", "continuumio/miniconda3", "condaforge/", "mambaorg/micromamba", "amazonlinux", "nvidia/cuda", "r-base", "alpine")  # fmt: skip
_OPAQUE = (Pin.LOCAL, Pin.MOVABLE, Pin.UNRESOLVED)
_SAID = ("kernel", "jupyter", "IRkernel", "IJulia", "kernelspec")


@rule.on_build
def check(build: Build) -> Results:
    target = build.target
    if target is None or build.faults or entrypoint_of(build) is not None or cmd_of(build) is not None:
        return
    if any(normalized(request.name) in _KERNELS for _, request in shipped_requests(build)):
        return
    texts = [each.text.value for stage in target.lineage() for each in stage.instructions if each.keyword in ("RUN", "COPY", "ADD")]  # fmt: skip
    if any(word in text for text in texts for word in _SAID):
        return
    built = build.built if build.built is not None and build.built.usable else None
    if built is not None and (_KERNELS & built.python.distributions or any(map(built.image.stack.at, _SPECS))):
        return
    doubt = _doubt(build) if built is None else ""
    if doubt:
        yield rule.undecided(target.from_, f"whether the image has a kernel: {doubt}", "--image")
    else:
        yield rule.finding(target.from_, "Nothing here installs a kernel for notebooks.", stage=target)


def _doubt(build: Build) -> str:
    """Why a kernel may be there all the same."""
    assert build.target is not None
    reference, _ = base_of(build.target)
    if reference is None:
        return "the base image is not known"
    name = reference.removeprefix("docker.io/").removeprefix("library/")
    if not name.startswith(_PLAIN):
        return f"{reference} may bring one"
    for install in installs(build):
        if install.verb != "install" or install.stage is None or not build.ships(install.stage):
            continue
        if (
            not install.complete
            or install.locks
            or wanted(install, build).unread
            or (install.files and install.ecosystem == "conda")
        ):
            return f"line {install.place.line} may install one"
    if any(request.pin in _OPAQUE for _, request in shipped_requests(build)):
        return "a package of your own may bring one"
    return ""
