"""MLflow's webhooks: configuration of whoever runs its server, with secrets in it, and so no records of the registry.

They are kept by MLflow's own SQL store, in a file beside the repository's other local files; MLflow delivers them.
"""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlflow.store.entities.paged_list import PagedList

from .._registry import Registry

if TYPE_CHECKING:
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

#: In Git's folder of a registry.
FILE = os.path.join("refmark", "mlflow-webhooks.db")


@functools.lru_cache(maxsize=None)
def _kept(file: Path) -> SqlAlchemyStore:
    """MLflow's store in a file; its tables are made on first use, which takes seconds."""
    from mlflow.store.model_registry.sqlalchemy_store import SqlAlchemyStore

    file.parent.mkdir(parents=True, exist_ok=True)
    # Only who runs the server reads secrets.
    os.close(os.open(file, os.O_RDWR | os.O_CREAT, 0o600))
    return SqlAlchemyStore(f"sqlite:///{file}")


class Webhooks:
    """The methods of a store that are about webhooks."""

    _registry: Registry

    @property
    def _webhooks(self) -> SqlAlchemyStore:
        return _kept(self._registry.git_dir / FILE)

    def create_webhook(self, *args: Any, **kwargs: Any) -> Any:
        """Adds a webhook."""
        return self._webhooks.create_webhook(*args, **kwargs)

    def get_webhook(self, webhook_id: str) -> Any:
        """A webhook by its id."""
        return self._webhooks.get_webhook(webhook_id)

    def list_webhooks(self, *args: Any, **kwargs: Any) -> Any:
        """The webhooks, page by page."""
        return self._webhooks.list_webhooks(*args, **kwargs)

    def list_webhooks_by_event(self, *args: Any, **kwargs: Any) -> Any:
        """The webhooks that want to hear of an event. MLflow's server asks at each: where there are none, nothing is made."""
        if not (self._registry.git_dir / FILE).exists():
            return PagedList([], None)
        return self._webhooks.list_webhooks_by_event(*args, **kwargs)

    def update_webhook(self, *args: Any, **kwargs: Any) -> Any:
        """Changes a webhook."""
        return self._webhooks.update_webhook(*args, **kwargs)

    def delete_webhook(self, webhook_id: str) -> None:
        """Takes a webhook away."""
        self._webhooks.delete_webhook(webhook_id)
