"""SEC002 credential-file: a file that holds credentials is copied into the image, or written by a RUN."""

import re
from functools import lru_cache

from gate.build import Build
from gate.dockerfile.command import Command
from gate.dockerfile.tree import Copy, Instruction, Run
from gate.lazy import pattern
from gate.memo import memo
from gate.model import Severity
from gate.rule import Example, Results, Rule
from gate.rules.security._secrets import password_in_url

rule = Rule(
    id="SEC002",
    name="credential-file",
    severity=Severity.HIGH,
    image=True,
    security=True,
    summary="A credential file becomes part of a layer.",
    reason="It stays in that layer even when a later RUN deletes it, for everybody who can pull the image.",
    fix="Mount it for the one RUN that needs it (RUN --mount=type=secret …), or give the container a role. List the file in .dockerignore.",
    bad=[
        "FROM debian:12.5\nCOPY ».aws /root/.aws\n",
        "FROM debian:12.5\nCOPY app.py »id_rsa /root/.ssh/\n",
        Example(
            "FROM debian:12.5\nCOPY ». /app\n",
            files={"app.py": "x", ".env": "API_TOKEN=abc\n", "key.pem": "-----BEGIN CERTIFICATE-----"},
        ),
        'FROM debian:12.5\nRUN »echo "machine x login y password z" > ~/.netrc && pip install x==1.0\n',
        "FROM debian:12.5\nARG T\nRUN »huggingface-cli login --token $T\n",
    ],
    good=[
        "FROM debian:12.5\nRUN --mount=type=secret,id=netrc,target=/root/.netrc pip install x==1.0\n",
        Example("FROM debian:12.5\nCOPY . /app\n", files={".env": "A=b", ".dockerignore": ".env\n", "app.py": "x"}),
        "FROM debian:12.5\nCOPY ca.pem /etc/ssl/certs/\n",
        "FROM debian:12.5\nCOPY .env.example /app/\n",
        "FROM debian:12.5\nRUN echo machine > ~/.netrc && pip install x==1.0 && rm -f ~/.netrc\n",
    ],
)

_FILE = pattern(
    r"(?:^|/)(?:\.aws/credentials|\.netrc|_netrc|\.kaggle/kaggle\.json|kaggle\.json|\.docker/config\.json|\.dockercfg|\.pgpass|\.pypirc"
    r"|\.npmrc|\.git-credentials|\.huggingface/token|huggingface/token|id_(?:rsa|dsa|ecdsa|ed25519)|\.kube/config|application_default_credentials\.json"
    r"|(?:gcp|google)?[\w.-]*service[-_]?account[\w.-]*\.json|credentials\.json|\.env(?:\.(?:local|prod|production|dev|development|staging))?"
    r"|[\w.-]+\.(?:p12|pfx|jks|keystore)|\.htpasswd|\.s3cfg|\.boto|secrets?\.ya?ml)\Z",
    re.IGNORECASE,
)
_FOLDER = pattern(r"(?:^|/)\.(?:aws|ssh|kaggle|gnupg|azure|kube|docker)/?\Z")
_HARMLESS = pattern(r"example|sample|template|dummy|fake|test|\.pub\Z|\.dist\Z", re.IGNORECASE)
_SETTINGS = ("pip.conf", "pip.ini", ".npmrc", ".yarnrc", ".yarnrc.yml", ".condarc")
"""Files that hold credentials only if they say so."""
_AUTHORIZED = pattern(r"(?im)^[^#\n]*(?:_auth(?:token)?|_password|npmauthtoken|npmauthident)\"?\s*[=:]\s*\"?[^\s$\"]")
_PRIVATE_KEY = b"PRIVATE KEY-----"
_LOGINS = {
    ("huggingface-cli", "login"), ("hf", "auth"), ("wandb", "login"), ("docker", "login"), ("gcloud", "auth"), ("az", "login"),
    ("kaggle", "config"), ("databricks", "configure"), ("clearml-init", ""), ("gh", "auth"),
}  # fmt: skip
"""Programs that write the credentials they are given into the home folder."""
_LOGIN_PROGRAMS = frozenset({"aws", *(name for name, _ in _LOGINS)})


@rule.on_instruction("COPY", "ADD")
def check_copy(instruction: Instruction, build: Build) -> Results:
    assert isinstance(instruction, Copy)
    if instruction.from_ is not None or instruction.stage is None:
        return
    for source in instruction.sources:
        name = source.value.removeprefix("./")
        if _is_credential(name, build) or _becomes_credential(instruction, name, build) or _is_folder(name):
            what = f"{name} holds credentials and is copied into the image."
        elif found := _below(name, build):
            more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
            what = f"{instruction.keyword} {source.value} takes {found[0]}{more} along, which holds credentials."
        else:
            continue
        severity = Severity.HIGH if build.ships(instruction) else Severity.LOW
        yield rule.finding(source, what, severity=severity, stage=instruction.stage)


@rule.on_build
def check_image(build: Build) -> Results:
    """What the layers of a finished image hold; what COPY brings is told at its word."""
    built, target = build.built, build.target
    if built is None or target is None:
        return
    from gate.rules.security._layers import credential_files

    for number, path, there in credential_files(built.image):
        origin = built.alignment.instructions.get(number)
        if origin is not None and origin.keyword in ("COPY", "ADD") and not built.alone:
            continue
        gone = "" if there else "; a later layer deletes it, and it stays in this one"
        at = origin.place if origin is not None else target.root.from_.image.place
        yield rule.finding(at, f"{path} holds credentials{gone}.", stage=origin.stage if origin is not None else target)


@lru_cache(maxsize=1024)
def _is_folder(name: str) -> bool:
    return bool(_FOLDER.search(name)) and not _HARMLESS.search(name)


def _becomes_credential(copy: Copy, name: str, build: Build) -> bool:
    """Whether the place that a single file is copied to is that of a credential: ``COPY login.json /root/.docker/config.json``."""
    if len(copy.sources) > 1:
        return False
    target = build.expand(copy.destination, copy)
    return (
        isinstance(target, str)
        and _credential(target)
        and not target.endswith(_SETTINGS)
        and not _HARMLESS.search(name)
    )


@lru_cache(maxsize=1024)
def _credential(path: str) -> bool:
    return bool(_FILE.search(path)) and not _HARMLESS.search(path)


def _below(name: str, build: Build) -> list[str]:
    """The credential files that a copied directory of the context brings."""
    if build.context is None or "://" in name or "$" in name:
        return []
    folder = "" if name in {".", "/", ""} else name.strip("/") + "/"
    entry = build.context.get(folder) if folder else None
    if folder and (entry is None or entry.type != "directory"):
        return []
    kept = memo(build, "credentials")
    if "all" not in kept:
        files = (entry.path for entry in build.context.entries() if entry.type == "file" and entry.size > 0)
        kept["all"] = [path for path in files if _is_credential(path, build)]
    return [path for path in kept["all"] if path.startswith(folder)]


def _is_credential(path: str, build: Build) -> bool:
    """By its name, or by what it says where that decides: a key, or the settings of a package manager."""
    if path.endswith((".pem", ".key")):
        return not _HARMLESS.search(path) and _PRIVATE_KEY in (_read(path, build) or b"")
    if path.endswith(_SETTINGS):
        if _HARMLESS.search(path):
            return False
        data = _read(path, build)
        if data is None:
            return _credential(path)
        text = data.decode("utf-8", "replace")
        return password_in_url(text) is not None or bool(_AUTHORIZED.search(text))
    return _credential(path)


def _read(path: str, build: Build) -> bytes | None:
    return build.context.read(path.strip("/"), 1 << 16) if build.context is not None else None


@rule.on_build
def check_runs(build: Build) -> Results:
    for run in build.dockerfile.runs:
        commands = build.script(run).commands
        for command in commands:
            target = _written(command) if command.redirects or command.name == "tee" else None
            if target is not None and not _removed(target, commands) and not _mounted(target, run):
                what = f"{target} is written into the layer."
            elif command.name in _LOGIN_PROGRAMS and _logs_in(command) and not any(map(_logs_out, commands)):
                what = f"{command.name} {command.values[0] if command.values else ''} writes the credentials into the layer."
            else:
                continue
            severity = Severity.HIGH if build.ships(run) else Severity.LOW
            yield rule.finding(command, what, severity=severity, stage=run.stage)


def _written(command: Command) -> str | None:
    """The credential file that a command's output goes to."""
    for redirect in command.redirects:
        target = (
            redirect.target.value if redirect.target is not None and redirect.operator in {">", ">>", ">|"} else None
        )
        if target and _credential(target):
            return target
    if command.name == "tee":
        return next((value for value in command.values if value and _credential(value)), None)
    return None


def _removed(target: str, commands: tuple[Command, ...]) -> bool:
    return any(command.name in {"rm", "shred"} and any(value and (value == target or target.startswith(value.rstrip("/*") + "/")) for value in command.values)
               for command in commands)  # fmt: skip


def _mounted(target: str, instruction: Run) -> bool:
    return any(
        flag.name == "mount" and flag.value is not None and target.lstrip("~") in flag.value.value
        for flag in instruction.flags
    )


def _logs_in(command: Command) -> bool:
    values = command.values
    if command.name == "aws" and values[:2] == ["configure", "set"]:
        return any(value and value.startswith(("aws_secret", "aws_session", "aws_access")) for value in values)
    return bool(values) and (command.name or "", values[0] or "") in _LOGINS and _given_credentials(command)


def _given_credentials(command: Command) -> bool:
    """A login without a credential only asks, and fails; with one, it writes it down."""
    return len(command.words) > 2 and not any(
        value in {"--help", "-h", "configure-docker", "list"} for value in command.values
    )


def _logs_out(command: Command) -> bool:
    return any(value in {"logout", "revoke"} for value in command.values)
