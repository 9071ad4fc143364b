"""What many changes are about, and how all of it stands: read together for one plan each.

A handful of queries for every sort of subject, however many changes there are: planning one change
is planning many of which there is one.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, Participant, PrivateLink, Seat
from notifications.domain.facts import Facts, RequestFacts
from notifications.domain.kinds import REMINDERS
from notifications.domain.plan import alerts as alert_plan
from notifications.domain.plan.appointments import ADDRESS_CHANGED
from notifications.models import Delivery
from notifications.queries import alerts, own, several
from notifications.queries.facts import (
    appointment_facts,
    around_appointments,
    around_requests,
    link_facts,
    people_of_all,
    request_facts,
    requests_to_tell,
    told_with_apology,
)
from notifications.queries.rosters import appointments_with_roster
from practice.models import Change

#: The type and the id of something that messages are about, as deliveries name it.
type Subject = tuple[str, UUID]


class Question(NamedTuple):
    """How does this stand, as far as a plan for this change depends on it?"""

    change: Change
    subject: Subject


@dataclass(frozen=True, slots=True)
class Touched:
    """What a change is about, and what it touches besides.

    `turns`: the ids of what only one worker may plan for at a time. `waiting`: of a change of one
    person's wishes, the messages to them that wait and tell of other changes.
    """

    subjects: list[Subject] = field(default_factory=list)
    turns: set[UUID] = field(default_factory=set)
    waiting: list[Delivery] = field(default_factory=list)

    def add(self, kind: str, subject_id: UUID, *, turn: UUID | None = None) -> None:
        """One subject more; `turn` if it takes turns with another."""
        self.subjects.append((kind, subject_id))
        self.turns.add(turn or subject_id)


def touched_by(changes: Sequence[Change], *, now: datetime) -> dict[int, Touched]:
    """What each of these changes is about; nothing where no message concerns it.

    A change that is about a request's alerts is about nothing else: whatever messages its people
    wait for stay untouched, or they could tell that there was one.
    """
    found = {change.pk: Touched() for change in changes}
    by_type: dict[str, list[Change]] = {}
    for change in changes:
        is_alert = change.subject_type == "request" and change.kind in alert_plan.CHANGES
        by_type.setdefault("alert" if is_alert else change.subject_type, []).append(change)
    for subject_type, rows in by_type.items():
        look = _LOOKS.get(subject_type)
        if look is not None:
            look({change: found[change.pk] for change in rows}, now)
    return found


type _Rows = Mapping[Change, Touched]


def _ids(rows: _Rows) -> set[UUID]:
    return {change.subject_id for change in rows}


def _itself(rows: _Rows, _now: datetime) -> None:
    for change, touched in rows.items():
        touched.add(change.subject_type, change.subject_id)


def _alerts(rows: _Rows, _now: datetime) -> None:
    """The alerts that a change is about: the one that it raised, or all that it may have ended."""
    raised = alerts.alerts_in(_ids(rows))
    for change, touched in rows.items():
        for alert in raised:
            is_its = alert.request_id == change.subject_id
            if "alert" in change.snapshot:
                is_its = change.snapshot["alert"] == str(alert.pk)
            elif change.kind == "flag_raised":  # before each alert was named
                same = (change.occurred_at, change.snapshot.get("level"))
                is_its = is_its and (alert.raised_at, alert.level) == same
            if is_its:
                touched.add("alert", alert.pk)


def _links(rows: _Rows, _now: datetime) -> None:
    links = PrivateLink.objects.filter(pk__in=_ids(rows))
    request_of = dict(links.values_list("pk", "participant__request_id"))
    for change, touched in rows.items():
        touched.add("link", change.subject_id, turn=request_of.get(change.subject_id))


def _appointments(rows: _Rows, _now: datetime) -> None:
    found = Appointment.objects.filter(pk__in=_ids(rows))
    larger = {
        pk: (series_id, cohort_id)
        for pk, series_id, cohort_id in found.values_list("pk", "series_id", "cohort_id")
    }
    for change, touched in rows.items():
        series_id, cohort_id = larger.get(change.subject_id, (None, None))
        touched.add("appointment", change.subject_id)
        if series_id is not None:
            touched.add("series", series_id)
        if cohort_id is not None:
            touched.add("cohort", cohort_id)


def _seats(rows: _Rows, _now: datetime) -> None:
    cohort_of = dict(Seat.objects.filter(pk__in=_ids(rows)).values_list("pk", "cohort_id"))
    for change, touched in rows.items():
        touched.add("seat", change.subject_id)
        if change.subject_id in cohort_of:
            touched.add("cohort", cohort_of[change.subject_id])


def _people(rows: _Rows, now: datetime) -> None:
    """Everything that reaches this person from now on."""
    ids = _ids(rows)
    request_of = dict(Participant.objects.filter(pk__in=ids).values_list("pk", "request_id"))
    upcoming = Attendance.objects.filter(
        participant__in=ids,
        appointment__state=AppointmentState.BOOKED,
        appointment__starts_at__gt=now,
    )
    dates: dict[UUID, list[tuple[UUID, UUID | None]]] = {pk: [] for pk in ids}
    for who, pk, series_id in upcoming.order_by("appointment_id").values_list(
        "participant_id", "appointment_id", "appointment__series_id"
    ):
        dates[who].append((pk, series_id))
    waiting = _waiting(ids, now)
    for change, touched in rows.items():
        who = change.subject_id
        if who in request_of:
            touched.add("request", request_of[who])
        touched.add("participant", who)
        for pk, _ in dates[who]:
            touched.add("appointment", pk)
        for series_id in sorted({s for _, s in dates[who] if s is not None}):
            touched.add("series", series_id)
        for delivery in waiting[who]:
            touched.waiting.append(delivery)
            touched.turns.add(request_of[who] if _is_link(delivery) else delivery.subject_id)


def _is_link(delivery: Delivery) -> bool:
    return delivery.subject_type == "link"


def _waiting(participant_ids: Collection[UUID], now: datetime) -> dict[UUID, list[Delivery]]:
    """What waits for its time and tells of a change. What is due leaves as it is.

    What has been planned at this very moment knows the wishes of now.
    """
    rows = Delivery.objects.select_related("change").filter(
        participant__in=participant_ids,
        state=Delivery.State.PENDING,
        attempts=0,
        due_at__gt=now,
        planned_at__lt=now,
    )
    found: dict[UUID, list[Delivery]] = {pk: [] for pk in participant_ids}
    for delivery in rows.exclude(kind__in=REMINDERS).order_by("pk"):
        if delivery.participant_id is not None:
            found[delivery.participant_id].append(delivery)
    return found


def _services(rows: _Rows, now: datetime) -> None:
    """The appointments to come: when people are reminded of them is a setting of the service."""
    booked = Appointment.objects.filter(
        service__in=_ids(rows), state=AppointmentState.BOOKED, starts_at__gt=now
    )
    of_service: dict[UUID, list[UUID]] = {pk: [] for pk in _ids(rows)}
    for service_id, pk in booked.order_by("pk").values_list("service_id", "pk"):
        of_service[service_id].append(pk)
    for change, touched in rows.items():
        for pk in of_service[change.subject_id]:
            touched.add("appointment", pk)


_LOOKS: Mapping[str, Callable[[_Rows, datetime], None]] = {
    "alert": _alerts,
    "request": _itself,
    "link": _links,
    "appointment": _appointments,
    "series": _itself,
    "seat": _seats,
    "cohort": _itself,
    "participant": _people,
    "service": _services,
    "practitioner": lambda rows, now: _itself(
        {change: t for change, t in rows.items() if "day" in change.snapshot}, now
    ),
}


# --- How it stands ---------------------------------------------------------------------------


def facts_for(questions: Collection[Question]) -> dict[Question, Facts]:
    """How things stand. Without those whose subject is gone.

    About its own subject a question also learns what the journal says around its change, and whose
    calendar holds an entry.
    """
    found: dict[Question, Facts] = _about_requests(
        [q for q in questions if q.subject[0] in ("request", "link", "participant")]
    )
    for kind, answer in _ANSWERS.items():
        asked = [q for q in questions if q.subject[0] == kind]
        if asked:
            found |= answer(asked)
    return found


def _about_requests(asked: Collection[Question]) -> dict[Question, Facts]:
    """Requests, their links and their people."""
    if not asked:
        return {}
    ids: dict[str, set[UUID]] = {"request": set(), "link": set(), "participant": set()}
    for question in asked:
        ids[question.subject[0]].add(question.subject[1])
    links = {}
    if ids["link"]:
        found = PrivateLink.objects.select_related("participant").filter(pk__in=ids["link"])
        links = {link.pk: link for link in found}
    request_of: dict[UUID, UUID] = {}
    if ids["participant"]:
        people = Participant.objects.filter(pk__in=ids["participant"])
        request_of = dict(people.values_list("pk", "request_id"))
    needed = ids["request"] | {link.participant.request_id for link in links.values()}
    about = _requests(needed | set(request_of.values()))
    apologies = told_with_apology([q.change for q in asked if _is_own(q)])
    persons = own.person_facts_of(
        {
            somebody.id: (somebody, about[request_id].is_live)
            for request_id in set(request_of.values())
            for somebody in about[request_id].people
            if somebody.id in request_of
        }
    )
    answers: dict[Question, Facts] = {}
    for question in asked:
        kind, pk = question.subject
        if kind == "participant" and pk in persons:
            answers[question] = persons[pk]
        elif kind == "link" and pk in links:
            answers[question] = link_facts(links[pk], about[links[pk].participant.request_id])
        elif kind == "request" and pk in about:
            has_apology = question.change.pk in apologies and _is_own(question)
            answers[question] = (
                replace(about[pk], told_with_apology=True) if has_apology else about[pk]
            )
    return answers


def _is_own(question: Question) -> bool:
    """Whether the question is about the very thing that changed."""
    return question.subject == (question.change.subject_type, question.change.subject_id)


def _requests(ids: Collection[UUID]) -> dict[UUID, RequestFacts]:
    rows = {row.pk: row for row in requests_to_tell().filter(pk__in=ids)}
    people = people_of_all(rows.values())
    around = around_requests(rows.values(), [p for of_one in people.values() for p in of_one])
    return {pk: request_facts(row, people[pk], around=around) for pk, row in rows.items()}


def _about_appointments(asked: Collection[Question]) -> dict[Question, Facts]:
    found = appointments_with_roster({q.subject[1] for q in asked})
    own_changes = [q.change for q in asked if _is_own(q)]
    around = around_appointments(
        [about.appointment for about in found.values()],
        own_changes,
        # Their calendar is another one from now on.
        readdressed={q.subject[1] for q in asked if q.change.kind == ADDRESS_CHANGED},
    )
    answers: dict[Question, Facts] = {}
    for question in asked:
        if question.subject[1] in found:
            answers[question] = appointment_facts(
                found[question.subject[1]],
                change=question.change if _is_own(question) else None,
                around=around,
            )
    return answers


def _by_id[F: Facts](
    read: Callable[[Collection[UUID]], Mapping[UUID, F]],
) -> Callable[[Collection[Question]], dict[Question, Facts]]:
    """What stands the same whatever has changed: read once for all who ask."""

    def answers(asked: Collection[Question]) -> dict[Question, Facts]:
        found = read({q.subject[1] for q in asked})
        return {q: found[q.subject[1]] for q in asked if q.subject[1] in found}

    return answers


def _about_days(asked: Collection[Question]) -> dict[Question, Facts]:
    days = {q: (q.subject[1], date.fromisoformat(q.change.snapshot["day"])) for q in asked}
    found = own.day_facts_of(set(days.values()))
    return {q: found[day] for q, day in days.items() if day in found}


_ANSWERS: Mapping[str, Callable[[Collection[Question]], dict[Question, Facts]]] = {
    "appointment": _about_appointments,
    "series": _by_id(several.series_facts_of),
    "seat": _by_id(several.seat_facts_of),
    "cohort": _by_id(several.cohort_facts_of),
    "alert": _by_id(alerts.alert_facts_of),
    "practitioner": _about_days,
}
