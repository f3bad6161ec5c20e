"""Bringing other registries over."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ._arguments import PathLike
from ._imported import Imported
from .errors import UsageError

if TYPE_CHECKING:
    from ._registry import Registry


def import_mlflow(location: PathLike, registry: Registry) -> Imported:
    """Brings a file or SQL registry of MLflow's over; again, what is new there since. Needs ``refmark[mlflow]``.

    ``location`` is the folder of a file registry (``mlruns``), a SQLite file, or a URI that MLflow knows. Version numbers,
    times, aliases, tags and stages stay as they are; a number that was deleted there is never given here. A name that cannot
    be here is written out, and listed in ``renamed``: MLflow knows the model by its old one. Where a model of that name
    stands here and came from elsewhere, nothing is written, and it is an `ExistsError`.

    Example::

        done = refmark.import_mlflow("mlruns", reg)
        print(done.models, done.versions, done.renamed)
    """
    try:
        from .mlflow.importer import bring_over
    except ImportError as missing:
        raise UsageError(
            f"MLflow's registries are read through MLflow, which is not here: {missing}",
            code="bad-argument",
            hint="pip install 'refmark[mlflow]'",
        ) from missing
    return bring_over(os.fspath(location), registry)
