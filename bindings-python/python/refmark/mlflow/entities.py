"""refmark's models and versions as MLflow's entities."""

from __future__ import annotations

import time
from datetime import datetime
from typing import Iterable, Mapping

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)
from mlflow.entities.model_registry.model_version_stages import (
    ALL_STAGES,
    STAGE_ARCHIVED,
    STAGE_NONE,
    STAGE_PRODUCTION,
    STAGE_STAGING,
)

from .._values import ModelDetail, VersionDetail
from . import names

#: MLflow's deprecated stages, and where they are in the lifecycle.
STAGE_OF = {
    "experimental": STAGE_NONE,
    "staging": STAGE_STAGING,
    "production": STAGE_PRODUCTION,
    "retired": STAGE_ARCHIVED,
    "archived": STAGE_ARCHIVED,
}
LIFECYCLE_OF = {
    STAGE_NONE: "experimental",
    STAGE_STAGING: "staging",
    STAGE_PRODUCTION: "production",
    STAGE_ARCHIVED: "archived",
}

#: Lineage that a version of MLflow's carries.
RUN_ID = "training_run"
RUN_LINK = "mlflow_run_link"
SOURCE = "mlflow_source"
MODEL_ID = "mlflow_model_id"
#: Makes each version an artifact of its own, as MLflow counts: the same files twice are two versions.
REQUEST = "mlflow_request"
#: The version holds where the files were said to be, and none of them.
POINTER = "mlflow_pointer"

#: Records count seconds, MLflow milliseconds: what MLflow was told is kept in the lineage of a version, and in a tag that
#: MLflow does not show.
CREATED = "mlflow_created_ms"
TIMES = "refmark.mlflow.times"
#: What MLflow is told of a version that rests on a key which was distrusted.
_TAINTED = {"status": "FAILED_REGISTRATION", "status_message": "what is said of it rests on a key that was distrusted"}
#: Seconds that may pass between MLflow's clock reading and the record's.
_SLACK = 10


def times(created: int | None, updated: int | None, moved: int | None = None) -> dict[str, str]:
    """The tag that keeps times, in milliseconds: when it began, when it last changed, when this was written; and of a
    version when its stage last moved, which is a change of its model."""
    told = (created, updated, time.time_ns() // 1_000_000, *(() if moved is None else (moved,)))
    return {TIMES: " ".join("-" if it is None else str(it) for it in told)}


def _told(tags: Mapping[str, str]) -> tuple[int | None, int | None, int | None, int | None]:
    parts = [_number(it) for it in tags.get(TIMES, "").split(" ")]
    if len(parts) not in (3, 4):
        return (None, None, None, None)
    return (parts[0], parts[1], parts[2], parts[3] if len(parts) == 4 else None)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() else None


def _whole(at: datetime | None) -> int:
    return 0 if at is None else int(at.timestamp()) * 1000


def created_ms(value: ModelDetail | VersionDetail) -> int:
    """When a model or version began."""
    told = _number(value.lineage.get(CREATED)) if isinstance(value, VersionDetail) else _told(value.tags)[0]
    return _whole(value.created) if told is None else told


def updated_ms(value: ModelDetail | VersionDetail) -> int:
    """When a model or version last changed."""
    _, updated, written, _ = _told(value.tags)
    whole = _whole(value.updated)
    if updated is not None and written is not None and whole <= written + _SLACK * 1000:
        return updated
    # Somebody wrote since who keeps no milliseconds, or nobody wrote at all.
    return created_ms(value) if value.updated == value.created else whole


def moved_ms(version: VersionDetail) -> int | None:
    """When a version's stage last moved through MLflow; ``None`` where it never did."""
    return _told(version.tags)[3]


def shown_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """The tags that MLflow shows: all but the one that keeps its times."""
    return {key: tag for key, tag in tags.items() if key != TIMES}


def version_entity(version: VersionDetail, aliases: bool = True) -> ModelVersion:
    """A version as MLflow's entity."""
    lineage = version.lineage
    created = created_ms(version)
    return ModelVersion(
        name=names.shown(version.model),
        version=version.version,
        creation_timestamp=created,
        last_updated_timestamp=max(created, updated_ms(version)),
        description=version.description or None,
        user_id=version.by,
        current_stage=STAGE_OF[version.stage],
        source=lineage.get(SOURCE) or version.source,
        run_id=lineage.get(RUN_ID),
        run_link=lineage.get(RUN_LINK),
        tags=[ModelVersionTag(key, value) for key, value in shown_tags(version.tags).items()],
        aliases=[names.shown(it) for it in version.aliases] if aliases else [],
        model_id=lineage.get(MODEL_ID),
        **(_TAINTED if version.tainted else {}),
    )


def model_entity(model: ModelDetail, latest: list[VersionDetail]) -> RegisteredModel:
    """A model as MLflow's entity, with the newest version of each stage."""
    versions = [version_entity(it, aliases=False) for it in latest]
    # A version's words are no change of its model: that it was made is, and that its stage moved.
    changed = [updated_ms(model), created_ms(model), *(max(created_ms(it), moved_ms(it) or 0) for it in latest)]
    return RegisteredModel(
        name=names.shown(model.model),
        creation_timestamp=created_ms(model),
        last_updated_timestamp=max(changed),
        description=model.description or None,
        latest_versions=versions,
        tags=[RegisteredModelTag(key, value) for key, value in shown_tags(model.tags).items()],
        aliases=[RegisteredModelAlias(names.shown(alias), version) for alias, version in model.aliases.items()],
    )


def latest_of(versions: Iterable[VersionDetail]) -> list[VersionDetail]:
    """The newest version of each of MLflow's stages, in their order, of the newest of each of the lifecycle's."""
    newest: dict[str, VersionDetail] = {}
    for version in versions:
        stage = STAGE_OF[version.stage]
        if stage not in newest or newest[stage].version < version.version:
            newest[stage] = version
    return [newest[stage] for stage in ALL_STAGES if stage in newest]
