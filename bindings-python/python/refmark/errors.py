"""What can go wrong, as classes: catch the family, read ``code`` for the reason, ``hint`` for what to do next."""

from __future__ import annotations

import inspect
import warnings
from typing import Any, Iterable, Mapping

__all__ = [
    "AbsentError",
    "BugError",
    "CancelledError",
    "ConflictError",
    "DeprecatedEntryWarning",
    "ExistsError",
    "IntegrityError",
    "KeyNotFoundError",
    "MovingAliasWarning",
    "NotFoundError",
    "NotPinnedError",
    "NothingToDoError",
    "PendingError",
    "RefmarkError",
    "RefusedError",
    "StorageError",
    "UpgradeNeededError",
    "UsageError",
]


class RefmarkError(Exception):
    """Every error of refmark. Its text says what, where, expected and found."""

    #: The stable reason, such as ``alias-moved``; ``refmark help error CODE`` explains each.
    code: str
    #: The message alone.
    message: str
    #: What to do next.
    hint: str | None
    #: The values that the message names.
    fields: dict[str, Any]
    #: The status that the command would exit with.
    exit_status: int

    def __init__(
        self,
        message: str,
        *,
        code: str = "bug",
        hint: str | None = None,
        fields: Mapping[str, Any] | None = None,
        exit_status: int = 1,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.fields = dict(fields or {})
        self.exit_status = exit_status

    def __str__(self) -> str:
        return f"{self.message}\n  hint: {self.hint}" if self.hint else self.message

    def to_dict(self) -> dict[str, Any]:
        """The error as the command prints it with ``--json``."""
        return {"code": self.code, "message": self.message, "hint": self.hint, "fields": self.fields}

    def __reduce__(self) -> Any:
        return (_again, (type(self), self.message, self.code, self.hint, self.fields, self.exit_status))


class UsageError(RefmarkError, ValueError):
    """The request itself is wrong: a name, a reference, a time, an option."""


class NotFoundError(RefmarkError, LookupError):
    """The model, version, alias, artifact or file that was named is not in the registry."""


class NotPinnedError(NotFoundError):
    """The lock file has no pin for this name."""


class ExistsError(RefmarkError):
    """The target exists already, and refmark does not overwrite it."""


class NothingToDoError(RefmarkError):
    """The request asks for the state that already holds."""


class AbsentError(RefmarkError):
    """The bytes are in no store that can be reached from here. They are not damaged, only elsewhere."""


class StorageError(RefmarkError, OSError):
    """The operating system or Git refused: a full disk, no permission, a path that is gone."""

    def __str__(self) -> str:
        return RefmarkError.__str__(self)


class KeyNotFoundError(RefmarkError):
    """No signing key was found, or the one that was named cannot be used."""


class UpgradeNeededError(RefmarkError):
    """The registry has a newer format than this refmark reads."""


class CancelledError(RefmarkError):
    """The work was stopped on request; nothing half-written was left behind."""


class RefusedError(RefmarkError):
    """The policy does not allow it. ``report`` lists every gate: what it asks, what was found, what to do next."""

    @property
    def report(self) -> Any:
        """The whole gate report as a :class:`refmark.GateReport`; ``None`` where no gate was asked."""
        from ._values import GateReport

        found = self.fields.get("report")
        return None if found is None else GateReport.from_answer(found)

    def _repr_html_(self) -> str:
        from ._html import page, text

        report = self.report
        body = f"<p><b>{text(self.message)}</b></p>"
        if self.hint:
            body += f"<p>{text(self.hint)}</p>"
        return page(body + ("" if report is None else report._html()))


class PendingError(RefusedError):
    """The change breaks no rule and still lacks an approval or evidence; it has no effect yet."""


class IntegrityError(RefmarkError):
    """Bytes, signatures or history are not what was promised. ``fields`` names the file, expected and found."""


class ConflictError(RefmarkError):
    """Somebody else was first; looking again and trying again may work."""


class BugError(RefmarkError):
    """refmark broke one of its own rules. Nothing was written; please report it."""


class MovingAliasWarning(UserWarning):
    """Bytes were pulled through an alias that may move: pin it, so that what runs is what was tested."""


class DeprecatedEntryWarning(UserWarning):
    """A change names an entry of the catalog that is deprecated: it was taken, and another entry should be named."""


def warn_of_deprecated(said: Iterable[str]) -> None:
    """Warns of entries that are deprecated, for the caller of the verb."""
    for sentence in said:
        if " is deprecated in the catalog" in sentence:
            warnings.warn(sentence, DeprecatedEntryWarning, stacklevel=_frames_of_ours() + 1)


def _frames_of_ours() -> int:
    """How many frames lie between the function that asks and the caller of the package."""
    count, frame = 1, inspect.currentframe()
    frame = frame and frame.f_back
    while frame is not None and str(frame.f_globals.get("__name__", "")).partition(".")[0] == "refmark":
        count, frame = count + 1, frame.f_back
    return count - 1


_BY_CODE: dict[str, type[RefmarkError]] = {
    "absent": AbsentError,
    "access-denied": StorageError,
    "ambiguous": UsageError,
    "bad-key": KeyNotFoundError,
    "cancelled": CancelledError,
    "exists": ExistsError,
    "git-failed": StorageError,
    "io": StorageError,
    "missing-object": StorageError,
    "no-key": KeyNotFoundError,
    "no-space": StorageError,
    "not-a-file": UsageError,
    "not-a-registry": NotFoundError,
    "not-found": NotFoundError,
    "not-pinned": NotPinnedError,
    "nothing-to-do": NothingToDoError,
    "pending": PendingError,
    "read-only": StorageError,
    "secret": UsageError,
    "source-changed": ConflictError,
    "too-large": UsageError,
    "unreachable": StorageError,
    "unsupported": UsageError,
    "upgrade-needed": UpgradeNeededError,
}

_BY_STATUS: dict[int, type[RefmarkError]] = {
    2: UsageError,
    3: RefusedError,
    4: IntegrityError,
    5: ConflictError,
    70: BugError,
}


def class_of(code: str, exit_status: int) -> type[RefmarkError]:
    """The class of a code: its own, else that of its exit status."""
    return _BY_CODE.get(code) or _BY_STATUS.get(exit_status, RefmarkError)


def from_error(code: str, exit_status: int, message: str, hint: str | None, fields: dict[str, Any]) -> RefmarkError:
    """The exception of an error of the core."""
    return _again(class_of(code, exit_status), message, code, hint, fields, exit_status)


def _again(
    kind: type[RefmarkError], message: str, code: str, hint: str | None, fields: dict[str, Any], exit_status: int
) -> RefmarkError:
    return kind(message, code=code, hint=hint, fields=fields, exit_status=exit_status)
