"""The HTML report, as text and in a real browser."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from gate.build import Build
from gate.catalogue import Catalogue
from gate.dockerfile.parse import parse
from gate.dockerfile.source import Source
from gate.model import (
    EngineRun,
    Failure,
    Finding,
    Image,
    ImageLayer,
    Package,
    Place,
    Remedy,
    Result,
    Severity,
    Span,
    Tally,
    Target,
    Unchecked,
    Undecided,
)
from gate.report import Page
from gate.reports._html_build import Picture, picture
from gate.reports._html_image import size, stack
from gate.reports._html_steps import next_steps
from gate.reports.html import report
from gate.sources import Sources
from tests.cli import Mlgate
from tests.engines.chromium import OPTIONS

DOCKERFILE = (
    "FROM python:latest\n\n# tools\nRUN apt-get update && \\\n\tapt-get install curl\nCOPY . /app\n" + "RUN true\n" * 40
)
HOSTILE = [
    "<script>window.broken=1</script>",
    "</script><script>window.broken=1</script>",
    "<!--",
    '"><img src=x onerror="window.broken=1">',
    "' onmouseover='window.broken=1",
    "javascript:window.broken=1",
    "{{7*7}}{% raw %}",
    "</style></title></code></pre><svg onload=window.broken=1>",
    "\u202edehsup\u2066 \x00\x1b[31m\udcff\u2028",
]


def finding(line: int = 5, column: int = 2, end: int = 22, **values: Any) -> Finding:
    path = values.pop("path", "Dockerfile")
    fields: dict[str, Any] = {
        "rule_id": "PKG001",
        "name": "missing-assume-yes",
        "severity": Severity.HIGH,
        "message": "apt-get install stops and asks.",
        "help": "Add -y.",
        "blocking": True,
        "fingerprint": f"{line:04x}{column:04x}",
        "place": Place(path, Span(line, column, line, end)),
    }
    return Finding(**{**fields, **values})


def vulnerability(number: int, severity: Severity = Severity.MEDIUM, **package: Any) -> Finding:
    fields: dict[str, Any] = {
        "name": f"lib{number}",
        "version": "1.0",
        "type": "deb",
        "purl": f"pkg:deb/lib{number}@1.0",
        "cve": f"CVE-2026-{number:04}",
        "introduced_by": {"kind": "instruction", "path": "Dockerfile", "line": 4},
    }
    cve = f"CVE-2026-{number:04}"
    about = Package(**{**fields, **package})
    return finding(
        4, 1, 4, rule_id=cve, name=cve, severity=severity, message=f"lib{number} has a flaw.", engine="grype", blocking=False,
        package=about, fingerprint=f"cafe{number:05x}",
    )  # fmt: skip


def whole() -> Result:
    """A result with something in every part of the page."""
    findings = [
        finding(1, 6, 19, rule_id="PIN001", severity=Severity.MEDIUM, blocking=False, aliases=("DL3007",), stage="0"),
        finding(),
        finding(6, 1, 12, rule_id="SEC009", severity=Severity.LOW, blocking=False, state="waived",
                waiver={"reason": "Our own network.", "owner": "vision team", "expires": "2020-01-31"}),
        finding(7, 1, 9, rule_id="LAY001", severity=Severity.INFO, blocking=False, state="baselined"),
        vulnerability(1, Severity.HIGH, fixed_in=("1.1", "2.0"), epss=0.42),
        vulnerability(2, Severity.CRITICAL, epss=0.03, introduced_by={"kind": "base", "path": "Dockerfile", "line": 1}),
        vulnerability(3, Severity.LOW, fixed_in=("1.1",), known_exploited=True, epss=0.97),
        vulnerability(10, Severity.UNKNOWN),
    ]  # fmt: skip
    return Result(
        verdict="fail",
        exit_code=1,
        cause="1 finding at or above high",
        policy="default",
        fail_on="high",
        targets=(Target("sagemaker-training", False, ("Dockerfile:6 COPY train",)),),
        engines=(
            EngineRun("grype", "ok", "0.98.0", "", "2026-05-04T05:06:07Z"),
            EngineRun("hadolint", "failed", "2.15.1", "took more than 300 seconds"),
            EngineRun("mlgate", "ok", "0.1.0"),
        ),
        files=("Dockerfile",),
        findings=tuple(findings),
        undecided=(
            Undecided("SMC001", Place("Dockerfile", Span(1, 1, 1, 5)), "the base is ${BASE}", "--build-arg BASE=…"),
        ),
        failures=(Failure("other/Dockerfile", "cannot be read: permission denied"),),
        vulnerabilities=Tally(
            4, 0, below=4, inherited=1, introduced=3, unknown=1, set_aside=2, exceeded=("budget of the base: 2 high, 1 allowed",),
            remedies=(Remedy("lib1", "1.0", "1.1", 2),),
        ),
        images=(
            Image("image.tar", "sha256:" + "ab" * 32, "linux/amd64", (
                ImageLayer("sha256:1", 3_000_000_000, 900, 0, "base", Place("Dockerfile", Span(1, 6, 1, 19))),
                ImageLayer("sha256:2", 1_000_000_000, 9, 999_600_000, "instruction", Place("Dockerfile", Span(4, 1, 5, 2))),
                ImageLayer("sha256:3", 0, 0, 0, "unknown"),
            )),
        ),
    )  # fmt: skip


def rendered(result: Result, text: str = DOCKERFILE, path: str = "Dockerfile", *platforms: str) -> str:
    sources = Sources()
    source = Source(path, text.encode("utf-8", "surrogateescape"))
    sources.add(source)
    page = Page(Catalogue(), sources, build=lambda _: Build(parse(source), platforms=platforms) if platforms else None)
    return report.render(result, page)


class Document(HTMLParser):
    """All elements with their attributes, and the text of styles and scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in self.inline:
            self.inline[tag].append("")

    def handle_data(self, data: str) -> None:
        if self.cdata_elem in self.inline:
            self.inline[self.cdata_elem][-1] += data

    def all(self, name: str) -> list[str]:
        return [attributes[name] or "" for _, attributes in self.elements if name in attributes]


def test_policy_allows_only_what_is_in_the_page() -> None:
    document = Document(rendered(whole()))
    [policy] = [a["content"] or "" for t, a in document.elements if a.get("http-equiv") == "Content-Security-Policy"]
    for kind in ("style", "script"):
        [text] = document.inline[kind]
        digest = b64encode(sha256(text.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy
    assert "base-uri 'none'" in policy
    assert not document.all("style")
    assert not document.all("src")
    assert "url(" not in document.inline["style"][0]
    assert "@import" not in document.inline["style"][0]


def test_ids_are_unique_and_links_lead_somewhere() -> None:
    twice = replace(whole(), findings=(*whole().findings, finding(), finding(fingerprint='"><b>')))
    document = Document(rendered(twice))
    ids = document.all("id")
    assert len(ids) == len(set(ids))
    links = document.all("href")
    assert {link[1:] for link in links if link.startswith("#")} <= set(ids)
    assert {link for link in links if not link.startswith(("#", "data:,"))} == {
        f"https://nvd.nist.gov/vuln/detail/CVE-2026-{number:04}" for number in (1, 2, 3, 10)
    }


def test_same_result_same_page() -> None:
    assert rendered(whole()) == rendered(whole())


def test_excerpt_marks_the_columns() -> None:
    assert "apt-get install <mark>" not in rendered(whole())
    assert re.search(
        r'<span class="number here">5</span> {4}<mark>|<span class="number here">5</span>    <mark>', rendered(whole())
    )
    assert "<mark>apt-get install curl</mark>" in rendered(whole())
    long = rendered(whole(), "FROM x\n" * 4 + "RUN " + "a" * 100_000 + "\n")
    assert "a" * 300 not in long


@pytest.mark.parametrize(
    "place", [(1, 1, 1, 1), (5, 900, 5, 901), (99, 1, 99, 5), (1, 1, 46, 5), (4, 5, 6, 1), (2, 1, 1, 1), (0, 0, 0, 0)]
)
def test_any_place_has_a_page(place: tuple[int, int, int, int]) -> None:
    text = rendered(replace(whole(), findings=(finding(place=Place("Dockerfile", Span(*place))),)))
    assert "stops and asks" in text


def test_next_steps_are_few_and_ordered_by_effect() -> None:
    base = {"kind": "base", "path": "Dockerfile", "line": 1}
    many = [vulnerability(number, introduced_by=base, known_exploited=number < 2) for number in range(41)]
    result = replace(whole(), engines=(), failures=(), findings=(*many, finding(), finding(9), vulnerability(99)))
    steps = next_steps(result, {})
    assert [(step.what, step.effect) for step in steps] == [
        ("PKG001: Add -y.", "settles 2 blocking findings"),
        ("Take a newer base image at Dockerfile:1", "settles 41 advisory vulnerabilities, 2 known to be exploited"),
        ("Replace lib99 1.0: no version is fixed", "settles 1 advisory vulnerability"),
        ("--build-arg BASE=…", "answers 1 open question"),
    ]
    assert len(next_steps(replace(result, findings=tuple(vulnerability(n) for n in range(50))), {})) == 5


def test_small_page_is_small() -> None:
    empty = Result("pass", 0, "no findings", "default", "high", engines=(EngineRun("mlgate", "ok", "0.1.0"),))
    text = rendered(empty)
    assert len(text) < 60_000
    assert "Nothing was found." in text


def hostile(text: str) -> Result:
    """A result that has the text in every field that can hold one."""
    bad = {
        "path": text, "rule_id": text, "name": text, "message": text, "help": text, "engine": text, "confidence": text,
        "stage": text, "aliases": (text,), "fingerprint": text,
    }  # fmt: skip
    package = Package(
        text, text, text, text, (text,), text, 0.5, True, text, {"kind": "base", "path": text, "line": text}
    )
    findings = (
        finding(**bad),
        finding(**{**bad, "package": package}),
        finding(
            **{**bad, "state": "waived", "blocking": False, "waiver": {"reason": text, "owner": text, "expires": text}}
        ),
    )
    return Result(
        "fail", 1, text, text, text, (Target(text, False, (text,)),), (EngineRun(text, "failed", text, text, text, unchecked=(Unchecked(text, Place(text, Span(1, 1, 1, 2)), text),)),), (text,),
        findings, (Undecided(text, Place(text, Span(1, 1, 1, 2)), text, text),), (Failure(text, text),),
        Tally(3, exceeded=(text,), remedies=(Remedy(text, text, text, 1),)),
        (Image(text, text, text, (ImageLayer(text, 1, 1, 1, "base", Place(text, Span(1, 1, 1, 2))),)),),
    )  # fmt: skip


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text(text: str) -> None:
    page = rendered(hostile(text), f"FROM {text}\n" * 8, text)
    page.encode()
    calm = Document(rendered(hostile("calm"), "FROM calm\n" * 8, "calm"))
    document = Document(page)
    shape = [(tag, sorted(attributes)) for tag, attributes in document.elements]
    assert shape == [(tag, sorted(attributes)) for tag, attributes in calm.elements]
    assert all(link.startswith("#") or link == "data:," for link in document.all("href"))
    assert not re.search("[\x00-\x08\x1b\u202a-\u202e\u2066\u2028]", page)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_text_in_the_picture(text: str) -> None:
    def shape(word: str) -> list[tuple[str, list[str]]]:
        """The elements of the picture, those apart that tell a path from a name."""
        words = json.dumps(["/" + word.encode("utf-8", "replace").decode()])
        dockerfile = f"FROM scratch\nFROM scratch\nCOPY --from=0 {words[:-1]}, {words[1:]}\nENTRYPOINT {words}\n"
        page = rendered(whole(), dockerfile, "Dockerfile", "docker")
        if '<section id="build"' not in page:
            return []  # a word that the builder refuses
        picture = Document(page[page.index('<section id="build"') : page.index('<section id="files"')])
        return [(tag, sorted(attributes)) for tag, attributes in picture.elements]

    plain = {tag for tag, _ in shape("calm")}
    assert {tag for tag, _ in shape(text)} <= plain | {"details"}
    assert not [name for _, names in shape(text) for name in names if name.startswith("on")]


def test_templates_quote_every_attribute() -> None:
    for template in (Path(__file__).parents[2] / "reports" / "templates").glob("*.j2"):
        text = template.read_text()
        assert not re.search(r"=\{\{", text)
        assert "|safe" not in text.replace(" ", "")


def test_secrets_are_not_shown(mlgate: Mlgate) -> None:
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f"
    mlgate.write("Dockerfile", f"FROM debian:12\nENV HF_TOKEN={secret}\n")
    mlgate.check("-o", "report.html", "Dockerfile")
    assert secret not in (mlgate.folder / "report.html").read_text()
    assert "HF_TOKEN" in (mlgate.folder / "report.html").read_text()


STAGES = """\
FROM python:3.11.9 AS base
FROM base AS deps
RUN pip install --prefix=/deps flask==3.0.0
FROM node:20.1.0 AS web
FROM golang:1.22 AS lint
FROM base AS models
RUN --mount=type=bind,from=web,source=/web,target=/w cp -r /w /v
FROM base
COPY --from=deps /deps /usr/local
COPY --from=2 /web /app/web
COPY --from=models /v /b
COPY --from=busybox:1 /x /y
ENTRYPOINT ["/opt/go", "--token"]
"""


def drawn(text: str = STAGES, *platforms: str) -> Picture | None:
    return picture(Build(parse(Source("Dockerfile", text.encode()))), "Dockerfile", frozenset(platforms))


def test_stages_are_lanes() -> None:
    found = drawn()
    assert found is not None
    assert [(lane.label, lane.base, lane.role, lane.place.line) for lane in found.lanes] == [
        ("base", "python:3.11.9", "layers", 1),
        ("deps", "base", "copied", 2),
        ("web", "node:20.1.0", "copied", 4),
        ("lint", "golang:1.22", "unused", 5),
        ("models", "base", "copied", 6),
        ("stage 5", "base", "image", 8),
    ]
    assert [(taken.stage, taken.what) for taken in found.lanes[5].taken] == [
        ("deps", "/deps → /usr/local"), ("web", "/web → /app/web"), ("models", "/v → /b"),
    ]  # fmt: skip
    assert [taken.what for taken in found.lanes[4].taken] == ["--mount=type=bind,from=web,source=/web,target=/w"]
    kinds = sorted(curve.kind for curve in found.curves)
    assert kinds == ["base", "base", "base", "copy", "copy", "copy", "copy"]


@pytest.mark.parametrize("text", ["FROM x\n", "", "FROM\n", "FROM a AS a\nFROM a AS b\nCOPY --from=9 a b\n"])
def test_nothing_to_draw(text: str) -> None:
    assert drawn(text) is None


def test_many_stages_keep_the_rail_narrow() -> None:
    found = drawn("".join(f"FROM x AS s{n}\n" + f"COPY --from=s{n // 2} a b\n" * (n > 0) for n in range(300)))
    assert found is not None
    assert len(found.lanes) == 60
    assert found.hidden == 240
    assert found.width < 130


def test_launches_are_steps() -> None:
    found = drawn('FROM scratch\nENTRYPOINT ["/train"]\n', "sagemaker-training", "docker")
    assert found is not None
    assert found.lanes == ()
    assert [(start.platform, start.verdict, start.argv) for start in found.starts] == [
        ("docker", "fails", "/train"), ("sagemaker-training", "fails", "/train train"),
    ]  # fmt: skip
    assert "no such file or directory" in found.starts[0].end
    page = rendered(whole(), STAGES, "Dockerfile", "docker")
    assert "Undecided</span> on docker" in page


def test_secrets_are_no_arguments_in_the_picture(mlgate: Mlgate) -> None:
    secret = "hf_" + "aB3dE5gH7jK9mN1pQ3sT5vW7yZ9bC1dE3f"
    mlgate.write("Dockerfile", f'FROM debian:12\nCMD ["serve", "--token", "{secret}"]\n')
    mlgate.check("-o", "report.html", "--for", "docker", "Dockerfile")
    page = (mlgate.folder / "report.html").read_text()
    assert "serve --token hf_a**" in page
    assert secret not in page


def test_layers_have_sizes_for_people() -> None:
    [found] = [stack(image, Sources()) for image in whole().images]
    assert (found.size, found.inherited, found.wasted) == ("4.0 GB", "3.0 GB", "1.0 GB")
    assert [(layer.size, layer.share, layer.start, layer.width) for layer in found.layers] == [
        ("3.0 GB", "75 %", 0, 750), ("1.0 GB", "25 %", 750, 250), ("0 B", "0 %", 1000, 0),
    ]  # fmt: skip
    assert [size(count) for count in (0, 999, 1000, 99_950, 999_499, 999_500, 10**13)] == [
        "0 B", "999 B", "1.0 kB", "100 kB", "999 kB", "1.0 MB", "10.0 TB",
    ]  # fmt: skip


def test_vulnerabilities_are_accounted_for() -> None:
    page = rendered(whole())
    assert (
        "found: 0 block, 4 below the threshold. 1 inherited from the base image, 3 introduced by the Dockerfile."
        in page
    )
    assert "budget of the base: 2 high, 1 allowed" in page
    nothing = rendered(replace(whole(), findings=(), vulnerabilities=Tally(0)))
    assert "<strong>0</strong> found: 0 block." in nothing


# In the browser


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=list(OPTIONS))
        yield running
        running.close()


class Tab:
    """A page in the browser, and whatever it asked for or complained of."""

    def __init__(self, browser: Any, folder: Path, text: str, **context: Any) -> None:
        file = folder / "report.html"
        file.write_text(text, encoding="utf-8")
        self.url = file.as_uri()
        self.page = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, **context}).new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.goto(self.url)

    def visible(self, selector: str) -> list[str]:
        texts: list[str] = self.page.locator(f"{selector}:visible").all_inner_texts()
        return texts


def test_no_request_and_no_complaint(browser: Any, tmp_path: Path) -> None:
    tab = Tab(browser, tmp_path, rendered(whole()))
    assert [url for url in tab.requests if url != tab.url and url != "data:,"] == []
    assert tab.complaints == []
    background = "getComputedStyle(document.querySelector('.verdict')).borderTopWidth"
    assert tab.page.evaluate(background) == "4px"  # the style is applied
    assert tab.page.title().startswith("Fail")


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_runs_nothing(browser: Any, tmp_path: Path, text: str) -> None:
    tab = Tab(browser, tmp_path, rendered(hostile(text), f"FROM {text}\n" * 8, text))
    assert tab.page.evaluate("window.broken") is None
    assert tab.complaints == []
    assert tab.page.locator("img").count() == 0


def test_injected_script_is_refused(browser: Any, tmp_path: Path) -> None:
    broken = rendered(whole()).replace(
        "<main", "<script>window.broken=1</script><img src=x onerror='window.broken=1'><main"
    )
    tab = Tab(browser, tmp_path, broken)
    assert tab.page.evaluate("window.broken") is None
    assert any("Content Security Policy" in text for text in tab.complaints)


def test_vulnerabilities_filter_and_sort(browser: Any, tmp_path: Path) -> None:
    tab = Tab(browser, tmp_path, rendered(whole()))
    page, rows, form = tab.page, "#vulnerabilities .sortable tbody tr summary", "[data-filter=vulnerabilities] "
    one, two, three, ten = "CVE-2026-0001", "CVE-2026-0002", "CVE-2026-0003", "CVE-2026-0010"
    assert tab.visible(rows) == [two, one, three, ten]
    page.check(form + "[name=fixable]")
    assert tab.visible(rows) == [one, three]
    assert page.inner_text(form + "output") == "2 of 4"
    page.check(form + "[name=kev]")
    assert tab.visible(rows) == [three]
    page.uncheck(form + "[name=fixable]")
    page.uncheck(form + "[name=kev]")
    page.select_option(form + "[name=severity]", "4")
    assert tab.visible(rows) == [two, one, ten]  # what has no known severity is never hidden by one
    page.select_option(form + "[name=severity]", "0")
    page.select_option(form + "[name=epss]", "0.1")
    assert tab.visible(rows) == [one, three]
    page.select_option(form + "[name=epss]", "0")
    page.fill(form + "[name=text]", "LIB10")
    assert tab.visible(rows) == [ten]
    page.fill(form + "[name=text]", "")
    page.locator("th button", has_text="EPSS").focus()
    page.keyboard.press("Enter")
    assert tab.visible(rows) == [three, one, two, ten]
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "descending"
    page.locator("th button", has_text="Package").click()
    assert tab.visible(rows) == [one, two, three, ten]
    assert page.locator("th[aria-sort]").count() == 1
    assert page.locator("th[aria-sort]").get_attribute("aria-sort") == "ascending"


def test_findings_filter_and_links(browser: Any, tmp_path: Path) -> None:
    tab = Tab(browser, tmp_path, rendered(whole()))
    page, rules, form = tab.page, "#findings .rule", "[data-filter=findings] "
    assert tab.visible(rules) == ["PIN001", "PKG001", "SEC009", "LAY001"]
    page.select_option(form + "[name=state]", "waived")
    assert tab.visible(rules) == ["SEC009"]
    page.locator(".causes a").first.click()
    page.wait_for_function("document.querySelectorAll('#findings [data-item]:not([hidden])').length === 4")
    page.fill(form + "[name=text]", "nothing like it")
    assert tab.visible("#findings h3") == []
    assert page.locator("time.expired").first.inner_text() == "2020-01-31 (expired)"


def test_theme_and_keyboard(browser: Any, tmp_path: Path) -> None:
    tab = Tab(browser, tmp_path, rendered(whole()), color_scheme="light")
    colour = "getComputedStyle(document.body).backgroundColor"
    light = tab.page.evaluate(colour)
    tab.page.click("#theme")
    assert tab.page.evaluate(colour) != light
    assert tab.page.get_attribute("#theme", "aria-pressed") == "true"
    dark = Tab(browser, tmp_path, rendered(whole()), color_scheme="dark")
    assert dark.page.evaluate(colour) == tab.page.evaluate(colour)
    dark.page.keyboard.press("Tab")
    assert dark.page.evaluate("document.activeElement.className") == "skip"


CONTRAST = """() => {
  const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (text) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = text; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4).reduce((s, v, i) => s + v * [.2126, .7152, .0722][i], 0);
  const behind = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const poor = [];
  for (const element of document.querySelectorAll("body *")) {
    if (![...element.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !element.checkVisibility()) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(behind(element))].sort((x, y) => y - x);
    if ((a + .05) / (b + .05) < 4.5) poor.push(element.outerHTML.slice(0, 80));
  }
  return poor;
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contrast(browser: Any, tmp_path: Path, scheme: str) -> None:
    page = rendered(whole(), STAGES, "Dockerfile", "docker")
    assert Tab(browser, tmp_path, page, color_scheme=scheme).page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("verdict", ["pass", "fail", "error"])
def test_axe_has_nothing_to_say(browser: Any, tmp_path: Path, scheme: str, verdict: str) -> None:
    page = rendered(replace(whole(), verdict=verdict), STAGES, "Dockerfile", "docker", "sagemaker-training")
    tab = Tab(browser, tmp_path, page, color_scheme=scheme, bypass_csp=True)
    tab.page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    tab.page.evaluate(Path(axe_playwright_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8"))
    found = tab.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found["violations"]] == []


def test_without_scripts_everything_is_there(browser: Any, tmp_path: Path) -> None:
    tab = Tab(browser, tmp_path, rendered(whole()), java_script_enabled=False)
    assert len(tab.visible("#vulnerabilities .sortable tbody tr")) == 4
    assert len(tab.visible("#findings .card")) == 4
    assert tab.visible("form") == []
    assert tab.visible("button") == []


def test_phone_does_not_scroll_sideways(browser: Any, tmp_path: Path) -> None:
    tab = Tab(
        browser, tmp_path, rendered(whole(), STAGES, "Dockerfile", "docker"), viewport={"width": 360, "height": 740}
    )
    assert tab.page.evaluate("document.documentElement.scrollWidth") <= 360


def test_thousands_stay_usable(browser: Any, tmp_path: Path) -> None:
    findings = [finding(line % 46 + 1, fingerprint=f"{line:08x}", message=f"Number {line}.") for line in range(5000)]
    findings += [vulnerability(number) for number in range(5000)]
    tab = Tab(browser, tmp_path, rendered(replace(whole(), findings=tuple(findings))))
    page = tab.page
    assert len(tab.visible("#vulnerabilities .sortable tbody tr")) == 300
    took = page.evaluate(
        """() => {
          const input = document.querySelector('[data-filter=findings] [name=text]');
          input.value = 'number 4999';
          const begin = performance.now();
          input.dispatchEvent(new Event('input', {bubbles: true}));
          document.body.offsetHeight;
          return performance.now() - begin;
        }"""
    )
    assert page.inner_text("[data-filter=findings] output") == "1 of 5000"
    assert took < 5000  # milliseconds, on a machine that may be busy
    page.click(".more")
    assert page.locator("#vulnerabilities .sortable tbody tr:not([hidden])").count() == 5000
