"""refmark's models and versions as MLflow's entities."""

from __future__ import annotations

from datetime import datetime

from mlflow.entities.model_registry import (
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelAlias,
    RegisteredModelTag,
)
from mlflow.entities.model_registry.model_version_stages import (
    STAGE_ARCHIVED,
    STAGE_NONE,
    STAGE_PRODUCTION,
    STAGE_STAGING,
)

from .._values import ModelDetail, VersionDetail

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


def millis(time: datetime | None) -> int | None:
    """A time as MLflow counts it."""
    return None if time is None else int(time.timestamp() * 1000)


def is_visible(version: VersionDetail) -> bool:
    """Whether MLflow shows the version."""
    return not version.hidden


def version_entity(version: VersionDetail, aliases: bool = True) -> ModelVersion:
    """A version as MLflow's entity."""
    lineage = version.lineage
    return ModelVersion(
        name=version.model,
        version=version.version,
        creation_timestamp=millis(version.created),
        last_updated_timestamp=millis(version.updated),
        description=version.description or None,
        user_id=version.by,
        current_stage=STAGE_OF[version.stage],
        source=lineage.get(SOURCE) or version.source,
        run_id=lineage.get(RUN_ID),
        run_link=lineage.get(RUN_LINK),
        tags=[ModelVersionTag(key, value) for key, value in version.tags.items()],
        aliases=list(version.aliases) if aliases else [],
        model_id=lineage.get(MODEL_ID),
    )


def model_entity(model: ModelDetail, latest: list[VersionDetail]) -> RegisteredModel:
    """A model as MLflow's entity, with the newest version of each stage."""
    changed = [it for it in (model.updated, *(version.updated for version in latest)) if it is not None]
    return RegisteredModel(
        name=model.model,
        creation_timestamp=millis(model.created),
        last_updated_timestamp=millis(max(changed)) if changed else None,
        description=model.description or None,
        latest_versions=[version_entity(it, aliases=False) for it in latest],
        tags=[RegisteredModelTag(key, value) for key, value in model.tags.items()],
        aliases=[RegisteredModelAlias(alias, version) for alias, version in model.aliases.items()],
    )


def latest_of(versions: list[VersionDetail]) -> list[VersionDetail]:
    """The newest version of each stage."""
    newest: dict[str, VersionDetail] = {}
    for version in versions:
        stage = STAGE_OF[version.stage]
        if stage not in newest or newest[stage].version < version.version:
            newest[stage] = version
    return list(newest.values())
