"""refmark's errors as MLflow's: every method of the store and the repository raises ``MlflowException``."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes

from .. import errors


class Refused(MlflowException):  # type: ignore[misc]
    """What is so and stays so: MLflow's server answers with a status of 4xx, and no client tries again.

    MLflow itself serves ``DATA_LOSS``, ``INVALID_STATE`` and codes that it has no status for as 500, which its clients
    ask again and again for minutes, to lose the report in the end.
    """

    def __init__(self, message: str, error_code: int, status: int = 409) -> None:
        super().__init__(message, error_code=error_code)
        self._status = status

    def get_http_status_code(self) -> int:
        """The status that a server answers with."""
        return self._status

    def __reduce__(self) -> Any:
        return (Refused, (self.message, codes.ErrorCode.Value(self.error_code), self._status))


#: For each family of errors MLflow's code, and the status of what stays so; ``None`` where trying again may help.
_CODES: tuple[tuple[type[errors.RefmarkError], int, int | None], ...] = (
    (errors.NotFoundError, codes.RESOURCE_DOES_NOT_EXIST, 404),
    (errors.ExistsError, codes.RESOURCE_ALREADY_EXISTS, 400),
    (errors.UsageError, codes.INVALID_PARAMETER_VALUE, 400),
    (errors.PendingError, codes.PERMISSION_DENIED, 403),
    (errors.RefusedError, codes.PERMISSION_DENIED, 403),
    (errors.KeyNotFoundError, codes.UNAUTHENTICATED, 401),
    (errors.IntegrityError, codes.DATA_LOSS, 409),
    (errors.ConflictError, codes.RESOURCE_CONFLICT, 409),
    (errors.AbsentError, codes.NOT_FOUND, 404),
    (errors.UpgradeNeededError, codes.FEATURE_DISABLED, 409),
    (errors.NothingToDoError, codes.RESOURCE_CONFLICT, 409),
    (errors.CancelledError, codes.CANCELLED, None),
    (errors.StorageError, codes.IO_ERROR, None),
    (errors.BugError, codes.INTERNAL_ERROR, None),
    # What no family has: something that this build, or this registry, does not do.
    (errors.RefmarkError, codes.BAD_REQUEST, 400),
)

F = TypeVar("F", bound=Callable[..., Any])


def as_mlflow(error: errors.RefmarkError) -> MlflowException:
    """The exception of MLflow's that says the same: the sentence, every gate that does not hold, and what to do next."""
    code, status = next((code, status) for kind, code, status in _CODES if isinstance(error, kind))
    if error.code in ("access-denied", "read-only"):
        code, status = codes.PERMISSION_DENIED, 403
    said = _report(error)
    return MlflowException(said, error_code=code) if status is None else Refused(said, code, status)


def _report(error: errors.RefmarkError) -> str:
    said = str(error)
    report = getattr(error, "report", None)
    for gate in report.unmet if report is not None else ():
        line = f"{gate.name}: {gate.status}: expected {gate.expected}, found {gate.found}"
        if line not in said:
            said += f"\n- {line}" + (f"; {gate.next}" if gate.next else "")
    for signer in report.signers if report is not None else ():
        if signer.by is None and signer.asks not in said:
            said += f"\n- to be approved by {signer.asks}"
    return said


def speaks_mlflow(method: F) -> F:
    """Turns refmark's errors into MLflow's."""

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except errors.RefmarkError as error:
            raise as_mlflow(error) from error

    return wrapped  # type: ignore[return-value]
