"""Asking for a session, looking at a request, and ending one's part in it."""

import hashlib
import json
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext_noop
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import IDEMPOTENCY_KEY, operation
from booking.api.serializers.asking import AskingSerializer, OutwardSerializer, SubmittedSerializer
from booking.api.serializers.requests import RequestSerializer
from booking.api.throttles import AskingThrottle
from booking.api.views.base import KnownView, PersonView, PublicView
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.states import Outward, OwnPart, outward
from booking.models import Participant
from booking.models import Request as BookingRequest
from booking.operations import requests
from booking.queries import access, people, records
from booking.queries.access import client_address
from practice.domain.wall import UnknownZone, zone

_KEY_MAX = 200


class RequestsView(PublicView):
    """Asking for a session."""

    throttle_classes = (AskingThrottle,)

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
    def post(self, request: Request) -> Response:
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
        found = {
            "id": made.request.id,
            "status": _status(made, now=now),
            "hold_expires_at": made.held_until,
        }
        if asking.cohort:
            found["seat_kept"] = made.seat_kept
        return self.answer(SubmittedSerializer, found, status.HTTP_201_CREATED)


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
        problems=[401, 404, 409],
        examples=[examples.CLOSED],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """End one's part before anything is booked. No reason is asked for."""
        requests.withdraw(participant_id=self.person.id, now=timezone.now())
        return self.answer(OutwardSerializer, {"id": request_id, "status": Outward.CLOSED})
