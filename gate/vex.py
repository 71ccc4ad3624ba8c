"""OpenVEX documents: what somebody who knows the product says about a vulnerability in it.

They are applied here and not by grype. grype holds statements against the identity of an image, which is not there before
the build; it does not follow aliases, so that a statement about a CVE misses the GHSA record that was matched; and what it
leaves out is gone from its matches, so that nothing could say why. Here a statement is about the packages that its products
or subcomponents name as package URLs, by any id of the vulnerability; what it sets aside stays in every report, with the
justification.

Of several statements about the same package and vulnerability the latest holds. A document that is not valid is an error of
the policy: half a document must not set anything aside.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from gate import files, purl
from gate.lazy import pattern
from gate.model import Finding
from gate.policy import PolicyError
from gate.purl import Purl
from gate.record import dataclass

NOT_AFFECTED, AFFECTED, FIXED, INVESTIGATED = STATUSES = ("not_affected", "affected", "fixed", "under_investigation")
JUSTIFICATIONS = (
    "component_not_present",
    "vulnerable_code_not_present",
    "vulnerable_code_not_in_execute_path",
    "vulnerable_code_cannot_be_controlled_by_adversary",
    "inline_mitigations_already_exist",
)

_CONTEXT = "https://openvex.dev/ns"
_CONTAINERS = frozenset({"oci", "docker", "generic", "github", "gitlab"})
"""The types of package URLs that stand for an image or a project."""
_ID = pattern(r"(?:CVE-\d{4}-\d{4,19}|GHSA(?:-[0-9a-z]{4}){3})", re.ASCII | re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Product:
    """What a statement is about: a package, or packages inside of something. ``whole``: what contains them, None where
    the id is no package URL; ``parts``: the packages that are meant in it, empty for all of it."""

    whole: Purl | None
    parts: tuple[Purl, ...] = ()

    def covers(self, package: Purl) -> bool:
        """Whether a package is meant. An image is not known by its identity before it is built, so that a statement
        about one counts for the packages that it names in it, and only for these."""
        if not self.parts:
            return self.whole is not None and self.whole.covers(package)
        if self.whole is not None and self.whole.type not in _CONTAINERS:
            return False  # a package inside of another package: not what stands on its own here
        return any(part.covers(package) for part in self.parts)


@dataclass(frozen=True, slots=True, eq=False)
class Statement:
    """One statement. ``ids``: the names of the vulnerability, in capitals; ``where``: document and number, for people;
    ``said``: why, in the words of the document."""

    path: str
    where: str
    status: str
    ids: frozenset[str]
    products: tuple[Product, ...]
    moment: datetime
    justification: str = ""
    said: str = ""
    author: str = ""

    @property
    def sets_aside(self) -> bool:
        return self.status in (NOT_AFFECTED, FIXED)

    @property
    def reason(self) -> str:
        words = ": ".join(filter(None, (self.justification.replace("_", " "), self.said)))
        return f"VEX {self.status.replace('_', ' ')}" + (f", {words}" if words else "")


class Vex:
    """All statements that are in force, by the ids that they name."""

    def __init__(self, statements: Iterable[Statement] = ()) -> None:
        self.statements = tuple(sorted(statements, key=lambda statement: statement.moment))
        self._by_id: dict[str, list[int]] = {}
        for number, statement in enumerate(self.statements):
            for name in statement.ids:
                self._by_id.setdefault(name, []).append(number)

    def about(self, finding: Finding) -> Statement | None:
        """The statement that holds for a vulnerability of a package: the latest that names both."""
        package = purl.parse(finding.package.purl) if finding.package is not None else None
        if package is None or not self._by_id:
            return None
        names = {name.upper() for name in (finding.rule_id, *finding.aliases)}
        for number in sorted({row for name in names for row in self._by_id.get(name, ())}, reverse=True):
            statement = self.statements[number]
            if any(product.covers(package) for product in statement.products):
                return statement
        return None


def load(paths: Sequence[str]) -> Vex:
    """Read documents. Raises :class:`~gate.policy.PolicyError`, which names document and statement."""
    return Vex(statement for path in dict.fromkeys(paths) for statement in _document(path))


class _Fault(ValueError):
    """Something that a document must not say."""


def _document(path: str) -> list[Statement]:
    shown = os.path.relpath(path).replace(os.sep, "/")
    try:
        root = json.loads(files.read(path).decode("utf-8-sig"), object_pairs_hook=_unique)
        return _statements(root, shown)
    except json.JSONDecodeError as error:
        raise PolicyError(f"{shown}:{error.lineno}:{error.colno}: no OpenVEX document: {error.msg}") from None
    except (_Fault, files.Unreadable) as error:
        raise PolicyError(f"{shown}: {error}") from None
    except (UnicodeDecodeError, RecursionError):
        raise PolicyError(f"{shown}: no OpenVEX document: it cannot be read as JSON") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        twice = next(key for key, _ in pairs if sum(1 for other, _ in pairs if other == key) > 1)
        raise _Fault(f"no OpenVEX document: {twice!r} is there twice")
    return found


def _statements(root: Any, shown: str) -> list[Statement]:
    context = root.get("@context") if isinstance(root, dict) else None
    if not isinstance(context, str) or not context.startswith(_CONTEXT):
        raise _Fault(f"no OpenVEX document: its @context does not begin with {_CONTEXT}")
    rows = root.get("statements")
    if not isinstance(rows, list) or not rows:
        raise _Fault("no OpenVEX document: it has no statements")
    found = []
    for number, row in enumerate(rows):
        try:
            found.append(_statement(row, root, shown, number))
        except _Fault as fault:
            raise _Fault(f"statements[{number}]: {fault}") from None
    return found


def _statement(row: Any, root: Mapping[str, Any], shown: str, number: int) -> Statement:
    if not isinstance(row, dict):
        raise _Fault("not an object")
    status = _text(row, "status")
    if status not in STATUSES:
        from gate.words import did_you_mean

        raise _Fault(f"status {status!r} is none of {', '.join(STATUSES)}{did_you_mean(status, STATUSES)}")
    justification, impact = _text(row, "justification"), _text(row, "impact_statement")
    if justification and justification not in JUSTIFICATIONS:
        raise _Fault(f"justification {justification!r} is none of {', '.join(JUSTIFICATIONS)}")
    if status == NOT_AFFECTED and not (justification or impact.strip()):
        raise _Fault("not_affected needs a justification or an impact_statement")
    said = impact or _text(row, "action_statement") or _text(row, "status_notes")
    return Statement(
        path=shown,
        where=f"{shown} statements[{number}]",
        status=status,
        ids=_ids(row.get("vulnerability")),
        products=_products(row),
        moment=_moment(row, root),
        justification=justification,
        said=" ".join(said.split()),
        author=_text(root, "author"),
    )


def _text(row: Mapping[str, Any], key: str) -> str:
    value = row.get(key, "")
    if not isinstance(value, str):
        raise _Fault(f"{key} is no text")
    return value


def _ids(row: Any) -> frozenset[str]:
    """The names of a vulnerability: its name and aliases, and the id that its address ends in. It was plain text once."""
    if isinstance(row, str):
        row = {"name": row}
    if not isinstance(row, dict):
        raise _Fault("vulnerability is missing")
    aliases = row.get("aliases") or []
    if not isinstance(aliases, list) or not all(isinstance(alias, str) for alias in aliases):
        raise _Fault("vulnerability.aliases is no list of texts")
    address = _text(row, "@id").rstrip("/").rpartition("/")[2]
    names = {name.strip().upper() for name in (_text(row, "name"), *aliases) if name.strip()}
    if _ID.fullmatch(address):
        names.add(address.upper())
    if not names:
        raise _Fault("vulnerability has no name")
    return frozenset(names)


def _products(row: Mapping[str, Any]) -> tuple[Product, ...]:
    rows = row.get("products")
    if not isinstance(rows, list) or not rows:
        raise _Fault("it names no products")
    shared = _parts(row)  # beside the products in the first version of the format
    return tuple(_product(each, shared) for each in rows)


def _product(row: Any, shared: tuple[Purl, ...]) -> Product:
    inner = _parts(row) if isinstance(row, dict) else ()
    return Product(_identified(row), inner or shared)


def _parts(row: Mapping[str, Any]) -> tuple[Purl, ...]:
    rows = row.get("subcomponents") or []
    if not isinstance(rows, list):
        raise _Fault("subcomponents is no list")
    found = [_identified(each) for each in rows]
    if rows and not any(found):
        raise _Fault("no subcomponent is a package URL")
    return tuple(part for part in found if part is not None)


def _identified(row: Any) -> Purl | None:
    """The package URL that identifies a product; None where something else does."""
    if isinstance(row, str):
        row = {"@id": row}
    identifiers = row.get("identifiers") or {} if isinstance(row, dict) else None
    if not isinstance(identifiers, dict):
        raise _Fault("a product is neither text nor an object")
    texts = [_text(row, "@id"), _text(identifiers, "purl")]
    if not any(texts) and not identifiers:
        raise _Fault("a product has no @id")
    for text in texts:
        if text.startswith("pkg:"):
            found = purl.parse(text)
            if found is None:
                raise _Fault(f"{text!r} is no package URL")
            return found
    return None


def _moment(row: Mapping[str, Any], root: Mapping[str, Any]) -> datetime:
    """When a statement was made, or last changed; the document's time where it has none of its own."""
    for text in (
        _text(row, "last_updated"),
        _text(row, "timestamp"),
        _text(root, "last_updated"),
        _text(root, "timestamp"),
    ):
        if text:
            try:
                moment = datetime.fromisoformat(re.sub(r"\.\d+", "", text).replace("Z", "+00:00"))
            except ValueError:
                raise _Fault(f"{text!r} is no time") from None
            return moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    raise _Fault("neither it nor the document has a timestamp")
