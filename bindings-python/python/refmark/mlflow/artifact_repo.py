"""Files of versions for MLflow: whatever is loaded was hashed on the way out, and comes from a trusted artifact."""

from __future__ import annotations

import glob
import os
import posixpath
import shutil
import tempfile
from typing import Any

from mlflow.entities import FileInfo
from mlflow.protos.databricks_pb2 import FEATURE_DISABLED, INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST
from mlflow.store.artifact.artifact_repo import ArtifactRepository

from .._registry import Registry
from .._registry import open as open_registry
from . import uri as uris
from .errors import Refused, speaks_mlflow


class RefmarkArtifactRepository(ArtifactRepository):  # type: ignore[misc]
    """The files of one version, read-only; every byte is verified before MLflow sees it."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        # Older versions of MLflow have fewer arguments here, and nothing of them is needed.
        super().__init__(artifact_uri)
        self.tracking_uri, self.registry_uri = tracking_uri, registry_uri
        self._location = uris.parse(artifact_uri)

    @speaks_mlflow
    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        """The files and folders directly below a path."""
        registry, reference = self._version()
        below = f"{path.strip('/')}/" if path and path.strip("/") else ""
        found: dict[str, FileInfo] = {}
        for file in registry.show(reference).files:
            if not file.path.startswith(below):
                continue
            name, slash, _ = file.path[len(below) :].partition("/")
            whole = below + name
            found[whole] = FileInfo(whole, bool(slash), None if slash else file.size)
        return [found[name] for name in sorted(found)]

    @speaks_mlflow
    def download_artifacts(self, artifact_path: str, dst_path: str | None = None) -> str:
        """Writes a file or folder of the version, or all of it, to a folder; gives its path there."""
        wanted = (artifact_path or "").strip("/")
        if posixpath.normpath(wanted or ".").startswith(("..", "/")) or "\\" in wanted or "\0" in wanted:
            raise Refused(f"Invalid artifact path: {artifact_path!r}", INVALID_PARAMETER_VALUE, 400)
        registry, reference = self._version()
        target = os.path.abspath(dst_path) if dst_path else tempfile.mkdtemp(prefix="refmark-")
        if not os.path.isdir(target):
            raise Refused(
                f"The destination path for downloaded artifacts does not exist! Destination path: {target}",
                RESOURCE_DOES_NOT_EXIST,
                404,
            )
        with tempfile.TemporaryDirectory(prefix=".refmark-", dir=target) as staging:
            folder = os.path.join(staging, "files")
            registry.pull(reference, folder, files=_patterns(wanted), progress=False)
            shutil.copytree(folder, target, dirs_exist_ok=True, copy_function=shutil.move)
        return os.path.join(target, *wanted.split("/")) if wanted else target

    @speaks_mlflow
    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        registry, reference = self._version()
        with tempfile.TemporaryDirectory(prefix="refmark-") as staging:
            folder = os.path.join(staging, "files")
            registry.pull(reference, folder, files=[glob.escape(remote_file_path)], progress=False)
            shutil.move(os.path.join(folder, *posixpath.split(remote_file_path)), local_path)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        """Refused: what is registered does not change."""
        raise _immutable()

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        """Refused: what is registered does not change."""
        raise _immutable()

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        """Refused: what is registered does not change."""
        raise _immutable()

    def _version(self) -> tuple[Registry, str]:
        path, model, version = self._location
        if model is None or version is None:
            raise Refused(f"{self.artifact_uri} names no version", RESOURCE_DOES_NOT_EXIST, 404)
        return open_registry(path), f"{model}/{version}"


def _patterns(wanted: str) -> list[str] | None:
    return [glob.escape(wanted), glob.escape(wanted) + "/**"] if wanted else None


def _immutable() -> Any:
    said = "The files of a registered version do not change: register a new one with create_model_version"
    return Refused(said, FEATURE_DISABLED)
