"""Asking for a session, looking at a request, and ending one's part in it."""

import hashlib
import json
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from http import HTTPStatus
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle

from booking.api import examples
from booking.api.describing import IDEMPOTENCY_KEY, STATE, operation
from booking.api.serializers.asking import AskingSerializer, OutwardSerializer, SubmittedSerializer
from booking.api.serializers.choices import REQUEST_STATES
from booking.api.serializers.listing import RequestsSerializer
from booking.api.serializers.requests import RequestSerializer
from booking.api.throttles import AskingThrottle
from booking.api.views.base import KnownView, PersonView, PractitionerView, PublicView
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import (
    OPEN_REQUEST_STATES,
    Outward,
    OwnPart,
    RequestState,
    outward,
)
from booking.models import Participant
from booking.models import Request as BookingRequest
from booking.operations import requests
from booking.queries import access, people, records
from booking.queries.access import client_address
from practice.domain.wall import UnknownZone, zone
from practice.models import Practitioner

_KEY_MAX = 200


class RequestsView(PublicView):
    """Asking for a session, open to everybody; and the practitioner's list of what was asked."""

    throttle_classes = (AskingThrottle,)

    def _is_list(self) -> bool:
        # Whoever describes the API has no request.
        return getattr(self.request, "method", None) in ("GET", "HEAD")

    def get_authenticators(self) -> list[BaseAuthentication]:
        """Nobody needs to be known to ask; what others asked is for the practitioner alone."""
        kinds = PractitionerView.authentication_classes if self._is_list() else ()
        return [kind() for kind in kinds]

    def get_permissions(self) -> list[BasePermission]:
        """The same."""
        view = PractitionerView if self._is_list() else type(self)
        return [kind() for kind in view.permission_classes]

    def get_throttles(self) -> list[BaseThrottle]:
        """A list is no new request."""
        view = PractitionerView if self._is_list() else type(self)
        return [kind() for kind in view.throttle_classes]

    @operation(
        "requests",
        parameters=[STATE],
        answers={200: RequestsSerializer},
        problems=[401],
        examples=[examples.REQUESTS],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List requests in these states, the oldest first. Words and answers are not in it."""
        caller = request.auth
        assert isinstance(caller, Practitioner)  # the permission saw to it
        found = records.requests_of(caller, _states(request))
        return self.page(RequestsSerializer, "requests", found, order=("created_at", "id"))

    @operation(
        "request_submit",
        parameters=[IDEMPOTENCY_KEY],
        body=AskingSerializer,
        answers={201: SubmittedSerializer},
        problems=[400, 409, 413, 415, 422],
        examples=[
            examples.ASKING,
            examples.ASKING_TOGETHER,
            examples.ASKING_SEAT,
            examples.SUBMITTED,
            examples.SLOT_TAKEN,
            examples.NO_SEAT_LEFT,
            examples.INVALID,
        ],
    )
    def post(self, request: Request) -> HttpResponse:
        """Ask for a session. The first choice is held until the code of the mail is entered."""
        key = _idempotency_key(request)
        asking = self.body(AskingSerializer).to_asking()
        if self.answer_zone is None:
            with suppress(UnknownZone):  # the operation says so, beside everything else
                self.answer_zone = zone(asking.time_zone)
        now = timezone.now()
        made = requests.submit(
            asking=asking,
            now=now,
            origin=BookingRequest.Origin.API,
            idempotency_key=key,
            body_hash=_body_hash(request) if key else None,
            network=requests.network_hash(client_address(request.META)),
        )
        until = made.held_until
        found: dict[str, Any] = {
            "id": str(made.request.id),
            "status": _status(made, now=now),
            "hold_expires_at": until and until.astimezone(self.answer_zone).isoformat(),
        }
        if asking.cohort:
            found["seat_kept"] = made.seat_kept
        # `SubmittedSerializer` describes it; to write it takes longer than to say it.
        return HttpResponse(
            json.dumps(found), content_type="application/json", status=HTTPStatus.CREATED
        )


def _states(request: Request) -> Collection[str]:
    """The states of a query. Raises `InvalidRequest`."""
    wanted = set(request.query_params.getlist("state"))
    unknown = wanted - set(REQUEST_STATES)
    if unknown:
        message = gettext_noop("No such state.")
        raise InvalidRequest([Problem("state", "invalid_choice", message)])
    return wanted or OPEN_REQUEST_STATES - {RequestState.RECEIVED}


def _status(made: requests.Submitted, *, now: datetime) -> Outward:
    if made.replayed:  # only then can it be further than it was
        return people.outward_for(access.requester_of(made.request.id), now=now)
    return outward(made.request.state, OwnPart(has_booked_time=False))


def _idempotency_key(request: Request) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _KEY_MAX and key.isascii() and key.isprintable()):
        message = gettext_noop("A key is 1 to %(count)s printable ASCII characters.")
        raise InvalidRequest([Problem("Idempotency-Key", "invalid", message, {"count": _KEY_MAX})])
    return key


def _body_hash(request: Request) -> bytes:
    """Of what the body says, not of how it is spaced."""
    return hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).digest()


class RequestView(KnownView):
    """One request: for its practitioner, or for one of its people."""

    @operation(
        "request",
        answers={
            200: PolymorphicProxySerializer(
                component_name="RequestOrStatus",
                serializers=[RequestSerializer, OutwardSerializer],
                resource_type_field_name=None,
            )
        },
        problems=[401, 404],
        examples=[examples.REQUEST, examples.STATUS],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """Look at a request. Its people learn how it stands, and nothing of anybody else."""
        caller = request.auth
        if isinstance(caller, Participant):
            if caller.request_id != request_id:
                raise NotTheirs
            found = people.outward_for(caller, now=timezone.now())
            return self.answer(OutwardSerializer, {"id": request_id, "status": found})
        record = records.request_record(request_id, self.practitioner, now=timezone.now())
        return self.answer(RequestSerializer, record)


class WithdrawView(PersonView):
    """Withdraw."""

    @operation(
        "request_withdraw",
        answers={200: OutwardSerializer},
        problems=[401, 403, 404, 409],
        examples=[examples.CLOSED, examples.PASSCODE_NEEDED],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """End one's part before anything is booked. No reason is asked for."""
        requests.withdraw(participant_id=self.person.id, now=timezone.now())
        return self.answer(OutwardSerializer, {"id": request_id, "status": Outward.CLOSED})
