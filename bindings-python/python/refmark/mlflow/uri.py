"""URIs: ``refmark:///path`` is a registry, ``refmark:///path/?model=M&version=N`` a version's files in it.

The slash at the end is for MLflow, which takes what follows the last one for a path among the files.
"""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, quote, unquote, urlencode, urlsplit

from ..errors import UsageError

SCHEME = "refmark"


class Location(NamedTuple):
    """What a URI names."""

    #: The registry's path; ``None`` means the one that ``refmark.open()`` finds.
    path: str | None
    #: The model, for a version's files.
    model: str | None
    #: The version, for a version's files.
    version: int | None


def parse(uri: str) -> Location:
    """Reads a URI of refmark's scheme."""
    parts = urlsplit(uri)
    if parts.scheme != SCHEME:
        raise UsageError(f"{uri} does not begin with {SCHEME}://", code="bad-argument")
    if parts.netloc not in ("", "localhost"):
        raise UsageError(
            f"{uri} names the host {parts.netloc}",
            code="bad-argument",
            hint="a path has three slashes: refmark:///path/to/models",
        )
    query = parse_qs(parts.query)
    version = query.get("version", [None])[0]
    if version is not None and not (version.isascii() and version.isdigit()):
        raise UsageError(f"{uri} has no number for a version", code="bad-argument")
    return Location(
        unquote(parts.path) or None, query.get("model", [None])[0], int(version) if version is not None else None
    )


def of_version(path: str, model: str, version: int) -> str:
    """The URI of a version's files."""
    return f"{SCHEME}://{quote(path)}/?{urlencode({'model': model, 'version': version})}"
