"""What the practitioner's pages of intake show, but for answers: those come by `answers_for`."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Count, Exists, Max, Min, OuterRef, Prefetch, Q, QuerySet

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Appointment, Participant, Request
from booking.queries.desk.request import WORDS_READ
from booking.queries.desk.standings import Person, people_of
from booking.queries.desk.standings import Standing as Stands
from intake.domain.definitions import Section
from intake.domain.documents import Document
from intake.domain.flags import HOLDING, Level
from intake.models import Alert, Flag, Review, Signature
from intake.queries.answers import ANSWERS_READ
from intake.queries.documents import Background, background
from intake.queries.feedback import FEEDBACK_READ
from intake.queries.people import who_forgot
from intake.queries.standings import AGREEMENTS, standing_of
from practice.models import Change, Practitioner
from practice.operations import journal

#: The journal's kind for a nudge: the one neutral line goes to those for whom a step waits.
STEP_NUDGED = "step_nudged"
#: How far back a person sees who read their answers.
READINGS_SHOWN = 200
#: What the page of a review tells of the journal.
REVIEW_KINDS = (
    "flag_raised",
    "review_opened",
    "alert_repeated",
    "alert_acknowledged",
    "review_contacted",
    "review_decided",
    "review_closed",
)


# Attention: flags, alerts, reviews ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Flagged:
    """A person with how urgent their answers are; the reasons stay sealed."""

    participant: Participant
    flags: Sequence[Flag]

    @property
    def level(self) -> Level | None:
        """The most urgent level; None if nothing was raised."""
        return most_urgent(Level(f.level) for f in self.flags)

    @property
    def contacted_at(self) -> datetime | None:
        """When the practitioner last talked to them about it."""
        return max((f.contacted_at for f in self.flags if f.contacted_at), default=None)

    @property
    def is_to_contact(self) -> bool:
        """Whether a private talk is open. Who deleted everything cannot be reached any more."""
        return bool(self.participant.email) and any(
            f.level in HOLDING and f.contacted_at is None for f in self.flags
        )


@dataclass(frozen=True, slots=True)
class Attention:
    """A request that asks for its practitioner's eyes, or did."""

    request: Request
    people: Sequence[Flagged]
    alerts: Sequence[Alert]
    reviews: Sequence[Review]

    @property
    def unseen(self) -> Sequence[Alert]:
        """The alerts that nobody has acknowledged."""
        return [a for a in self.alerts if a.acknowledged_at is None]

    @property
    def review(self) -> Review | None:
        """The newest review: the open one, if there is one."""
        return self.reviews[-1] if self.reviews else None

    @property
    def can_decide(self) -> bool:
        """Whether a decision may be recorded, or a "refer" or "decline" still be changed."""
        review = self.review
        return review is not None and (
            review.closed_at is None
            or review.decision in (Review.Decision.REFER, Review.Decision.DECLINE)
        )

    @property
    def to_contact(self) -> Sequence[Flagged]:
        """With whom a private talk is open, each of them."""
        return [p for p in self.people if p.is_to_contact]

    @property
    def level(self) -> Level | None:
        """The most urgent level of anybody in it."""
        return most_urgent(p.level for p in self.people)


def most_urgent(levels: Iterable[Level | None]) -> Level | None:
    """The first of the levels, which are in order of urgency."""
    found = set(levels)
    return next((level for level in Level if level in found), None)


def attention(practitioner_id: UUID) -> Sequence[Attention]:
    """Everything that waits to be seen or decided, most urgent first.

    A request that was closed meanwhile stays until somebody has looked. As many queries for one
    as for a hundred.
    """
    found = [_attention(request) for request in _with_flags(_waiting(practitioner_id))]
    order = list(Level)
    return sorted(
        found,
        key=lambda a: (
            not a.unseen,
            order.index(a.level) if a.level else len(order),
            a.review.opened_at if a.review else a.request.created_at,
        ),
    )


def attention_count(practitioner_id: UUID) -> int:
    """How many requests wait to be seen or decided, or have somebody who forgot their passcode."""
    flagged = _waiting(practitioner_id).values("pk")
    forgot = Request.objects.filter(participants__in=who_forgot(practitioner_id)).values("pk")
    return flagged.union(forgot).count()


def acute_count(practitioner_id: UUID) -> int:
    """How many of the requests that wait to be seen or decided are acute."""
    acute = Flag.objects.filter(participant__request=OuterRef("pk"), level=Level.ACUTE).exclude(
        participant__attends=Participant.Attends.NO
    )
    return _waiting(practitioner_id).filter(Exists(acute)).count()


def attention_of(request_id: UUID, practitioner_id: UUID) -> Attention | None:
    """One's own request with its flags, alerts and reviews; None of anybody else's."""
    own = Request.objects.filter(pk=request_id, practitioner_id=practitioner_id)
    request = _with_flags(own).first()
    return None if request is None else _attention(request)


def uncontacted(request_id: UUID) -> Set[UUID]:
    """The people of a request with whom a private talk is open."""
    people = (
        Participant.objects.filter(request=request_id)
        .exclude(attends=Participant.Attends.NO)
        .prefetch_related("flags")
    )
    return {p.id for p in people if Flagged(p, list(p.flags.all())).is_to_contact}


def review_history(attention: Attention) -> Sequence[Change]:
    """The audit trail of a request's reviews, oldest first."""
    return list(
        Change.objects.filter(
            subject_type="request", subject_id=attention.request.pk, kind__in=REVIEW_KINDS
        ).order_by("id")
    )


def _waiting(practitioner_id: UUID) -> QuerySet[Request]:
    alerts = Alert.objects.filter(request=OuterRef("pk"), acknowledged_at__isnull=True)
    reviews = Review.objects.filter(request=OuterRef("pk"), closed_at__isnull=True)
    is_held = Q(review_open=True, state__in=OPEN_REQUEST_STATES)
    return Request.objects.filter(
        Exists(alerts) | Exists(reviews) | is_held, practitioner_id=practitioner_id
    )


def _with_flags(requests: QuerySet[Request]) -> QuerySet[Request]:
    people = Participant.objects.order_by("position").prefetch_related("flags")
    return requests.select_related("service").prefetch_related(
        Prefetch("participants", people), "alerts", "reviews__decided_by"
    )


def _attention(request: Request) -> Attention:
    return Attention(
        request=request,
        people=[
            Flagged(p, list(p.flags.all()))
            for p in request.participants.all()
            if p.attends != Participant.Attends.NO
        ],
        alerts=list(request.alerts.all()),
        reviews=list(request.reviews.all()),
    )


def next_appointment(request_id: UUID, *, now: datetime) -> Appointment | None:
    """The next booked session of a request."""
    return (
        Appointment.objects.filter(
            request_id=request_id, state=AppointmentState.BOOKED, ends_at__gt=now
        )
        .select_related("service")
        .order_by("starts_at")
        .first()
    )


# The readiness board ------------------------------------------------------------------------------


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


# Who has read -------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reading:
    """Somebody opened a person's answers, what they wrote when they asked, or how it goes."""

    at: datetime
    by: str
    is_of_answers: bool
    is_of_words: bool
    is_of_feedback: bool


def readings_of(participant: Participant) -> Sequence[Reading]:
    """Who read what this person wrote, newest first."""
    kinds = (ANSWERS_READ, FEEDBACK_READ)
    own = Q(subject_type="participant", subject_id=participant.id, kind__in=kinds)
    if participant.is_requester:
        own |= Q(subject_type="request", subject_id=participant.request_id, kind=WORDS_READ)
    rows = list(Change.objects.filter(own).order_by("-id")[:READINGS_SHOWN])
    readers = {journal.practitioner(p.id): p.display_name for p in Practitioner.objects.all()}
    opened: dict[tuple[datetime, str], set[str]] = {}
    for row in rows:  # one page opens several things at once
        by = readers.get(row.actor, "")
        opened.setdefault((row.occurred_at, by), set()).add(row.kind)
    return [
        Reading(
            at,
            by,
            is_of_answers=ANSWERS_READ in what,
            is_of_words=WORDS_READ in what,
            is_of_feedback=FEEDBACK_READ in what,
        )
        for (at, by), what in opened.items()
    ]


# The register of consents -------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Edition:
    """One version of a document, with how many agreed, declined and took it back."""

    document: str
    version: int
    agreed: int
    declined: int
    taken_back: int
    first_at: datetime
    last_at: datetime


def register(practitioner_id: UUID) -> Sequence[Edition]:
    """Every version that somebody signed, newest first within its document. One query."""
    live = Q(withdrawn_at__isnull=True)
    rows = (
        Signature.objects.filter(participant__request__practitioner_id=practitioner_id)
        .values("document", "document_version")
        .annotate(
            agreed=Count("pk", filter=live & Q(accepted=True)),
            declined=Count("pk", filter=live & Q(accepted=False)),
            taken_back=Count("pk", filter=~live),
            first_at=Min("signed_at"),
            last_at=Max("signed_at"),
        )
        .order_by("document", "-document_version")
    )
    return [
        Edition(
            document=row["document"],
            version=row["document_version"],
            agreed=row["agreed"],
            declined=row["declined"],
            taken_back=row["taken_back"],
            first_at=row["first_at"],
            last_at=row["last_at"],
        )
        for row in rows
    ]


def signatures_of(practitioner_id: UUID, document: str, version: int) -> QuerySet[Signature]:
    """Who signed one version, newest first, for the page to cut."""
    return (
        Signature.objects.filter(
            participant__request__practitioner_id=practitioner_id,
            document=document,
            document_version=version,
        )
        .select_related("participant", "text")
        .defer("legal_name_sealed", "text__text")
        .order_by("-signed_at", "pk")
    )
