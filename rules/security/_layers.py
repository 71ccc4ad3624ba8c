"""Credential files in the layers of a finished image, also those that a later layer deletes."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gate.images.built import BuiltImage
from gate.lazy import pattern
from gate.rules.security._secrets import known_format, placeholder, secret_name

# In somebody's home folder, or where an application keeps its own: what lies below usr is a package's.
_FILE = pattern(
    r"(?!usr/|opt/conda/|var/lib/)(?:.*/)?(?:\.aws/credentials|\.netrc|\.kaggle/kaggle\.json|\.docker/config\.json|\.dockercfg|\.pgpass"
    r"|\.pypirc|\.git-credentials|\.(?:cache/)?huggingface/(?:token|stored_tokens)|\.ssh/id_(?:rsa|dsa|ecdsa|ed25519)|\.kube/config"
    r"|application_default_credentials\.json|\.s3cfg|\.boto|\.env)"
)
_PACKAGES = pattern(r"(?:^|/)(?:site-packages|dist-packages|node_modules|testdata|tests?|examples?)/")
_VARIABLE = pattern(r"(?m)^\s*(?:export\s+)?(\w+)\s*=\s*[\"']?([^\"'\s#]+)")


def credential_files(image: BuiltImage) -> Iterator[tuple[int, str, bool]]:
    """``(layer, path, still there)`` of each, the lowest layer first."""
    for number, layer in enumerate(image.layers):
        for path, head in layer.secrets:
            if (
                _FILE.fullmatch(path)
                and not _PACKAGES.search(path)
                and _says_something(path, head.decode("utf-8", "replace"))
            ):
                yield number, f"/{path}", image.stack.at(path) is not None


def _says_something(path: str, text: str) -> bool:
    """Whether there is a credential in a file of such a name: many are written empty, or for settings alone."""
    if path.endswith("config.json"):
        try:
            auths = json.loads(text).get("auths")
        except (ValueError, AttributeError, RecursionError):
            return '"auth"' in text
        return isinstance(auths, dict) and any(isinstance(row, dict) and row for row in auths.values())
    if path.endswith(".env"):
        pairs = _VARIABLE.findall(text)
        return known_format(text) is not None or any(
            secret_name(name) and not placeholder(value) for name, value in pairs
        )
    if path.rpartition("/")[2].startswith("id_"):
        return "PRIVATE KEY-----" in text
    return bool(text.strip())
