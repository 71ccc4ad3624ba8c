"""The histories that real builders write, held against the Dockerfile that they built."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from gate.build import Build
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.images.built import BuiltImage, Step, read_image
from gate.images.history import Alignment, align, command_of
from tests.engines.bases import busybox_base
from tests.engines.buildkit import BuildKit
from tests.engines.docker_engine import DockerEngine
from tests.engines.registry import Registry
from tests.images.support import image_of

EVERYWHERE = """\
ARG G=1
FROM {base} AS one
ARG V=2
ARG W
ENV A=1 B="hello world" C=$V
LABEL x="y z" q=1
RUN echo hi > /one \\
    # between the lines
    && echo "$V  two blanks"
RUN ["/bin/sh", "-c", "echo json > /json"]
ONBUILD RUN echo trigger > /trigger
ONBUILD ENV T=1

FROM {base} AS other
RUN echo o > /o

FROM one
ARG G
MAINTAINER me
SHELL ["/bin/sh", "-ec"]
RUN echo again > /again
COPY a /copied/
COPY --chown=1000 d /d
COPY --from=other /o /o
ADD a /added
WORKDIR /work
EXPOSE 8080 9090/udp
VOLUME /data /more
STOPSIGNAL SIGINT
HEALTHCHECK --interval=3s CMD true
USER 1000
ENTRYPOINT ["/bin/sh", "-c", "echo x"]
CMD echo "a" b
"""
TODAY = """\
RUN <<EOF
echo one > /h1
echo two
EOF
COPY <<X /hx
content
X
RUN cat <<Q > /hq
hello $A
Q
COPY --link a /linked
RUN --mount=type=cache,target=/c --network=none echo x > /m
USER 1000
"""
TOLD = """\
RUN echo one > /one
COPY a /a
"""


def aligned(text: str, archive: Path, build_args: dict[str, str] | None = None, target: str | None = None) -> Alignment:
    image = read_image(str(archive), "docker-archive", "image", seconds=60)
    return align(Build(parse(Source("Dockerfile", text.encode())), build_args=build_args, target=target), image)


def lines(alignment: Alignment) -> list[int]:
    """The line of each layer, the lowest first."""
    return [alignment.instructions[number].line for number in sorted(alignment.instructions)]


def wanted(text: str) -> list[int]:
    """The lines of the instructions of the target that make a layer."""
    build = Build(parse(Source("Dockerfile", text.encode())))
    assert build.target is not None
    made = {"RUN", "COPY", "ADD", "WORKDIR"}
    found: list[int] = []
    for stage in build.target.lineage():
        if stage.parent is not None:
            onbuild = [each for each in stage.parent.instructions if each.keyword == "ONBUILD"]
            found += [each.line for each in onbuild if each.text.value.split()[0] in made]
        found += [each.line for each in stage.instructions if each.keyword in made]
    return found


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("context")
    (folder / "a").write_text("a\n")
    (folder / "d").mkdir()
    (folder / "d" / "x").write_text("x")
    return folder


@pytest.fixture(scope="module")
def today(buildkit: BuildKit, registry: Registry, context: Path) -> Callable[[str, str], tuple[str, Path]]:
    base = registry.push_tar("busybox:history", busybox_base())

    def build(template: str, name: str) -> tuple[str, Path]:
        text, archive = template.format(base=base), context.parent / f"{name}.tar"
        (context.parent / name).write_text(text)
        arguments = {"W": "a b"} if "ARG W" in text else {}
        built = buildkit.build(context, context.parent / name, archive=archive, name=f"{name}:1", build_args=arguments)
        assert built.ok, built.error_text
        return text, archive

    return build


def test_todays_buildkit(today: Callable[[str, str], tuple[str, Path]]) -> None:
    text, archive = today(EVERYWHERE.replace("USER 1000\n", TODAY), "everything")
    alignment = aligned(text, archive, {"W": "a b"})
    assert (alignment.reason, alignment.whole, alignment.inherited) == ("", True, 1)
    assert lines(alignment) == wanted(text)
    assert alignment.origin(0) == "base"


@pytest.mark.parametrize("builder", ["0", "1"], ids=["classic", "buildkit"])
def test_the_engines_builders(builder: str, docker_engine: DockerEngine, context: Path, tmp_path: Path) -> None:
    text = EVERYWHERE.format(base=docker_engine.busybox())
    (tmp_path / "Dockerfile").write_text(text)
    name = f"mlgate-test/history-{builder}:1"
    words = [
        "build",
        "-q",
        "-t",
        name,
        "--build-arg",
        "W=a b",
        "--label",
        "team=vision",
        "-f",
        str(tmp_path / "Dockerfile"),
    ]
    environment = {**docker_engine.environment, "DOCKER_BUILDKIT": builder}
    subprocess.run(
        [docker_engine.cli, *words, str(context)], env=environment, check=True, capture_output=True, timeout=120
    )
    docker_engine.run("save", "-o", tmp_path / "image.tar", name, check=True)
    alignment = aligned(text, tmp_path / "image.tar", {"W": "a b"})
    assert (alignment.reason, alignment.whole, alignment.inherited) == ("", True, 1)
    assert lines(alignment) == wanted(text)


def test_a_container_that_was_committed(docker_engine: DockerEngine, tmp_path: Path) -> None:
    """What was done by hand on top of it is nobody's instruction, and hides what lies below."""
    text = f"FROM {docker_engine.busybox()}\nRUN echo x > /x\n"
    (tmp_path / "Dockerfile").write_text(text)
    docker_engine.run("build", "-q", "-t", "mlgate-test/history-base:1", str(tmp_path), check=True)
    docker_engine.run("run", "--name", "mlgate-history", "mlgate-test/history-base:1", "touch", "/by-hand", check=True)
    docker_engine.run("commit", "mlgate-history", "mlgate-test/history-commit:1", check=True)
    docker_engine.run("rm", "mlgate-history", check=True)
    docker_engine.run("save", "-o", tmp_path / "image.tar", "mlgate-test/history-commit:1", check=True)
    alignment = aligned(text, tmp_path / "image.tar")
    assert not alignment.whole and not alignment.instructions
    assert alignment.origin(0) is None and alignment.origin(2) is None


@pytest.mark.parametrize(
    "changed",
    [
        TOLD.replace("one\n", "two\n"),
        TOLD.replace("COPY a /a", "ADD a /a"),
        TOLD.replace("COPY a /a", "COPY a /b"),
        TOLD + "RUN true\n",
        "RUN echo zero\n" + TOLD,
        TOLD.replace("RUN echo one > /one\n", ""),
    ],
)
def test_another_dockerfile(changed: str, today: Callable[[str, str], tuple[str, Path]]) -> None:
    """A shorter one fits as well as a base that has its first lines; everything else is noticed."""
    text, archive = today("FROM {base}\n" + TOLD, "told")
    base = text.splitlines()[0]
    assert aligned(text, archive).whole
    shorter = "RUN" not in changed
    assert aligned(f"{base}\n{changed}", archive).whole is shorter


def test_the_target(today: Callable[[str, str], tuple[str, Path]]) -> None:
    text, archive = today("FROM {base} AS a\nRUN echo a > /a\nFROM {base} AS b\nRUN echo b > /b\n", "stages")
    assert lines(aligned(text, archive)) == [4]
    assert not aligned(text, archive, target="a").whole


def test_from_scratch_has_no_base(today: Callable[[str, str], tuple[str, Path]]) -> None:
    text, archive = today("FROM scratch\nCOPY a /a\n", "scratch")
    assert lines(aligned(text, archive)) == [2]
    assert aligned(text, archive).inherited == 0
    text, archive = today("FROM {base}\nCOPY a /a\n", "based")
    assert not aligned("FROM scratch\nCOPY a /a\n", archive).whole


@pytest.mark.parametrize(
    ("created_by", "keyword", "text"),
    [
        ("/bin/sh -c #(nop)  CMD [\"bash\"]", "CMD", '["bash"]'),
        ("/bin/sh -c #(nop) ADD file:12ab in / ", "ADD", "file:12ab in /"),
        ("/bin/bash -o pipefail -c #(nop) WORKDIR /x", "WORKDIR", "/x"),
        ("/bin/sh -c apt-get update", "RUN", "/bin/sh -c apt-get update"),
        ("|1 A=b /bin/sh -c make", "RUN", "|1 A=b /bin/sh -c make"),
        ("RUN |1 A=b /bin/sh -c make # buildkit", "RUN", "|1 A=b /bin/sh -c make"),
        ("COPY a /b # buildkit", "COPY", "a /b"),
        ("ENV A=hello world", "ENV", "A=hello world"),
        ("RUN pip install x", "RUN", "pip install x"),
        ("bash", "RUN", "bash"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_steps_are_read(created_by: str, keyword: str, text: str) -> None:
    assert command_of(Step(created_by)) == (keyword, text)


@pytest.mark.parametrize(
    ("created_by", "fits"),
    [
        ("RUN /bin/sh -c true # buildkit", True),
        ("RUN true", True),
        ("/bin/bash -euxo pipefail -c true", True),
        ("|1 A=x y /bin/sh -c true", True),
        ("RUN /bin/sh -c make && true # buildkit", False),
        ("RUN /bin/sh -c nottrue # buildkit", False),
        ("COPY true /true # buildkit", False),
    ],
)
def test_a_command_is_compared_as_a_whole(created_by: str, fits: bool) -> None:
    image = image_of({})
    image.history = [Step("ADD rootfs / # buildkit", layer=0), Step(created_by, layer=1)]
    build = Build(parse(Source("Dockerfile", b"FROM x\nRUN true\n")))
    assert bool(align(build, image).instructions) is fits


def test_without_a_history_nothing_is_known() -> None:
    image: BuiltImage = image_of({})
    build = Build(parse(Source("Dockerfile", b"FROM x\nRUN true\n")))
    assert align(build, image).squashed


@pytest.mark.parametrize(
    ("last", "reason"),
    [('CMD ["x"]', "line 4 (CMD) made a layer"), ("RUN echo x > /x", "line 3 (COPY) made no layer of its own")],
)
def test_one_layer_of_all_instructions(last: str, reason: str) -> None:
    """As Buildah builds without layers: every step is written down, and the last one has it all."""
    image = image_of({})
    steps = [
        "RUN /bin/sh -c true",
        "COPY a /a",
        f"/bin/sh -c #(nop) {last}" if last[0] == "C" else f"/bin/sh -c {last[4:]}",
    ]
    image.history = [Step("ADD rootfs / # buildkit", layer=0), *(Step(text, empty=True) for text in steps)]
    image.history[-1].layer, image.history[-1].empty = 1, False
    build = Build(parse(Source("Dockerfile", f"FROM x\nRUN true\nCOPY a /a\n{last}\n".encode())))
    alignment = align(build, image)
    assert alignment.squashed and not alignment.instructions
    assert reason in alignment.reason
