"""MLflow's filter strings, orders and paging tokens over models and versions, by MLflow's own parsers."""

from __future__ import annotations

import operator
from typing import Any, Callable, Iterable, Sequence

from mlflow.entities.model_registry import ModelVersion, RegisteredModel
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.store.entities.paged_list import PagedList
from mlflow.store.model_registry import (
    SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD,
    SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD,
)
from mlflow.utils.search_utils import SearchModelUtils, SearchModelVersionUtils, SearchUtils

from .checks import IS_PROMPT
from .names import shown

_NEWEST_FIRST = ["last_updated_timestamp DESC", "name ASC", "version_number DESC"]


class _Search:
    """What both searches share: a checked size, a parsed filter, a page."""

    def __init__(
        self, filter_string: str | None, max_results: int, order_by: Sequence[str] | None, page_token: str | None
    ) -> None:
        self._size = max_results
        self._from = SearchUtils.parse_start_offset_from_page_token(page_token)
        #: What was asked, but for the page.
        self.key = (type(self), filter_string, tuple(order_by or ()))

    @property
    def begins(self) -> bool:
        """Whether this is the first page."""
        return self._from == 0

    def found(self, entities: list[Any]) -> list[Any]:
        """Those that fit, in order."""
        raise NotImplementedError

    def page(self, found: list[Any]) -> PagedList:
        """The page that was asked for, of what was found."""
        until = self._from + self._size
        token = SearchUtils.create_page_token(until) if until < len(found) else None
        return PagedList(found[self._from : until], token)


class Pages:
    """The search whose pages are being turned: they come from one reading, as long as nobody writes."""

    _last: tuple[Any, list[Any]] | None = None

    def page(self, asked: _Search, head: str, entities: Callable[[], list[Any]]) -> PagedList:
        """A page of a search at a head; the entities are read where they were not for the page before."""
        last, key = self._last, (head, asked.key)
        found = asked.found(entities()) if asked.begins or last is None or last[0] != key else last[1]
        page = asked.page(found)
        self._last = (key, found) if page.token else None
        return page


def _check_whole(max_results: Any) -> None:
    if isinstance(max_results, bool) or not isinstance(max_results, int) or max_results < 1:
        raise MlflowException(
            f"Invalid value for max_results. It must be a positive integer, but got {max_results}",
            INVALID_PARAMETER_VALUE,
        )


def _check_bound(max_results: Any, most: int) -> None:
    if isinstance(max_results, (int, float)) and max_results > most:
        raise MlflowException(
            "Invalid value for request parameter max_results. It must be at most "
            f"{most}, but got value {max_results}",
            INVALID_PARAMETER_VALUE,
        )


def _check_once(fields: Iterable[str], order_by: list[str]) -> None:
    seen: set[str] = set()
    for field in fields:
        if field in seen:
            raise MlflowException(f"`order_by` contains duplicate fields: {order_by}", INVALID_PARAMETER_VALUE)
        seen.add(field)


class ModelSearch(_Search):
    """A search for models."""

    def __init__(
        self, filter_string: str | None, max_results: Any, order_by: list[str] | None, page_token: str | None
    ) -> None:
        _check_bound(max_results, SEARCH_REGISTERED_MODEL_MAX_RESULTS_THRESHOLD)
        _check_whole(max_results)
        super().__init__(filter_string, max_results, order_by, page_token)
        self._filter = _without_prompts(filter_string)
        parsed = [SearchUtils.parse_order_by_for_search_registered_models(it) for it in order_by or []]
        self._order = [(_time_is_one(key), ascending) for key, ascending in parsed]
        _check_once((key for key, _ in self._order), order_by or [])
        SearchModelUtils.parse_search_filter(self._filter)

    def found(self, entities: list[RegisteredModel]) -> list[RegisteredModel]:
        """The models that fit, in order."""
        found: list[RegisteredModel] = SearchModelUtils.filter(entities, self._filter)
        found.sort(key=lambda it: it.name)
        for key, ascending in reversed(self._order):
            found.sort(key=operator.attrgetter(key), reverse=not ascending)
        return found


def _without_prompts(filter_string: str | None) -> str:
    """The filter, which leaves out prompts unless it says something of them."""
    if IS_PROMPT in (filter_string or ""):
        return filter_string or ""
    models_only = f"tag.`{IS_PROMPT}` != 'true'"
    return f"{filter_string} AND {models_only}" if filter_string else models_only


def _time_is_one(key: str) -> str:
    return "last_updated_timestamp" if key in SearchUtils.VALID_TIMESTAMP_ORDER_BY_KEYS else key


class VersionSearch(_Search):
    """A search for versions."""

    def __init__(
        self, filter_string: str | None, max_results: Any, order_by: list[str] | None, page_token: str | None
    ) -> None:
        _check_whole(max_results)
        _check_bound(max_results, SEARCH_MODEL_VERSION_MAX_RESULTS_THRESHOLD)
        super().__init__(filter_string, max_results, order_by, page_token)
        self._parsed = SearchModelVersionUtils.parse_search_filter(filter_string)
        for clause in self._parsed:
            _check_version_clause(clause)
        self._order = order_by or _NEWEST_FIRST
        parsed = [SearchModelVersionUtils.parse_order_by_for_search_model_versions(it) for it in self._order]
        _check_once((key for _, key, _ in parsed), self._order)

    @property
    def leaves_out_prompts(self) -> bool:
        """Whether versions of prompts are left out, as they are unless a filter asks for them."""
        for clause in self._parsed:
            if clause["type"] == "tag" and clause["key"] == IS_PROMPT:
                asked = (clause["comparator"], str(clause["value"]).lower())
                return asked not in (("=", "true"), ("!=", "false"))
        return True

    @property
    def tags(self) -> list[tuple[str, str]]:
        """Tags that every version that fits has: others need not be read."""
        equal = (it for it in self._parsed if it["type"] == "tag" and it["comparator"] == "=" and not _is_prompt_clause(it))
        return [(it["key"], it["value"]) for it in equal]

    def may_be_of(self, model: str) -> bool:
        """Whether versions of a model can be among what is found: others need not be read."""
        for clause in self._parsed:
            if clause["type"] == "attribute" and clause["key"] == "name" and not _holds(shown(model), clause):
                return False
        return True

    def found(self, entities: list[ModelVersion]) -> list[ModelVersion]:
        """The versions that fit, in order."""
        clauses = [it for it in self._parsed if not _is_prompt_clause(it) or not self.leaves_out_prompts]
        fitting = [it for it in entities if all(_fits(it, clause) for clause in clauses)]
        return list(SearchModelVersionUtils.sort(fitting, self._order))


def _is_prompt_clause(clause: dict[str, Any]) -> bool:
    return bool(clause["type"] == "tag" and clause["key"] == IS_PROMPT)


def _check_version_clause(clause: dict[str, Any]) -> None:
    key, comparator, value = clause["key"], clause["comparator"], clause["value"]
    if clause["type"] == "tag":
        if comparator not in SearchModelVersionUtils.VALID_TAG_COMPARATORS:
            raise MlflowException.invalid_parameter_value(f"Invalid comparator for tag: {comparator}")
        return
    if key not in SearchModelVersionUtils.NUMERIC_ATTRIBUTES:
        known = comparator in SearchModelVersionUtils.VALID_STRING_ATTRIBUTE_COMPARATORS
        if not known or (comparator in ("IN", "NOT IN") and key not in ("run_id", "name")):
            raise MlflowException.invalid_parameter_value(f"Invalid comparator for attribute: {comparator}")
        return
    if comparator not in SearchModelVersionUtils.VALID_NUMERIC_ATTRIBUTE_COMPARATORS:
        raise MlflowException.invalid_parameter_value(f"Invalid comparator for attribute {key}: {comparator}")
    try:
        whole = int(value)
    except (TypeError, ValueError):
        whole = None
    if whole is None or isinstance(value, float):
        raise MlflowException.invalid_parameter_value(f"Invalid value for numeric attribute '{key}': {value!r}")


def _fits(version: ModelVersion, clause: dict[str, Any]) -> bool:
    key = clause["key"]
    if clause["type"] == "tag":
        return _holds(version.tags.get(key), clause)
    field = {"source_path": "source", "version_number": "version"}.get(key, key)
    return _holds(getattr(version, field), clause)


def _holds(found: Any, clause: dict[str, Any]) -> bool:
    value, comparator = clause["value"], clause["comparator"]
    if found is None:
        return False
    if comparator in ("IN", "NOT IN"):
        return (found in set(value)) == (comparator == "IN")
    if clause["type"] == "attribute" and clause["key"] in SearchModelVersionUtils.NUMERIC_ATTRIBUTES:
        value = int(value)
    compare: Callable[[Any, Any], bool] = SearchUtils.get_comparison_func(comparator)
    return bool(compare(found, value))
