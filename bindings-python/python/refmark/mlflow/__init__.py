"""refmark as an MLflow model registry: ``mlflow.set_registry_uri("refmark:///path")``."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .evidence import attach_evaluation as attach_evaluation

__all__ = ["attach_evaluation"]


def __getattr__(name: str) -> object:
    # Only when it is asked for: MLflow loads this package while it is itself being imported.
    if name != "attach_evaluation":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .evidence import attach_evaluation

    return attach_evaluation
