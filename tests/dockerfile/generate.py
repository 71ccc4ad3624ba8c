"""Dockerfiles made up at random, the nasty ones first. The same seed gives the same file everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

KEYWORDS = (
    "FROM", "ARG", "ENV", "RUN", "COPY", "ADD", "CMD", "ENTRYPOINT", "LABEL", "USER", "WORKDIR", "EXPOSE", "VOLUME",
    "SHELL", "STOPSIGNAL", "HEALTHCHECK", "ONBUILD", "MAINTAINER",
)  # fmt: skip
NAMES = ("A", "B", "X", "PATH", "TARGETARCH", "_q", "a1", "é", "1", "@", "#", "-", "?")
WORDS = (
    "a", "b/c", "/x", ".", "8080", "80/udp", "9-7", "80:90", "base", "BASE", "scratch", "debian:12", "0", "1", "2",
    "KILL", "99", "sigusr1", "a=b", "A=1", "B=$A", "C=", "=x", "as", "AS", "x y", "é", "\u00a0", "<", "<<", "a<<b",
    "--", "-x", "#", "\\", "\\\\", '"', "'", '"a b"', "'c d'", '"a\\"b"', "\\ ", "$", "$$", "`", "``", "[", "]", "{",
    "}", ",", ":", "\t", "root:root", "755", "u+x", "9z",
)  # fmt: skip
FLAGS = (
    "--from=base", "--from=0", "--from=2", "--from=$A", "--from=BASE", "--from=alpine", "--from=s1", "--chown=1:2",
    "--chmod=755", "--chmod=u+x", "--chmod=98", "--link", "--link=true", "--link=maybe", "--parents", "--exclude=*.md",
    "--platform=linux/amd64", "--platform=$BUILDPLATFORM", "--platform=$NO", "--platform=bogus", "--mount=type=bogus",
    "--mount=type=cache,target=/c", "--mount=type=secret,id=a", "--mount=from=base,target=/y", "--mount=type=bind",
    '--mount=type=cache,"target=/d"', "--network=none", "--network=bad", "--security=insecure", "--interval=5s",
    "--interval=5", "--retries=3", "--retries=-1", "--timeout=1us", "--unknown", "--chwon=1", "--",
    "--checksum=sha256:1", "--keep-git-dir=true", "--unpack", "--device=a=b",
)  # fmt: skip
MODIFIERS = (":-", "-", ":+", "+", ":?", "?", "#", "##", "%", "%%", "/", "//", ":", ":=", "=", "@", "^")
ARRAYS = (
    '["a"]', '["a", "b"]', "[]", '["a",]', '["a"] x', '["a", 1]', "[1]", "['a']", '["\\u00e9\\n"]', '["a\\"b","/c d"]',
    '["a","b"', "[null]", '[ "x" , "y" ]', '["$A", "${B:-c}"]', '[["a"]]', '["<<E", "/x"]',
)  # fmt: skip
OPENERS = (
    "<<E", "<<-E", '<<"E"', "<<'E'", "3<<E", "<<E;", "<< E", "<<E2", "<<-'E F'", "<<", "<<<E", "<<$A", "<<E\\ F",
)  # fmt: skip
BODY_LINES = ("x", "\tx", "$A", "E", "\tE", "E ", "F", "E F", "E;", "# c", "", "E2", "RUN a")
BLANKS = (" ",) * 12 + ("  ", "\t", " \t ", "\v", "\u2003", "\r")
ENDS = ("\n",) * 12 + ("\r\n", " \n", "\n\n", "\n# c\n", "\n  # c\n", "\r\r\n")
JOINS = (
    "\\\n", "\\ \n", "\\\n\n", "\\\n# c\n", "\\\n  # c \\\n", "\\\r\n", "\\\t \n\t", "\\\n \n", "\\\\\n", "`\n",
    "\\\v\n",
)  # fmt: skip
TOPS = ("",) * 8 + ("# syntax=docker/dockerfile:1\n", "# escape=`\n", "#escape = `\r\n")
WILD_TOPS = (
    "# ESCAPE=\\\n# escape=`\n", "\ufeff", "\ufeff# escape=`\n", "\n# escape=`\n", "# c\n# escape=`\n", "# escape=x\n",
    "# check=skip=all\n", "# check=bogus\n", "\\\n", "  # escape=`\n", "#!/x\n# escape=`\n",
)  # fmt: skip
VALUES = ("v", "$A", "${A:-d}", '"q $B"', "'$A'", "${B%x}", "a\\b", "$A$B", "${A/1/2}", "x${A:+y}z")
SANE = (
    "ARG A={}", "ARG B", "ARG X", "ENV A={} B=$A", "ENV B {}", "LABEL l={}", "USER {}", "WORKDIR /w/{}", "VOLUME /v{}",
    "EXPOSE 80 90/udp $P", "CMD echo $A", 'ENTRYPOINT ["a","b"]', "COPY a{} /x", "COPY --from=s0 /a /{}",
    "STOPSIGNAL 9", "COPY --from=0 /a /b", "ONBUILD ENV A=ob", "ARG TARGETARCH", "MAINTAINER me",
    "HEALTHCHECK --interval=3s CMD true", "RUN <<E\nx $A\nE", "COPY <<E /h\n{}\n'\\$A'\nE",
    'SHELL ["/bin/bash", "-c"]', "RUN --mount=type=cache,target=/c{} x", "ONBUILD COPY <<E /o\nb\nE",
    "ONBUILD USER {}", "ONBUILD COPY --from=s0 a /{}", "ONBUILD EXPOSE x$A",
    "ARG A=1 B=$A", "ENV A=1 C=$A", "ADD --chown=$A a /b/", "ENV PATH=/o:$PATH",
)  # fmt: skip


def dockerfile(seed: int) -> str:
    """A whole made-up Dockerfile. Two of three are mostly such as BuildKit takes, the third is wild."""
    return _Generator(seed).file()


class _Generator:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.wild = seed % 3 == 0

    def pick(self, options: Sequence[str]) -> str:
        return options[self.random.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def file(self) -> str:
        parts = [self.pick(TOPS + WILD_TOPS if self.wild else TOPS)]
        if self.chance(0.3):
            parts.append(self.pick(("ARG A=1\n", "ARG A\n", "ARG B=debian:$A\n", "ARG A=1 B=$A\n")))
        stages = 0
        for _ in range(self.random.choice((1, 2, 3, 5, 8))):
            if (stages == 0 and self.chance(0.97)) or self.chance(0.15):
                parts.append(self.first_line(stages))
                stages += 1
            text = self.instruction()
            parts.append(text + self.pick(ENDS))
            if "<<" in text and "\nE" not in text and self.chance(0.9):
                parts.append(self.body())
        return "".join(parts)

    def first_line(self, stages: int) -> str:
        images = ["scratch", "scratch", "debian:12", *(f"s{index}" for index in range(stages))]
        images += ["$B", "a$A", "S0", "x@y", "s1"] if self.wild else ["d${A}"]
        name = f" AS s{stages}" if self.chance(0.7) else ""
        return f"FROM {self.pick(images)}{name}" + self.pick(ENDS)

    def instruction(self) -> str:
        if not self.wild or self.chance(0.5):
            return self.pick(SANE).replace("{}", self.pick(VALUES))
        keyword = self.pick(KEYWORDS)
        written = self.pick((keyword, keyword, keyword.lower(), keyword.title(), keyword + "X", keyword[:-1]))
        text = written + self.pick(BLANKS) + self.arguments(keyword)
        if keyword == "ONBUILD" and self.chance(0.8):
            inner = self.pick(KEYWORDS)
            text = f"{written} {inner} {self.arguments(inner)}"
        while self.chance(0.2):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.pick(JOINS) + text[at:]
        return text

    def arguments(self, keyword: str) -> str:
        parts = [self.pick(FLAGS) for _ in range(self.random.choice((0, 0, 0, 1, 2)))]
        shape = self.random.random()
        if shape < 0.15:
            parts.append(self.pick(ARRAYS))
        elif shape < 0.3 and keyword in ("RUN", "COPY", "ADD", "ONBUILD", "CMD"):
            parts += [self.pick(OPENERS), self.word()]
            self.random.shuffle(parts)
        else:
            parts += [self.word() for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 4)))]
        return self.pick(BLANKS).join(parts)

    def word(self, depth: int = 0) -> str:
        if depth > 3:
            return "z"
        parts = [
            self.variable(depth) if self.chance(0.25) else self.pick(WORDS)
            for _ in range(self.random.choice((1, 1, 1, 2, 3)))
        ]
        text = "".join(parts)
        return f'"{text}"' if self.chance(0.1) else text

    def variable(self, depth: int) -> str:
        name = self.pick(NAMES)
        if self.chance(0.4):
            return f"${name}"
        if self.chance(0.3):
            return f"${{{name}}}"
        word = self.word(depth + 1)
        modifier = self.pick(MODIFIERS)
        if modifier[0] == "/" and self.chance(0.8):
            word += "/" + self.word(depth + 1)
        return f"${{{name}{modifier}{word}" + ("}" if self.chance(0.95) else "")

    def body(self) -> str:
        lines = [self.pick(BODY_LINES) for _ in range(3)]
        return "\n".join([*lines, self.pick(("E", "\tE", "E;", "E F"))]) + "\n"
