"""Where the files of a new version are, and how they come here."""

from __future__ import annotations

import json
import logging
import os
import tempfile
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit, urlunsplit
from urllib.request import url2pathname

from mlflow.artifacts import download_artifacts

_logger = logging.getLogger(__name__)

#: How MLflow's server tells its workers where artifacts are.
ARTIFACTS_DESTINATION = "_MLFLOW_SERVER_ARTIFACT_DESTINATION"

#: The one file of a version whose files were not to be had.
POINTER_FILE = "mlflow-source.json"


def is_local(location: str) -> bool:
    """Whether a location is a path of this machine."""
    scheme = urlsplit(location).scheme
    return scheme in ("", "file") or (os.name == "nt" and len(scheme) == 1)


def local_path(location: str) -> str:
    """The path of a local location."""
    return url2pathname(urlsplit(location).path) if location.startswith("file:") else location


def fetch(location: str, local_model_path: str | None, stack: ExitStack) -> str | None:
    """The files of a location, on this machine; ``None`` where they cannot be read from here.

    What is fetched goes with the stack.
    """
    if local_model_path and os.path.isdir(local_model_path):
        return local_model_path
    location = _behind_the_server(location)
    if is_local(location):
        path = local_path(location)
        return path if os.path.exists(path) else None
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="refmark-mlflow-"))
    try:
        return str(download_artifacts(artifact_uri=location, dst_path=folder))
    except Exception as error:
        # Whatever store it is: no credentials, no such run, no network. The version is made by reference, and says so.
        _logger.warning("the files of %s cannot be read here: %s", location, error)
        return None


def _behind_the_server(location: str) -> str:
    """Inside MLflow's server, where what its clients call ``mlflow-artifacts:/…`` really is."""
    parts = urlsplit(location)
    destination = os.environ.get(ARTIFACTS_DESTINATION)
    if parts.scheme != "mlflow-artifacts" or not destination:
        return location
    kept = urlsplit(destination)
    return urlunsplit(kept._replace(path=f"{kept.path.rstrip('/')}/{parts.path.lstrip('/')}"))


def pointer(stack: ExitStack, facts: dict[str, Any]) -> str:
    """A file that says where the files were said to be."""
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="refmark-mlflow-"))
    path = os.path.join(folder, POINTER_FILE)
    with open(path, "w", encoding="utf-8") as file:
        json.dump(facts, file, sort_keys=True)
    return path
