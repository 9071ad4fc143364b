"""Appointments: the practitioner's calendar, and one person's own dates."""

from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone
from drf_spectacular.utils import PolymorphicProxySerializer
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import FROM, TO, operation
from booking.api.serializers.appointments import (
    AppointmentSerializer,
    AppointmentsSerializer,
    AskMoveSerializer,
    CancelledSerializer,
    CancelSerializer,
    NotComingSerializer,
    OwnDatesSerializer,
    RescheduleSerializer,
)
from booking.api.views.base import KnownView, PersonView, PractitionerView, read_days
from booking.models import Participant
from booking.operations import appointments, cancellations, moves
from booking.queries import people, records


class AppointmentsView(PractitionerView):
    """The calendar of the practitioner."""

    @operation(
        "appointments",
        parameters=[FROM, TO],
        answers={200: AppointmentsSerializer},
        problems=[401],
        examples=[examples.APPOINTMENTS],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List what starts on these days of one's own zone: held, booked, past, cancelled."""
        first, last = read_days(request.query_params.get("from"), request.query_params.get("to"))
        found = records.appointments_between(self.practitioner, first, last + timedelta(days=1))
        return self.page(
            AppointmentsSerializer, "appointments", found, order=("starts_at", "rank", "id")
        )


class _AppointmentView(PractitionerView):
    def one(self, appointment_id: UUID) -> Response:
        """The appointment as it is now."""
        return self.answer(AppointmentSerializer, records.appointment_record(appointment_id))


class RescheduleView(_AppointmentView):
    """Move."""

    @operation(
        "appointment_reschedule",
        body=RescheduleSerializer,
        answers={200: AppointmentSerializer},
        problems=[401, 404, 409],
        examples=[examples.RESCHEDULE, examples.APPOINTMENT, examples.SLOT_TAKEN],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Give it another time. Everyone who comes is told."""
        body = self.body(RescheduleSerializer).validated_data
        appointments.reschedule(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            starts_at=body["start"],
            offer_to_waitlist=body["offer_to_waitlist"],
            now=timezone.now(),
        )
        return self.one(appointment_id)


class CancelView(KnownView):
    """Cancel."""

    @operation(
        "appointment_cancel",
        body=CancelSerializer,
        answers={
            200: PolymorphicProxySerializer(
                component_name="CancelledOrNotComing",
                serializers=[CancelledSerializer, NotComingSerializer],
                resource_type_field_name=None,
            )
        },
        problems=[401, 404, 409],
        examples=[examples.CANCEL, examples.CANCELLED, examples.NOT_COMING],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Cancel: practitioners with an apology and new times held, clients for themselves."""
        now = timezone.now()
        if isinstance(request.auth, Participant):
            done = cancellations.cancel(
                appointment_id=appointment_id, participant_id=self.person.id, now=now
            )
            mine = {"id": appointment_id, "coming": False, "late": done.late}
            return self.answer(NotComingSerializer, mine)
        body = self.body(CancelSerializer).validated_data
        new_times = cancellations.cancel_by_practitioner(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            offer_new_times=body["offer_new_times"],
            offer_to_waitlist=body["offer_to_waitlist"],
            now=now,
        )
        appointment = records.appointment_record(appointment_id)
        length = appointment.ends_at - appointment.starts_at
        found = {
            "id": appointment.id,
            "state": appointment.state,
            "new_times": [{"start": start, "end": start + length} for start in new_times],
        }
        return self.answer(CancelledSerializer, found)


class NoShowView(_AppointmentView):
    """Nobody came."""

    @operation(
        "appointment_no_show",
        answers={200: AppointmentSerializer},
        problems=[401, 404, 409],
        examples=[examples.APPOINTMENT],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say that nobody came."""
        appointments.mark_no_show(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.one(appointment_id)


class FulfilView(_AppointmentView):
    """It took place."""

    @operation(
        "appointment_fulfil",
        answers={200: AppointmentSerializer},
        problems=[401, 404, 409],
        examples=[examples.APPOINTMENT],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say that it took place; by itself this happens at its end."""
        appointments.fulfil(
            appointment_id=appointment_id,
            practitioner_id=self.practitioner.id,
            now=timezone.now(),
        )
        return self.one(appointment_id)


class OwnDatesView(PersonView):
    """One person's own dates."""

    guarded_by_passcode = False  # as the pages of dates

    @operation(
        "request_appointments",
        answers={200: OwnDatesSerializer},
        problems=[401, 404],
        examples=[examples.OWN_DATES],
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See everything booked for oneself, and what one can do about each date."""
        page = people.person_page(self.person.id, now=timezone.now())
        return self.answer(OwnDatesSerializer, {"appointments": page.dates})


class AskMoveView(PersonView):
    """A client moves."""

    guarded_by_passcode = False  # as the pages of dates

    @operation(
        "appointment_ask_move",
        body=AskMoveSerializer,
        answers={200: OwnDatesSerializer},
        problems=[401, 404, 409],
        examples=[
            examples.ASK_MOVE,
            examples.OWN_DATES,
            examples.TOO_LATE_TO_CHANGE,
            examples.SLOT_TAKEN,
        ],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Move one's appointment, within the cut-off; of several people everyone is asked."""
        now = timezone.now()
        moves.ask_move(
            appointment_id=appointment_id,
            participant_id=self.person.id,
            starts=self.body(AskMoveSerializer).validated_data["times"],
            now=now,
        )
        return self._dates(now)

    @operation(
        "appointment_keep",
        answers={200: OwnDatesSerializer},
        problems=[401, 404],
        examples=[examples.OWN_DATES],
    )
    def delete(self, request: Request, appointment_id: UUID) -> Response:
        """Take one's wish for another time back: the appointment stays as it is."""
        now = timezone.now()
        moves.take_back_move(appointment_id=appointment_id, participant_id=self.person.id, now=now)
        return self._dates(now)

    def _dates(self, now: datetime) -> Response:
        page = people.person_page(self.person.id, now=now)
        return self.answer(OwnDatesSerializer, {"appointments": page.dates})
