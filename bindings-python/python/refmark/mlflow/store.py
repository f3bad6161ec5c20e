"""The Git registry as MLflow's model registry store: all of its abstract methods, with its own semantics and errors."""

from __future__ import annotations

from typing import Any

from mlflow.entities.model_registry import RegisteredModel, RegisteredModelTag
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.utils.time import get_current_time_millis

from .. import errors
from .._registry import Registry
from .._registry import open as open_registry
from .._values import VersionDetail
from . import entities, names, search
from . import uri as uris
from .checks import already_there, check_key, check_model, check_model_tag, is_prompt
from .errors import speaks_mlflow
from .versions import Versions
from .webhooks import Webhooks


class RefmarkStore(Versions, Webhooks, AbstractStore):  # type: ignore[misc]
    """A model registry store on ``refmark:///path``."""

    def __init__(self, store_uri: str | None = None, tracking_uri: str | None = None) -> None:
        super().__init__(store_uri, tracking_uri)
        self.store_uri = store_uri
        self.tracking_uri = tracking_uri
        self._registry = self._open()
        self._pages = search.Pages()

    @speaks_mlflow
    def _open(self) -> Registry:
        return open_registry(uris.parse(self.store_uri).path if self.store_uri else None)

    # Models -------------------------------------------------------------------------------------------------------

    @speaks_mlflow
    def create_registered_model(
        self,
        name: str,
        tags: list[RegisteredModelTag] | None = None,
        description: str | None = None,
        deployment_job_id: str | None = None,
    ) -> RegisteredModel:
        """Takes a name: as a signed record, before there is a version."""
        check_model(name)
        for tag in tags or []:
            check_model_tag(tag.key, tag.value)
        now = get_current_time_millis()
        pairs = {**{tag.key: tag.value for tag in tags or []}, **entities.times(now, now)}
        standing = self._found(name)
        spellings = names.spellings(name) if standing is None else [standing.model]
        for spelling in spellings:
            try:
                self._registry.announce(spelling, description, tags=pairs)
                break
            except (errors.ExistsError, errors.UsageError):
                if standing is not None and not standing.hidden:
                    raise already_there(name, is_prompt(standing.tags), is_prompt(tags)) from None
                # Another's name is near: this one is written out.
                if spelling == spellings[-1]:
                    raise
        return self._entity(name)

    @speaks_mlflow
    def update_registered_model(
        self, name: str, description: str | None, deployment_job_id: str | None = None
    ) -> RegisteredModel:
        """Sets what a model is."""
        self._describe(self._model(name), description or "")
        return self._entity(name)

    @speaks_mlflow
    def rename_registered_model(self, name: str, new_name: str) -> RegisteredModel:
        """Gives a model a new name: versions keep their numbers, the old name stays as a tombstone."""
        check_model(new_name, "new_name")
        model = self._model(name)
        taken = self._found(new_name)
        if new_name != name and taken is not None and not taken.hidden:
            raise errors.ExistsError(f"Registered Model (name={new_name}) already exists", code="exists")
        spellings = names.spellings(new_name) if new_name != name else []
        for spelling in spellings:
            try:
                self._registry.rename(model.model, spelling)
                break
            except errors.NothingToDoError:
                break
            except (errors.ExistsError, errors.UsageError) as error:
                if spelling == spellings[-1]:
                    said = f"Registered Model (name={new_name}) already exists: {error.message}"
                    raise errors.ExistsError(said, code="exists") from error
        now = entities.times(entities.created_ms(model), get_current_time_millis())
        self._registry.describe(self._model(new_name).model, tags=now)
        return self._entity(new_name)

    @speaks_mlflow
    def delete_registered_model(self, name: str) -> None:
        """Leaves a model out of everything, with its versions and aliases. Its records stay."""
        self._registry.hide(self._model(name).model, "deleted through MLflow")

    @speaks_mlflow
    def search_registered_models(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        """The models that a filter fits, in an order, page by page."""
        asked = search.ModelSearch(filter_string, max_results, order_by, page_token)
        return self._pages.page(asked, self._registry.head, self._model_entities)

    def _model_entities(self) -> list[RegisteredModel]:
        latest: dict[str, list[VersionDetail]] = {}
        for version in self._versions(latest=True):
            latest.setdefault(version.model, []).append(version)
        return [entities.model_entity(it, entities.latest_of(latest.get(it.model, ()))) for it in self._models()]

    @speaks_mlflow
    def get_registered_model(self, name: str) -> RegisteredModel:
        """A model by name."""
        return self._entity(name)

    @speaks_mlflow
    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        """Sets a tag of a model."""
        check_model(name)
        check_model_tag(tag.key, tag.value)
        self._describe(self._model(name), tags={tag.key: tag.value})

    @speaks_mlflow
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Takes a tag of a model away."""
        check_model(name)
        check_key(key)
        found = self._model(name)
        if key in found.tags:
            self._describe(found, untag=[key])
