"""The Git registry as MLflow's model registry store: all of its abstract methods, with its own semantics and errors."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from typing import Any, Sequence
from urllib.parse import urlsplit

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from mlflow.entities.model_registry.model_version_stages import (
    ALL_STAGES,
    DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS,
    STAGE_ARCHIVED,
    get_canonical_stage,
)
from mlflow.exceptions import MlflowException
from mlflow.prompt.registry_utils import handle_resource_already_exist_error, has_prompt_tag
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, INVALID_STATE, RESOURCE_DOES_NOT_EXIST
from mlflow.store.artifact.utils.models import _parse_model_uri
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_DEFAULT,
)
from mlflow.store.model_registry.abstract_store import AbstractStore
from mlflow.tracking.client import MlflowClient
from mlflow.utils.time import get_current_time_millis
from mlflow.utils.validation import (
    _validate_model_alias_name,
    _validate_model_alias_name_reserved,
    _validate_model_name,
    _validate_model_renaming,
    _validate_model_version,
    _validate_model_version_tag,
    _validate_registered_model_tag,
    _validate_tag_name,
)

from .. import errors
from .._registry import Registry
from .._registry import open as open_registry
from .._values import ModelDetail, VersionDetail, rows
from . import entities, search, sources
from . import uri as uris
from .errors import speaks_mlflow
from .webhooks import Webhooks


class RefmarkStore(Webhooks, AbstractStore):  # type: ignore[misc]
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

    # What there is ------------------------------------------------------------------------------------------------

    def _model(self, name: str) -> ModelDetail:
        _validate_model_name(name)
        try:
            found = self._registry.model(name)
        except errors.UsageError:
            found = None
        if found is None or found.hidden:
            raise MlflowException(f"Registered Model with name={name} not found", RESOURCE_DOES_NOT_EXIST)
        return found

    def _versions(
        self, name: str | None = None, tags: Sequence[tuple[str, str]] = (), latest: bool = False
    ) -> list[VersionDetail]:
        """The versions that MLflow shows: of a model, with tags, or the newest of each stage."""
        found = self._registry._native.version_details(name, tags, latest)
        return [it for it in rows(VersionDetail, found) if not it.hidden]

    def _models(self) -> list[ModelDetail]:
        return [it for it in rows(ModelDetail, self._registry._native.model_details()) if not it.hidden]

    def _version(self, name: str, version: Any) -> VersionDetail:
        _validate_model_name(name)
        number = _validate_model_version(version)
        missing = MlflowException(
            f"Model Version (name={name}, version={number}) not found", RESOURCE_DOES_NOT_EXIST
        )
        if number < 1:
            raise missing
        try:
            model = self._registry.model(name)
            found = None if model is None else self._registry.version(f"{name}/{number}")
        except errors.UsageError:
            raise missing from None
        if model is None or model.hidden or found is None or found.hidden:
            raise missing
        return found

    def _entity(self, name: str) -> RegisteredModel:
        return entities.model_entity(self._model(name), entities.latest_of(self._versions(name, latest=True)))

    def _describe(self, model: ModelDetail, description: str | None = None, **words: Any) -> None:
        """Changes the words of a model. For MLflow a description is a change, and a tag is none."""
        updated = entities.updated_ms(model) if description is None else get_current_time_millis()
        told = entities.times(entities.created_ms(model), updated)
        self._registry.describe(model.model, description, **{**words, "tags": {**words.get("tags", {}), **told}})

    def _label(
        self, version: VersionDetail, description: str | None = None, updated: int | None = None, **words: Any
    ) -> None:
        """Changes the words of a version; a tag is no change, so that ``updated`` stays."""
        told = entities.times(None, entities.updated_ms(version) if updated is None else updated)
        self._registry.label(version, description, **{**words, "tags": {**words.get("tags", {}), **told}})

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
        _validate_model_name(name)
        for tag in tags or []:
            _validate_registered_model_tag(tag.key, tag.value)
        now = get_current_time_millis()
        pairs = {**{tag.key: tag.value for tag in tags or []}, **entities.times(now, now)}
        try:
            self._registry.announce(name, description, tags=pairs)
        except errors.ExistsError:
            standing = self._entity(name)
            handle_resource_already_exist_error(name, has_prompt_tag(standing._tags), has_prompt_tag(tags))
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
        _validate_model_renaming(new_name)
        self._model(name)
        try:
            self._registry.rename(name, new_name)
        except errors.NothingToDoError:
            pass
        except errors.ExistsError as error:
            raise errors.ExistsError(
                f"Registered Model (name={new_name}) already exists: {error.message}", code="exists"
            ) from error
        return self._entity(new_name)

    @speaks_mlflow
    def delete_registered_model(self, name: str) -> None:
        """Leaves a model out of everything, with its versions and aliases. Its records stay."""
        self._model(name)
        self._registry.hide(name, "deleted through MLflow")

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
    def get_latest_versions(self, name: str, stages: list[str] | None = None) -> list[ModelVersion]:
        """The newest version of each stage."""
        self._model(name)
        wanted = {get_canonical_stage(stage) for stage in (stages or ALL_STAGES)}
        latest = entities.latest_of(self._versions(name, latest=True))
        return [entities.version_entity(it) for it in latest if entities.STAGE_OF[it.stage] in wanted]

    @speaks_mlflow
    def set_registered_model_tag(self, name: str, tag: RegisteredModelTag) -> None:
        """Sets a tag of a model."""
        _validate_model_name(name)
        _validate_registered_model_tag(tag.key, tag.value)
        self._describe(self._model(name), tags={tag.key: tag.value})

    @speaks_mlflow
    def delete_registered_model_tag(self, name: str, key: str) -> None:
        """Takes a tag of a model away."""
        _validate_model_name(name)
        _validate_tag_name(key)
        found = self._model(name)
        if key in found.tags:
            self._describe(found, untag=[key])

    # Versions -----------------------------------------------------------------------------------------------------

    @speaks_mlflow
    def create_model_version(
        self,
        name: str,
        source: str,
        run_id: str | None = None,
        tags: list[ModelVersionTag] | None = None,
        run_link: str | None = None,
        description: str | None = None,
        local_model_path: str | None = None,
        model_id: str | None = None,
    ) -> ModelVersion:
        """Stores the files of a source, signs what they are, and gives them the model's next number."""
        _validate_model_name(name)
        for tag in tags or []:
            _validate_model_version_tag(tag.key, tag.value)
        storage, run_id = self._storage(source, run_id)
        if not run_id and model_id:
            run_id = MlflowClient().get_logged_model(model_id).source_run_id
        self._model(name)
        said = {
            entities.RUN_ID: run_id,
            entities.RUN_LINK: run_link,
            entities.SOURCE: source,
            entities.MODEL_ID: model_id,
            entities.CREATED: str(get_current_time_millis()),
        }
        lineage = {key: value for key, value in said.items() if value}
        with ExitStack() as stack:
            path = sources.fetch(storage, local_model_path, stack)
            if path is None:
                path = sources.pointer(stack, {"source": source, "storage_location": storage})
                lineage[entities.POINTER] = storage
            lineage[entities.REQUEST] = uuid.uuid4().hex
            made = self._registry.register(
                name, path, lineage=lineage, description=description, progress=False
            )
        version = self._version(name, made.version)
        if tags:
            self._label(version, tags={tag.key: tag.value for tag in tags})
            version = self._version(name, made.version)
        return entities.version_entity(version)

    def _storage(self, source: str, run_id: str | None) -> tuple[str, str | None]:
        """Where the files of a source are; a model of MLflow's or of this registry is looked up."""
        if urlsplit(source).scheme != "models":
            return source, run_id
        try:
            parsed = _parse_model_uri(source)
            if parsed.model_id is not None:
                model = MlflowClient().get_logged_model(parsed.model_id)
                return model.artifact_location, run_id or model.source_run_id
            if parsed.alias is not None:
                version = self.get_model_version_by_alias(parsed.name, parsed.alias).version
                return self.get_model_version_download_uri(parsed.name, version), run_id
            return self.get_model_version_download_uri(parsed.name, parsed.version), run_id
        except Exception as error:
            raise MlflowException(
                f"Unable to fetch model from model URI source artifact location '{source}'. Error: {error}"
            ) from error

    @speaks_mlflow
    def update_model_version(self, name: str, version: Any, description: str | None = None) -> ModelVersion:
        """Sets what a version is."""
        self._label(self._version(name, version), description or "", get_current_time_millis())
        return entities.version_entity(self._version(name, version))

    @speaks_mlflow
    def transition_model_version_stage(
        self, name: str, version: Any, stage: str, archive_existing_versions: bool
    ) -> ModelVersion:
        """Moves a version along the lifecycle, as MLflow's deprecated stages name it. The policy judges it."""
        canonical = get_canonical_stage(stage)
        if archive_existing_versions and canonical not in DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS:
            raise MlflowException(
                "Model version transition cannot archive existing model versions because "
                f"'{stage}' is not an Active stage. Valid stages are {DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS}"
            )
        found, now = self._version(name, version), get_current_time_millis()
        if archive_existing_versions:
            for other in self._versions(name):
                if other.version != found.version and entities.STAGE_OF[other.stage] == canonical:
                    self._move(other, STAGE_ARCHIVED, now)
        self._move(found, canonical, now)
        return entities.version_entity(self._version(name, version))

    def _move(self, version: VersionDetail, stage: str, now: int) -> None:
        if entities.STAGE_OF[version.stage] != stage:
            to = entities.LIFECYCLE_OF[stage]
            self._registry.transition(version, to, f"moved to {stage} through MLflow")
        self._label(version, updated=now)

    @speaks_mlflow
    def delete_model_version(self, name: str, version: Any) -> None:
        """Leaves a version out of everything and closes its aliases. Its number is never given again."""
        self._registry.hide(self._version(name, version), "deleted through MLflow")

    @speaks_mlflow
    def get_model_version(self, name: str, version: Any) -> ModelVersion:
        """A version by its number."""
        return entities.version_entity(self._version(name, version))

    @speaks_mlflow
    def get_model_version_download_uri(self, name: str, version: Any) -> str:
        """Where MLflow reads a version's files: through refmark, which verifies every byte.

        Of a version whose files could not be read when it was made, only the place that was named is known. While there
        is still nothing there, that name is given; once there is something, nothing vouches for it, and it is refused.
        """
        found = self._version(name, version)
        pointer = found.lineage.get(entities.POINTER)
        if pointer is None:
            return uris.of_version(str(self._registry.path), found.model, found.version)
        if not sources.is_local(pointer) or sources.fetch(pointer, None, ExitStack()) is not None:
            raise MlflowException(
                f"Model Version (name={name}, version={version}) was created without its files, so nothing vouches for "
                f"what is at {pointer} now. Create a new version of it.",
                error_code=INVALID_STATE,
            )
        return pointer

    @speaks_mlflow
    def search_model_versions(
        self,
        filter_string: str | None = None,
        max_results: int = SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT,
        order_by: list[str] | None = None,
        page_token: str | None = None,
    ) -> PagedList:
        """The versions that a filter fits, in an order, page by page."""
        asked = search.VersionSearch(filter_string, max_results, order_by, page_token)
        return self._pages.page(asked, self._registry.head, lambda: self._version_entities(asked))

    def _version_entities(self, asked: search.VersionSearch) -> list[ModelVersion]:
        """The versions that may fit: no others are read."""
        models = [it for it in self._models() if asked.may_be_of(it.model)]
        if asked.leaves_out_prompts:
            models = [it for it in models if not has_prompt_tag(dict(it.tags))]
        known = {it.model for it in models}
        only = models[0].model if len(models) == 1 else None
        versions = self._versions(only, asked.tags) if models else []
        return [entities.version_entity(it) for it in versions if it.model in known]

    @speaks_mlflow
    def set_model_version_tag(self, name: str, version: Any, tag: ModelVersionTag) -> None:
        """Sets a tag of a version."""
        _validate_model_name(name)
        _validate_model_version(version)
        _validate_model_version_tag(tag.key, tag.value)
        self._label(self._version(name, version), tags={tag.key: tag.value})

    @speaks_mlflow
    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        """Takes a tag of a version away."""
        _validate_model_name(name)
        _validate_model_version(version)
        _validate_tag_name(key)
        found = self._version(name, version)
        if key in found.tags:
            self._label(found, untag=[key])

    # Aliases ------------------------------------------------------------------------------------------------------

    @speaks_mlflow
    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        """Promotes a version: a signed move, judged by the policy."""
        _validate_model_name(name)
        _validate_model_alias_name(alias)
        _validate_model_alias_name_reserved(alias)
        found = self._version(name, version)
        try:
            self._registry.promote(f"{name}@{alias}", found.version, "set through MLflow", allow_absent=True)
        except errors.NothingToDoError:
            pass

    @speaks_mlflow
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Closes an alias; one that holds nothing stays as it is."""
        _validate_model_name(name)
        _validate_model_alias_name(alias)
        if alias in self._model(name).aliases:
            self._registry.unset(f"{name}@{alias}", "deleted through MLflow")

    @speaks_mlflow
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias holds."""
        _validate_model_name(name)
        _validate_model_alias_name(alias)
        held = self._model(name).aliases.get(alias)
        if held is None:
            raise MlflowException(
                f"Registered model alias {alias} not found.", error_code=INVALID_PARAMETER_VALUE
            )
        return entities.version_entity(self._version(name, held))

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: int | None) -> None:
        """Nothing to wait for: a version is there, whole, once it is made."""
