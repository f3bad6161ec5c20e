"""refmark's errors as MLflow's: every method of the store and the repository raises ``MlflowException``."""

from __future__ import annotations

import functools
from typing import Any, Callable, TypeVar

from mlflow.exceptions import MlflowException
from mlflow.protos import databricks_pb2 as codes

from .. import errors

_CODES: tuple[tuple[type[errors.RefmarkError], int], ...] = (
    (errors.NotFoundError, codes.RESOURCE_DOES_NOT_EXIST),
    (errors.ExistsError, codes.RESOURCE_ALREADY_EXISTS),
    (errors.UsageError, codes.INVALID_PARAMETER_VALUE),
    (errors.PendingError, codes.INVALID_STATE_TRANSITION),
    (errors.RefusedError, codes.PERMISSION_DENIED),
    (errors.KeyNotFoundError, codes.UNAUTHENTICATED),
    (errors.IntegrityError, codes.DATA_LOSS),
    (errors.ConflictError, codes.RESOURCE_CONFLICT),
    (errors.AbsentError, codes.NOT_FOUND),
    (errors.UpgradeNeededError, codes.FEATURE_DISABLED),
    (errors.StorageError, codes.IO_ERROR),
    (errors.CancelledError, codes.CANCELLED),
)

F = TypeVar("F", bound=Callable[..., Any])


def as_mlflow(error: errors.RefmarkError) -> MlflowException:
    """The exception of MLflow's that says the same."""
    for kind, code in _CODES:
        if isinstance(error, kind):
            return MlflowException(str(error), error_code=code)
    return MlflowException(str(error), error_code=codes.INTERNAL_ERROR)


def speaks_mlflow(method: F) -> F:
    """Turns refmark's errors into MLflow's."""

    @functools.wraps(method)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        try:
            return method(*args, **kwargs)
        except errors.RefmarkError as error:
            raise as_mlflow(error) from error

    return wrapped  # type: ignore[return-value]
