"""LMB005 no-such-handler: CMD names a function that the module does not have."""

import ast
import posixpath
from collections.abc import Iterator

from gate.build import Build
from gate.dockerfile.tree import Launch
from gate.image.arrivals import copies
from gate.image.model import File
from gate.lazy import pattern
from gate.model import Severity
from gate.platforms.bases import base_of
from gate.platforms.image import launch_image
from gate.python import parsed
from gate.rule import Example, Results, Rule
from gate.servers.source import LIMIT, python_file
from gate.words import did_you_mean

_FOR = ("lambda",)
_BASE = "FROM public.ecr.aws/lambda/python:3.12\nCOPY app.py ${LAMBDA_TASK_ROOT}\n"
_APP = {"app.py": "def handler(event, context):\n    return {}\n"}

rule = Rule(
    id="LMB005",
    name="no-such-handler",
    severity=Severity.HIGH,
    platforms=_FOR,
    summary="CMD names a handler that is not there.",
    reason="Lambda imports the module that CMD names and takes the function out of it when the first event comes: Runtime.HandlerNotFound, Handler 'x' missing on module 'y'. The image builds, deploys and is active all the same.",
    fix='Write CMD ["module.function"] with a function of that module.',
    bad=[
        Example(_BASE + 'CMD ["»app.handlr"]\n', files=_APP, platforms=_FOR),
        Example(_BASE + 'CMD ["»app"]\n', files=_APP, platforms=_FOR),
        Example('FROM python:3.12\nRUN pip install awslambdaric\nWORKDIR /fn\nCOPY app.py .\nENTRYPOINT ["python", "-m", "awslambdaric"]\nCMD ["»app.lambda_handler"]\n', files=_APP, platforms=_FOR),
    ],
    good=[
        Example(_BASE + 'CMD ["app.handler"]\n', files=_APP, platforms=_FOR),
        Example(_BASE + 'CMD ["app.handler"]\n', files={"app.py": "from web import *\n"}, platforms=_FOR),
        Example(_BASE + 'CMD ["app.handler"]\n', files={"app.py": "try:\n    from fast import handler\nexcept ImportError:\n    handler = None\n"}, platforms=_FOR),
        Example(_BASE + 'CMD ["other.handler"]\n', files=_APP, platforms=_FOR),
    ],
    links=("https://docs.aws.amazon.com/lambda/latest/dg/python-handler.html",),
)  # fmt: skip

_PYTHON = pattern(r"(?:^|/)(?:lambda/python|aws-lambda-python)(?:$|[:@])")
_TASK_ROOT = pattern(r"\$(?:LAMBDA_TASK_ROOT|\{LAMBDA_TASK_ROOT\})(?:/\.?)?")
_MAKES_NAMES = frozenset({"exec", "globals", "setattr", "vars"})


@rule.on_build
def check(build: Build) -> Results:
    if build.target is None or build.faults:
        return
    config = launch_image(build).config
    launch = config.set_by.get("Cmd")
    words = config.cmd
    if not isinstance(launch, Launch) or not launch.exec or not isinstance(words, list) or len(words) != 1:
        return
    if not _takes_handlers(build):
        return
    module, dot, function = words[0].rpartition(".")
    if not dot:
        yield rule.finding(launch.exec[0], f"{words[0]} is no handler: it takes a module and a function of it.")
        return
    shown, tree = _module(module, build)
    if tree is None:
        return
    names = set(_names(tree.body))
    if function not in names and "*" not in names:
        hint = did_you_mean(function, sorted(names))
        yield rule.finding(launch.exec[0], f"{shown} has no {function}{hint or '.'}")


def _takes_handlers(build: Build) -> bool:
    """Whether what starts is Lambda's client for Python, which takes CMD for a handler."""
    config = launch_image(build).config
    if "Entrypoint" in config.set_by:
        return isinstance(config.entrypoint, list) and "awslambdaric" in config.entrypoint
    assert build.target is not None
    reference, _ = base_of(build.target)
    return _PYTHON.search(reference or "") is not None


def _module(name: str, build: Build) -> tuple[str, ast.Module | None]:
    """The module in the folder that the function works in, and its path as users see it; None where it cannot be known."""
    image = launch_image(build)
    folder = image.config.working_dir
    relative = name.replace(".", "/")
    for candidate in (f"{relative}.py", f"{relative}/__init__.py"):
        if not isinstance(folder, str):
            break
        found = image.files.lookup(posixpath.normpath(posixpath.join(folder, candidate)))
        if isinstance(found, File) and found.type == "file":
            source = python_file(found, build)
            return source.shown, source.tree
    return _copied(f"{relative}.py", build)


def _copied(path: str, build: Build) -> tuple[str, ast.Module | None]:
    """The same by what a COPY names: only the base image knows where ``${LAMBDA_TASK_ROOT}`` is."""
    for copy in copies(build):
        if copy.from_ is not None or not _TASK_ROOT.fullmatch(str(copy.destination)) or build.context is None:
            continue
        for source in map(str, copy.sources):
            here = posixpath.normpath(source)
            data = build.context.read(here, LIMIT + 1) if posixpath.basename(here) == path else None
            if data is not None and len(data) <= LIMIT and b"\0" not in data:
                return build.context.shown(here), parsed(data.decode("utf-8", "replace"))
    return path, None


def _names(body: list[ast.stmt]) -> Iterator[str]:
    """What a module has when it was imported; ``*`` where there may be anything."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            yield "*" if node.name == "__getattr__" else node.name
            continue
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in node.names)
        elif isinstance(node, ast.Name) and (isinstance(node.ctx, ast.Store) or node.id in _MAKES_NAMES):
            yield "*" if node.id in _MAKES_NAMES else node.id
        waiting.extend(ast.iter_child_nodes(node))
