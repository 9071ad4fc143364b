"""What people say about how it goes: who is asked, what they said, what is new at the desk."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from booking.domain.states import AppointmentState
from booking.models import Appointment, Attendance, Participant
from intake.domain.definitions import Passed
from intake.domain.feedback import (
    ASKED_AFTER,
    OPEN_FOR,
    Held,
    Slider,
    is_asked_about,
    open_question,
)
from intake.models import Feedback, Separation
from intake.queries.answers import Author, Fellow, PractitionerReader, Reader
from practice.models import Change
from practice.sealing import Tampered, UnknownKey, unseal

#: The journal's kind for a reading by the practitioner; its snapshot names what was opened.
FEEDBACK_READ = "feedback_read"
LABEL, SLIDERS, WORDS = "feedback", "sliders", "words"
#: Booking's: the practitioner wrote to somebody of several who was not there.
_ABSENCE_TOLD = "absence_told"

type Marks = Mapping[Slider, int | Passed]


@dataclass(frozen=True, slots=True)
class Asked:
    """The one session that somebody may say something about now.

    `is_read`: their practitioner has opened what they said; from then on it stands.
    """

    appointment: Appointment
    until: datetime
    said: Feedback | None
    is_read: bool


@dataclass(frozen=True, slots=True)
class Said:
    """What one person said about one session. `is_unreadable`: a key is lost, or it was altered."""

    feedback: Feedback
    session_at: datetime
    marks: Marks
    words: str
    is_unreadable: bool = False


# Who is asked ---------------------------------------------------------------------------------


def held_by(participants: Collection[Participant]) -> Mapping[UUID, Sequence[Held]]:
    """The sessions that count for each of these people; see `intake.domain.feedback`."""
    found: dict[UUID, list[Held]] = {p.id: [] for p in participants}
    parted = set(
        Separation.objects.filter(request__in={p.request_id for p in participants}).values_list(
            "request_id", flat=True
        )
    )
    rows = Attendance.objects.filter(
        participant__in=[p.id for p in participants if p.request_id not in parted],
        left_at__isnull=True,
        appointment__state=AppointmentState.FULFILLED,
    ).exclude(appointment__cohort__isnull=True, appointment__request__seat__isnull=False)
    roster = list(rows.values_list("participant_id", "appointment_id", "appointment__ends_at"))
    absent = _absent({appointment for _person, appointment, _at in roster})
    for person, appointment, ends_at in roster:
        if (appointment, str(person)) not in absent:
            found[person].append(Held(appointment, ends_at))
    return found


def _absent(appointments: Collection[UUID]) -> set[tuple[UUID, str]]:
    """Whom the practitioner wrote to because they were not there, by session."""
    told = Change.objects.filter(
        kind=_ABSENCE_TOLD, subject_type="appointment", subject_id__in=appointments
    )
    return {(c.subject_id, c.snapshot["participant"]) for c in told}


def asked_now(participant: Participant, *, now: datetime) -> Asked | None:
    """What this person is asked about now. Who switched it off may still change what they said."""
    own = {f.appointment_id: f for f in Feedback.objects.filter(participant=participant)}
    if not own and not participant.wants_feedback:
        return None
    question = open_question(held_by([participant])[participant.id], now=now)
    if question is None:
        return None
    said = own.get(question.appointment_id)
    if said is None and not participant.wants_feedback:
        return None
    return Asked(
        appointment=Appointment.objects.get(pk=question.appointment_id),
        until=question.ends_at + ASKED_AFTER + OPEN_FOR,
        said=said,
        is_read=said is not None and was_read(said),
    )


def was_read(feedback: Feedback) -> bool:
    """Whether the practitioner has opened it."""
    return Change.objects.filter(
        kind=FEEDBACK_READ,
        subject_type="participant",
        subject_id=feedback.participant_id,
        snapshot__feedback__contains=[str(feedback.id)],
    ).exists()


@dataclass(frozen=True, slots=True)
class Thirds:
    """For whom a session was a third one, of those who want to be asked; and who has answered."""

    of: frozenset[UUID] = frozenset()
    answered: frozenset[UUID] = frozenset()


def thirds_among(appointment_ids: Collection[UUID]) -> Mapping[UUID, Thirds]:
    """Those of these sessions that were a third one of somebody. One query if nobody is asked."""
    rows = Attendance.objects.filter(
        appointment__in=appointment_ids, left_at__isnull=True, participant__wants_feedback=True
    )
    roster = list(rows.select_related("participant"))
    if not roster:
        return {}
    held = held_by({a.participant_id: a.participant for a in roster}.values())
    said = Feedback.objects.filter(appointment__in=appointment_ids)
    answered = set(said.values_list("appointment_id", "participant_id"))
    found: dict[UUID, Thirds] = {}
    for pk in {a.appointment_id for a in roster}:
        here = {a.participant_id for a in roster if a.appointment_id == pk}
        found[pk] = Thirds(
            frozenset(person for person in here if is_asked_about(pk, held[person])),
            frozenset(person for person in here if (pk, person) in answered),
        )
    return found


# What they said -------------------------------------------------------------------------------


def said_by(*, reader: Reader, participant_id: UUID) -> Sequence[Said]:
    """What one person said, the newest session first, for whoever may read it.

    The only way from what is stored to a reader: to its author, and to the practitioner with the
    journal's row of this reading. To nobody else there is none.
    """
    rows = Feedback.objects.filter(participant=participant_id).select_related("appointment")
    may_read = False
    match reader:
        case Author():
            may_read = reader.participant_id == participant_id
        case PractitionerReader():
            may_read = (
                reader.audit.kind == FEEDBACK_READ and reader.audit.subject_id == participant_id
            )
            rows = rows.filter(participant__request__practitioner=reader.practitioner_id)
        case Fellow():
            pass
    if not may_read:
        return []
    return [_opened(one) for one in rows.order_by("-appointment__ends_at", "-appointment_id")]


def _opened(feedback: Feedback) -> Said:
    at = feedback.appointment.starts_at
    try:
        stored = json.loads(_unsealed(feedback, feedback.sliders_sealed, SLIDERS))
        words = _unsealed(feedback, feedback.words_sealed, WORDS) if feedback.words_sealed else ""
    except (UnknownKey, Tampered):
        return Said(feedback, at, {}, "", is_unreadable=True)
    marks = {Slider(k): v if isinstance(v, int) else Passed(v) for k, v in stored.items()}
    return Said(feedback, at, marks, words)


def _unsealed(feedback: Feedback, value: bytes | memoryview, field: str) -> str:
    return unseal(value, label=LABEL, row=feedback.id, field=field)


# At the desk ----------------------------------------------------------------------------------


def new_at_the_desk(practitioner_id: UUID) -> QuerySet[Participant]:
    """Who said something that the practitioner has not taken off the list, the earliest first."""
    unseen = Feedback.objects.filter(seen_at__isnull=True)
    return (
        Participant.objects.filter(
            pk__in=unseen.values("participant"), request__practitioner_id=practitioner_id
        )
        .select_related("request__service")
        .order_by("request__created_at", "position")
    )


def count_new(practitioner_id: UUID) -> int:
    """How many people said something that is new. One query."""
    return new_at_the_desk(practitioner_id).count()


def have_said(participants: Collection[Participant]) -> Collection[UUID]:
    """Those of these people of whom there is something to read."""
    rows = Feedback.objects.filter(participant__in=[p.id for p in participants])
    return set(rows.values_list("participant_id", flat=True))


def everybody_who_said(practitioner_id: UUID) -> QuerySet[Participant]:
    """Everybody of this practitioner of whom there is something to read, the latest first."""
    return (
        Participant.objects.filter(
            pk__in=Feedback.objects.values("participant"),
            request__practitioner_id=practitioner_id,
        )
        .select_related("request__service")
        .order_by("-request__created_at", "position")
    )
