"""The bench on which one platform tries an image: what its cases share, and how they start containers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from gate.contract import archive
from gate.contract.containers import Container, Containers, Mount, Start
from gate.contract.model import ImageFacts, Options, Outcome, failed, unknown
from gate.contract.sample import Sample
from gate.contract.words import Fault, misses_script, refusal_in, wants_gpu, wants_network
from gate.images.manifest import architecture
from gate.platforms.argv import declared_arguments, declared_entrypoint
from gate.platforms.model import Platform

MODEL = "/opt/ml/model"


class Workshop:
    """What all platforms of one verification share: the image, the engine, and the model once there is one."""

    def __init__(
        self, image: ImageFacts, containers: Containers, options: Options, settings: Mapping[str, Any], reachable: bool
    ) -> None:
        """``settings``: those of the policy. ``reachable``: whether the engine publishes ports on this machine."""
        self.image, self.containers, self.options, self.settings = image, containers, options, settings
        self.reachable = reachable
        self.sample = Sample(options.input)
        self.trained: str | None = None
        """The volume with the model that a training of this verification wrote."""
        self._given: str | None = None

    def model(self) -> str | None:
        """The volume with the model to serve: what the user gives, else what was trained; None where there is neither."""
        if self.options.model is None:
            return self.trained
        if self._given is None:
            volume = self.containers.volume()
            with archive.given(self.options.model, "--model") as tar:
                self.containers.fill(volume, tar)
            self._given = volume
        return self._given


class Bench:
    """One platform and one image. ``server``: the running container that the cases of a server ask one after another."""

    def __init__(self, platform: Platform, workshop: Workshop, tell: Callable[[str], None]) -> None:
        self.platform, self.workshop, self.tell = platform, workshop, tell
        self.image, self.options = workshop.image, workshop.options
        self.containers, self.sample = workshop.containers, workshop.sample
        self.last: Container | None = None
        """The container of the case that runs."""
        self.log: tuple[str, ...] = ()
        """What it wrote, where it is gone already."""
        self.server: Container | None = None
        self.trained = 0.0
        """How long the training took, in seconds."""

    def start(self, **changes: Any) -> Container | Outcome:
        """Create a container as the platform does, and start it; else why the image does not start."""
        made = self.prepare(**changes)
        return made if isinstance(made, Outcome) else self.run(made)

    def prepare(self, **changes: Any) -> Container | Outcome:
        """A container that has yet to be started."""
        environment = {**changes.pop("environment", {}), **self.options.environment}
        entrypoint = declared_entrypoint(self.platform, self.workshop.settings)
        made = self.containers.create(Start(self._command(entrypoint), entrypoint, environment=environment, **changes))
        if isinstance(made, Fault):
            return self.not_started(made)
        self.last = made
        return made

    def run(self, container: Container) -> Container | Outcome:
        fault = container.start(self.platform.word)
        if fault is None:
            return container
        outcome = self.not_started(fault)
        outcome.exit_code = container.exit_code
        return outcome

    def _command(self, entrypoint: Sequence[str] | None) -> Sequence[str] | None:
        """What stands behind ENTRYPOINT; None: the image's CMD."""
        declared = declared_arguments(self.platform, self.workshop.settings)
        if declared is not None:
            return declared
        return [self.platform.word] if self.platform.word is not None and entrypoint is None else None

    def not_started(self, fault: Fault) -> Outcome:
        """The engine or the kernel refuses. Where the image is for another processor, that may be this machine's fault."""
        if "exec format error" in fault.text and self.foreign:
            return unknown(
                f"{fault.text}: the image is for {self.image.architecture}, the engine's machine is not",
                f"run it on an engine for {self.image.architecture}",
            )
        return failed(fault.text, fault.next_step, fault.rules)

    @property
    def foreign(self) -> bool:
        """Whether the engine's processor is another one than the image's."""
        machine = self.containers.architecture
        return bool(machine) and architecture(machine) != self.image.architecture

    def ended(self, container: Container, code: int) -> Outcome | None:
        """What an exit code other than 0 says by itself; None where it depends on what the case is about."""
        log = container.log()
        fault = refusal_in(log)
        if fault is not None:
            return self.not_started(fault)
        if container.out_of_memory:
            memory = f"{self.containers.memory / 1e9:.1f} GB"
            return unknown(f"killed for want of memory: it has {memory} here", "run it on an engine with more memory")
        if wants_gpu(log):
            return unknown(f"exit {code}: it asks for a GPU, and is given none here", "run it where a GPU is")
        if code in (126, 127):  # a shell's word for a program that it could not start
            return failed(
                f"exit {code}{f': {log[-1]}' if log else ''}", "look for the program that it starts, and its mode"
            )
        if code == 2 and misses_script(log):
            word = self.platform.word
            return failed(
                f"exit {code}: {log[-1]}",
                "let ENTRYPOINT name the script, or have none, so that the word is looked up on PATH",
                ("SMC005",) if word is not None else ("ENT014",),
            )
        return None

    def offline(self, container: Container, code: int) -> Outcome | None:
        """Whether a program ended because it has no network here."""
        if not self.options.network and wants_network(container.log()):
            return unknown(f"exit {code}: it asks for the network, and has none here", "--network gives it one")
        return None

    @contextmanager
    def removed(self, container: Container) -> Iterator[Container]:
        """The container until the end of the block."""
        try:
            yield container
        finally:
            self.log = container.log()
            container.remove()

    def port(self, server: Container, number: int) -> int | None:
        """The port of this machine behind which a server is; None where the engine publishes none here."""
        return server.port(number) if self.workshop.reachable else None

    def model_mount(self, path: str = MODEL) -> Mount:
        """The model as a server finds it: read-only, and empty where there is none."""
        return Mount(path, self.workshop.model() or self.containers.volume(), read_only=True)
