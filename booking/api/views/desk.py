"""What else the practitioner does about people: on the phone, instead of them, or without them."""

from uuid import UUID

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.appointments import AppointmentSerializer
from booking.api.serializers.listing import (
    AnswerForSerializer,
    CallSerializer,
    CancelDaySerializer,
    DayCancelledSerializer,
)
from booking.api.serializers.requests import RequestSerializer
from booking.api.views.base import PractitionerView
from booking.operations import answers, appointments, calls, cancellations, decisions, participants
from booking.queries import records


class _RequestView(PractitionerView):
    def one(self, request_id: UUID, *, code: int = status.HTTP_200_OK) -> Response:
        """The request as it is now."""
        record = records.request_record(request_id, self.practitioner, now=timezone.now())
        return self.answer(RequestSerializer, record, code)


class ExcuseView(_RequestView):
    """Go on without somebody."""

    @operation(
        "request_excuse",
        answers={200: RequestSerializer},
        problems=[401, 404],
        examples=[examples.REQUEST],
    )
    def post(self, request: Request, request_id: UUID, participant_id: UUID) -> Response:
        """Go on without this person. They no longer count, and the others are not told."""
        records.person_of(request_id, participant_id, self.practitioner)
        participants.excuse(
            participant_id=participant_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.one(request_id)


class AnswerForView(_RequestView):
    """Answer instead of somebody."""

    @operation(
        "request_answer_for",
        body=AnswerForSerializer,
        answers={200: RequestSerializer},
        problems=[401, 404, 409, 422],
        examples=[examples.ANSWER_FOR, examples.REQUEST, examples.HOLD_EXPIRED],
    )
    def post(self, request: Request, request_id: UUID, participant_id: UUID) -> Response:
        """Note what somebody said on the phone about the times that were proposed."""
        body = self.body(AnswerForSerializer).validated_data
        answers.answer_for(
            request_id=request_id,
            participant_id=participant_id,
            practitioner_id=self.practitioner.id,
            accepted=body["accepted"],
            they_told_me=body["they_told_me"],
            now=timezone.now(),
        )
        return self.one(request_id)


class EndSuggestionView(_RequestView):
    """Give a suggested time back."""

    @operation(
        "request_end_suggestion",
        answers={200: RequestSerializer},
        problems=[401, 404, 409],
        examples=[examples.REQUEST, examples.DECISION_WAITING],
    )
    def post(self, request: Request, request_id: UUID, appointment_id: UUID) -> Response:
        """Give back a time that is held only because somebody suggested it. They are not told."""
        decisions.end_suggestion(
            request_id=request_id,
            practitioner_id=self.practitioner.id,
            appointment_id=appointment_id,
            now=timezone.now(),
        )
        return self.one(request_id)


class CallsView(_RequestView):
    """Somebody called."""

    @operation(
        "call_book",
        body=CallSerializer,
        answers={201: RequestSerializer},
        problems=[401, 409, 422],
        examples=[examples.CALL, examples.CALL_ENTERED, examples.SLOT_TAKEN, examples.INVALID],
    )
    def post(self, request: Request) -> Response:
        """Enter what was agreed on the phone. Booked once everybody's forms are there.

        Notice, horizon and caps do not bind: it is the practitioner's own choice of a time.
        """
        body = self.body(CallSerializer)
        found = body.validated_data
        [service_id] = records.service_ids(self.practitioner, found["service"])
        records.own_service(service_id, self.practitioner)
        made = calls.book_for_caller(
            practitioner_id=self.practitioner.id,
            service_id=service_id,
            starts_at=found["start"],
            people=body.callers(),
            modality=found["modality"],
            country=found["location"]["country"].upper(),
            region=found["location"]["region"],
            time_zone=found["time_zone"],
            forms_on_paper=found["forms_on_paper"],
            now=timezone.now(),
        )
        return self.one(made.id, code=status.HTTP_201_CREATED)


class AddAttendeeView(PractitionerView):
    """Somebody comes along."""

    @operation(
        "appointment_add_person",
        answers={200: AppointmentSerializer},
        problems=[401, 404],
        examples=[examples.APPOINTMENT],
    )
    def post(self, request: Request, appointment_id: UUID, participant_id: UUID) -> Response:
        """Put somebody of its request on the roster; they get an invitation of their own."""
        appointments.add_attendee(
            appointment_id=appointment_id,
            participant_id=participant_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.answer(AppointmentSerializer, records.appointment_record(appointment_id))


class CancelDayView(PractitionerView):
    """A day that cannot be."""

    @operation(
        "appointments_cancel_day",
        body=CancelDaySerializer,
        answers={200: DayCancelledSerializer},
        problems=[401, 422],
        examples=[examples.CANCEL_DAY, examples.DAY_CANCELLED],
        without_times=True,
    )
    def post(self, request: Request) -> Response:
        """Cancel everything still to come on one day, kindly; the rest of it becomes time off."""
        gone = cancellations.cancel_day(
            practitioner_id=self.practitioner.id,
            day=self.body(CancelDaySerializer).validated_data["day"],
            now=timezone.now(),
        )
        return self.answer(DayCancelledSerializer, {"cancelled": gone})
