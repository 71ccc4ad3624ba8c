"""What a training job or a processing job finds below ``/opt/ml``: the user's sample, or a small table of our own."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import IO

from gate.contract import archive
from gate.policy import PolicyError

CHANNEL = "training"
SOUND, EMPTY, BROKEN = "sound", "empty", "broken"
"""The states of the data: as it is, channels without files, files of garbage."""
_GARBAGE = b"\x00\xff not what it was \xfe\n" * 8


class Sample:
    """The data of a job, by channels. ``own``: nobody gave it, so that a program may well not know what to do with it."""

    def __init__(self, path: str | None) -> None:
        """Raises :class:`~gate.policy.PolicyError`."""
        self.own = path is None
        self._path = path
        self._names = list(_TABLE) if path is None else _names(path)
        self.channels = sorted({_in_channel(name).split("/")[0] for name in self._names})

    @contextmanager
    def tar(
        self, files: Mapping[str, bytes], folders: Iterable[str], below: str, state: str = SOUND
    ) -> Iterator[IO[bytes]]:
        """An archive of some files and folders, and of the channels below a folder, in one of the three states."""
        folders = [*folders, *(f"{below}/{channel}" for channel in self.channels)]
        files = dict(files)
        if state == BROKEN:
            files.update((f"{below}/{name}", _GARBAGE) for name in self.names)
        if state == SOUND and self._path is None:
            files.update((f"{below}/{name}", data) for name, data in _TABLE.items())
        source = self._path if state == SOUND else None
        with archive.pack(files, folders, source, lambda name: f"{below}/{_in_channel(name)}") as out:
            yield out

    @property
    def names(self) -> frozenset[str]:
        return frozenset(map(_in_channel, self._names))


def configuration(channels: list[str], hyperparameters: dict[str, str] | None) -> dict[str, bytes]:
    """``/opt/ml/input/config`` of a training job on one machine. Without hyperparameters (None) that file is missing."""
    data = {
        name: {
            "ContentType": "text/csv",
            "TrainingInputMode": "File",
            "S3DistributionType": "FullyReplicated",
            "RecordWrapperType": "None",
        }
        for name in channels
    }
    found = {"resourceconfig.json": resources(), "inputdataconfig.json": data}
    if hyperparameters is not None:
        found["hyperparameters.json"] = dict(hyperparameters)
    return {name: json.dumps(value).encode() for name, value in found.items()}


def resources() -> dict[str, object]:
    """``resourceconfig.json``: one machine, called algo-1."""
    return {
        "current_host": "algo-1",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {"instance_group_name": "homogeneousCluster", "instance_type": "ml.m5.large", "hosts": ["algo-1"]}
        ],
        "network_interface_name": "eth0",
    }


def _names(path: str) -> list[str]:
    if not os.path.isdir(path):
        raise PolicyError(f"--input {path}: {'this is no folder' if os.path.exists(path) else 'no such folder'}")
    names = archive.names_below(path)
    if not names:
        raise PolicyError(f"--input {path}: there is no file in it")
    return names


def _in_channel(name: str) -> str:
    return name if "/" in name else f"{CHANNEL}/{name}"


def _table() -> bytes:
    """Forty rows without a header, the label first, as SageMaker's own algorithms take them."""
    rows = [f"{n % 2},{n % 2 * 3 + n % 7 / 10:.1f},{n % 5},{n % 2 * 2 + n % 3 / 10:.1f},{n}" for n in range(40)]
    return ("\n".join(rows) + "\n").encode()


_TABLE = {f"{CHANNEL}/mlgate.csv": _table()}
