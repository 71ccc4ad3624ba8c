"""What the tests of the Dockerfile reader share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.conftest import engine_required
from tests.engines.frontend import Frontend
from tests.engines.frontend import frontend as start


@pytest.fixture(scope="session")
def frontend() -> Iterator[Frontend]:
    """BuildKit's Dockerfile front end, without a daemon."""
    with ExitStack() as running:
        with engine_required():
            ask = running.enter_context(start())
        yield ask
