"""fsspec: ``refmark://model@champion/file``, read-only; every byte that is read was hashed."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from fsspec.spec import AbstractFileSystem

from ._registry import Registry
from ._registry import open as open_registry
from .errors import NotFoundError

if TYPE_CHECKING:
    from ._values import Shown


class RefmarkFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """The files of versions, as fsspec, pandas, polars and PyArrow read them.

    A path is a reference and a file: ``refmark://sentiment@champion/model.safetensors`` or ``refmark://sentiment/3/…``;
    ``registry`` is what :func:`refmark.open` takes. What is not trusted is not opened: errors are those of
    `Registry.pull`, and `PermissionError` where somebody writes.

    Example::

        import fsspec
        with fsspec.open("refmark://sentiment@champion/config.json", registry="models") as file:
            config = file.read()
    """

    protocol = "refmark"
    root_marker = ""
    #: What was read is not kept beside: aliases move.
    cachable = False

    def __init__(self, registry: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self._registry: Registry = open_registry(registry)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """What lies in a version's folder; at the root the models, below a model its versions and aliases."""
        text = self._strip_protocol(path)
        parts = [it for it in text.split("/") if it]
        if not parts:
            found = [_folder(it.model) for it in self._registry.models()]
        elif len(parts) == 1 and "@" not in parts[0] and not parts[0].startswith("sha256-"):
            model = self._registry.model(parts[0])
            if model is None:
                raise FileNotFoundError(f"no model is called {parts[0]}")
            found = [_folder(f"{parts[0]}/{it.version}") for it in self._registry.versions(parts[0])]
            found += [_folder(f"{parts[0]}@{alias}") for alias in model.aliases]
        else:
            found = self._inside(text)
        return found if detail else [it["name"] for it in found]

    def _inside(self, text: str) -> list[dict[str, Any]]:
        reference, below = _split(text)
        shown = self._shown(reference, text)
        found: dict[str, dict[str, Any]] = {}
        for file in shown.files:
            if file.path == below:
                return [{"name": text, "size": file.size, "type": "file", "sha256": file.sha256}]
            if below and not file.path.startswith(below + "/"):
                continue
            name, more, _ = file.path[len(below) + 1 if below else 0 :].partition("/")
            whole = "/".join(it for it in (reference, below, name) if it)
            found[whole] = (
                _folder(whole) if more else {"name": whole, "size": file.size, "type": "file", "sha256": file.sha256}
            )
        if not found:
            raise FileNotFoundError(f"{reference} has no {below}")
        return list(found.values())

    def _shown(self, reference: str, text: str) -> Shown:
        try:
            return self._registry.show(reference)
        except NotFoundError as error:
            raise FileNotFoundError(f"{text}: {error.message}") from error

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """What is known of one file or folder."""
        text = self._strip_protocol(path).strip("/")
        found = self.ls(text)
        return dict(found[0]) if len(found) == 1 and found[0]["name"] == text else _folder(text)

    def _open(self, path: str, mode: str = "rb", **_: Any) -> Any:
        if mode not in ("rb", "r"):
            raise _read_only()
        reference, file = _split(self._strip_protocol(path))
        shown = self._shown(reference, path)
        if not any(it.path == file for it in shown.files):
            raise FileNotFoundError(f"{reference} has no {file}")
        return io.open(self._registry.file(reference, file), "rb")

    def _rm(self, path: str) -> None:
        raise _read_only()

    def mkdir(self, path: str, create_parents: bool = True, **_: Any) -> None:
        """Refused: what is registered does not change."""
        raise _read_only()

    def cp_file(self, path1: str, path2: str, **_: Any) -> None:
        """Refused: what is registered does not change."""
        raise _read_only()


def _folder(name: str) -> dict[str, Any]:
    return {"name": name, "size": 0, "type": "directory"}


def _split(text: str) -> tuple[str, str]:
    """A path's reference and file: an alias or an artifact is one part, a version two."""
    parts = text.strip("/").split("/")
    parts_of_reference = 1 if "@" in parts[0] or parts[0].startswith("sha256-") else 2
    return "/".join(parts[:parts_of_reference]), "/".join(parts[parts_of_reference:])


def _read_only() -> PermissionError:
    return PermissionError("what is registered does not change: register a new version")
