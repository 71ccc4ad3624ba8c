"""What is said of the files beforehand is what carrying the instructions out shows."""

from collections.abc import Mapping
from typing import Any

import pytest

from gate.build import Build
from gate.platforms.image import launch_image
from tests.image import runs
from tests.image.support import build

FILES = {"train": "#!/bin/sh\n", "src/a.py": "a\n"}


def agree(made: Build) -> int:
    """How many files are readable, when each was to be expected."""
    image = launch_image(made)
    readable = 0
    for file in image.files:
        name = file.path.rpartition("/")[2]
        assert file.source is None or image.has_context
        assert file.type != "file" or name not in ("train", "serve") or image.may_make(name)
        if file.type == "file" and file.read(1) is not None:
            readable += 1
            assert image.may_read(name)
    assert image.faults or not image.is_incomplete
    return readable


@pytest.mark.parametrize("files", [{}, runs.FILES])
def test_of_random_runs(files: Mapping[str, Any]) -> None:
    assert sum(agree(build(runs.make_case(seed, "base").dockerfile, files)) for seed in range(400)) > 10


@pytest.mark.parametrize(
    ("lines", "comes", "missing"),
    [
        ("COPY train /x", True, False),
        ("COPY train nothing /x/", True, True),
        ("COPY nothing /x", False, True),
        ("COPY *.md /x/", False, False),
        ("COPY --chown=nobody nothing /x", False, True),
        ("COPY --from=acme/other train /x", False, False),
        ("ADD https://example.com/train /x", False, False),
        ("RUN --mount=type=bind,source=train,target=/t cp /t /x", False, False),
        ("ARG WHAT=train\nCOPY $WHAT /x", True, False),
        ("ARG WHAT\nCOPY $WHAT /x", False, False),
        ("COPY --parents src/./a.py /x", True, False),
        ("COPY --parents src/./b.py /x", False, True),
        ("COPY --exclude=[ train /x", False, True),
        ("COPY <<EOF /x\nEOF", False, False),
    ],
)
def test_context(lines: str, comes: bool, missing: bool) -> None:
    made = build(f"FROM debian:12\n{lines}\n", FILES, plain=False)
    image = launch_image(made)
    assert (image.has_context, image.is_incomplete) == (comes, missing)
    agree(made)


@pytest.mark.parametrize(
    ("lines", "makes", "reads"),
    [
        ("RUN touch /usr/bin/train", True, True),
        ("RUN echo x > /usr/bin/train", True, True),
        ("RUN curl -o/usr/bin/train https://example.com/x", True, False),
        ("WORKDIR /bin\nRUN curl -otrain https://example.com/x", True, False),
        ("RUN echo x > /a && mv /a /usr/bin/train", True, True),
        ("RUN cat <<EOF > /a\nx\nEOF\nRUN ln -s /a /usr/bin/train", True, True),
        ("COPY <<train /usr/bin/\nx\ntrain", True, True),
        ("COPY <<EOF /usr/bin/train\nx\nEOF", True, True),
        ("COPY <<EOF /make.sh\necho x > /usr/bin/train\nEOF\nRUN sh /make.sh", True, True),
        ("ENV NAME=train\nRUN touch /usr/bin/$NAME", True, True),
        ("ADD https://example.com/%74rain /usr/bin/", True, False),
        ("COPY --from=acme/other /a /usr/bin/train", True, False),
        ("COPY nothing /usr/bin/train", False, False),
        ("RUN python train.py > /dev/null", True, False),
        ("RUN pip install trainer constraints", False, False),
        ('CMD ["train"]', False, False),
        ("# train\nRUN make", False, False),
    ],
)
def test_names(lines: str, makes: bool, reads: bool) -> None:
    made = build(f"FROM debian:12\n{lines}\n")
    image = launch_image(made)
    assert (image.may_make("train"), image.may_read("train")) == (makes, reads)
    agree(made)


@pytest.mark.parametrize(
    "lines",
    [
        "COPY nothing /x",
        "RUN touch /a\nCOPY train /b\nCOPY nothing /x\nRUN touch /c\nCOPY none /y",
        "COPY nothing /x\nFROM debian:12\nCOPY --from=0 /a /b\nCOPY none /",
        "RUN touch /a\nFROM 0\nRUN touch /b\nCOPY none /\nRUN touch /c",
        "COPY train /a",
    ],
)
@pytest.mark.parametrize("files", [{}, FILES])
def test_first_fault(lines: str, files: Mapping[str, Any]) -> None:
    text = "FROM debian:12 AS 0\n" + lines
    image, whole = launch_image(build(text, files)), launch_image(build(text, files))
    first = image.first_fault
    said = [(fault.message, fault.place) for fault in whole.faults]
    assert [(fault.message, fault.place) for fault in (first,) if fault is not None] == said[:1]
    # What waited behind it is carried out when somebody asks.
    assert [(fault.message, fault.place) for fault in image.faults] == said
    assert [file.path for file in image.files] == [file.path for file in whole.files]
