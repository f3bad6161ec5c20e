"""The half of the store that is about versions and aliases."""

from __future__ import annotations

import uuid
from contextlib import ExitStack
from typing import Any

from mlflow.entities.model_registry import ModelVersion, ModelVersionTag
from mlflow.entities.model_registry.model_version_stages import (
    DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS,
    STAGE_ARCHIVED,
    get_canonical_stage,
)
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, INVALID_STATE, RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import SEARCH_MODEL_VERSION_MAX_RESULTS_DEFAULT
from mlflow.tracking.client import MlflowClient
from mlflow.utils.time import get_current_time_millis

from .. import errors
from .._values import VersionDetail
from . import entities, names, once, runs, search, sources
from . import uri as uris
from .base import Base
from .checks import check_alias, check_key, check_model, check_new_alias, check_version, check_version_tag, is_latest
from .checks import is_prompt, model_uri
from .errors import Refused, speaks_mlflow


class Versions(Base):
    """Making, finding and moving versions."""

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
        """Stores the files of a source, signs what they are, and gives them the model's next number.

        Files that cannot be read here are no obstacle: the version says where they are, and is loaded by nobody.
        A client that grew tired of waiting and asks the same again, while the first is still being made, gets that one.
        """
        check_model(name)
        for tag in tags or []:
            check_version_tag(tag.key, tag.value)
        pairs = {tag.key: tag.value for tag in tags or []}
        asked = (name, source, run_id, sorted(pairs.items()), run_link, description, model_id)
        model = self._model(name).model
        number = once.made(
            self._registry.git_dir, asked, lambda: self._create(model, source, run_id, pairs, run_link, description, local_model_path, model_id)
        )
        return entities.version_entity(self._version(name, number))

    def _create(
        self,
        model: str,
        source: str,
        run_id: str | None,
        tags: dict[str, str],
        run_link: str | None,
        description: str | None,
        local_model_path: str | None,
        model_id: str | None,
    ) -> int:
        storage, run_id = self._storage(source, run_id)
        if not run_id and model_id:
            run_id = MlflowClient().get_logged_model(model_id).source_run_id
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
            documents: dict[str, Any] = {}
            if path is None:
                path = sources.pointer(stack, {"source": source, "storage_location": storage})
                lineage[entities.POINTER] = storage
            elif not is_prompt(tags):
                documents = runs.documents(model, path, run_id, description, self._tracking())
            lineage = {**documents.pop("lineage", {}), **lineage, entities.REQUEST: uuid.uuid4().hex}
            made = self._registry.register(
                model, path, lineage=lineage, description=description, progress=False, **documents
            )
        if tags:
            found = self._registry.version(f"{model}/{made.version}")
            if found is not None:
                self._label(found, tags=tags)
        return made.version

    def _tracking(self) -> str | None:
        return getattr(self, "tracking_uri", None)

    def _storage(self, source: str, run_id: str | None) -> tuple[str, str | None]:
        """Where the files of a source are; a model of MLflow's or of this registry is looked up."""
        if not source.startswith("models:"):
            return source, run_id
        try:
            named = model_uri(source)
            if named.model_id is not None:
                model = MlflowClient().get_logged_model(named.model_id)
                return model.artifact_location, run_id or model.source_run_id
            name, version = str(named.name), named.version
            if named.alias is not None:
                version = self.get_model_version_by_alias(name, named.alias).version
            elif named.stage is not None:
                version = next((it.version for it in self.get_latest_versions(name, [named.stage])), None)
            return self.get_model_version_download_uri(name, version), run_id
        except Exception as error:
            raise MlflowException(
                f"Unable to fetch model from model URI source artifact location '{source}'. Error: {error}",
                error_code=INVALID_PARAMETER_VALUE,
            ) from error

    @speaks_mlflow
    def get_latest_versions(self, name: str, stages: list[str] | None = None) -> list[ModelVersion]:
        """The newest version of each stage."""
        model = self._model(name)
        wanted = {get_canonical_stage(stage) for stage in stages} if stages else set(entities.LIFECYCLE_OF)
        latest = entities.latest_of(self._versions(model.model, latest=True))
        return [entities.version_entity(it) for it in latest if entities.STAGE_OF[it.stage] in wanted]

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
                f"'{stage}' is not an Active stage. Valid stages are {DEFAULT_STAGES_FOR_GET_LATEST_VERSIONS}",
                error_code=INVALID_PARAMETER_VALUE,
            )
        found, now = self._version(name, version), get_current_time_millis()
        if archive_existing_versions:
            for other in self._versions(found.model):
                if other.version != found.version and entities.STAGE_OF[other.stage] == canonical:
                    self._move(other, STAGE_ARCHIVED, now)
        self._move(found, canonical, now)
        return entities.version_entity(self._version(name, version))

    def _move(self, version: VersionDetail, stage: str, now: int) -> None:
        if entities.STAGE_OF[version.stage] != stage:
            to = entities.LIFECYCLE_OF[stage]
            self._registry.transition(version, to, f"moved to {stage} through MLflow")
        self._label(version, updated=now, moved=now)

    @speaks_mlflow
    def delete_model_version(self, name: str, version: Any) -> None:
        """Leaves a version out of everything and closes its aliases. Its number is never given again."""
        found = self._version(name, version)
        self._registry.hide(found, "deleted through MLflow")
        model = self._model(name)
        told = entities.times(entities.created_ms(model), get_current_time_millis())
        self._registry.describe(model.model, tags=told)

    @speaks_mlflow
    def get_model_version(self, name: str, version: Any) -> ModelVersion:
        """A version by its number."""
        return entities.version_entity(self._version(name, version))

    @speaks_mlflow
    def get_model_version_download_uri(self, name: str, version: Any) -> str:
        """Where MLflow reads a version's files: through refmark, which verifies every byte.

        Of a version whose files could not be read when it was made, only the place that was named is known. While a local
        path still has nothing, its name is given; once there is something, or the place is elsewhere, nothing vouches for
        it, and it is refused.
        """
        found = self._version(name, version)
        self._refuse_tainted(f"{found.model}/{found.version}")
        pointer = found.lineage.get(entities.POINTER)
        if pointer is None:
            return uris.of_version(str(self._registry.path), found.model, found.version)
        if not sources.is_local(pointer) or sources.fetch(pointer, None, ExitStack()) is not None:
            raise Refused(
                f"Model Version (name={name}, version={version}) was created without its files, so nothing vouches for "
                f"what is at {pointer} now. Where they can be read, create a new version of it.",
                INVALID_STATE,
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
            models = [it for it in models if not is_prompt(it.tags)]
        known = {it.model for it in models}
        only = models[0].model if len(models) == 1 else None
        versions = self._versions(only, asked.tags) if models else []
        # As MLflow's own store has it: exporters write what they find as JSON, which a list that came over HTTP is not.
        return [entities.version_entity(it, aliases=False) for it in versions if it.model in known]

    @speaks_mlflow
    def set_model_version_tag(self, name: str, version: Any, tag: ModelVersionTag) -> None:
        """Sets a tag of a version."""
        check_model(name)
        check_version(version)
        check_version_tag(tag.key, tag.value)
        self._label(self._version(name, version), tags={tag.key: tag.value})

    @speaks_mlflow
    def delete_model_version_tag(self, name: str, version: Any, key: str) -> None:
        """Takes a tag of a version away."""
        check_model(name)
        check_version(version)
        check_key(key)
        found = self._version(name, version)
        if key in found.tags:
            self._label(found, untag=[key])

    # Aliases ------------------------------------------------------------------------------------------------------

    @speaks_mlflow
    def set_registered_model_alias(self, name: str, alias: str, version: Any) -> None:
        """Promotes a version: a signed move, judged by the policy."""
        check_model(name)
        check_new_alias(alias)
        found = self._version(name, version)
        held = f"{found.model}@{names.alias_here(alias)}"
        try:
            try:
                self._registry.promote(held, found.version, "set through MLflow")
            except errors.AbsentError:
                # Where the policy lets that: MLflow knows no bytes.
                self._registry.promote(held, found.version, "set through MLflow", allow_absent=True)
        except errors.NothingToDoError:
            pass

    @speaks_mlflow
    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Closes an alias; one that holds nothing stays as it is."""
        check_model(name)
        here = names.alias_here(check_alias(alias))
        model = self._model(name)
        if here in model.aliases:
            self._registry.unset(f"{model.model}@{here}", "deleted through MLflow")

    @speaks_mlflow
    def get_model_version_by_alias(self, name: str, alias: str) -> ModelVersion:
        """The version that an alias holds; of ``latest``, as MLflow means it, the one with the highest number."""
        check_model(name)
        check_alias(alias)
        model = self._model(name)
        if is_latest(alias):
            newest = max(self._versions(model.model, latest=True), key=lambda it: it.version, default=None)
            if newest is None:
                raise MlflowException(f"Latest version not found for model {name}.", RESOURCE_DOES_NOT_EXIST)
            return entities.version_entity(newest)
        here = names.alias_here(alias)
        held = model.aliases.get(here)
        if held is None:
            raise MlflowException(
                f"Registered model alias {alias} not found.", error_code=INVALID_PARAMETER_VALUE
            )
        self._refuse_tainted(f"{model.model}@{here}")
        return entities.version_entity(self._version(name, held))

    def _refuse_tainted(self, reference: str) -> None:
        """Refuses an answer that rests on a key which was distrusted, as ``pull`` does."""
        try:
            self._registry.resolve(reference)
        except errors.IntegrityError:
            raise
        except errors.RefmarkError:
            # What else keeps it from being used is said where its files are asked for.
            pass

    def _await_model_version_creation(self, mv: ModelVersion, await_creation_for: int | None) -> None:
        """Nothing to wait for: a version is there, whole, once it is made."""
