"""Webhooks, as MLflow's server keeps them, told of both stores."""

from __future__ import annotations

import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("mlflow")

from mlflow.entities.webhook import WebhookAction, WebhookEntity, WebhookEvent, WebhookStatus
from mlflow.exceptions import MlflowException

from refmark.mlflow.store import RefmarkStore
from refmark.mlflow.webhooks import FILE

#: An address: a name would be looked up.
URL = "https://93.184.216.34/hook"
VERSIONS = WebhookEvent(WebhookEntity.MODEL_VERSION, WebhookAction.CREATED)
MODELS = WebhookEvent(WebhookEntity.REGISTERED_MODEL, WebhookAction.CREATED)


@pytest.fixture
def hooked(store: Any, empty_database: Path) -> Any:
    if isinstance(store, RefmarkStore):
        # Making MLflow's tables takes seconds.
        shutil.copy(empty_database, store._registry.git_dir / FILE)
    return store


def test_a_webhook_is_made_found_changed_and_taken_away(hooked: Any) -> None:
    made = hooked.create_webhook("hook", URL, [VERSIONS, MODELS], description="tells", secret="s3cret")
    found = hooked.get_webhook(made.webhook_id)
    assert (found.name, found.url, found.events, found.description) == ("hook", URL, [VERSIONS, MODELS], "tells")
    assert (found.secret, found.status) == ("s3cret", WebhookStatus.ACTIVE)
    hooked.create_webhook("other", URL, [VERSIONS])
    assert {it.name for it in hooked.list_webhooks()} == {"hook", "other"}
    page = hooked.list_webhooks(max_results=1)
    assert len(page) == 1 and len(hooked.list_webhooks(max_results=1, page_token=page.token)) == 1
    assert [it.name for it in hooked.list_webhooks_by_event(MODELS)] == ["hook"]
    changed = hooked.update_webhook(made.webhook_id, name="renamed", status=WebhookStatus.DISABLED)
    assert (changed.name, changed.url, changed.status) == ("renamed", URL, WebhookStatus.DISABLED)
    hooked.delete_webhook(made.webhook_id)
    for gone in (hooked.get_webhook, hooked.delete_webhook):
        with pytest.raises(MlflowException, match="not found"):
            gone(made.webhook_id)


@pytest.mark.parametrize(
    ("name", "url", "events"),
    [("-hook", URL, [VERSIONS]), ("hook", "ftp://93.184.216.34", [VERSIONS]), ("hook", "", [VERSIONS]), ("hook", URL, [])],
)
def test_a_webhook_that_mlflow_refuses_is_refused(hooked: Any, name: str, url: str, events: Any) -> None:
    with pytest.raises(MlflowException) as raised:
        hooked.create_webhook(name, url, events)
    assert raised.value.error_code == "INVALID_PARAMETER_VALUE"


def test_a_registry_without_webhooks_keeps_no_file_and_what_it_keeps_is_its_owners_alone(reg: Any) -> None:
    store = RefmarkStore(f"refmark://{reg.path}")
    file = reg.git_dir / FILE
    assert store.list_webhooks_by_event(VERSIONS) == [] and not file.exists()
    assert store.list_webhooks() == [] and stat.S_IMODE(file.stat().st_mode) == 0o600
