"""Bytes: pulling them, pinning what is pulled, and moving them between stores and clones."""

from __future__ import annotations

import os
import warnings
from pathlib import Path
from typing import Any, Iterable

from .. import _native
from .._arguments import PathLike, RefLike, TimeLike, how, is_pin
from .._arguments import reference as _text
from .._cache import cached, pulled_into_cache
from .._frames import Rows
from .._governed import Backup, Drill
from .._lock import Lock, nearest
from .._progress import ProgressLike, listener
from .._team import Pins, Transfer
from .._values import Pulled, QuarantinePull, Remote, RemoteCheck, Resolved, SyncReport, rows
from ..errors import MovingAliasWarning
from ._base import Verbs


class Sharing(Verbs):
    """Verbs that hand out bytes, pin them, and move them."""

    __slots__ = ()

    def pull(
        self,
        reference: RefLike,
        into: PathLike | None = None,
        *,
        files: str | Iterable[str] | None = None,
        at: TimeLike | None = None,
        hard_links: bool = False,
        allow_unverified: bool = False,
        last_good: bool = False,
        accept_incomplete: bool = False,
        archived: bool = False,
        progress: ProgressLike = None,
    ) -> Path:
        """Writes an artifact's files to a folder, complete or not at all, every byte hashed; gives the folder.

        Without ``into``, the folder lies in the cache (``REFMARK_CACHE``) by the artifact's id, and is checked again
        each time. ``files`` takes single files: names or patterns such as ``*.json``.

        Raises `RefusedError` for what is not trusted, `AbsentError` for bytes that are elsewhere, `IntegrityError` for a byte that is
        wrong, and `ExistsError` where ``into`` holds something else.

        Example::

            folder = reg.pull("sentiment/4", files="*.safetensors")
        """
        asked = {"files": files, "at": at, "hard_links": hard_links, "allow_unverified": allow_unverified}
        doubts = {"last_good": last_good, "accept_incomplete": accept_incomplete, "archived": archived}
        return self._pulled(reference, into, {**asked, **doubts}, progress).path

    def pull_details(
        self, reference: RefLike, into: PathLike | None = None, *, progress: ProgressLike = None, **asked: Any
    ) -> Pulled:
        """:meth:`pull`, with what was handed out: the artifact, its files, what the reference meant.

        Raises what :meth:`pull` does.

        Example::

            reg.pull_details("sentiment/4").artifact
        """
        return self._pulled(reference, into, asked, progress)

    def pull_quarantined(
        self,
        reference: RefLike,
        into: PathLike,
        reason: str,
        *,
        files: str | Iterable[str] | None = None,
        allow_unverified: bool = False,
        progress: ProgressLike = None,
    ) -> QuarantinePull:
        """Takes what nobody trusts yet, to look at it: into ``into/files``, beside a mark, and recorded with the reason.

        By those whom the policy gives the right ``scan``, or asks before the artifact is trusted; else a
        :class:`RefusedError` says who may. Nothing is loaded by loading ``into`` itself.

        Example::

            reg.pull_quarantined("sentiment/4", "look-here", "to read the pickle")
        """
        asked = how({"files": files, "allow_unverified": allow_unverified})
        answer = self._native.pull_quarantined(_text(reference), into, reason, asked, listener(progress))
        return QuarantinePull.from_answer({**answer, "path": into})

    def _pulled(
        self, reference: RefLike, into: PathLike | None, given: dict[str, Any], progress: ProgressLike
    ) -> Pulled:
        text, asked = _text(reference), how(given)
        into = None if into is None else Path(into).expanduser()
        if is_pin(text):
            # A bare name is what the project pinned: the lock and the cache are enough.
            return nearest()._pulled(text, into, asked, progress)
        if into is None:
            doubts = asked["last_good"], asked["accept_incomplete"]
            found = Resolved.from_answer(self._native.resolve(text, asked["at"], *doubts))
            folder = cached(found.artifact, asked["include"])
            answer = pulled_into_cache(folder, lambda: self._native.pull(text, folder, asked, listener(progress)))
            into = folder
        else:
            answer = self._native.pull(text, into, asked, listener(progress))
        # The folder as the caller named it: not every path is the text that an answer holds.
        pulled = Pulled.from_answer({**answer, "path": into})
        for said in answer.get("warnings", ()):
            # The caller of `pull`: above this and what names wrong arguments.
            warnings.warn(said, stacklevel=4)
        if pulled.resolved.alias is not None and asked["at"] is None:
            _warn_of_moving(self._native.id, pulled.resolved)
        return pulled

    def file(
        self,
        reference: RefLike,
        file: str | None = None,
        *,
        hash: bool = True,
        at: TimeLike | None = None,
        allow_unverified: bool = False,
        last_good: bool = False,
        accept_incomplete: bool = False,
    ) -> Path:
        """The path of one file in the store, to map into memory; never write to it.

        With ``hash`` its bytes are hashed now. Raises `NotFoundError` for a file that it does not have, and what :meth:`pull` does.

        Example::

            weights = reg.file("sentiment/4", "model.safetensors")
        """
        text = _text(reference)
        if is_pin(text):
            return nearest()._file(text, file, at)
        doubts = {"last_good": last_good, "accept_incomplete": accept_incomplete}
        return self._native.path_of(text, file, how({"at": at, "allow_unverified": allow_unverified, **doubts}), hash)

    def pin(
        self,
        *references: RefLike,
        name: str | None = None,
        project: PathLike | None = None,
        max_offline: str | None = None,
        tofu: bool = False,
    ) -> Pins:
        """Pins versions by digest in the project's ``refmark.lock``; without a project, the working folder's.

        ``name`` is what the project calls the one pin; ``max_offline``, such as ``30d``, how long it may go unasked.

        Raises `NotFoundError` where there is no such version, and `ExistsError` where the name is pinned.

        Example::

            reg.pin("sentiment@champion")
        """
        lock = Lock(project) if project is not None else _lock_here()
        pins = [(_text(it), name) for it in references]
        return Pins(lock._native.add(self._native, pins, None, max_offline, tofu))

    def update_pins(self, *names: str, project: PathLike | None = None, dry_run: bool = False) -> Pins:
        """Moves pins to what their aliases hold now; all where none is named.

        ``dry_run`` only says what would move. Raises `NotPinnedError` for a name that is not pinned.

        Example::

            reg.update_pins("sentiment", dry_run=True)
        """
        lock = Lock(project) if project is not None else nearest()
        return Pins(lock._native.update(self._native, [*names], dry_run))

    def remotes(self) -> Rows[Remote]:
        """The other places that hold the registry's blobs.

        Example::

            [it.name for it in reg.remotes()]
        """
        return rows(Remote, self._native.list_remotes())

    def add_remote(
        self,
        name: str,
        place: PathLike,
        *,
        endpoint: str | None = None,
        region: str | None = None,
        profile: str | None = None,
    ) -> Remote:
        """Adds another place for blobs: a folder, or ``s3://``, ``gs://``, ``az://`` or ``https://``.

        ``profile`` names one in ``~/.aws``. Credentials are never kept: they come from the environment and those files.

        Raises `ExistsError` where the name is taken, and `StorageError` where the place cannot be reached.

        Example::

            reg.add_remote("bucket", "s3://models/store", region="eu-central-1")
        """
        return Remote.from_answer(self._native.add_remote(name, place, endpoint, region, profile))

    def check_remote(self, name: str, *, hash: bool = False) -> RemoteCheck:
        """Compares what a remote holds with what the registry needs; with ``hash`` by every byte.

        Raises `NotFoundError` where there is no such remote.

        Example::

            reg.check_remote("bucket").missing
        """
        return RemoteCheck.from_answer(self._native.check_remote(name, hash))

    def remove_remote(self, name: str) -> None:
        """Forgets a remote. Nothing of it is removed.

        Raises `NotFoundError` where there is no such remote.

        Example::

            reg.remove_remote("bucket")
        """
        self._native.remove_remote(name)

    def sync(self, remote: str | None = None, *, progress: ProgressLike = None) -> SyncReport:
        """Moves blobs both ways: what is absent here comes, what a remote lacks goes.

        ``remote`` names one; all without it. Raises `StorageError` where one cannot be reached.

        Example::

            reg.sync("bucket").sent
        """
        return SyncReport.from_answer(self._native.sync(remote, listener(progress)))

    def backup(self, folder: PathLike, *, progress: ProgressLike = None) -> Backup:
        """Adds a state of the registry to a folder of backups: records, bytes and trust material, of which only what is new
        is written.

        Raises `StorageError` where the folder cannot be written. `refmark.restore` brings it back.

        Example::

            print(reg.backup("/mnt/backup").number)
        """
        return Backup(self._native.backup(folder, listener(progress)))

    def backup_drill(self, folder: PathLike, number: int | None = None, *, progress: ProgressLike = None) -> Drill:
        """Restores a backup into a temporary place and compares every alias with this registry; the newest without a number.

        Raises `IntegrityError` where the backup is not whole. `Registry.status` says when the last drill passed.

        Example::

            assert reg.backup_drill("/mnt/backup").passed
        """
        return Drill(self._native.backup_drill(folder, number, listener(progress)))

    def fetch(self) -> Transfer:
        """Brings the commits of the origin that the registry was cloned from, and verifies them.

        Raises `StorageError` where the origin cannot be reached, and `IntegrityError` where its history is not as signed.

        Example::

            reg.fetch()
        """
        return Transfer(self._native.fetch())

    def push(self) -> Transfer:
        """Sends the registry's commits to the origin that it was cloned from.

        Raises `StorageError` where the origin cannot be reached, and `ConflictError` where it has newer commits: fetch first.

        Example::

            reg.push()
        """
        return Transfer(self._native.push())


def _lock_here() -> Lock:
    found = _native.find_lock(os.getcwd())
    return Lock(found if found is not None else os.getcwd())


_warned: set[tuple[str, str | None, str | None]] = set()


def _warn_of_moving(registry: str, resolved: Resolved) -> None:
    """Says once per alias that it may move, and how to pin it."""
    name = (registry, resolved.model, resolved.alias)
    if name in _warned:
        return
    _warned.add(name)
    warnings.warn(
        f"{resolved.reference} may move: it is version {resolved.version} now. To pin it: "
        f'reg.pin("{resolved.model}@{resolved.alias}")',
        MovingAliasWarning,
        # The caller of `pull`: above `_pulled`, this, and what names wrong arguments.
        stacklevel=5,
    )
