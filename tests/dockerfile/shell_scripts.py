"""Random shell scripts whose every command runs, for comparing our reading of them with a real shell.

Each command is ``c ID word…`` (succeeds) or ``f ID word…`` (fails), with an id of its own.
"""

from __future__ import annotations

import random
import re

ENVIRONMENT = {
    "V": "value",
    "TWO": "one two",
    "EMPTY": "",
    "BLANKS": "  a  b ",
    "STAR": "x*y",
    "VERSION": "1.22.333",
    "QUOTED": 'it\'s "q"',
    "FILE": "/usr/lib/a.tar.gz",
}

_PLAIN = [
    "a",
    "install",
    "-y",
    "--flag=x",
    "foo[bar]",
    "1.2",
    "a/b/c",
    "x=y",
    "@",
    "a:b",
    "%",
    "+x",
    "^a",
    "a#b",
    "-",
    "--",
    "é",
    "!",
    "if",
    "in",
    "a]b",
]
_SINGLE = ["'a b'", "'a\"b'", "''", "'$V'", "'a && b'", "'\\'", "'#'", "'`'", "'('", "';'", "'a\nb'"]
_DOUBLE = [
    '"a b"',
    '"$V"',
    '"${V}x"',
    '"a\\"b"',
    '"\\$V"',
    '"$TWO$EMPTY"',
    '"a\'b"',
    '"\\a"',
    '"#"',
    '"a\\\\b"',
    '"(;&|"',
    '"a\\\nb"',
    '"$"',
    '""',
    '"${QUOTED}"',
]
_ESCAPED = ["\\ ", "\\a", "\\'", '\\"', "\\$V", "\\\\", "\\;", "\\&", "\\(", "\\#", "\\*", "a\\\nb", "\\é"]
_EXPANDED = [
    "$V", "${V}", "$TWO", "${TWO}", "$EMPTY", "$BLANKS", "$STAR", "${VERSION%.*}", "${VERSION%%.*}", "${VERSION#*.}", "${VERSION##*.}",
    "${FILE##*/}", "${FILE%.gz}", "${NOPE:-d}", "${NOPE-d e}", "${NOPE:-\"d e\"}", "${NOPE:-'d e'}", "${EMPTY:-x}", "${EMPTY-x}", "${V:+yes}",
    "${V+a b}", "${NOPE:+no}", "${#V}", "${NOPE:-$TWO}", "${NOPE:-${V}}", "${V:-}", "${NOPE:-}", "${TWO#one }", "${TWO% *}", "${FILE%/*}",
    '"${NOPE:-d e}"', '"${NOPE:-$V}"', '"${NOPE:-"d e"}"', '"${VERSION%.*}"', '"${V:+"a b"}"', '"${NOPE:-it}"', "${V%[a-u]*}", "${V#?}", '"${V%"ue"}"', "${V%'e'}", '"${NOPE:-}"', "${NOPE:-a$EMPTY}",
]  # fmt: skip
_BASH_EXPANDED = [
    "${V/a/o}", "${VERSION//./-}", "${V^^}", "${V:1:2}", "${V:2}", "a{b,c}d", "{1..3}", "{a,b}{c,d}", "{a}", "{a,'b c'}", "$'a\\tb'", "$'it\\'s'", "x{,y}", "${V^}", "${VERSION: -3}",
    "{a,b", "a,b}", "\\{a,b}", "'{a,b}'", '$"a b"', "{01..03}", "{c..a}", "{a,{b,c}}",
]  # fmt: skip


class ScriptWriter:
    """One random script. ``ids`` is how many commands it has."""

    def __init__(self, seed: int, *, bash: bool) -> None:
        self.random = random.Random(seed)
        self.bash = bash
        self.ids = 0

    def script(self) -> str:
        return self.statements(3)

    def one_of(self, *options: str) -> str:
        return self.random.choice(options)

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    # -- words

    def word(self, depth: int) -> str:
        text = "".join(self.piece(depth) for _ in range(self.random.choice([1, 1, 1, 2, 3])))
        return re.sub(r"\$(\w+)(?=\{)", r"${\1}", text)  # bash reads $A{b,c} as $Ab $Ac

    def piece(self, depth: int) -> str:
        choice = self.random.random()
        if choice < 0.45:
            return self.random.choice(_PLAIN)
        if choice < 0.57:
            return self.random.choice(_SINGLE)
        if choice < 0.69:
            return self.random.choice(_DOUBLE)
        if choice < 0.75:
            return self.random.choice(_ESCAPED)
        if choice < 0.92:
            return self.random.choice(_EXPANDED + (_BASH_EXPANDED if self.bash else []))
        return self.substitution(depth) if depth > 0 else "z"

    def substitution(self, depth: int) -> str:
        inner = self.statements(depth - 1) if self.chance(0.5) else self.command(depth - 1)
        kinds = ['"$({})"', "$({})", "${{NOPE:-$({})}}", '"x${{NOPE:-$({})}}"', "$(\n{}\n)", "${{V:+$({})}}"]
        if "`" not in inner and "\\" not in inner and '"' not in inner and "case" not in inner:
            kinds += ["`{}`", '"`{}`"']
        if not inner.startswith("("):
            return self.random.choice(kinds).format(inner + ("\n" if "<<" in inner else ""))
        return "$(\n" + inner + "\n)"

    def command(self, depth: int, name: str = "c") -> str:
        self.ids += 1
        words = [f"{name} {self.ids}"]
        if self.chance(0.15):
            words.insert(0, self.one_of("A=1", "B='x y'", "C=$TWO", 'D="$V"', "E=", "F=a{b,c}"))
        for _ in range(self.random.choice([0, 1, 1, 2, 3, 5])):
            words.append(self.redirect() if self.chance(0.12) else self.word(depth))
        return self.one_of(" ", " ", " ", "  ", "\t", " \\\n ").join(words)

    def redirect(self) -> str:
        forms = [">out", "> out", "2>err", "2>&1", ">>out", "< in", ">|out", '>"o $V"', "2> /dev/null"]
        return self.random.choice([*forms, "&>out", "<<< 'x y'", "<<<$V"] if self.bash else forms)

    # -- structure

    def statements(self, depth: int) -> str:
        parts = [self.statement(depth) for _ in range(self.random.choice([1, 1, 2, 3]))]
        text = parts[0]
        for part in parts[1:]:
            heredoc = "<<" in text.replace("<<<", "").rsplit("\n", 1)[-1]
            text += (
                self.one_of("; ", "\n", " ;", " # note && c\n", "\n# it's\n", "\n\n ") if not heredoc else "\n"
            ) + part
        return text

    def statement(self, depth: int) -> str:
        if depth <= 0:
            return self.command(0)
        makers = [self.simple, self.simple, self.chain, self.chain, self.pipeline, self.compound, self.assignment]
        if depth == 3 or not self.bash:  # bash 5.2 itself garbles some here-documents inside $( )
            makers.append(self.heredoc)
        return self.random.choice(makers)(depth)

    def simple(self, depth: int) -> str:
        return self.command(depth)

    def chain(self, depth: int) -> str:
        text = ""
        for _ in range(self.random.choice([1, 2, 3])):
            operator = self.one_of("&&", "||")
            failing = operator == "||"
            left = self.command(depth - 1, "f" if failing else "c")
            if self.chance(0.15) and not failing:
                left = "{ " + left + "; }"
            elif self.chance(0.1):
                left = f"! {self.command(depth - 1, 'c' if failing else 'f')}"
            text += left + self.one_of(" {} ", "{}", " {}\n ", " {} \\\n ", " {} # it's\n  \n").format(operator)
        return text + self.command(depth - 1)

    def pipeline(self, depth: int) -> str:
        commands = [
            self.command(depth - 1) if self.chance(0.8) else self.compound(depth - 1)
            for _ in range(self.random.choice([2, 2, 3]))
        ]
        return self.one_of(" | ", "|", " |\n", " |& " if self.bash else " | ").join(commands)

    def assignment(self, depth: int) -> str:
        name = self.one_of("V", "TWO", "NEW", "FILE")
        return f'{name}={self.word(0)}{self.one_of("; ", " && ", chr(10))}{self.command(0)} ${name} "${{{name}}}"'

    def heredoc(self, depth: int) -> str:
        self.ids += 1
        own = self.ids
        delimiter = self.one_of("EOF", "'EOF'", '"E"', "\\END", "-EOF", "- 'X'")
        name = delimiter.lstrip("- ").strip("'\"\\")
        body = self.one_of(
            "it's $V\n",
            'a "b" `\n' if delimiter[0] in "'\"\\" else 'a "b"\n',
            "",
            "$(c {})\n",
            "c && d\n#\n",
            "EO\n F\n",
        )
        if "{}" in body:
            quoted = delimiter.lstrip("- ")[0] in "'\"\\"
            if quoted:
                body = body.format(0)
            else:
                self.ids += 1
                body = body.format(self.ids)
        after = self.one_of("", " >out 'x y'", " && ", " | ", "; ")
        if after.strip() in ("&&", "|", ";"):
            after += self.command(0)
        return f"c {own} <<{delimiter}{after}\n{body}{name}\n{self.command(0)}"

    def compound(self, depth: int) -> str:
        inner = depth - 1
        kind = self.random.randrange(9 if self.bash else 8)
        if kind == 0:
            return f"( {self.statements(inner)}\n)"
        if kind == 1:
            return f"{{ {self.statements(inner)}\n}}"
        if kind == 2:
            return f"if {self.command(inner)}; then {self.statements(inner)}\nfi"
        if kind == 3:
            return f"if {self.command(inner, 'f')}\nthen :\nelif {self.command(inner)}; then\n{self.statements(inner)}\nelse :; fi"
        if kind == 4:
            return f"for X in {self.word(0)} 'b c'; do {self.statements(inner)}\n{self.command(0)} $X\ndone"
        if kind == 5:
            pattern = self.one_of("value)", "(value)", "x|value)", "*)", "v*e )", "'value')")
            return f"case value in\n x) {self.one_of('a;b', '')} ;;\n {pattern} {self.statements(inner)}\n;; esac"
        if kind == 6:
            self.ids += 1
            name = f"g{self.ids}"
            return f"{name}(){self.one_of(' ', chr(10))}{{ {self.statements(inner)}\n}}\n{name}"
        if kind == 7:
            return f"until {self.command(inner)}; do break; done > out"
        return f'[[ $V == value && "a b" != x ]] && {self.command(inner)}'
