"""Waiting for a time."""

from uuid import UUID

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from booking.api import examples
from booking.api.describing import operation
from booking.api.serializers.waitlist import (
    OwnPlaceSerializer,
    WaitlistSerializer,
    WaitSerializer,
    wishes_in,
)
from booking.api.views import written
from booking.api.views.base import PersonView, PractitionerView
from booking.operations import waitlist
from booking.queries import people, records


class OwnPlaceView(PersonView):
    """One's own request on the waitlist."""

    @operation(
        "request_waitlist",
        answers={200: OwnPlaceSerializer},
        problems=[401, 403, 404],
        examples=[examples.OWN_PLACE, examples.PASSCODE_NEEDED],
        without_times=True,
    )
    def get(self, request: Request, request_id: UUID) -> Response:
        """See whether one waits, and whether one may."""
        return self._place()

    @operation(
        "request_waitlist_join",
        body=WaitSerializer,
        answers={200: OwnPlaceSerializer},
        problems=[401, 403, 404, 422],
        examples=[examples.WAIT, examples.OWN_PLACE, examples.PASSCODE_NEEDED],
        without_times=True,
    )
    def put(self, request: Request, request_id: UUID) -> Response:
        """Wait for a time, or say that one still waits, and which times would suit.

        For whoever asked. A time is only offered once everybody's own part is complete.
        """
        wishes = self.body(WaitSerializer).validated_data.get("wishes")
        waitlist.join(
            participant_id=self.person.id,
            now=timezone.now(),
            wishes=wishes_in(wishes) if wishes is not None else None,
        )
        return self._place()

    @operation(
        "request_waitlist_leave",
        answers={200: OwnPlaceSerializer},
        problems=[401, 403, 404],
        examples=[examples.OWN_PLACE_LEFT, examples.PASSCODE_NEEDED],
        without_times=True,
    )
    def delete(self, request: Request, request_id: UUID) -> Response:
        """Wait no longer. A time that was offered already can still be answered."""
        waitlist.leave(participant_id=self.person.id, now=timezone.now())
        return self._place()

    def _place(self) -> Response:
        page = people.person_page(self.person.id, now=timezone.now())
        return self.answer(OwnPlaceSerializer, written.own_place(page.waiting))


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
