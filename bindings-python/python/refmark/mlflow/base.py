"""What the store's halves, of models and of versions, stand on: the registry, and finding in it what MLflow names."""

from __future__ import annotations

from typing import Any, Sequence

from mlflow.entities.model_registry import RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.utils.time import get_current_time_millis

from .. import errors
from .._registry import Registry
from .._values import ModelDetail, VersionDetail, rows
from . import entities, names, search
from .checks import check_model, check_version


class Base:
    """The registry, and what is in it."""

    _registry: Registry
    _pages: search.Pages

    def _found(self, name: str) -> ModelDetail | None:
        """The model of a name, hidden or not."""
        for spelling in names.spellings(name):
            try:
                found = self._registry.model(spelling)
            except errors.UsageError:
                continue
            if found is not None:
                return found
        return None

    def _model(self, name: Any) -> ModelDetail:
        found = self._found(check_model(name))
        if found is None or found.hidden:
            raise MlflowException(f"Registered Model with name={name} not found", RESOURCE_DOES_NOT_EXIST)
        return found

    def _versions(
        self, model: str | None = None, tags: Sequence[tuple[str, str]] = (), latest: bool = False
    ) -> list[VersionDetail]:
        """The versions that MLflow shows: of a model by its name here, with tags, or the newest of each stage."""
        found = self._registry._native.version_details(model, tags, latest)
        return [it for it in rows(VersionDetail, found) if not it.hidden]

    def _models(self) -> list[ModelDetail]:
        return [it for it in rows(ModelDetail, self._registry._native.model_details()) if not it.hidden]

    def _version(self, name: Any, version: Any) -> VersionDetail:
        check_model(name)
        number = check_version(version)
        model = self._found(name)
        found = None
        if number >= 1 and model is not None and not model.hidden:
            try:
                found = self._registry.version(f"{model.model}/{number}")
            except errors.UsageError:
                found = None
        if found is None or found.hidden:
            raise MlflowException(
                f"Model Version (name={name}, version={number}) not found", RESOURCE_DOES_NOT_EXIST
            )
        return found

    def _entity(self, name: str) -> RegisteredModel:
        model = self._model(name)
        return entities.model_entity(model, entities.latest_of(self._versions(model.model, latest=True)))

    def _describe(self, model: ModelDetail, description: str | None = None, **words: Any) -> None:
        """Changes the words of a model. For MLflow a description is a change, and a tag is none."""
        updated = entities.updated_ms(model) if description is None else get_current_time_millis()
        told = entities.times(entities.created_ms(model), updated)
        self._registry.describe(model.model, description, **{**words, "tags": {**words.get("tags", {}), **told}})

    def _label(
        self,
        version: VersionDetail,
        description: str | None = None,
        updated: int | None = None,
        moved: int | None = None,
        **words: Any,
    ) -> None:
        """Changes the words of a version; a tag is no change, so that ``updated`` stays. ``moved``: its model's time too."""
        updated = entities.updated_ms(version) if updated is None else updated
        told = entities.times(None, updated, entities.moved_ms(version) if moved is None else moved)
        self._registry.label(version, description, **{**words, "tags": {**words.get("tags", {}), **told}})
