"""``mlgate verify``: the image run as the platform runs it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from gate.commands.arguments import check_color, check_writable, number, split
from gate.commands.output import page_width, say, tell, tell_exit, tell_now, write, write_file
from gate.contract.model import ImageFacts, Judged, Options, Payload
from gate.contract.plans import PLANS
from gate.images.source import ImageError
from gate.images.target import ENGINE, parse_target
from gate.judge import UNJUDGED
from gate.model import PLATFORMS
from gate.policy import Policy, PolicyError
from gate.policyfinder import discovered, named
from gate.record import dataclass
from gate.terminal import Paint, clean, wants_color
from gate.words import did_you_mean

_SECONDS = 120.0
"""The longest that the engine may take for one answer."""
_CAPABILITIES = "com.amazonaws.sagemaker.capabilities."
_LARGEST = 100 << 20
"""Bytes of a sample request."""


@dataclass
class Arguments:
    """The command line of ``mlgate verify``, as typed."""

    image: str
    platforms: Sequence[str] = ()
    input: str | None = None
    model: str | None = None
    payload: str | None = None
    content_type: str | None = None
    hyperparameters: Sequence[str] = ()
    environment: Sequence[str] = ()
    timeout: str | None = None
    fast: bool = False
    network: bool = False
    policy: str | None = None
    form: str = "text"
    color: str = "auto"
    quiet: bool = False
    verbose: bool = False


def run(arguments: Arguments) -> int:
    """Run the image, report, and give the exit code. Raises :class:`~gate.policy.PolicyError` on wrong use."""
    form, path = _form(arguments.form)
    check_color(arguments.color)
    target = parse_target(arguments.image, "verify")
    if target.kind != ENGINE:
        raise PolicyError(f"verify: it runs images of the engine; docker load -i {target.value}, then give its name")
    options = options_of(arguments)
    policy = named(arguments.policy) if arguments.policy is not None else discovered(Path())
    asked = _platforms(arguments.platforms)
    try:
        image, engine, judged, code, why = _verify(target.value, asked, policy, options, arguments)
    except ImageError as error:
        tell_exit(UNJUDGED, f"{target.value}: {error}")
        return UNJUDGED
    _report(form, path, arguments, image, engine, judged, code)
    tell_exit(code, why)
    return code


def _verify(
    reference: str, asked: tuple[str, ...], policy: Policy, options: Options, arguments: Arguments
) -> tuple[ImageFacts, str, list[Judged], int, str]:
    """Raises :class:`~gate.images.source.ImageError` where there is no engine, or no such image."""
    from gate.contract import trial
    from gate.contract.bench import Workshop
    from gate.contract.containers import Containers, interruptible
    from gate.images import daemon

    show = _teller(arguments)
    with interruptible(), daemon.engine(_SECONDS, "") as client:
        found = daemon.find(client, reference)
        image = facts(reference, found.attrs)
        names = asked or _detected(policy, image)
        containers = Containers(client, image.id, os.urandom(6).hex())
        judged = []
        try:
            workshop = Workshop(image, containers, options, policy.settings, _is_here(client.api.base_url))
            for one in trial.judge(names, workshop, show):
                judged.append(one)
        finally:
            show("")
            containers.close()
    return image, containers.version, judged, *trial.verdict(judged)


def facts(reference: str, attributes: Mapping[str, Any]) -> ImageFacts:
    """What ``docker inspect`` says of an image."""
    return ImageFacts(
        reference,
        str(attributes.get("Id") or reference),
        str(attributes.get("Os") or ""),
        str(attributes.get("Architecture") or ""),
        int(attributes.get("Size") or 0),
        dict(attributes.get("Config") or {}),
    )


def _is_here(address: str) -> bool:
    """Whether the engine publishes ports on this machine. The SDK calls sockets ``http+docker://``."""
    host = address.partition("://")[2].partition("/")[0].partition(":")[0]
    return host in ("localhost", "localnpipe", "127.0.0.1")


def _platforms(words: Sequence[str]) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(split(words)))
    for name in names:
        if name not in PLANS:
            known = (
                f"--for {name}: verify does not run it"
                if name in PLATFORMS
                else f"--for: there is no platform '{name}'"
            )
            raise PolicyError(f"{known}{did_you_mean(name, PLANS)}; it runs {', '.join(sorted(PLANS))}")
    return names


def _detected(policy: Policy, image: ImageFacts) -> tuple[str, ...]:
    """The platforms of the policy, else the one that the image's labels speak of."""
    names = tuple(name for name in policy.platforms if name in PLANS)
    for name in policy.platforms:
        if name not in PLANS:
            tell(f"verify does not run {name}, which the policy names")
    if not names and any(label.startswith(_CAPABILITIES) for label in image.labels):
        names = ("sagemaker-hosting",)
    if not names:
        raise PolicyError(f"--for: name the platform that is to run it: {', '.join(sorted(PLANS))}")
    return names


def options_of(arguments: Arguments) -> Options:
    """Raises :class:`~gate.policy.PolicyError`."""
    if arguments.content_type is not None and arguments.payload is None:
        raise PolicyError("--content-type: it is that of a --payload")
    if arguments.model is not None and not os.path.exists(arguments.model):
        raise PolicyError(f"--model {arguments.model}: no such file or folder")
    if arguments.input is not None and not os.path.isdir(arguments.input):
        raise PolicyError(f"--input {arguments.input}: no such folder")
    return Options(
        input=arguments.input,
        model=arguments.model,
        payload=_payload(arguments),
        hyperparameters=_hyperparameters(arguments.hyperparameters),
        environment=dict(_pair("--env", text) for text in arguments.environment),
        timeout=_timeout(arguments.timeout),
        fast=arguments.fast,
        network=arguments.network,
    )


def _payload(arguments: Arguments) -> Payload | None:
    if arguments.payload is None:
        return None
    kind = arguments.content_type or ("application/json" if arguments.payload.endswith(".json") else "text/csv")
    if not kind.isprintable() or not kind.isascii():
        raise PolicyError("--content-type: write something like text/csv")
    return Payload(_read("--payload", arguments.payload), kind)


def _hyperparameters(texts: Sequence[str]) -> dict[str, str] | None:
    """``K=V``, or a JSON file as ``hyperparameters.json``; SageMaker hands every value over as text."""
    found: dict[str, str] = {}
    for text in texts:
        if "=" in text and not os.path.exists(text):
            name, value = _pair("--hyperparameters", text)
            found[name] = value
            continue
        try:
            values = json.loads(_read("--hyperparameters", text))
        except (ValueError, RecursionError):
            raise PolicyError(f"--hyperparameters {text}: this is no JSON") from None
        if not isinstance(values, dict):
            raise PolicyError(f"--hyperparameters {text}: write one object of names and values")
        found.update((name, value if isinstance(value, str) else json.dumps(value)) for name, value in values.items())
    return found or None


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals or "\0" in text:
        raise PolicyError(
            f"{option}: write NAME=VALUE{' or a file' if option == '--hyperparameters' else ''}, not '{text}'"
        )
    return name, value


def _timeout(text: str | None) -> float | None:
    return None if text is None else number("--timeout", text, 0.1, 1e6, "a number of seconds")


def _read(option: str, path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise PolicyError(f"{option} {path}: {error.strerror or error}") from None
    if len(data) > _LARGEST:
        raise PolicyError(f"{option} {path}: it is larger than {_LARGEST >> 20} MiB")
    return data


def _form(text: str) -> tuple[str, str | None]:
    form, equals, path = text.partition("=")
    if form not in ("text", "json") or (equals and not path):
        raise PolicyError(f"--format: write text, json or json=FILE, not '{text}'")
    if path == "-":
        return form, None
    if path:
        check_writable(path)
    return form, path or None


def _report(
    form: str,
    path: str | None,
    arguments: Arguments,
    image: ImageFacts,
    engine: str,
    judged: list[Judged],
    code: int,
) -> None:
    from gate.contract import report

    if form == "json":
        document = json.dumps(report.document(image, engine, judged, code), indent=2, ensure_ascii=False) + "\n"
        if path is None:
            write(document.encode("utf-8", "backslashreplace"))
            return
        write_file(path, document)
    paint = Paint(wants_color(arguments.color, sys.stdout))
    lines = report.text(judged, paint, page_width(), quiet=arguments.quiet, verbose=arguments.verbose)
    say("".join(line + "\n" for line in lines))


def _teller(arguments: Arguments) -> Callable[[str], None]:
    """What is going on, on standard error: one changing line on a terminal, else a line for each."""
    if arguments.quiet or sys.stderr is None:
        return lambda text: None
    if not sys.stderr.isatty():
        return lambda text: tell(f"{clean(text)} …") if text else None
    return tell_now
