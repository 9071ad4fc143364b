"""The rows behind messages about a session that is over: who was not there, who has asked since."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, Participant
from intake.models import Alert
from intake.queries.feedback import Thirds, thirds_among
from practice.models import Change


@dataclass(frozen=True, slots=True)
class Absentee:
    """Somebody of several who may not have been there. `told`: when they were written to."""

    participant: Participant
    told: Sequence[datetime]
    came_back: bool


_NO_THIRDS = Thirds()
_TOOK_ITS_TIME = (AppointmentState.BOOKED, AppointmentState.FULFILLED, AppointmentState.NO_SHOW)


def had_alert(appointment: Appointment) -> bool:
    """Whether an answer of its people ever asked for the practitioner's eyes, seen or not."""
    return appointment.pk in _with_alert([appointment.pk])


@dataclass(frozen=True, slots=True)
class Aftermath:
    """What stands around an appointment that is over.

    `had_alert`: an answer of its people once asked for the practitioner's eyes, seen or not.
    `absent`: whom the practitioner wrote to because they were not there. `came_back`: who has
    another appointment after this one, or has asked for one since it began. `thirds`: for whom
    it was a third session, of those who want to be asked.
    """

    had_alert: bool = False
    absent: frozenset[UUID] = frozenset()
    came_back: frozenset[UUID] = frozenset()
    thirds: Thirds = _NO_THIRDS


def aftermaths(appointments: Collection[Appointment]) -> dict[UUID, Aftermath]:
    """The same for many appointments. Nine queries, however many there are; none for none."""
    if not appointments:
        return {}
    ids = [a.pk for a in appointments]
    with_alert = _with_alert(ids)
    told: dict[UUID, set[UUID]] = {pk: set() for pk in ids}
    for change in _told(ids):
        told[change.subject_id].add(UUID(change.snapshot["participant"]))
    present = _present(appointments)
    back = _back(appointments, present)
    thirds = thirds_among(ids)
    return {
        pk: Aftermath(
            had_alert=pk in with_alert,
            absent=frozenset(told[pk]),
            came_back=frozenset(back[pk]),
            thirds=thirds.get(pk, _NO_THIRDS),
        )
        for pk in ids
    }


def _with_alert(ids: Collection[UUID]) -> set[UUID]:
    rows = Alert.objects.filter(request__participants__attendances__appointment__in=ids)
    return set(rows.values_list("request__participants__attendances__appointment", flat=True))


def _present(appointments: Collection[Appointment]) -> dict[UUID, list[Participant]]:
    """Who is on the roster of each of these and has not left it."""
    found: dict[UUID, list[Participant]] = {a.pk: [] for a in appointments}
    rows = Attendance.objects.filter(appointment__in=found, left_at__isnull=True)
    for attendance in rows.select_related("participant"):
        found[attendance.appointment_id].append(attendance.participant)
    return found


def absentees(appointment: Appointment, *, now: datetime) -> Sequence[Absentee]:
    """Who was to come to an appointment of several that has begun; else nobody."""
    people = appointment.attendances.select_related("participant")
    roster = list(people.order_by("participant__position", "pk"))
    is_joint = appointment.cohort_id is not None or len(roster) > 1
    has_begun = appointment.state in _TOOK_ITS_TIME and appointment.starts_at <= now
    if not is_joint or not has_begun:
        return []
    told, back = _told([appointment.pk]), _came_back(appointment)
    return [
        Absentee(
            a.participant,
            [c.occurred_at for c in told if c.snapshot["participant"] == str(a.participant_id)],
            a.participant_id in back,
        )
        for a in roster
        if a.left_at is None
    ]


def _told(ids: Collection[UUID]) -> Sequence[Change]:
    found = Change.objects.filter(
        kind="absence_told", subject_type="appointment", subject_id__in=ids
    )
    return list(found.order_by("pk"))


def _came_back(appointment: Appointment) -> Collection[UUID]:
    return _back([appointment], _present([appointment]))[appointment.pk]


def _back(
    appointments: Collection[Appointment], present: Mapping[UUID, Collection[Participant]]
) -> dict[UUID, set[UUID]]:
    """Who has come back after each of these appointments."""
    everybody = [person for people in present.values() for person in people]
    booked = Attendance.objects.filter(
        participant__in=everybody,
        left_at__isnull=True,
        appointment__state=AppointmentState.BOOKED,
    ).order_by("appointment__starts_at")
    last_start = dict(booked.values_list("participant_id", "appointment__starts_at"))
    asking = Participant.objects.filter(email__in={p.email for p in everybody if p.email})
    asked: dict[str, list[tuple[UUID, datetime]]] = {}
    for email, request, at in asking.values_list("email", "request_id", "request__created_at"):
        asked.setdefault(email, []).append((request, at))
    back: dict[UUID, set[UUID]] = {}
    for appointment in appointments:
        since = appointment.starts_at
        back[appointment.pk] = {
            person.pk
            for person in present[appointment.pk]
            if last_start.get(person.pk, since) > since
            or any(
                at > since and request != appointment.request_id
                for request, at in asked.get(person.email, ())
            )
        }
    return back
