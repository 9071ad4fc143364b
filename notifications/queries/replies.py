"""What people said to appointments, as far as it counts, and what waits for the practitioner."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, F, OuterRef, Prefetch, Q, QuerySet

from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance
from notifications.domain.replies import Fate
from notifications.models import IncomingMail, Reply
from notifications.queries.letters import from_address

#: What was said about a time that the session no longer has is said about nothing.
_ABOUT_IT = Q(about_start=F("attendance__appointment__starts_at"))
_COUNTS = Q(is_verified=True) | Q(outcome=Reply.Outcome.CONFIRMED)
_TO_SEE = Q(settled_at__isnull=True) & (
    Q(is_verified=False) | Q(answer__in=(Reply.Answer.DECLINED, Reply.Answer.COUNTER))
)
#: How far ahead the page of answers looks.
AHEAD_MAX = 60
#: How many mails that were not used the page lists, the last first.
UNUSED_MAX = 20


@dataclass(frozen=True, slots=True)
class Standing:
    """One person on a roster: what they said last that counts, and what waits to be looked at."""

    attendance: Attendance
    answer: Reply | None
    to_see: Sequence[Reply]


@dataclass(frozen=True, slots=True)
class Roster:
    """An appointment and what its people said."""

    appointment: Appointment
    people: Sequence[Standing]


def reads_replies(organizer: str) -> bool:
    """Whether replies of calendar programs to this address come in here."""
    inbound: str = settings.INBOUND_ADDRESS
    return bool(inbound) and organizer.casefold() == inbound.casefold()


def organizer_now() -> str:
    """Who invites in calendar files that are begun now: where replies are read, if they are."""
    inbound: str = settings.INBOUND_ADDRESS
    return inbound or from_address()


def answer_of(participant_id: UUID, appointment_id: UUID) -> Reply | None:
    """What this person said about this appointment as it stands now."""
    return (
        Reply.objects.filter(
            _ABOUT_IT,
            _COUNTS,
            attendance__participant_id=participant_id,
            attendance__appointment_id=appointment_id,
        )
        .exclude(answer=Reply.Answer.COUNTER)
        .order_by("-said_at", "-received_at")
        .first()
    )


def roster_of(appointment_id: UUID, practitioner_id: UUID) -> Roster | None:
    """What the people of one appointment said; None: it is not this practitioner's."""
    found = _rosters(practitioner_id).filter(pk=appointment_id).first()
    return _roster(found) if found else None


def rosters_ahead(practitioner_id: UUID, *, now: datetime) -> Sequence[Roster]:
    """The next appointments, with what their people said. A fixed number of queries."""
    ahead = _rosters(practitioner_id).filter(state=AppointmentState.BOOKED, starts_at__gt=now)
    return [_roster(found) for found in ahead[:AHEAD_MAX]]


def waiting(practitioner_id: UUID, *, now: datetime) -> Sequence[Reply]:
    """What nobody has looked at yet, soonest session first."""
    later = Reply.objects.filter(
        _COUNTS,
        attendance=OuterRef("attendance"),
        about_start=OuterRef("about_start"),
        said_at__gt=OuterRef("said_at"),
    )
    return list(
        Reply.objects.filter(
            _ABOUT_IT,
            _TO_SEE,
            ~Exists(later),
            attendance__left_at__isnull=True,
            attendance__appointment__practitioner_id=practitioner_id,
            attendance__appointment__state=AppointmentState.BOOKED,
            attendance__appointment__starts_at__gt=now,
        )
        .select_related("attendance__appointment", "attendance__participant")
        .order_by("attendance__appointment__starts_at", "received_at")
    )


@dataclass(frozen=True, slots=True)
class Unused:
    """Mails that came in and had no effect: the last ones, and how many there are in all."""

    mails: Sequence[IncomingMail]
    total: int

    @property
    def left_off(self) -> int:
        """How many are not listed."""
        return self.total - len(self.mails)


def unused_mail(fates: Collection[Fate]) -> Unused:
    """What came in by mail and ended in one of `fates`. They belong to nobody on the desk, and
    nothing of what they said is kept."""
    found = IncomingMail.objects.filter(fate__in=fates).order_by("-received_at", "-pk")
    mails = list(found[:UNUSED_MAX])
    return Unused(mails, found.count() if len(mails) == UNUSED_MAX else len(mails))


def answers_by_appointment(rosters: Sequence[Roster]) -> Mapping[UUID, Sequence[Standing]]:
    """The people of each appointment who said something."""
    return {
        roster.appointment.pk: [p for p in roster.people if p.answer or p.to_see]
        for roster in rosters
    }


def _rosters(practitioner_id: UUID) -> QuerySet[Appointment]:
    replies = Prefetch("replies", Reply.objects.order_by("-said_at", "-received_at"))
    people = Attendance.objects.filter(left_at__isnull=True).select_related("participant")
    return (
        Appointment.objects.filter(practitioner_id=practitioner_id)
        .select_related("cohort", "practitioner")
        .prefetch_related(
            Prefetch(
                "attendances",
                people.order_by("participant__position", "pk").prefetch_related(replies),
            )
        )
        .order_by("starts_at", "pk")
    )


def _roster(appointment: Appointment) -> Roster:
    people = []
    for attendance in appointment.attendances.all():
        about_it = [r for r in attendance.replies.all() if r.about_start == appointment.starts_at]
        counting = [
            r
            for r in about_it
            if (r.is_verified or r.outcome == Reply.Outcome.CONFIRMED)
            and r.answer != Reply.Answer.COUNTER
        ]
        people.append(
            Standing(
                attendance=attendance,
                answer=counting[0] if counting else None,
                to_see=[r for r in about_it if _needs_a_look(r, counting)],
            )
        )
    return Roster(appointment, people)


def _needs_a_look(reply: Reply, counting: Sequence[Reply]) -> bool:
    """Whether nobody has looked at it, and nothing that counts was said after it."""
    is_task = reply.answer in (Reply.Answer.DECLINED, Reply.Answer.COUNTER)
    is_last = not any(later.said_at > reply.said_at for later in counting)
    return is_last and reply.settled_at is None and (is_task or not reply.is_verified)
