"""Bringing an MLflow registry over: versions with their numbers, aliases, tags, stages and times; again, what is new there."""

from __future__ import annotations

import os
import uuid
from contextlib import ExitStack
from datetime import datetime, timezone
from typing import Any, Callable, Iterable, Mapping

from mlflow.entities.model_registry import ModelVersion, RegisteredModel

from .. import errors
from .._imported import Imported
from .._registry import Registry
from .._values import ModelDetail, VersionDetail, rows
from . import entities, names, sources
from .checks import IS_PROMPT, is_prompt
from .theirs import Theirs

#: Prompts, which searches leave out unless they are asked for.
_PROMPTS = f"tags.`{IS_PROMPT}` = 'true'"

#: How many rows are asked for at once.
_PAGE = 1000


def bring_over(location: str, registry: Registry) -> Imported:
    """What :func:`refmark.import_mlflow` does."""
    total = Imported(0, 0, (), 0, {})
    with Theirs.at(location) as theirs:
        search = theirs.store.search_registered_models
        prompts = {it.name for it in _all(search, _PROMPTS)}
        models = [theirs.store.get_registered_model(it.name) for it in _all(search)]
        models += [theirs.store.get_registered_model(name) for name in sorted(prompts)]
        plans = _plans(registry, models)
        for model in models:
            done = _Model(registry, theirs, model, model.name in prompts, *plans[model.name]).bring()
            total = Imported(
                total.models + done.models,
                total.versions + done.versions,
                total.without_files + done.without_files,
                total.gaps + done.gaps,
                {**total.renamed, **done.renamed},
            )
    return total


def _plans(registry: Registry, models: list[RegisteredModel]) -> dict[str, tuple[str, ModelDetail | None]]:
    """The name of each model here, and the model that stands there; an error, before anything is written, where that is
    another one."""
    plans: dict[str, tuple[str, ModelDetail | None]] = {}
    strangers = []
    for model in models:
        standing = None
        for name in names.spellings(model.name):
            standing = registry.model(name)
            if standing is not None:
                break
        if standing is not None and entities.created_ms(standing) != (model.creation_timestamp or 0):
            strangers.append(model.name)
        plans[model.name] = (names.spellings(model.name)[0] if standing is None else standing.model, standing)
    if strangers:
        raise errors.ExistsError(
            f"these models stand here already, and were not brought over from there: {', '.join(strangers)}",
            code="exists",
            hint="import into a new registry: refmark.init(PATH)",
        )
    return plans


def _all(search: Any, *args: Any) -> list[Any]:
    found: list[Any] = []
    token = None
    while True:
        page = search(*args, max_results=_PAGE, page_token=token)
        found += page
        token = page.token
        if not token:
            return found


class _Model:
    """One model on its way."""

    def __init__(
        self,
        registry: Registry,
        theirs: Theirs,
        model: RegisteredModel,
        prompt: bool,
        name: str,
        standing: ModelDetail | None,
    ) -> None:
        self._registry, self._theirs, self._model, self._standing = registry, theirs, model, standing
        self._name = name
        # MLflow hides the tag of prompts from whoever asks a model for its tags.
        self._tags = {**model.tags, **({IS_PROMPT: "true"} if prompt else {})}
        self._pointers: list[str] = []
        self._here: dict[int, VersionDetail] = {}
        if standing is not None:
            found = rows(VersionDetail, registry._native.version_details(name, (), False))
            self._here = {it.version: it for it in found}

    def bring(self) -> Imported:
        """Brings what is not here yet."""
        model = self._model
        asked = f"name = '{_quoted(model.name)}'" + (f" AND {_PROMPTS}" if is_prompt(self._tags) else "")
        found = _all(self._theirs.store.search_model_versions, asked)
        versions: Mapping[int, ModelVersion] = {int(it.version): it for it in found}
        newest = max([*versions, self._theirs.highest(model.name)], default=0)
        new = [number for number in range(max(self._here, default=0) + 1, newest + 1)]
        self._words(newest)
        self._register(new, versions)
        gaps = [it for it in range(1, newest + 1) if it not in versions and self._stands(it)]
        for number in gaps:
            self._registry.hide(f"{self._name}/{number}", "deleted in MLflow")
        self._trust(versions)
        for number, version in versions.items():
            self._version(number, version)
        self._aliases()
        renamed = {model.name: self._name} if self._name != model.name else {}
        made = sum(1 for it in new if it in versions)
        return Imported(int(self._standing is None), made, tuple(self._pointers), len(gaps), renamed)

    def _stands(self, number: int) -> bool:
        """Whether a number is not marked as deleted here yet."""
        standing = self._here.get(number)
        return standing is None or not standing.hidden

    def _words(self, newest: int) -> None:
        model, standing = self._model, self._standing
        times = entities.times(model.creation_timestamp, model.last_updated_timestamp)
        words: dict[str, Any] = {"description": model.description, "tags": {**self._tags, **times}}
        if standing is None:
            if not newest:
                self._name = self._named(lambda name: self._registry.announce(name, **words))
            return
        same = (model.description or None, self._tags) == (standing.description or None, entities.shown_tags(standing.tags))
        if not same or entities.updated_ms(standing) != model.last_updated_timestamp:
            gone = [key for key in entities.shown_tags(standing.tags) if key not in self._tags]
            self._registry.describe(self._name, words["description"], tags=words["tags"], untag=gone)

    def _named(self, take: Callable[[str], object]) -> str:
        """Takes the name that stands here or, of a new model, the first of its spellings that may stand."""
        spellings = names.spellings(self._model.name) if self._standing is None else [self._name]
        for name in spellings:
            try:
                take(name)
                return name
            except (errors.ExistsError, errors.UsageError) as error:
                # Another's name is near: this one is written out.
                if name == spellings[-1] or error.code not in ("exists", "bad-name"):
                    raise
        return self._name

    def _register(self, new: Iterable[int], versions: Mapping[int, ModelVersion]) -> None:
        model = self._model
        with ExitStack() as stack:
            packages = []
            for number in new:
                version = versions.get(number)
                package = self._gap(stack, number) if version is None else self._package(stack, version)
                packages.append({"imported": _time(model.creation_timestamp), **package})
            if not packages:
                return
            self._name = self._named(
                lambda name: self._registry.register_many([{"model": name, **it} for it in packages], progress=False)
            )
        times = entities.times(model.creation_timestamp, model.last_updated_timestamp)
        self._registry.describe(self._name, model.description, tags={**self._tags, **times})

    def _package(self, stack: ExitStack, version: ModelVersion) -> dict[str, Any]:
        said = {
            entities.RUN_ID: version.run_id,
            entities.RUN_LINK: version.run_link,
            entities.SOURCE: version.source,
            entities.REQUEST: uuid.uuid4().hex,
        }
        lineage = {key: value for key, value in said.items() if value}
        if version.creation_timestamp:
            lineage[entities.CREATED] = str(version.creation_timestamp)
        storage = self._theirs.store.get_model_version_download_uri(version.name, version.version)
        path = sources.fetch(storage, None, stack)
        if path is None:
            self._pointers.append(f"{self._name}/{version.version}")
            lineage[entities.POINTER] = storage
            path = sources.pointer(stack, {"source": version.source, "storage_location": storage})
        return {
            "paths": path,
            "lineage": lineage,
            "description": version.description or None,
            "imported": _time(version.creation_timestamp),
        }

    def _gap(self, stack: ExitStack, number: int) -> dict[str, Any]:
        """What stands for a number that was given and deleted: numbers are never given again."""
        path = sources.pointer(stack, {"deleted": f"{self._name}/{number}"})
        return {"paths": path, "lineage": {entities.REQUEST: uuid.uuid4().hex}}

    def _trust(self, versions: Mapping[int, ModelVersion]) -> None:
        """Trusts what was in use in MLflow, whatever it is made of; the rest stays in quarantine until somebody says why."""
        used = {int(number) for number in self._model.aliases.values()}
        used |= {number for number, it in versions.items() if _stage(it) != "experimental"}
        for number in sorted(used):
            name = f"{self._name}/{number}"
            if self._registry.show(name).trust == "quarantined":
                self._registry.transition(name, "trusted", "it was in use in MLflow")

    def _version(self, number: int, version: ModelVersion) -> None:
        """The stage and the words of a version, where they are not here yet."""
        name, here = f"{self._name}/{number}", self._here.get(number)
        stage = _stage(version)
        if stage != ("experimental" if here is None else here.stage):
            self._registry.transition(name, stage, "imported from MLflow")
        changed = version.last_updated_timestamp or 0
        if here is None:
            if version.tags or changed > (version.creation_timestamp or 0):
                self._registry.label(name, tags={**version.tags, **entities.times(None, changed)})
            return
        before = entities.shown_tags(here.tags)
        if (version.description or None, version.tags) != (here.description or None, before) or changed > entities.updated_ms(here):
            gone = [key for key in before if key not in version.tags]
            told = {**version.tags, **entities.times(None, changed)}
            self._registry.label(name, version.description or "", tags=told, untag=gone)

    def _aliases(self) -> None:
        held = {} if self._standing is None else self._standing.aliases
        for alias, number in sorted(self._model.aliases.items()):
            here = names.alias_here(alias)
            if held.get(here) != int(number):
                self._registry.promote(f"{self._name}@{here}", int(number), "imported from MLflow", allow_absent=True)


def _stage(version: ModelVersion) -> str:
    return entities.LIFECYCLE_OF.get(version.current_stage, "experimental")


def _quoted(name: str) -> str:
    return name.replace("'", "''")


def _time(millis: int | None) -> datetime | None:
    return None if millis is None else datetime.fromtimestamp(millis // 1000, tz=timezone.utc)
