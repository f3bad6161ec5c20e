"""Bringing an MLflow registry over: versions with their numbers, aliases, tags, stages and times."""

from __future__ import annotations

import os
import uuid
from contextlib import ExitStack, contextmanager
from datetime import datetime, timezone
from typing import Any, Iterator, Mapping
from urllib.parse import urlsplit

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.prompt.constants import IS_PROMPT_TAG_KEY
from mlflow.prompt.registry_utils import has_prompt_tag

from .. import _native, errors
from .._imported import Imported
from .._registry import Registry
from . import entities, sources

#: Prompts, which searches leave out unless they are asked for.
_PROMPTS = f"tags.`{IS_PROMPT_TAG_KEY}` = 'true'"

#: How many rows are asked for at once.
_PAGE = 1000


def bring_over(location: str, registry: Registry) -> Imported:
    """What :func:`refmark.import_mlflow` does."""
    total = Imported(0, 0, (), 0)
    with _store(location) as store:
        found = [*_all(store.search_registered_models), *_all(store.search_registered_models, _PROMPTS)]
        models = [store.get_registered_model(it.name) for it in found]
        _check_names(registry, models)
        # A name without a version is taken by itself; one with versions may be near another, as it was there.
        for model in sorted(models, key=lambda it: bool(it.latest_versions)):
            done = _model(store, registry, model)
            total = Imported(
                total.models + done.models,
                total.versions + done.versions,
                total.without_files + done.without_files,
                total.gaps + done.gaps,
            )
    return total


def _check_names(registry: Registry, models: list[RegisteredModel]) -> None:
    """An error, before anything is written, where a name cannot be here or is taken."""
    for model in models:
        _native.is_name("model", model.name)
        for alias in model.aliases:
            _native.is_name("alias", alias)
    taken = [it.name for it in models if registry.model(it.name) is not None]
    if taken:
        raise errors.ExistsError(
            f"these models stand here already: {', '.join(taken)}",
            code="exists",
            hint="import into a new registry: refmark.init(PATH)",
        )


def _all(search: Any, *args: Any) -> list[Any]:
    found: list[Any] = []
    token = None
    while True:
        page = search(*args, max_results=_PAGE, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


@contextmanager
def _store(location: str) -> Iterator[Any]:
    """The store at a location, read through MLflow's own classes."""
    scheme = urlsplit(location).scheme
    if scheme in ("", "file") and os.path.isfile(sources.local_path(location)):
        location, scheme = f"sqlite:///{os.path.abspath(sources.local_path(location))}", "sqlite"
    if scheme in ("", "file"):
        from mlflow.environment_variables import MLFLOW_ALLOW_FILE_STORE
        from mlflow.store.model_registry.file_store import FileStore

        before = os.environ.get(MLFLOW_ALLOW_FILE_STORE.name)
        os.environ[MLFLOW_ALLOW_FILE_STORE.name] = "true"
        try:
            if not os.path.isdir(os.path.join(sources.local_path(location), "models")):
                raise errors.NotFoundError(
                    f"{location} holds no registry of MLflow's", code="not-found", hint="name the folder above models/"
                )
            yield FileStore(location)
        finally:
            if before is None:
                del os.environ[MLFLOW_ALLOW_FILE_STORE.name]
            else:
                os.environ[MLFLOW_ALLOW_FILE_STORE.name] = before
        return
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    store = SqlAlchemyStore(location)
    try:
        yield store
    finally:
        store._dispose_engine()


def _model(store: Any, registry: Registry, model: RegisteredModel) -> Imported:
    asked = f"name = '{_quoted(model.name)}'" + (f" AND {_PROMPTS}" if has_prompt_tag(model._tags) else "")
    found = _all(store.search_model_versions, asked)
    versions: Mapping[int, ModelVersion] = {int(it.version): it for it in found}
    times = entities.times(model.creation_timestamp, model.last_updated_timestamp)
    newest = max(versions, default=0)
    words = {"description": model.description, "tags": {**model._tags, **times}}
    if not newest:
        registry.announce(model.name, **words)
    gaps = [number for number in range(1, newest + 1) if number not in versions]
    pointers: list[str] = []
    with ExitStack() as stack:
        packages = []
        for number in range(1, newest + 1):
            version = versions.get(number)
            package = _gap(stack, model, number) if version is None else _package(store, stack, version, pointers)
            packages.append({"model": model.name, "imported": _time(model.creation_timestamp), **package})
        if packages:
            registry.register_many(packages, progress=False)
            registry.describe(model.name, **words)
    for number in gaps:
        registry.hide(f"{model.name}/{number}", "deleted in MLflow")
    _trust(registry, model, versions)
    for number, version in versions.items():
        stage = entities.LIFECYCLE_OF.get(version.current_stage, "experimental")
        if stage != "experimental":
            registry.transition(f"{model.name}/{number}", stage, "imported from MLflow")
        changed = version.last_updated_timestamp or 0
        if version.tags or changed > (version.creation_timestamp or 0):
            told = entities.times(None, changed)
            registry.label(f"{model.name}/{number}", tags={**version.tags, **told})
    for alias, number in sorted(model.aliases.items()):
        registry.promote(f"{model.name}@{alias}", int(number), "imported from MLflow", allow_absent=True)
    return Imported(1, len(versions), tuple(pointers), len(gaps))


def _trust(registry: Registry, model: RegisteredModel, versions: Mapping[int, ModelVersion]) -> None:
    """Trusts what was in use in MLflow, whatever it is made of; the rest stays in quarantine until somebody says why."""
    used = {int(number) for number in model.aliases.values()}
    used |= {number for number, it in versions.items() if entities.LIFECYCLE_OF.get(it.current_stage, "experimental") != "experimental"}
    for number in sorted(used):
        name = f"{model.name}/{number}"
        if registry.show(name).trust == "quarantined":
            registry.transition(name, "trusted", "it was in use in MLflow")


def _quoted(name: str) -> str:
    return name.replace("'", "''")


def _time(millis: int | None) -> datetime | None:
    return None if millis is None else datetime.fromtimestamp(millis // 1000, tz=timezone.utc)


def _package(store: Any, stack: ExitStack, version: ModelVersion, pointers: list[str]) -> dict[str, Any]:
    said = {
        entities.RUN_ID: version.run_id,
        entities.RUN_LINK: version.run_link,
        entities.SOURCE: version.source,
        entities.REQUEST: uuid.uuid4().hex,
    }
    lineage = {key: value for key, value in said.items() if value}
    if version.creation_timestamp:
        lineage[entities.CREATED] = str(version.creation_timestamp)
    storage = store.get_model_version_download_uri(version.name, version.version)
    try:
        path = sources.fetch(storage, None, stack)
    except MlflowException:
        path = None
    if path is None:
        pointers.append(f"{version.name}/{version.version}")
        lineage[entities.POINTER] = storage
        path = sources.pointer(stack, {"source": version.source, "storage_location": storage})
    return {
        "paths": path,
        "lineage": lineage,
        "description": version.description or None,
        "imported": _time(version.creation_timestamp),
    }


def _gap(stack: ExitStack, model: RegisteredModel, number: int) -> dict[str, Any]:
    """What stands for a number that was given and deleted: numbers are never given again."""
    path = sources.pointer(stack, {"deleted": f"{model.name}/{number}"})
    return {"paths": path, "lineage": {entities.REQUEST: uuid.uuid4().hex}}
