"""The registry as data scientists use it: every verb of the command that touches models."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any, Mapping

from . import _native
from ._arguments import PathLike, document
from ._governed import BackupCheck
from ._named import named
from ._progress import ProgressLike, listener
from ._values import Inspection
from ._verbs.governing import Governing
from ._verbs.judging import Judging
from ._verbs.moving import Moving
from ._verbs.reading import Reading
from ._verbs.registering import Registering
from ._verbs.sharing import Sharing
from .errors import UsageError

__all__ = ["Registry", "check_backup", "clone", "compare_contracts", "init", "inspect", "open", "restore", "use"]


@named
def open(path: PathLike | None = None, *, key: PathLike | None = None, trust_root: PathLike | None = None) -> Registry:
    """Opens a registry.

    Without a path: ``REFMARK_REGISTRY``, the ``refmark.lock`` above the working folder, the nearest registry above it,
    then the user's default. ``key`` is a path or the text of an ed25519 key to sign with; ``trust_root`` a file or
    ``sha256:<hex>`` to hold the registry to; without it, the root in a ``refmark.lock`` above the working folder that is
    for this registry, else the one that is pinned for this user.

    Raises `NotFoundError` where there is no registry, and `UsageError` for an address.

    Example::

        reg = refmark.open("models")
    """
    if path is None:
        path = os.environ.get("REFMARK_REGISTRY") or None
    return Registry(_native.open(None if path is None else _plain_path(path), key, trust_root))


@named
def init(
    path: PathLike,
    *,
    name: str | None = None,
    by: str | None = None,
    here: bool = False,
    team: bool = False,
    sha256: bool = False,
    key: PathLike | None = None,
) -> Registry:
    """Makes a registry: a bare repository at a path, or with ``here`` the branch ``refmark`` of an existing one.

    ``by`` names the founder; without it, the user's login name. With ``team`` it begins with the team policy: roles,
    gates and approvals. Its root is pinned for this user. Without a key at hand, a new one is made for refmark alone.

    Raises `ExistsError` where something is at the path.

    Example::

        reg = refmark.init("models", team=True, by="ada")
    """
    native, _ = _native.init(_plain_path(path), by, name, here, team, sha256, key)
    return Registry(native)


@named
def use(path: PathLike) -> Registry:
    """Makes a registry the user's default: what :func:`open` without a path means where nothing nearer is found.

    Raises `NotFoundError` where there is no registry.

    Example::

        reg = refmark.use("~/models")
    """
    _native.make_default(_plain_path(path))
    return open(path)


@named
def clone(
    url: PathLike,
    into: PathLike | None = None,
    *,
    trust_root: PathLike | None = None,
    tofu: bool = False,
    accept_incomplete: bool = False,
    key: PathLike | None = None,
    progress: ProgressLike = None,
) -> Registry:
    """Clones a registry and verifies its whole history; where that fails nothing is left.

    ``trust_root`` holds it to a root; ``tofu`` pins whatever root it has, where nothing pins one: trust on first use.

    Raises `IntegrityError` where the history is not as signed or has another root, and `StorageError` where it cannot be reached.

    Example::

        reg = refmark.clone("https://forge.example.org/models.git", "models", trust_root="sha256:6b1f…")
    """
    native, _ = _native.clone(_home(os.fspath(url)), None if into is None else _home(os.fspath(into)), tofu, accept_incomplete, key, trust_root, listener(progress))
    return Registry(native)


@named
def check_backup(folder: PathLike, number: int | None = None, *, progress: ProgressLike = None) -> BackupCheck:
    """Proves a backup by every byte, and restores nothing. Without ``number`` it is the newest.

    Raises `NotFoundError` where there is no backup, and `IntegrityError` that names the first file that is not as it was.

    Example::

        print(refmark.check_backup("/mnt/backup").files)
    """
    return BackupCheck(_native.check_backup(folder, number, listener(progress)))


@named
def restore(
    source: PathLike,
    path: PathLike,
    *,
    number: int | None = None,
    trust_root: PathLike | None = None,
    tofu: bool = False,
    progress: ProgressLike = None,
) -> Registry:
    """Restores a backup to a new path: history, every alias's target and every byte are verified before it gives the registry.

    ``number`` is one of the backup's states, the newest without it; ``trust_root`` holds it to a root, and ``tofu`` pins the
    one it has. Raises `ExistsError` where something is at the path, `IntegrityError` where the backup is not whole.

    Example::

        reg = refmark.restore("/mnt/backup", "models", trust_root="sha256:6b1f…")
    """
    native, _ = _native.restore(source, path, number, tofu, trust_root, listener(progress))
    return Registry(native)


@named
def inspect(path: PathLike) -> Inspection:
    """What a model file is, by its content and never by its name: class, format, tensors. Needs no registry.

    Raises `StorageError` where it cannot be read.

    Example::

        print(refmark.inspect("model.safetensors").file_class)
    """
    return Inspection.from_answer(_native.inspect(path))


@named
def compare_contracts(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """Whether callers of one contract can use another: ``compatibility``, and ``because``.

    Raises `UsageError` for what is no contract.

    Example::

        refmark.compare_contracts(old, new)["compatibility"]
    """
    return _native.compare_contracts(document(old), document(new))


#: What begins an address, and no path.
_ADDRESS = re.compile(r"(https?|ssh|git)://|[\w.-]+@[\w.-]+:")


def _plain_path(path: PathLike) -> PathLike:
    """A path as it is meant: ``~`` is the user's home, ``file://`` nothing of its own, and an address is no path."""
    text = os.fspath(path)
    if _ADDRESS.match(text):
        raise UsageError(
            f"path: {text} is an address, and no path",
            code="bad-argument",
            hint=f'bring it here: refmark.clone("{text}", "PATH")',
        )
    text = text[len("file://") :] if text.startswith("file://") else text
    return os.path.expanduser(text) if text.startswith("~") else path if text == os.fspath(path) else text


def _home(text: str) -> str:
    return os.path.expanduser(text) if text.startswith("~") else text


def _again(path: PathLike, held_to: PathLike | None) -> Registry:
    return open(path, trust_root=held_to)


class Registry(Registering, Moving, Reading, Judging, Governing, Sharing):
    """An open registry. Safe to share between threads; it pickles by its path."""

    __slots__ = ("__weakref__",)

    def __init__(self, native: _native.Registry) -> None:
        self._native = native

    @property
    def path(self) -> Path:
        """The path that people know it by."""
        return self._native.path

    @property
    def git_dir(self) -> Path:
        """The folder of its Git repository."""
        return self._native.git_dir

    @property
    def id(self) -> str:
        """Its id: the same in every clone."""
        return self._native.id

    @property
    def name(self) -> str:
        """Its name, as its first root gives it."""
        return self._native.name

    @property
    def branch(self) -> str:
        """The branch that is the registry."""
        return self._native.branch

    @property
    def trust_root(self) -> str:
        """Its first root, as ``sha256:<hex>``: what others pin."""
        return self._native.trust_root

    @property
    def head(self) -> str:
        """Its newest commit."""
        return self._native.head()

    def __repr__(self) -> str:
        return f"refmark.open({str(self.path)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Registry) and (self.id, self.path) == (other.id, other.path)

    def __hash__(self) -> int:
        return hash((self.id, self.path))

    def __reduce__(self) -> Any:
        # A key is never pickled: the other process finds its own.
        return (_again, (self.path, self._native.held_to))

    def _repr_html_(self) -> str:
        return self.list()._repr_html_()
