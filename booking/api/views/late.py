"""After the cut-off, and on the way."""

from uuid import UUID

from django.utils import timezone
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.appointments import (
    AskLateSerializer,
    LateAskedSerializer,
    LateWishesSerializer,
    RunningLateSerializer,
    SettleLateSerializer,
)
from booking.api.views.base import KnownView, PersonView, PractitionerView
from booking.models import Participant
from booking.operations import late
from booking.queries import records


class AskLateView(PersonView):
    """A wish after the cut-off."""

    guarded_by_passcode = False  # as the pages of dates

    @operation(
        "appointment_late_wish",
        body=AskLateSerializer,
        answers={201: LateAskedSerializer},
        problems=[401, 404],
        examples=[examples.ASK_LATE, examples.LATE_ASKED],
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Ask the practitioner for another time after the cut-off. Nothing changes by it."""
        wish = late.ask_late(
            participant_id=self.person.id,
            appointment_id=appointment_id,
            words=self.body(AskLateSerializer).validated_data["words"],
            now=timezone.now(),
        )
        return self.answer(LateAskedSerializer, wish, status.HTTP_201_CREATED)


class LateWishesView(PractitionerView):
    """Wishes that wait for the practitioner."""

    @operation(
        "late_wishes",
        answers={200: LateWishesSerializer},
        problems=[401],
        examples=[examples.LATE_WISHES],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List who asks for a change after the cut-off. What they wrote is read at the desk."""
        found = records.late_wishes(self.practitioner)
        return self.page(LateWishesSerializer, "late_wishes", found, order=("asked_at", "id"))


class SettleLateView(PractitionerView):
    """An answer to a wish."""

    @operation(
        "late_wish_settle",
        body=SettleLateSerializer,
        answers={204: None},
        problems=[401, 404, 422],
        examples=[examples.SETTLE_LATE],
        without_times=True,
    )
    def post(self, request: Request, wish_id: UUID) -> Response:
        """Say that it stays as it is: whoever asked is told. Moving or cancelling says itself."""
        late.settle_late(
            wish_id=wish_id,
            practitioner_id=self.practitioner.id,
            outcome=self.body(SettleLateSerializer).validated_data["outcome"],
            now=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)


class RunningLateView(KnownView):
    """On the way."""

    @operation(
        "appointment_running_late",
        body=RunningLateSerializer,
        answers={204: None},
        problems=[401, 404, 409, 422],
        examples=[examples.RUNNING_LATE],
        without_times=True,
    )
    def post(self, request: Request, appointment_id: UUID) -> Response:
        """Say how late one will be: clients to the practitioner, the practitioner to everybody."""
        minutes = self.body(RunningLateSerializer).validated_data["minutes"]
        is_client = isinstance(request.auth, Participant)
        late.running_late(
            appointment_id=appointment_id,
            minutes=minutes,
            practitioner_id=None if is_client else self.practitioner.id,
            participant_id=self.person.id if is_client else None,
            now=timezone.now(),
        )
        return Response(status=status.HTTP_204_NO_CONTENT)
