"""LMB001 no-runtime-client: nothing in the image talks to Lambda's Runtime API."""

from gate.build import Build
from gate.image.arrivals import copies
from gate.lazy import pattern
from gate.model import Severity, Unknown
from gate.packages.installs import installs
from gate.packages.requirement import normalized
from gate.packages.resolve import wanted
from gate.platforms.bases import base_of
from gate.platforms.image import launch_image
from gate.platforms.texts import texts
from gate.rule import Example, Results, Rule
from gate.rules.sagemaker._gpu import shipped_requests

_FOR = ("lambda",)

rule = Rule(
    id="LMB001",
    name="no-runtime-client",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="The image has no runtime interface client.",
    reason="Lambda hands events out through its Runtime API. An image that does not come from an AWS base image needs a client for it; without one each call ends with Runtime.ExitError or a timeout.",
    fix='Start from public.ecr.aws/lambda/…, or pip install awslambdaric and ENTRYPOINT ["python", "-m", "awslambdaric"]; a web server can keep its code with the Lambda Web Adapter.',
    bad=[
        Example('»FROM python:3.12\nCOPY app.py .\nCMD ["app.handler"]\n', files={"app.py": "def handler(e, c): pass\n"}, platforms=_FOR),
        Example('»FROM node:22\nCOPY app.js .\nENTRYPOINT ["node", "app.js"]\n', files={"app.js": "1"}, platforms=_FOR),
    ],
    good=[
        Example('FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py .\nCMD ["app.handler"]\n', files={"app.py": ""}, platforms=_FOR),
        Example('FROM python:3.12\nRUN pip install awslambdaric\nENTRYPOINT ["python", "-m", "awslambdaric"]\nCMD ["app.handler"]\n', platforms=_FOR),
        Example("FROM python:3.12\nCOPY --from=public.ecr.aws/awsguru/aws-lambda-adapter:0.8.4 /lambda-adapter /opt/extensions/\nCMD python app.py\n", platforms=_FOR),
        Example('FROM golang:1.22 AS b\nRUN go build -o /main\nFROM debian:12\nCOPY --from=b /main /main\nENTRYPOINT ["/main"]\n', platforms=_FOR),
        Example("FROM acme/lambda-base\n", platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/lambda/latest/dg/images-create.html",),
)  # fmt: skip

_AWS = pattern(r"(?:^|/)(?:lambda/\w+|aws-lambda-\w+|aws-lambda-adapter|lambci/lambda)(?:$|[:@])|aws-lambda|lambci/")
_SAID = pattern(
    r"awslambdaric|aws[-_]lambda[-_]ric|aws[-_]lambda[-_]rie|lambda-adapter|lambda_runtime|aws-lambda-go|runtime-interface-client|AWS_LAMBDA_RUNTIME_API"
    r"|AWSLambda|Amazon\.Lambda|/bootstrap\b|\bmangum-runtime\b"
)
_CLIENTS = ("var/runtime", "opt/extensions/lambda-adapter", "lambda-entrypoint.sh")
"""What the images of AWS and the web adapter bring."""
_MANIFESTS = frozenset({"requirements.txt", "pyproject.toml", "package.json", "go.mod", "Cargo.toml", "pom.xml", "build.gradle", "build.gradle.kts", "Gemfile", "setup.py", "Pipfile", "poetry.lock"})  # fmt: skip
_INTERPRETERS = frozenset(
    {"python", "python3", "node", "ruby", "sh", "bash", "/bin/sh", "java", "dotnet", "gunicorn", "uvicorn"}
)


@rule.on_build
def check(build: Build) -> Results:
    target = build.target
    if (
        target is None
        or build.faults
        or any(_AWS.search(each.base or "") for each in build.stages if build.ships(each))
    ):
        return
    if _SAID.search(build.dockerfile.source.text) or _mentioned(build):
        return
    built = build.built if build.built is not None and build.built.usable else None
    if built is not None and ("awslambdaric" in built.python.distributions or any(map(built.image.stack.at, _CLIENTS))):
        return
    doubt = _doubt(build)
    if doubt:
        yield rule.undecided(target.from_, f"whether the image has a runtime interface client: {doubt}", "--image")
    else:
        yield rule.finding(target.from_, "Nothing in this image talks to Lambda's Runtime API.", stage=target)


def _mentioned(build: Build) -> bool:
    """Whether an installation, a manifest or a source of the context names a client."""
    if any(normalized(request.name) in ("awslambdaric", "aws-lambda-ric") for _, request in shipped_requests(build)):
        return True
    if build.context is None:
        return False
    data = [build.context.read(entry.path, 1 << 18) or b"" for entry in build.context.entries()
            if entry.type == "file" and (entry.path.rpartition("/")[2] in _MANIFESTS or entry.path.endswith((".csproj", "/bootstrap")) or entry.path == "bootstrap")]  # fmt: skip
    data += [source.data for source in texts(build)]
    return any(_SAID.search(each.decode("utf-8", "replace")) for each in data)


def _doubt(build: Build) -> str:
    """Why a client may be there all the same."""
    assert build.target is not None
    reference, known = base_of(build.target)
    if reference is None or not (known.has or known.plain):
        return (
            f"{reference or 'the base image'} may bring one" if reference != "scratch" else "what is copied may be one"
        )
    for install in installs(build):
        ships = install.stage is not None and build.ships(install.stage) and install.verb == "install"
        if ships and (not install.complete or install.locks or wanted(install, build).unread):
            return f"line {install.place.line} may install one"
    for copy in copies(build):
        if copy.from_ is not None:
            return f"line {copy.line} copies from another image"
    config = launch_image(build).config
    words = config.entrypoint or config.cmd
    if isinstance(words, Unknown):
        return words.reason
    if words and words[0].rpartition("/")[2] not in _INTERPRETERS and "/" in words[0]:
        return f"{words[0]} may be one"
    return ""
