"""``--format html``: one page that works offline, without scripts, on paper and in a dark room.

It asks nobody for anything: styles and the script are in it, and its content security policy allows those two alone, by
their hashes. Whatever comes from a file or an engine is escaped by the template engine and made harmless before that.
"""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256

from gate import __version__
from gate.model import Result
from gate.report import Page, Report
from gate.reports._html_view import View
from gate.terminal import clean

_STYLE, _SCRIPT = "report.css", "report.js"


def render(result: Result, page: Page) -> str:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("gate.reports", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    policy = "; ".join(
        (
            "default-src 'none'",
            f"style-src '{_hash(environment.get_template(_STYLE).render())}'",
            f"script-src '{_hash(environment.get_template(_SCRIPT).render())}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )
    template = environment.get_template("report.html.j2")
    return template.render(view=View(result, page), content_security_policy=policy, version=__version__) + "\n"


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()


def _harmless(value: object) -> object:
    """What the template prints: no control characters, nothing invisible, nothing that turns the direction of writing.

    Markup is text that went through here before.
    """
    return clean(value) if type(value) is str else value


report = Report(summary="For people: one page, offline.", render=render, suffixes=(".html", ".htm"))
