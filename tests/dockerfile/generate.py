"""Dockerfiles made up at random, the nasty ones first. The same seed gives the same file everywhere."""

from __future__ import annotations

from random import Random

KEYWORDS = (
    "FROM ARG ENV RUN COPY ADD CMD ENTRYPOINT LABEL USER WORKDIR EXPOSE VOLUME SHELL STOPSIGNAL HEALTHCHECK ONBUILD MAINTAINER"
).split()
NAMES = ["A", "B", "X", "PATH", "TARGETARCH", "_q", "a1", "é", "1", "@", "#", "-", "?"]
WORDS = [
    "a", "b/c", "/x", ".", "8080", "80/udp", "9-7", "80:90", "base", "BASE", "scratch", "debian:12", "0", "1", "2", "KILL", "99",
    "sigusr1", "a=b", "A=1", "B=$A", "C=", "=x", "as", "AS", "x y", "é", "\u00a0", "<", "<<", "a<<b", "--", "-x", "#", "\\", "\\\\",
    '"', "'", '"a b"', "'c d'", '"a\\"b"', "\\ ", "$", "$$", "`", "``", "[", "]", "{", "}", ",", ":", "\t", "root:root", "755", "u+x", "9z",
]  # fmt: skip
FLAGS = [
    "--from=base", "--from=0", "--from=2", "--from=$A", "--from=BASE", "--from=alpine", "--from=s1", "--chown=1:2", "--chmod=755",
    "--chmod=u+x", "--chmod=98", "--link", "--link=true", "--link=maybe", "--parents", "--exclude=*.md", "--platform=linux/amd64",
    "--platform=$BUILDPLATFORM", "--platform=$NO", "--platform=bogus", "--mount=type=cache,target=/c", "--mount=type=bogus",
    "--mount=type=secret,id=a", "--mount=from=base,target=/y", "--mount=type=bind", '--mount=type=cache,"target=/d"',
    "--network=none", "--network=bad", "--security=insecure", "--interval=5s", "--interval=5", "--retries=3", "--retries=-1",
    "--timeout=1us", "--unknown", "--chwon=1", "--", "--checksum=sha256:1", "--keep-git-dir=true", "--unpack", "--device=a=b",
]  # fmt: skip
MODIFIERS = [":-", "-", ":+", "+", ":?", "?", "#", "##", "%", "%%", "/", "//", ":", ":=", "=", "@", "^"]
JSON = [
    '["a"]', '["a", "b"]', "[]", '["a",]', '["a"] x', '["a", 1]', "[1]", "['a']", '["\\u00e9\\n"]', '["a\\"b","/c d"]', '["a","b"', "[null]",
    '[ "x" , "y" ]', '["$A", "${B:-c}"]', '[["a"]]', '["<<E", "/x"]',
]  # fmt: skip
HEREDOCS = ["<<E", "<<-E", '<<"E"', "<<'E'", "3<<E", "<<E;", "<< E", "<<E2", "<<-'E F'", "<<", "<<<E", "<<$A", "<<E\\ F"]
BLANKS = [" "] * 12 + ["  ", "\t", " \t ", "\v", "\u2003", "\r"]
ENDS = ["\n"] * 12 + ["\r\n", " \n", "\n\n", "\n# c\n", "\n  # c\n", "\r\r\n"]
JOINS = ["\\\n", "\\ \n", "\\\n\n", "\\\n# c\n", "\\\n  # c \\\n", "\\\r\n", "\\\t \n\t", "\\\n \n", "\\\\\n", "`\n", "\\\v\n"]
TOPS = [""] * 8 + [
    "# syntax=docker/dockerfile:1\n", "# escape=`\n", "#escape = `\r\n", "# ESCAPE=\\\n# escape=`\n", "\ufeff", "\ufeff# escape=`\n", "\n# escape=`\n",
    "# c\n# escape=`\n", "# check=skip=all\n", "# escape=x\n", "# check=bogus\n", "\\\n", "  # escape=`\n", "#!/x\n# escape=`\n",
]  # fmt: skip


class Generator:
    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.wild = 0.5 if seed % 3 == 0 else 0.0  # two files of three are mostly such as BuildKit takes

    def pick(self, options: list[str] | tuple[str, ...]) -> str:
        return options[self.random.randrange(len(options))]

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def variable(self, depth: int = 0) -> str:
        name = self.pick(NAMES)
        if self.chance(0.4):
            return f"${name}"
        if self.chance(0.3):
            return f"${{{name}}}"
        word = self.word(depth + 1)
        modifier = self.pick(MODIFIERS)
        if modifier[0] == "/" and self.chance(0.8):
            word += "/" + self.word(depth + 1)
        close = "}" if self.chance(0.95) else ""
        return f"${{{name}{modifier}{word}{close}"

    def word(self, depth: int = 0) -> str:
        if depth > 3:
            return "z"
        parts = []
        for _ in range(self.random.choice((1, 1, 1, 2, 3))):
            parts.append(self.variable(depth) if self.chance(0.25) else self.pick(WORDS))
        text = "".join(parts)
        if self.chance(0.1):
            text = f'"{text}"'
        return text

    def arguments(self, keyword: str) -> str:
        parts = [self.pick(FLAGS) for _ in range(self.random.choice((0, 0, 0, 1, 2)))]
        shape = self.random.random()
        if shape < 0.15:
            parts.append(self.pick(JSON))
        elif shape < 0.3 and keyword in ("RUN", "COPY", "ADD", "ONBUILD", "CMD"):
            parts += [self.pick(HEREDOCS), self.word()]
            self.random.shuffle(parts)
        else:
            parts += [self.word() for _ in range(self.random.choice((0, 1, 1, 2, 2, 3, 4)))]
        return self.pick(BLANKS).join(parts)

    def sane(self) -> str:
        """An instruction that BuildKit would mostly take."""
        value = self.random.choice(("v", "$A", "${A:-d}", '"q $B"', "'$A'", "${B%x}", "a\\b", "$A$B", "${A/1/2}", "x${A:+y}z"))
        return self.random.choice(
            (
                f"ARG A={value}", f"ARG B", "ARG X", f"ENV A={value} B=$A", f"ENV B {value}", f"LABEL l={value}", f"USER {value}",
                f"WORKDIR /w/{value}", "EXPOSE 80 90/udp $P", f"VOLUME /v{value}", "CMD echo $A", 'ENTRYPOINT ["a","b"]',
                f"COPY a{value} /x", f"COPY --from=s0 /a /{value}", "COPY --from=0 /a /b", "ONBUILD ENV A=ob", "ARG TARGETARCH",
                "HEALTHCHECK --interval=3s CMD true", "RUN <<E\nx $A\nE", f"COPY <<E /h\n{value}\n'\\$A'\nE", "STOPSIGNAL 9",
                'SHELL ["/bin/bash", "-c"]', f"RUN --mount=type=cache,target=/c{value} x", "ONBUILD COPY <<E /o\nb\nE",
                "ARG A=1 B=$A C=${B}", "ENV A=1 C=$A", "ADD --chown=$A a /b/", "ENV PATH=/o:$PATH", "MAINTAINER me",
            )
        )  # fmt: skip

    def instruction(self) -> str:
        if not self.chance(self.wild):
            return self.sane()
        keyword = self.pick(KEYWORDS)
        written = self.random.choice((keyword, keyword, keyword.lower(), keyword.title(), keyword + "X", keyword[:-1]))
        text = written + self.pick(BLANKS) + self.arguments(keyword)
        if keyword == "ONBUILD" and self.chance(0.8):
            inner = self.pick(KEYWORDS)
            text = written + " " + inner + " " + self.arguments(inner)
        while self.chance(0.2):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.pick(JOINS) + text[at:]
        return text

    def body(self) -> str:
        lines = [self.random.choice(("x", "\tx", "$A", "E", "\tE", "E ", "F", "E F", "E;", "# c", "", "E2", "RUN a")) for _ in range(3)]
        return "\n".join([*lines, self.random.choice(("E", "\tE", "E;", "E F"))])

    def file(self) -> str:
        parts = [self.pick(TOPS) if self.wild else self.pick(TOPS[:11])]
        if self.chance(0.3):
            parts.append(self.random.choice(("ARG A=1", "ARG A", "ARG B=debian:$A", "ARG A=1 B=$A")) + "\n")
        stages = 0
        for _ in range(self.random.choice((1, 2, 3, 5, 8))):
            if stages == 0 and self.chance(0.97) or self.chance(0.15):
                images = ["scratch", "scratch", "debian:12"] + [f"s{index}" for index in range(stages)]
                image = self.pick(images + (["$B", "a$A", "S0", "x@y", "s1"] if self.wild else ["d${A}"]))
                name = f" AS s{stages}" if self.chance(0.7) else ""
                parts.append(f"FROM {image}{name}" + self.pick(ENDS))
                stages += 1
            text = self.instruction()
            parts.append(text + self.pick(ENDS))
            if "<<" in text and "\nE" not in text and self.chance(0.9):
                parts.append(self.body() + "\n")
        return "".join(parts)


def dockerfile(seed: int) -> str:
    """A whole made-up Dockerfile."""
    return Generator(seed).file()
