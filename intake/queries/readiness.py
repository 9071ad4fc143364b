"""The readiness board: of whom something is awaited before a session, and what."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, Q

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Participant, Request
from booking.queries.desk.standings import Person, people_of
from booking.queries.desk.standings import Standing as Stands
from intake.domain.definitions import Section
from intake.domain.documents import Document
from intake.queries.documents import Background, background
from intake.queries.standings import AGREEMENTS, standing_of
from practice.models import Change

#: The journal's kind for a nudge: the one neutral line goes to those for whom a step waits.
STEP_NUDGED = "step_nudged"


@dataclass(frozen=True, slots=True)
class Missing:
    """What one person has yet to do. `sections` and `documents` only once they take part."""

    person: Person
    sections: Sequence[Section] = ()
    documents: Sequence[Document] = ()
    #: They could not answer the safety questions freely: to ask privately, never by a nudge.
    is_to_ask_privately: bool = False

    @property
    def can_be_nudged(self) -> bool:
        """They take part, are to attend, and a step of their own waits."""
        return self.person.standing is Stands.NOT_FINISHED


@dataclass(frozen=True, slots=True)
class Ready:
    """One request on the board."""

    request: Request
    people: Sequence[Missing]
    appointment: Appointment | None
    nudged_at: datetime | None

    @property
    def open_people(self) -> Sequence[Missing]:
        """Who has yet to do something."""
        return [p for p in self.people if p.person.is_awaited or p.can_be_nudged]

    @property
    def nudgeable(self) -> Sequence[Missing]:
        """Whom a nudge would reach."""
        return [p for p in self.people if p.can_be_nudged]


_ON_THE_BOARD = (OPEN_REQUEST_STATES - {RequestState.RECEIVED}) | {RequestState.CONFIRMED}


def readiness(practitioner_id: UUID, *, now: datetime) -> Sequence[Ready]:
    """Requests for which somebody has yet to do something, the soonest session first.

    As many queries for one request as for thirty. Values are opened only to see which questions
    apply; none of them leaves this function.
    """
    ahead = Appointment.objects.filter(state=AppointmentState.BOOKED, ends_at__gt=now).order_by(
        "starts_at"
    )
    found = list(
        Request.objects.filter(practitioner_id=practitioner_id, state__in=_ON_THE_BOARD)
        .filter(~Q(state=RequestState.CONFIRMED) | Exists(ahead.filter(request=OuterRef("pk"))))
        .select_related("service", "practitioner")
        .prefetch_related(
            Prefetch(
                "participants",
                Participant.objects.order_by("position").prefetch_related(
                    "signatures", "answer_sheet__answers"
                ),
            ),
            Prefetch("appointments", ahead, to_attr="ahead"),
        )
    )
    nudged = _nudged_at([r.id for r in found])
    known = background()
    rows = [
        Ready(
            request=request,
            people=[_missing(person, request, known) for person in people_of(request)],
            appointment=next(iter(request.ahead), None),
            nudged_at=nudged.get(request.id),
        )
        for request in found
    ]
    return sorted(
        (r for r in rows if r.open_people),
        key=lambda r: (
            r.appointment is None,
            r.appointment.starts_at if r.appointment else r.request.expires_at,
        ),
    )


def last_nudge(request_id: UUID) -> datetime | None:
    """When the people of a request were last nudged."""
    return _nudged_at([request_id]).get(request_id)


def _nudged_at(request_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    rows = Change.objects.filter(
        subject_type="request", subject_id__in=request_ids, kind=STEP_NUDGED
    ).order_by("id")
    return dict(rows.values_list("subject_id", "occurred_at"))


def _missing(person: Person, request: Request, known: Background) -> Missing:
    participant = person.participant
    if person.standing is not Stands.NOT_FINISHED:
        return Missing(person)
    participant.request = request  # with everybody in it, as they were prefetched
    sheet = getattr(participant, "answer_sheet", None)
    own = standing_of(participant, sheet, known)
    slugs = set(own.incomplete)
    return Missing(
        person=person,
        sections=[s for s in own.form.sections if s.slug in slugs and s.slug != AGREEMENTS],
        documents=[d for d in own.documents if d.consent.key in set(own.unsigned)],
        is_to_ask_privately=sheet is not None and sheet.safety_set_aside,
    )
