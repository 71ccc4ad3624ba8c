"""The words that a platform starts a container with: its own word, the caller's, ENTRYPOINT and CMD."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gate.image.model import Config
from gate.model import Unknown
from gate.platforms.model import Platform
from gate.platforms.outcome import Doubt, Fails, Fault


def effective_argv(config: Config, platform: Platform, settings: Mapping[str, Any]) -> list[str]:
    """``docker run [--entrypoint E] IMAGE [WORDS]``.

    Declared arguments and the platform's word replace CMD; a declared entry point drops CMD and the word. Raises
    :class:`Fails` when there is nothing to run, :class:`Doubt` when the base image decides.
    """
    declared = declared_entrypoint(platform, settings)
    given = declared_arguments(platform, settings)
    entrypoint = declared if declared is not None else known(config.entrypoint)
    if entrypoint == [""]:
        entrypoint = []  # as the engine has it
    if given is None:
        if declared is not None:
            given = []
        elif platform.word is not None:
            given = [platform.word]
        else:
            given = known(config.cmd)
    argv = [*entrypoint, *given]
    if not argv:
        raise Fails("No command specified", None, Fault.NOTHING)
    return argv


def declared_entrypoint(platform: Platform, settings: Mapping[str, Any]) -> list[str] | None:
    """``container-entrypoint`` of the policy, or ``command``, where the platform takes one."""
    return _declared(settings, platform, "command", "container-entrypoint")


def declared_arguments(platform: Platform, settings: Mapping[str, Any]) -> list[str] | None:
    """``container-arguments`` of the policy, or ``args``, where the platform takes them."""
    return _declared(settings, platform, "args", "container-arguments")


def _declared(settings: Mapping[str, Any], platform: Platform, *keys: str) -> list[str] | None:
    """The first of these settings that is given. SageMaker has its own name for each, which is the last."""
    if not platform.overridable:
        return None
    for key in keys[-1:] if platform.name.startswith("sagemaker-") else keys:
        if settings.get(key):
            return [str(word) for word in settings[key]]
    return None


def known(words: list[str] | Unknown | None) -> list[str]:
    """Raises :class:`Doubt`."""
    if isinstance(words, Unknown):
        raise Doubt(words)
    return list(words or ())
