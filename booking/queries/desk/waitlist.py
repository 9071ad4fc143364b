"""Who waits for a time to open up, in the order of their turn."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F, Prefetch

from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import WaitlistEntry, WaitlistOffer
from booking.queries.desk.standings import Person, people_of


@dataclass(frozen=True, slots=True)
class Place:
    """One request on the waitlist. `turn` counts those who are ready; the others wait for more."""

    entry: WaitlistEntry
    people: Sequence[Person]
    turn: int | None
    offer: WaitlistOffer | None  # the freed time that is held for them now
    past_offers: int


def waitlist(practitioner_id: UUID) -> list[Place]:
    """Everybody who waits. As many queries for one as for a hundred."""
    entries = (
        WaitlistEntry.objects.filter(
            request__practitioner_id=practitioner_id,
            request__state__in=OPEN_REQUEST_STATES,
            left_at__isnull=True,
        )
        .select_related("request__service")
        .prefetch_related(
            "request__participants",
            Prefetch("offers", WaitlistOffer.objects.select_related("appointment")),
        )
        .order_by(F("request__ready_at").asc(nulls_last=True), "joined_at")
    )
    places: list[Place] = []
    turn = 0
    for entry in entries:
        offers = list(entry.offers.all())
        is_ready = entry.request.state in (RequestState.READY, RequestState.PROPOSED)
        turn += is_ready
        places.append(
            Place(
                entry=entry,
                people=people_of(entry.request),
                turn=turn if is_ready else None,
                offer=next((o for o in offers if o.settled_at is None), None),
                past_offers=sum(o.settled_at is not None for o in offers),
            )
        )
    return places
