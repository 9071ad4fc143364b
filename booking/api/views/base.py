"""What all views share: who calls, the body read, the answer written in the zone asked for."""

from datetime import date
from functools import cache
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext_noop
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.views import APIView

from booking.api.auth import (
    DeskAuthentication,
    IsKnown,
    IsParticipant,
    IsPractitioner,
    LinkAuthentication,
    TokenAuthentication,
)
from booking.api.negotiation import OneKind
from booking.api.pages import Pages
from booking.api.parsers import BoundedJSONParser
from booking.api.serializers.fields import read_day
from booking.api.throttles import LinkThrottle, NetworkThrottle, TokenThrottle
from booking.domain.refusals import InvalidRequest, NotTheirs, PasscodeNeeded, Problem
from booking.domain.slots import SPAN_DAYS_MAX
from booking.models import Participant
from practice.domain.wall import UnknownZone, zone
from practice.models import Practitioner


class ApiView(APIView):
    """JSON in, JSON out; the datetimes of answers and problems stand in `answer_zone`."""

    parser_classes = (BoundedJSONParser,)
    content_negotiation_class = OneKind
    throttle_classes: tuple[type[BaseThrottle], ...] = (TokenThrottle, LinkThrottle)
    answer_zone: ZoneInfo | None = None

    def perform_authentication(self, request: Request) -> None:
        """Count the caller's network first: guessing credentials is calling, too."""
        throttle = NetworkThrottle()
        if not throttle.allow_request(request, self):
            self.throttled(request, throttle.wait() or 1)
        super().perform_authentication(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.answer_zone = read_zone(request.query_params.get("time_zone")) or self.own_zone()

    def own_zone(self) -> ZoneInfo | None:
        """The caller's own zone; None where nobody says who they are."""
        caller = self.request.auth
        return zone(caller.time_zone) if isinstance(caller, Practitioner | Participant) else None

    @property
    def practitioner(self) -> Practitioner:
        """Who calls, where only practitioners may."""
        assert isinstance(self.request.auth, Practitioner)  # the permission saw to it
        return self.request.auth

    @property
    def person(self) -> Participant:
        """Who calls, where only people of a request may."""
        assert isinstance(self.request.auth, Participant)  # the permission saw to it
        return self.request.auth

    def body(self, serializer_class: Any, **options: Any) -> Any:
        """The validated body. Raises `ValidationError` with everything that is wrong."""
        serializer = serializer_class(data=self.request.data, **options)
        if not options:
            serializer.fields = _fields(serializer_class)
        serializer.is_valid(raise_exception=True)
        return serializer

    def written(self, serializer_class: Any, found: Any) -> Any:
        """The answer's body, with times in the zone of the answer."""
        context = {"zone": self.answer_zone, "now": timezone.now()}
        return serializer_class(found, context=context).data

    def answer(self, serializer_class: Any, found: Any, status: int = 200) -> Response:
        """An answer. Those with times can name their zone."""
        if isinstance(found, dict) and "time_zone" in serializer_class().fields:
            found = {"time_zone": str(self.answer_zone), **found}
        return Response(self.written(serializer_class, found), status=status)

    def page(
        self, serializer_class: Any, name: str, found: QuerySet[Any], *, order: tuple[str, ...]
    ) -> Response:
        """One page of a list, under its name."""
        pages = Pages(order)
        rows = pages.rows(found, self.request)
        return self.answer(serializer_class, {name: rows, "next": pages.get_next_link()})


@cache
def _fields(serializer_class: Any) -> Any:
    """The fields of a serializer, for all bodies: to copy them took longer than to use them.

    A field keeps nothing of what it reads, and what it is told of its serializer (`options`) is
    the same for all of these: nothing.
    """
    return serializer_class().fields


class PublicView(ApiView):
    """Open to everybody."""

    authentication_classes = ()
    permission_classes: tuple[type[BasePermission], ...] = (AllowAny,)
    throttle_classes: tuple[type[BaseThrottle], ...] = ()


class PractitionerView(ApiView):
    """Open to practitioners."""

    authentication_classes = (TokenAuthentication, DeskAuthentication)
    permission_classes = (IsPractitioner,)


class PersonView(ApiView):
    """Open to a person of the request that the address names, and to nobody else.

    Whoever has set a passcode may share a mailbox: link and code alone then open nothing here but
    what lets them keep a date or call it off.
    """

    authentication_classes = (LinkAuthentication,)
    permission_classes = (IsParticipant,)
    #: Their own pages count the tries of a passcode and say how to get a new one; no call does.
    guarded_by_passcode = True

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        asked: UUID | None = kwargs.get("request_id")
        if asked is not None and asked != self.person.request_id:
            raise NotTheirs
        if self.guarded_by_passcode and self.person.passcode_hash:
            raise PasscodeNeeded


class KnownView(ApiView):
    """Open to practitioners and to people of requests."""

    authentication_classes = (TokenAuthentication, LinkAuthentication, DeskAuthentication)
    permission_classes = (IsKnown,)


class NotFoundView(PublicView):
    """Every address under the API that is none: a problem document as well."""

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


def read_zone(name: str | None) -> ZoneInfo | None:
    """The zone of a query. Raises `InvalidRequest`."""
    if not name:
        return None
    try:
        return zone(name)
    except UnknownZone:
        message = gettext_noop("No such time zone, as in America/New_York.")
        raise InvalidRequest([Problem("time_zone", "unknown_zone", message)]) from None


def read_days(first: str | None, last: str | None) -> tuple[date, date]:
    """The days of a query, both included. Raises `InvalidRequest` with everything wrong."""
    days: list[date] = []
    found: list[Problem] = []
    for name, text in (("from", first), ("to", last)):
        try:
            days.append(read_day(text or ""))
        except ValueError:
            found.append(Problem(name, "invalid", gettext_noop("Not a date as in 2026-10-12.")))
    if not found and days[1] < days[0]:
        found.append(Problem("to", "ends_early", gettext_noop("The last day is before the first.")))
    if not found and (days[1] - days[0]).days >= SPAN_DAYS_MAX:
        message = gettext_noop("Please ask for %(days)s days at most.")
        found.append(Problem("to", "span_too_long", message, {"days": SPAN_DAYS_MAX}))
    if found:
        raise InvalidRequest(found)
    return days[0], days[1]


def read_number(query: Any, name: str) -> int:
    """A whole number of a query. Raises `InvalidRequest`."""
    text = query.get(name) or ""
    if not (text.isascii() and text.isdigit() and len(text) < 6):
        raise InvalidRequest([Problem(name, "invalid", gettext_noop("Not a number."))])
    return int(text)
