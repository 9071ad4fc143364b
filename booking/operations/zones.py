"""One person says in which zone times are shown and written to them."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from booking.domain.refusals import InvalidRequest, NotTheirs, Problem
from booking.models import Participant
from booking.operations.participants import save_profile
from booking.queries.access import has_chosen_zone
from practice.domain.wall import zone_names


@transaction.atomic(durable=True)
def choose_zone(
    *, participant_id: UUID, time_zone: str, now: datetime, guessed: bool = False
) -> None:
    """Show and write times to this person in this zone from now on.

    Until then it is the one that whoever asked them along gave. Messages that wait already follow
    it. What a device merely `guessed` is no choice: it gives way to one, and to the guess of the
    next device, for the first may have been borrowed. Raises `NotTheirs` for somebody who has left,
    `InvalidRequest` for a zone that is not known.
    """
    if time_zone not in zone_names():
        raise InvalidRequest([Problem("zone", "unknown_zone", "Please choose a time zone.")])
    person = (
        Participant.objects.select_for_update(no_key=True, of=("self",))
        .select_related("request")
        .filter(pk=participant_id, left_at__isnull=True)
        .first()
    )
    if person is None:
        raise NotTheirs
    if guessed and has_chosen_zone(person):
        return
    if person.time_zone == time_zone and (guessed or person.chose_zone_at is not None):
        return
    save_profile(
        participant_id=participant_id,
        profile={"time_zone": time_zone},
        zone_is_guessed=guessed,
        now=now,
    )
