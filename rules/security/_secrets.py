"""What a secret looks like: by its name, by its value. Values never leave this module in clear."""

from __future__ import annotations

import re
from functools import lru_cache

from gate.lazy import pattern

_FORMATS = {
    "an AWS access key": r"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])",
    "a Hugging Face token": r"\bhf_[A-Za-z0-9]{30,}",
    "a GitHub token": r"\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,})",
    "a GitLab token": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "an OpenAI or Anthropic key": r"\bsk-(?:ant-|proj-|svcacct-)?[A-Za-z0-9_-]{20,}",
    "a Slack token": r"\bxox[abprs]-[A-Za-z0-9-]{10,}",
    "a Google API key": r"\bAIza[A-Za-z0-9_-]{35}(?![A-Za-z0-9_-])",
    "an npm token": r"\bnpm_[A-Za-z0-9]{36}\b",
    "a PyPI token": r"\bpypi-[A-Za-z0-9_-]{50,}",
    "an NVIDIA NGC key": r"\bnvapi-[A-Za-z0-9_-]{40,}",
    "a private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "a Databricks token": r"\bdapi[0-9a-f]{32}\b",
}
_FORMAT = pattern("|".join(f"(?P<f{index}>{pattern})" for index, pattern in enumerate(_FORMATS.values())))
_KINDS = list(_FORMATS)
# One of these stands in every value of a known format: a cheap look before the expressions.
_HINTS = (
    "AKIA", "ASIA", "hf_", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "sk-", "xox", "AIza", "npm_", "pypi-",
    "nvapi-", "PRIVATE KEY", "dapi",
)  # fmt: skip
_SHORTEST = 15
# Looking back behind what is looked for lets the search go from one :// to the next.
_USERINFO = pattern(r"://(?<=[a-z0-9]://)[^/\s:@\"']*:(?P<password>[^/\s@\"']+)@")
_EXAMPLE = pattern(r"x{6}|X{6}|\*{4}|0{8}")
_WORDS = pattern(r"sk-[a-z]+(?:[-_][a-z]+)+\Z")

_SECRET_NAMES = pattern(
    r"(?:^|_)(?:PASSWORDS?|PASSWD|PASSPHRASE|SECRETS?|TOKEN|APIKEY|API_KEY|ACCESS_KEY|SECRET_KEY|PRIVATE_KEY|AUTH_KEY"
    r"|CREDENTIALS?|KAGGLE_KEY|SSH_KEY|ENCRYPTION_KEY|SIGNING_KEY|ACCOUNT_KEY|STORAGE_KEY|CONNECTION_STRING)(?:$|_(?=\d*$))"
)
_SECRET_PART = pattern(r"PASS|SECRET|TOKEN|KEY|CREDENTIAL|CONNECTION_STRING")  # stands in each of them
_SECRET_IN_MIDDLE = pattern(r"(?:^|_)(?:SECRET_ACCESS_KEY|PASSWORD|SECRET)_")
# A word that says that the value is not the secret itself.
_HARMLESS = pattern(
    r"(?:^|_)(?:FILE|FILES|PATH|DIR|DIRECTORY|URL|URI|ENDPOINT|HOST|PORT|NAME|USERNAME|ID|ARN|PUBLIC|VERSION|LENGTH|LEN|COUNT"
    r"|TYPE|TTL|EXPIRY|EXPIRATION|TIMEOUT|LIMIT|MAX|MIN|NUM|SIZE|BACKEND|PROVIDER|MANAGER|STORE|SERVICE|REGION|ENABLED"
    r"|DISABLE|DISABLED|REQUIRED|HEADER|FORMAT|ALGORITHM|PREFIX|SUFFIX|PAD|EOS|BOS|START|END|STOP|SPECIAL|MODE|CLASS|MOUNT)(?:$|_)"
)
_PLACEHOLDER = pattern(
    r"<.*>|\{\{.*\}\}|\[.*\]|(?:change|replace|put|insert|enter|set|add|your|my)[-_ ]?.*|x+|\*+|\.+|none|null|todo|dummy|fake|"
    r"example|placeholder|false|true|0|1|password|secret|token",
    re.IGNORECASE,
)


def may_hold_secret(text: str) -> bool:
    """A cheap first look at a long text: False where :func:`known_format` and :func:`password_in_url` find nothing in any
    line of it."""
    return _hinted(text) or password_in_url(text) is not None


def _hinted(text: str) -> bool:
    return any(map(text.__contains__, _HINTS))


def known_format(text: str) -> tuple[str, int, int] | None:
    """The first secret of a known format in a text: what it is, and where. Rows of one sign and plain words do not count
    (``hf_xxxxxxxx…``, ``sk-learn-training-container``)."""
    if len(text) < _SHORTEST or not _hinted(text):
        return None
    for match in _FORMAT.finditer(text):
        if not _EXAMPLE.search(match[0]) and not _WORDS.match(match[0]):
            return _KINDS[int((match.lastgroup or "f0")[1:])], match.start(), match.end()
    return None


def password_in_url(text: str) -> tuple[int, int] | None:
    """Where a URL carries a literal password: ``https://user:password@host``."""
    if "://" not in text or "@" not in text:
        return None
    for match in _USERINFO.finditer(text):
        password = match["password"]
        if "$" not in password and "`" not in password and not _PLACEHOLDER.fullmatch(password):
            return match.start("password"), match.end("password")
    return None


@lru_cache(maxsize=1024)
def secret_name(name: str) -> bool:
    """Whether a variable of this name holds a secret, as far as names tell (``HF_TOKEN`` yes, ``MAX_TOKENS`` no)."""
    upper = name.upper()
    if not _SECRET_PART.search(upper):
        return False  # most names
    if _HARMLESS.search(upper):
        return bool(re.fullmatch(r"(?:.*_)?AWS_SECRET_ACCESS_KEY", upper))
    return bool(_SECRET_NAMES.search(upper) or _SECRET_IN_MIDDLE.search(upper))


def placeholder(value: str) -> bool:
    """A value that only stands for one: ``changeme``, ``<token>``, ``xxxx``, ``hf_xxxxxxxx``."""
    return bool(_PLACEHOLDER.fullmatch(value.strip()) or _EXAMPLE.search(value))


def redacted(secret: str) -> str:
    """The first four characters and the length: enough to find it, too little to use it."""
    return f"{secret[:4]}… ({len(secret)} characters)"
