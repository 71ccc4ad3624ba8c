"""PIN007 requirements-without-hashes: pip installs what the index serves, without checking it."""

from gate.build import Build
from gate.model import Severity, Unknown
from gate.packages.installs import installs
from gate.packages.model import Install, Pin, Request
from gate.packages.resolve import wanted
from gate.packages.where import variable
from gate.rule import Example, Results, Rule

rule = Rule(
    id="PIN007",
    name="requirements-without-hashes",
    severity=Severity.LOW,
    enabled=False,
    summary="A requirements file has no hashes.",
    reason="A version names a release, not its content: an index, a mirror or a proxy may serve another file under the same name.",
    fix="Generate the file with hashes: pip-compile --generate-hashes, or uv pip compile --generate-hashes.",
    bad=[
        Example(
            "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "# pinned\n»numpy==1.26.4\nscipy==1.14.1\n"},
        ),
    ],
    good=[
        Example(
            "FROM python:3.12\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\n",
            files={"requirements.txt": "numpy==1.26.4 \\\n    --hash=sha256:" + "0" * 64 + "\n"},
        ),
        "FROM python:3.12\nRUN pip install numpy==1.26.4\n",
    ],
)


@rule.on_build
def check(build: Build) -> Results:
    seen: set[str] = set()
    for install in installs(build):
        if install.ecosystem != "pypi" or install.verb == "uninstall" or not install.files:
            continue
        for ref, why in wanted(install, build).unread:
            if ref.kind == "requirements":
                yield rule.undecided(ref, f"{ref.path or 'the file'} is not read: {why.reason}", why.settle)
        if install.arguments.has("--require-hashes") or _required(install, build):
            continue
        for file in wanted(install, build).files:
            bare = [request for request in file.requests if _wants_hash(request)]
            if bare and file.source.path not in seen and "--require-hashes" not in file.options:
                seen.add(file.source.path)
                yield rule.finding(
                    bare[0], f"{len(bare)} of {len(file.requests)} requirements have no hash.", stage=install.stage
                )


def _wants_hash(request: Request) -> bool:
    return not request.hashes and request.pin not in {Pin.LOCAL, Pin.HASH} and not request.editable


def _required(install: Install, build: Build) -> bool:
    """``PIP_REQUIRE_HASHES``: pip itself refuses what has none."""
    if install.run is None:
        return False
    value = variable("PIP_REQUIRE_HASHES", install.command, install.run, build)
    return isinstance(value, Unknown) or (value or "").lower() in {"1", "true", "yes", "on", "y", "t"}
