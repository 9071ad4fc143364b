"""Long lists, in pages: `?limit=`, and `next` in the answer, the address of the page after."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_noop
from rest_framework.exceptions import NotFound
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request

from booking.domain.refusals import InvalidRequest, Problem

LIMIT, LIMIT_MAX = 100, 500


class Pages(CursorPagination):
    """Pages by what comes after the last row: as quick at the end as at the beginning."""

    page_size = LIMIT
    page_size_query_param = "limit"
    max_page_size = LIMIT_MAX

    def __init__(self, order: Sequence[str]) -> None:
        super().__init__()
        self._order = tuple(order)

    def get_ordering(self, request: Request, queryset: Any, view: Any) -> tuple[str, ...]:
        """Every list has one order, which is part of what it means."""
        return self._order

    def get_page_size(self, request: Request) -> int:
        """How many are asked for. Raises `InvalidRequest`."""
        text = request.query_params.get("limit")
        if text is None:
            return LIMIT
        if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MAX):
            message = gettext_noop("Please ask for 1 to %(most)s.")
            raise InvalidRequest([Problem("limit", "out_of_range", message, {"most": LIMIT_MAX})])
        return int(text)

    def rows(self, found: QuerySet[Any], request: Request) -> list[Any]:
        """The rows of the page asked for. Raises `InvalidRequest`."""
        try:
            return list(self.paginate_queryset(found, request) or [])
        except (NotFound, ValidationError, ValueError, TypeError):  # a cursor that is none of ours
            message = gettext_noop("Please start again without a cursor.")
            raise InvalidRequest([Problem("cursor", "invalid", message)]) from None
