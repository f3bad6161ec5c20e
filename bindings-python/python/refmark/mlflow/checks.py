"""What MLflow asks of names, versions and tags, in its words: nothing private of MLflow's is relied on."""

from __future__ import annotations

import posixpath
import re
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_ALREADY_EXISTS

#: The tag of prompts, which are models to a store.
IS_PROMPT = "mlflow.prompt.is_prompt"
_PROMPT_TEXT = "mlflow.prompt.text"

_LONGEST_KEY = 250
_LONGEST_VALUE = 100_000
_LONGEST_ALIAS = 255


def _wrong(said: str) -> MlflowException:
    return MlflowException(said, error_code=INVALID_PARAMETER_VALUE)


def check_model(name: Any, parameter: str = "name") -> str:
    """The name of a model."""
    if name is None or str(name).strip() == "":
        raise _wrong(f"Missing value for required parameter '{parameter}'.")
    text = str(name)
    if "/" in text or ":" in text:
        raise _wrong(f"Invalid model name '{text}'. Names cannot contain '/' or ':'.")
    if posixpath.normpath(text) != text or text.startswith(".."):
        raise _wrong(f"Invalid value '{text}' for parameter '{parameter}' supplied: it reads as a path to somewhere else.")
    return text


def check_version(version: Any) -> int:
    """The number of a version."""
    try:
        return int(version)
    except (TypeError, ValueError):
        raise _wrong(f"Parameter 'version' must be an integer, got '{version}'.") from None


def check_key(key: Any) -> str:
    """The key of a tag."""
    if key is None:
        raise _wrong("Missing value for required parameter 'key'.")
    if not re.match(r"^[/\w.\- :]*$", str(key)):
        raise _wrong(
            f"Invalid value '{key}' for parameter 'key' supplied: Names may only contain alphanumerics, underscores (_), "
            "dashes (-), periods (.), spaces ( ), colon(:) and slashes (/)."
        )
    key = str(key)
    if posixpath.normpath(key) != key or key == "." or key.startswith(("..", "/")):
        raise _wrong(f"Invalid value '{key}' for parameter 'key' supplied: it reads as a path to somewhere else.")
    return str(_short("key", key, _LONGEST_KEY))


def check_model_tag(key: Any, value: Any) -> None:
    """A tag of a model."""
    check_key(key)
    _short("value", value, _LONGEST_VALUE)


def check_version_tag(key: Any, value: Any) -> None:
    """A tag of a version."""
    check_key(key)
    if value is None:
        raise _wrong("Tag value cannot be None")
    if key == _PROMPT_TEXT and len(str(value)) > _LONGEST_VALUE:
        raise _wrong(f"Prompt text exceeds max length of {_LONGEST_VALUE} characters.")
    _short("value", value, _LONGEST_VALUE)


def _short(what: str, value: Any, longest: int) -> Any:
    if value is not None and len(str(value)) > longest:
        raise _wrong(f"'{what}' exceeds the maximum length of {longest} characters")
    return value


def check_alias(alias: Any) -> str:
    """The name of an alias, to read it."""
    if alias is None or alias == "":
        raise _wrong("Registered model alias name cannot be empty.")
    if not re.match(r"^[\w\-]*$", str(alias)):
        raise _wrong(
            f"Invalid alias name: '{alias}'. Names may only contain alphanumerics, underscores (_), and dashes (-)."
        )
    return str(_short("Registered model alias name", alias, _LONGEST_ALIAS))


def check_new_alias(alias: Any) -> str:
    """The name of an alias, to set it."""
    text = check_alias(alias)
    if is_latest(text):
        raise _wrong("'latest' alias name (case insensitive) is reserved.")
    if re.match(r"^[vV]\d+$", text):
        raise _wrong(f"Version alias name '{text}' is reserved.")
    return text


def is_latest(alias: str) -> bool:
    """Whether an alias means the newest version, whatever was promoted."""
    return alias.lower() == "latest"


def is_prompt(tags: Any) -> bool:
    """Whether tags, MLflow's or a mapping, are a prompt's."""
    return any((it if isinstance(it, str) else it.key) == IS_PROMPT for it in tags or ())


def already_there(name: str, standing_is_prompt: bool, new_is_prompt: bool) -> MlflowException:
    """The error where a name is taken; a prompt and a model never share one."""
    old, new = ("Prompt" if it else "Registered Model" for it in (standing_is_prompt, new_is_prompt))
    said = f"{new} (name={name}) already exists."
    if old != new:
        said = (
            f"Tried to create a {new.lower()} with name {name!r}, but the name is already taken by a {old.lower()}. "
            "MLflow does not allow creating a model and a prompt with the same name."
        )
    return MlflowException(said, error_code=RESOURCE_ALREADY_EXISTS)


class ModelUri(NamedTuple):
    """What ``models:/…`` names: a logged model, or a version by its number, its alias or its stage."""

    model_id: str | None = None
    name: str | None = None
    version: str | None = None
    alias: str | None = None
    stage: str | None = None


def model_uri(uri: str) -> ModelUri:
    """Reads ``models:/ID``, ``models:/NAME/VERSION``, ``models:/NAME/STAGE`` and ``models:/NAME@ALIAS``."""
    parts = urlsplit(uri, allow_fragments=False)
    # A name may hold a question mark.
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    name, slash, suffix = path.strip("/").partition("/")
    if not name.strip() or "/" in suffix or (slash and not suffix.strip()):
        raise _wrong(f"Not a proper models:/ URI: {uri}. It is models:/name/version, models:/name/stage or models:/name@alias.")
    if slash:
        if suffix.isdigit():
            return ModelUri(name=name, version=suffix)
        return ModelUri(name=name, alias="latest") if is_latest(suffix) else ModelUri(name=name, stage=suffix)
    model, at, alias = name.rpartition("@")
    return ModelUri(name=model, alias=alias) if at and model and alias else ModelUri(model_id=name)
