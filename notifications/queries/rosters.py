"""Appointments and who comes to them, for whoever plans or writes many messages.

Written by hand, because every message about an appointment asks for it (docs/adr/0012), and
because whoever offers them and what they offer are the same few: one instance of each does.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Model

from booking.models import Appointment, Participant
from intake.models import AnswerSheet
from practice.models import Practitioner, Service
from practice.rows import attach, columns, loaded, width


@dataclass(frozen=True, slots=True)
class Comer:
    """Somebody on a roster. `left_at`: when they left it, if they have."""

    participant: Participant
    left_at: datetime | None


@dataclass(frozen=True, slots=True)
class WithRoster:
    """An appointment, who comes, and two things that messages about it depend on.

    `is_moving`: another time is being looked for. `is_for_seat`: the call before joining a group.
    """

    appointment: Appointment
    roster: Sequence[Comer]
    is_moving: bool
    is_for_seat: bool


@cache
def _appointments() -> str:
    return f"""
        SELECT EXISTS (SELECT FROM booking_move AS move
                        WHERE move.appointment_id = found.id AND move.closed_at IS NULL),
               found.cohort_id IS NULL AND EXISTS (
                   SELECT FROM booking_seat AS seat WHERE seat.request_id = found.request_id),
               {columns(Appointment, "found")},
               {columns(Practitioner, "practitioner")},
               {columns(Service, "service")}
          FROM booking_appointment AS found
          JOIN practice_practitioner AS practitioner ON practitioner.id = found.practitioner_id
          JOIN practice_service AS service ON service.id = found.service_id
         WHERE found.id = ANY(%(ids)s::uuid[])
    """  # noqa: S608 - the names of our own columns


@cache
def _rosters() -> str:
    return f"""
        SELECT attendance.appointment_id, attendance.left_at,
               {columns(Participant, "participant")},
               {columns(AnswerSheet, "sheet")}
          FROM booking_attendance AS attendance
          JOIN booking_participant AS participant ON participant.id = attendance.participant_id
          LEFT JOIN intake_answersheet AS sheet ON sheet.participant_id = participant.id
         WHERE attendance.appointment_id = ANY(%(ids)s::uuid[])
         ORDER BY attendance.id
    """  # noqa: S608 - the names of our own columns


def appointments_with_roster(ids: Collection[UUID]) -> dict[UUID, WithRoster]:
    """Appointments and who comes, with what they answered into their profile: two statements."""
    if not ids:
        return {}
    rosters: dict[UUID, list[Comer]] = {pk: [] for pk in ids}
    with connection.cursor() as cursor:
        cursor.execute(_appointments(), {"ids": list(ids)})
        appointments = cursor.fetchall()
        cursor.execute(_rosters(), {"ids": list(ids)})
        for appointment_id, left_at, *values in cursor.fetchall():
            rosters[appointment_id].append(Comer(_participant(values), left_at))
    practitioners: dict[UUID, Practitioner] = {}
    services: dict[UUID, Service] = {}
    found = {}
    for is_moving, is_for_seat, *values in appointments:
        appointment, rest = _first(Appointment, values)
        if appointment.practitioner_id not in practitioners:
            practitioners[appointment.practitioner_id] = _first(Practitioner, rest)[0]
        if appointment.service_id not in services:
            services[appointment.service_id] = loaded(Service, rest[width(Practitioner) :])
        attach(appointment, "practitioner", practitioners[appointment.practitioner_id])
        attach(appointment, "service", services[appointment.service_id])
        found[appointment.pk] = WithRoster(
            appointment, rosters[appointment.pk], is_moving, is_for_seat
        )
    return found


def _participant(values: Sequence[Any]) -> Participant:
    participant, sheet = _first(Participant, values)
    # Most have one; who has none is not asked for it again.
    attach(participant, "answer_sheet", loaded(AnswerSheet, sheet) if sheet[0] else None)
    return participant


def _first[M: Model](model: type[M], values: Sequence[Any]) -> tuple[M, Sequence[Any]]:
    """The instance that the values begin with, and the values after it."""
    ends = width(model)
    return loaded(model, values[:ends]), values[ends:]
