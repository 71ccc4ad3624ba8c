"""SEC001 secret-in-variable: a secret in ARG or ENV, or written into the Dockerfile itself."""

from gate.build import Build
from gate.dockerfile.tree import Instruction, Pair, Pairs, Run
from gate.lazy import pattern
from gate.model import Finding, Severity, Unknown
from gate.rule import Results, Rule
from gate.rules.security._assignments import assignments
from gate.rules.security._secrets import (
    known_format,
    may_hold_secret,
    password_in_url,
    placeholder,
    redacted,
    secret_name,
)
from gate.rules.security._whole import instructions, whole_text

rule = Rule(
    id="SEC001",
    name="secret-in-variable",
    severity=Severity.HIGH,
    image=True,
    security=True,
    secret=True,
    aliases=("DL3064",),
    summary="A secret stands in ARG, ENV or the text of the Dockerfile.",
    reason="Whoever can pull the image reads it with docker history or docker inspect; a later instruction cannot take it back.",
    fix="Mount it for the one RUN that needs it (RUN --mount=type=secret,id=hf_token,env=HF_TOKEN …); at run time take it from the "
    "platform's secret store or the request's environment. A secret that was ever pushed must be revoked.",
    bad=[
        "FROM debian:12.5\nARG »HF_TOKEN\nRUN huggingface-cli login --token $HF_TOKEN\n",
        "FROM debian:12.5\nENV »DB_PASSWORD=hunter22\n",
        "FROM debian:12.5\nARG KEY\nENV »OPENAI_API_KEY=$KEY\n",
        "FROM debian:12.5\nENV »PIP_INDEX_URL=https://build:s3cr3tpw@pypi.example.com/simple\n",
    ],
    good=[
        "FROM debian:12.5\nENV TOKENIZERS_PARALLELISM=false MAX_TOKENS=512 HF_TOKEN_PATH=/run/secrets/hf\n",
        "FROM debian:12.5\nRUN --mount=type=secret,id=hf_token,env=HF_TOKEN huggingface-cli download x\n",
        'FROM debian:12.5\nENV DB_PASSWORD=""\n',
        "FROM debian:12.5\nENV PIP_INDEX_URL=https://pypi.example.com/simple AWS_REGION=eu-west-1\n",
        "FROM debian:12.5\nENV DB_PASSWORD_FILE=/run/secrets/db\n",
    ],
)


_SECRET_WORDS = ("PASS", "SECRET", "TOKEN", "KEY", "CREDENTIAL")
_SECRET_WORD = pattern(r"(?i:password|secret)\w*=")


@rule.on_build
def check(build: Build) -> Results:
    text = whole_text(build)
    in_clear, assigned = may_hold_secret(text), _names_secret(text)
    for instruction in instructions(build):
        if isinstance(instruction, Pairs) and instruction.keyword in {"ARG", "ENV"}:
            for pair in instruction.pairs:
                if in_clear or secret_name(pair.key.value):
                    yield from _pair(pair, instruction, build)
            continue
        found = list(_in_clear(instruction)) if in_clear else []
        yield from found
        if assigned and not found and isinstance(instruction, Run):
            yield from _assigned(instruction, build)


def _in_clear(instruction: Instruction) -> Results:
    """What is a secret wherever it stands."""
    text = instruction.text
    found = known_format(text.value)
    if found:
        kind, start, end = found
        yield rule.finding(text.slice(start, end), f"{kind[0].upper()}{kind[1:]} stands in the Dockerfile: {redacted(text.value[start:end])}.",
                           stage=instruction.stage)  # fmt: skip
    elif (url := password_in_url(text.value)) is not None:
        yield rule.finding(
            text.slice(*url), "A URL with a password in it stands in the Dockerfile.", stage=instruction.stage
        )


def _names_secret(text: str) -> bool:
    """A cheap first look: whether some variable in a text may be called a secret."""
    if any(map(text.__contains__, _SECRET_WORDS)):
        return True
    lower = text.lower()
    return ("password" in lower or "secret" in lower) and _SECRET_WORD.search(text) is not None


def _assigned(run: Run, build: Build) -> Results:
    """``export DB_PASSWORD=…`` and ``HF_TOKEN=… command``: the text of a RUN stays in the image's history."""
    if "=" not in run.text.value or not _names_secret(run.text.value):
        return
    for command in build.script(run).commands:
        for name, value, text in assignments(command):
            literal = value and "$" not in text.value and "`" not in text.value
            if literal and secret_name(name) and not placeholder(value):
                message = f"{name} gets a secret in clear text, which stays in the image's history: {redacted(value)}."
                yield rule.finding(text, message, severity=Severity.HIGH, stage=run.stage)


@rule.on_build
def check_history(build: Build) -> Results:
    """The values of build arguments in a finished image."""
    built = build.built
    if built is None or not (built.usable or built.alignment.instructions):
        return
    from gate.rules.security._history import secrets_in

    for step, what in secrets_in(built.image, texts=built.alone):
        at = step.instruction
        if at is None or build.target is None:
            continue  # the base image's
        yield rule.finding(
            at.text if at.text.value else at,
            f"The image's history holds {what}.",
            severity=Severity.HIGH,
            stage=at.stage,
        )


def _pair(pair: Pair, instruction: Pairs, build: Build) -> Results:
    name = pair.key.value
    written = str(pair.value or "")
    found = known_format(written)
    url = password_in_url(written)
    if found:
        yield _finding(
            pair,
            instruction,
            f"{instruction.keyword} {name} holds {found[0]}: {redacted(written[found[1] : found[2]])}.",
            Severity.HIGH,
        )
    elif url:
        yield _finding(
            pair, instruction, f"{instruction.keyword} {name} holds a URL with a password in it.", Severity.HIGH
        )
    elif secret_name(name):
        value = build.expand(pair.value, instruction) if pair.value is not None else None
        yield from _by_name(pair, instruction, value)


def _by_name(pair: Pair, instruction: Pairs, value: str | Unknown | None) -> Results:
    """A variable whose name says secret: certain when a literal value stands there, likely when one is passed in."""
    keyword, name = instruction.keyword, pair.key.value
    passed_in = isinstance(value, Unknown) or "$" in str(pair.value or "")
    if keyword == "ENV" and value == "" and not passed_in:
        return  # cleared, or a default that the run fills in
    if keyword == "ARG" and not value:
        yield _finding(
            pair, instruction, f"ARG {name} takes a secret: its value stays in the image's history.", Severity.MEDIUM
        )
    elif passed_in:
        yield _finding(
            pair,
            instruction,
            f"ENV {name} bakes a secret into the image." if keyword == "ENV" else f"ARG {name} takes a secret.",
            Severity.MEDIUM,
        )
    elif placeholder(str(value)):
        yield _finding(
            pair,
            instruction,
            f"{keyword} {name} is for a secret, and its placeholder will be replaced by one.",
            Severity.MEDIUM,
        )
    else:
        yield _finding(
            pair, instruction, f"{keyword} {name} holds a secret in clear text: {redacted(str(value))}.", Severity.HIGH
        )


def _finding(pair: Pair, instruction: Pairs, message: str, severity: Severity) -> Finding:
    return rule.finding(pair, message, severity=severity, stage=instruction.stage)
