"""The views: read what was sent, make one call, write what it returned."""

import hashlib
import json
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import Http404, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_noop
from drf_spectacular.utils import (
    OpenApiParameter,
    PolymorphicProxySerializer,
    extend_schema,
)
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from booking.api import examples, problems
from booking.api.auth import (
    DeskAuthentication,
    IsKnown,
    IsParticipant,
    IsPractitioner,
    LinkAuthentication,
    TokenAuthentication,
)
from booking.api.parsers import BoundedJSONParser
from booking.api.serializers import (
    AppointmentSerializer,
    AppointmentsSerializer,
    AskingSerializer,
    CancelledSerializer,
    CancelSerializer,
    ConfirmSerializer,
    DecidedSerializer,
    OutwardSerializer,
    ProblemSerializer,
    ProposeSerializer,
    RequestSerializer,
    RescheduleSerializer,
    ServicesSerializer,
    SlotsSerializer,
    SubmittedSerializer,
    read_day,
)
from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.domain.slots import SPAN_DAYS_MAX
from booking.domain.states import Outward, OwnPart, outward
from booking.models import Participant
from booking.models import Request as BookingRequest
from booking.operations import appointments, decisions, requests
from booking.queries import access, calendar, people, records
from booking.queries.access import client_address
from practice.domain.wall import UnknownZone, zone
from practice.models import Practitioner
from practice.queries import offered_services

_KEY_MAX = 200

type _Responses = dict[int | tuple[int, str], Any]


def _or_problem(answers: _Responses, *statuses: int) -> _Responses:
    """What the schema lists for an address: its answers, and problems with these statuses."""
    listed = {**answers}
    for found in statuses:
        listed[found, problems.CONTENT_TYPE] = ProblemSerializer
    return listed


class _View(APIView):
    """JSON in, JSON out; the datetimes of answers and problems stand in `answer_zone`."""

    parser_classes = (BoundedJSONParser,)
    answer_zone: ZoneInfo | None = None

    def body(self, serializer_class: Any) -> Any:
        """The validated body. Raises `ValidationError` with everything that is wrong."""
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer

    def written(self, serializer_class: Any, found: Any) -> Any:
        """The answer's body, with times in the zone of the answer."""
        return serializer_class(found, context={"zone": self.answer_zone}).data


class _PublicView(_View):
    authentication_classes = ()
    permission_classes = (AllowAny,)


class _PractitionerView(_View):
    authentication_classes = (TokenAuthentication, DeskAuthentication)
    permission_classes = (IsPractitioner,)

    @property
    def practitioner(self) -> Practitioner:
        """Who calls."""
        assert isinstance(self.request.auth, Practitioner)  # the permission saw to it
        return self.request.auth

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        self.answer_zone = zone(self.practitioner.time_zone)


class NotFoundView(_PublicView):
    """Every address under the API that is none: a problem document as well."""

    @extend_schema(exclude=True)
    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise Http404


class ServicesView(_PublicView):
    """What can be asked for."""

    @extend_schema(
        operation_id="services",
        responses=_or_problem({200: ServicesSerializer}),
        examples=[examples.SERVICES],
    )
    def get(self, request: Request) -> Response:
        """List what the practice offers, in its order."""
        return Response(self.written(ServicesSerializer, {"services": offered_services()}))


class SlotsView(_PublicView):
    """Open times. Asked for most, so nothing stands between the calendar and the answer."""

    @extend_schema(
        operation_id="slots",
        parameters=[
            OpenApiParameter("service", str, required=True, description="Slug of the service."),
            OpenApiParameter(
                "practitioner",
                str,
                description="Slug. May be left out where one practitioner alone offers it.",
            ),
            OpenApiParameter("from", date, required=True, description="The first day."),
            OpenApiParameter(
                "to",
                date,
                required=True,
                description=f"The last day, included; {SPAN_DAYS_MAX} days at most.",
            ),
            OpenApiParameter(
                "time_zone",
                str,
                description="Whose days these are, as IANA names the zone. "
                "Left out: the practitioner's.",
            ),
        ],
        responses=_or_problem({200: SlotsSerializer}, 422),
        examples=[examples.SLOTS],
    )
    def get(self, request: Request) -> HttpResponse:
        """List the starts that can be asked for, in order, in the zone asked for."""
        query = request.query_params
        first, last = _days(query.get("from"), query.get("to"))
        viewer_zone = _zone(query.get("time_zone"))
        offer = calendar.find_bookable(
            _slug(query.get("service")) or "", _slug(query.get("practitioner"))
        )
        if offer is None:
            raise InvalidRequest(
                [
                    Problem(
                        "service",
                        "unknown_service",
                        gettext_noop("No such service, or several people offer it: name one."),
                    )
                ]
            )
        starts = calendar.open_slots(
            offer,
            first=first,
            end=last + timedelta(days=1),
            now=timezone.now(),
            viewer_zone=viewer_zone,
        )
        tz = viewer_zone or offer.zone
        length = timedelta(minutes=offer.rules.duration_minutes)
        slots = [
            {
                "start": start.astimezone(tz).isoformat(),
                "end": (start + length).astimezone(tz).isoformat(),
            }
            for start in starts
        ]
        answer = HttpResponse(
            json.dumps({"time_zone": tz.key, "slots": slots}), content_type="application/json"
        )
        answer["Cache-Control"] = "no-store"
        return answer


def _slug(text: str | None) -> str | None:
    """A slug that the database can be asked for."""
    return text.replace("\0", "\ufffd") if text else None


def _zone(name: str | None) -> ZoneInfo | None:
    if not name:
        return None
    try:
        return zone(name)
    except UnknownZone:
        raise InvalidRequest(
            [
                Problem(
                    "time_zone",
                    "unknown_zone",
                    gettext_noop("No such time zone, as in America/New_York."),
                )
            ]
        ) from None


def _days(first: str | None, last: str | None) -> tuple[date, date]:
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


class RequestsView(_PublicView):
    """Asking for a session."""

    @extend_schema(
        operation_id="request_submit",
        parameters=[
            OpenApiParameter(
                "Idempotency-Key",
                str,
                OpenApiParameter.HEADER,
                description="A key of your own (a UUID is good): however often the same body "
                "comes with it, one request is made, and the answer is the same.",
            )
        ],
        request=AskingSerializer,
        responses=_or_problem({201: SubmittedSerializer}, 400, 409, 413, 415, 422, 503),
        examples=[examples.ASKING, examples.SUBMITTED, examples.SLOT_TAKEN, examples.INVALID],
    )
    def post(self, request: Request) -> Response:
        """Ask for a session. The first choice is held until the code of the mail is entered."""
        key = _idempotency_key(request)
        asking = self.body(AskingSerializer).to_asking()
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
        return Response(
            self.written(
                SubmittedSerializer,
                {
                    "id": made.request.id,
                    "status": _status(made, now=now),
                    "hold_expires_at": made.held_until,
                },
            ),
            status=status.HTTP_201_CREATED,
        )


def _status(made: requests.Submitted, *, now: datetime) -> Outward:
    if made.replayed:  # only then can it be further than it was
        return people.outward_for(access.requester_of(made.request.id), now=now)
    return outward(made.request.state, OwnPart(has_booked_time=False))


def _idempotency_key(request: Request) -> str | None:
    key: str | None = request.headers.get("Idempotency-Key")
    if key is not None and not (0 < len(key) <= _KEY_MAX and key.isascii() and key.isprintable()):
        raise InvalidRequest(
            [
                Problem(
                    "Idempotency-Key",
                    "invalid",
                    gettext_noop("A key is 1 to %(count)s printable ASCII characters."),
                    {"count": _KEY_MAX},
                )
            ]
        )
    return key


def _body_hash(request: Request) -> bytes:
    """Of what the body says, not of how it is spaced."""
    return hashlib.sha256(json.dumps(request.data, sort_keys=True).encode()).digest()


class RequestView(_View):
    """One request: for its practitioner, or for one of its people."""

    authentication_classes = (TokenAuthentication, LinkAuthentication, DeskAuthentication)
    permission_classes = (IsKnown,)

    @extend_schema(
        operation_id="request",
        responses=_or_problem(
            {
                200: PolymorphicProxySerializer(
                    component_name="RequestOrStatus",
                    serializers=[RequestSerializer, OutwardSerializer],
                    resource_type_field_name=None,
                )
            },
            401,
            404,
        ),
        examples=[examples.STATUS],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """Look at a request. Its people learn how it stands, and nothing of anybody else."""
        caller = request.auth
        if isinstance(caller, Participant):
            if caller.request_id != request_id:
                raise NotTheirs
            page = people.person_page(caller.id, now=timezone.now())
            return Response(
                self.written(OutwardSerializer, {"id": request_id, "status": page.outward})
            )
        assert isinstance(caller, Practitioner)  # the permission saw to it
        self.answer_zone = zone(caller.time_zone)
        record = records.request_record(request_id, caller, now=timezone.now())
        return Response(self.written(RequestSerializer, record))


class _DecisionView(_PractitionerView):
    """A decision about a request: done at once, or queued for the batch."""

    def decided(self, request_id: UUID, outcome: decisions.Outcome) -> Response:
        """The answer: 200 when it is done, 202 when it leaves later."""
        booked = outcome.appointment
        found = {
            "id": request_id,
            "state": access.state_of(request_id),
            "due_at": outcome.due_at,
            "appointment": records.appointment_record(booked.id) if booked else None,
        }
        done = status.HTTP_202_ACCEPTED if outcome.due_at else status.HTTP_200_OK
        return Response(self.written(DecidedSerializer, found), status=done)


_DECIDED: _Responses = {200: DecidedSerializer, 202: DecidedSerializer}


class ConfirmView(_DecisionView):
    """Confirm."""

    @extend_schema(
        operation_id="request_confirm",
        request=ConfirmSerializer,
        responses=_or_problem(_DECIDED, 401, 404, 409, 422),
        examples=[examples.DECIDED, examples.GATE_CLOSED],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Book the time that is held; with several people, with the next batch."""
        chosen = self.body(ConfirmSerializer).validated_data.get("time")
        return self.decided(
            request_id,
            decisions.confirm(
                request_id=request_id,
                practitioner_id=self.practitioner.id,
                appointment_id=chosen,
                now=timezone.now(),
            ),
        )


class DeclineView(_DecisionView):
    """Decline."""

    @extend_schema(
        operation_id="request_decline",
        request=None,
        responses=_or_problem(_DECIDED, 401, 404, 409),
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Say no, in the one neutral wording; to several people with the next batch."""
        return self.decided(
            request_id,
            decisions.decline(
                request_id=request_id, practitioner_id=self.practitioner.id, now=timezone.now()
            ),
        )


class ProposeView(_DecisionView):
    """Propose."""

    @extend_schema(
        operation_id="request_propose",
        request=ProposeSerializer,
        responses=_or_problem(_DECIDED, 401, 404, 409, 422),
        examples=[examples.PROPOSE],
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """Offer one to three other times; to several people with the next batch."""
        starts = self.body(ProposeSerializer).validated_data["times"]
        return self.decided(
            request_id,
            decisions.propose(
                request_id=request_id,
                practitioner_id=self.practitioner.id,
                starts=starts,
                now=timezone.now(),
            ),
        )


class WithdrawView(_View):
    """Withdraw."""

    authentication_classes = (LinkAuthentication,)
    permission_classes = (IsParticipant,)

    @extend_schema(
        operation_id="request_withdraw",
        request=None,
        responses=_or_problem({200: OutwardSerializer}, 401, 404, 409),
    )
    def post(self, request: Request, request_id: UUID) -> Response:
        """End one's part before anything is booked. No reason is asked for."""
        caller = request.auth
        assert isinstance(caller, Participant)  # the permission saw to it
        if caller.request_id != request_id:
            raise NotTheirs
        requests.withdraw(participant_id=caller.id, now=timezone.now())
        return Response(
            self.written(OutwardSerializer, {"id": request_id, "status": Outward.CLOSED})
        )


class AppointmentsView(_PractitionerView):
    """The calendar of the practitioner."""

    @extend_schema(
        operation_id="appointments",
        parameters=[
            OpenApiParameter("from", date, required=True, description="The first day."),
            OpenApiParameter(
                "to",
                date,
                required=True,
                description=f"The last day, included; {SPAN_DAYS_MAX} days at most.",
            ),
        ],
        responses=_or_problem({200: AppointmentsSerializer}, 401, 422),
    )
    def get(self, request: Request) -> Response:
        """List what starts on these days of one's own zone: held, booked, past, cancelled."""
        first, last = _days(request.query_params.get("from"), request.query_params.get("to"))
        found = records.appointments_between(self.practitioner, first, last + timedelta(days=1))
        return Response(
            self.written(
                AppointmentsSerializer,
                {"time_zone": self.practitioner.time_zone, "appointments": found},
            )
        )


class _AppointmentView(_PractitionerView):
    def one(self, appointment_id: UUID) -> Response:
        """The appointment as it is now."""
        return Response(
            self.written(AppointmentSerializer, records.appointment_record(appointment_id))
        )


class RescheduleView(_AppointmentView):
    """Move."""

    @extend_schema(
        operation_id="appointment_reschedule",
        request=RescheduleSerializer,
        responses=_or_problem({200: AppointmentSerializer}, 401, 404, 409, 422),
        examples=[examples.RESCHEDULE],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Give it another time. Everyone who comes is told."""
        start = self.body(RescheduleSerializer).validated_data["start"]
        appointments.reschedule(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            starts_at=start,
            now=timezone.now(),
        )
        return self.one(appointment_id)


class CancelView(_AppointmentView):
    """Cancel."""

    @extend_schema(
        operation_id="appointment_cancel",
        request=CancelSerializer,
        responses=_or_problem({200: CancelledSerializer}, 401, 404, 409, 422),
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Cancel with an apology and, unless you say otherwise, new times held for them."""
        new_times = appointments.cancel_by_practitioner(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            offer_new_times=self.body(CancelSerializer).validated_data["offer_new_times"],
            now=timezone.now(),
        )
        appointment = records.appointment_record(appointment_id)
        length = appointment.ends_at - appointment.starts_at
        found = {
            "id": appointment.id,
            "state": appointment.state,
            "new_times": [{"start": start, "end": start + length} for start in new_times],
        }
        return Response(self.written(CancelledSerializer, found))


class NoShowView(_AppointmentView):
    """Nobody came."""

    @extend_schema(
        operation_id="appointment_no_show",
        request=None,
        responses=_or_problem({200: AppointmentSerializer}, 401, 404, 409),
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say that nobody came. Nothing is sent by itself."""
        appointments.mark_no_show(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.one(appointment_id)


class FulfilView(_AppointmentView):
    """It took place."""

    @extend_schema(
        operation_id="appointment_fulfil",
        request=None,
        responses=_or_problem({200: AppointmentSerializer}, 401, 404, 409),
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say that it took place; by itself this happens at its end."""
        appointments.fulfil(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.one(appointment_id)
