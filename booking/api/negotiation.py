"""What an answer is written as: JSON, the one thing that there is."""

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

#: What programs say who ask for JSON or for anything.
_PLAIN = frozenset({"", "*/*", "application/json", "application/json, */*"})


class OneKind(DefaultContentNegotiation):
    """Takes the only renderer at once where nobody asks for another."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> Any:
        is_plain = request.META.get("HTTP_ACCEPT", "") in _PLAIN
        if is_plain and not format_suffix and "format=" not in request.META.get("QUERY_STRING", ""):
            first = next(iter(renderers))
            return first, first.media_type
        return super().select_renderer(request, renderers, format_suffix)
