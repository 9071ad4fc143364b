"""Waiting for a time."""

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.waitlist import OwnPlaceSerializer, WaitlistSerializer
from booking.api.views.base import PersonView, PractitionerView
from booking.operations import waitlist
from booking.queries import people, records


class OwnPlaceView(PersonView):
    """One's own request on the waitlist."""

    @operation(
        "request_waitlist",
        answers={200: OwnPlaceSerializer},
        problems=[401, 404],
        examples=[examples.OWN_PLACE],
        without_times=True,
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See whether one waits, and whether one may."""
        return self._place()

    @operation(
        "request_waitlist_join",
        answers={200: OwnPlaceSerializer},
        problems=[401, 404],
        examples=[examples.OWN_PLACE],
        without_times=True,
    )
    def put(self, request: Request, request_id: UUID) -> Response:
        """Wait for a time, or say that one still waits. For whoever asked."""
        waitlist.join(participant_id=self.person.id, now=timezone.now())
        return self._place()

    @operation(
        "request_waitlist_leave",
        answers={200: OwnPlaceSerializer},
        problems=[401, 404],
        examples=[examples.OWN_PLACE_LEFT],
        without_times=True,
    )
    def delete(self, request: Request, request_id: UUID) -> Response:
        """Wait no longer. A time that was offered already can still be answered."""
        waitlist.leave(participant_id=self.person.id, now=timezone.now())
        return self._place()

    def _place(self) -> Response:
        page = people.person_page(self.person.id, now=timezone.now())
        return self.answer(OwnPlaceSerializer, page.waiting)


class WaitlistView(PractitionerView):
    """Everybody who waits."""

    @operation(
        "waitlist",
        answers={200: WaitlistSerializer},
        problems=[401],
        examples=[examples.WAITLIST],
        in_pages=True,
    )
    def get(self, request: Request) -> Response:
        """List who waits for a time, in the order of their turn."""
        found = records.waiting_entries(self.practitioner)
        return self.page(WaitlistSerializer, "waiting", found, order=("turn_at", "joined_at", "id"))
