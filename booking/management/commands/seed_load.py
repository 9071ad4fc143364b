"""Fill a calendar with years of appointments, to measure with."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper
from django.db.models import Model

from booking.domain import slots
from booking.models import Appointment, Attendance, Participant, Request
from booking.queries import calendar
from practice.domain.wall import local_date, zone
from practice.models import Practitioner, Service
from practice.queries import database_now

#: A past session every hour from 09:00 to 16:00, Monday to Friday; fewer where each takes longer.
_FIRST_HOUR, _HOURS_PER_DAY, _DAYS_PER_WEEK = 9, 8, 5
#: Of the time ahead this much stays free: one start in so many is taken.
_ONE_IN = 3
_AHEAD_DAYS = 365


class Command(BaseCommand):
    """Write appointments as rows: twenty thousand in a second, which operations could not.

    Allowed here alone, because nobody is told of these appointments, nothing was ever decided
    about them, and the data is of no worth: the command works on embedded servers only. The time
    ahead is taken from open slots, so every rule of the calendar holds for it.
    """

    help = "Fill the past and the year ahead with appointments, on embedded servers only."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--appointments", type=int, required=True, metavar="N")
        parser.add_argument(
            "--ahead",
            type=int,
            default=400,
            metavar="M",
            help="how many of them lie ahead, if so many fit (default: 400)",
        )
        parser.add_argument("--practitioner", metavar="SLUG", help="default: the first")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.EMBEDDED:
            raise CommandError("This is not an embedded server: its data may be somebody's.")
        chosen = {"slug": options["practitioner"]} if options["practitioner"] else {}
        practitioner = Practitioner.objects.filter(is_active=True, **chosen).first()
        if practitioner is None:
            raise CommandError("There is no such practitioner.")
        service = practitioner.services.filter(relationship_type="individual").last()
        if service is None:
            raise CommandError(f"{practitioner} offers nothing to one person.")
        total = max(0, options["appointments"])
        with transaction.atomic(), connection.cursor() as cursor:
            ahead = _open_starts(
                practitioner, service, now=database_now(), count=min(options["ahead"], total)
            )
            _load_future(cursor, ahead)
            _load_past(cursor, practitioner, _blocked(service), count=total - len(ahead))
            _insert(cursor, practitioner, service, now=database_now())
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        self.stdout.write(
            f"{total} appointments of {practitioner}: {total - len(ahead)} past, {len(ahead)} ahead"
        )


def _open_starts(
    practitioner: Practitioner, service: Service, *, now: datetime, count: int
) -> list[datetime]:
    """Open starts of the year ahead that do not touch each other, with free ones between them."""
    offer = calendar.own_choice(practitioner, service)
    blocked = _blocked(service)
    found: list[datetime] = []
    first = local_date(now, offer.zone) + timedelta(days=1)
    for offset in range(0, _AHEAD_DAYS, slots.SPAN_DAYS_MAX):
        begin = first + timedelta(days=offset)
        end = begin + timedelta(days=min(slots.SPAN_DAYS_MAX, _AHEAD_DAYS - offset))
        free_from = now
        apart: list[datetime] = []
        for start in calendar.open_slots(offer, first=begin, end=end, now=now):
            if start >= free_from:
                apart.append(start)
                free_from = start + blocked
        found += apart[::_ONE_IN]
    return found[:count]


def _blocked(service: Service) -> timedelta:
    return timedelta(
        minutes=service.buffer_before_minutes
        + service.duration_minutes
        + service.buffer_after_minutes
    )


def _load_future(cursor: CursorWrapper, starts: list[datetime]) -> None:
    cursor.execute("DROP TABLE IF EXISTS seed_load")
    cursor.execute(
        """
        CREATE TEMPORARY TABLE seed_load (
            n bigint GENERATED ALWAYS AS IDENTITY,
            appointment uuid NOT NULL DEFAULT gen_random_uuid(),
            request uuid NOT NULL DEFAULT gen_random_uuid(),
            participant uuid NOT NULL DEFAULT gen_random_uuid(),
            starts_at timestamptz NOT NULL,
            state text NOT NULL
        ) ON COMMIT DROP
        """
    )
    cursor.execute(
        "INSERT INTO seed_load (starts_at, state) SELECT unnest(%s::timestamptz[]), 'booked'",
        [starts],
    )


def _load_past(
    cursor: CursorWrapper, practitioner: Practitioner, blocked: timedelta, *, count: int
) -> None:
    """Before everything that lies behind them already: two sessions never had the same time."""
    every = max(1, -(-blocked // timedelta(hours=1)))
    days = count // -(-_HOURS_PER_DAY // every) + 1
    cursor.execute(
        """
        INSERT INTO seed_load (starts_at, state)
        SELECT (day + make_interval(hours => hour)) AT TIME ZONE %(zone)s,
               CASE WHEN random() < 0.05 THEN 'cancelled'
                    WHEN random() < 0.03 THEN 'no_show'
                    ELSE 'fulfilled' END
          FROM (SELECT least(localtimestamp, min(starts_at AT TIME ZONE %(zone)s))::date AS begun
                  FROM booking_appointment
                 WHERE practitioner_id = %(practitioner)s) AS known
         CROSS JOIN generate_series(begun - 1, begun - %(reach)s::int, interval '-1 day') AS day
         CROSS JOIN generate_series(%(first_hour)s::int, %(last_hour)s::int, %(every)s::int) AS hour
         WHERE extract(isodow FROM day) <= %(weekdays)s
         ORDER BY day DESC, hour
         LIMIT %(count)s
        """,
        {
            "zone": practitioner.time_zone,
            "practitioner": practitioner.pk,
            "every": every,
            "reach": (days // _DAYS_PER_WEEK + 2) * 7,
            "first_hour": _FIRST_HOUR,
            "last_hour": _FIRST_HOUR + _HOURS_PER_DAY - 1,
            "weekdays": _DAYS_PER_WEEK,
            "count": count,
        },
    )


def _insert(
    cursor: CursorWrapper, practitioner: Practitioner, service: Service, *, now: datetime
) -> None:
    request = Request(
        relationship_type=service.relationship_type,
        service=service,
        practitioner=practitioner,
        state="confirmed",
        modality=service.modalities[0],
        time_zone=practitioner.time_zone,
        country="US",
        created_at=now,
        verified_at=now,
        expires_at=now,
    )
    _copies(cursor, request, {"id": "request"})
    person = Participant(
        request=request,
        position=0,
        is_requester=True,
        label="Load",
        time_zone=practitioner.time_zone,
        agreed=True,
        joined_at=now,
        cleared_at=now,
    )
    named = {
        "id": "participant",
        "request_id": "request",
        "chosen_name": "'Client ' || n",
        # Of one's own, as in a practice: what the planner expects to find of an address is few.
        "email": "'client.' || participant || '@example.test'",
    }
    _copies(cursor, person, named)
    minutes = (
        service.buffer_before_minutes,
        service.duration_minutes,
        service.duration_minutes + service.buffer_after_minutes,
    )
    appointment = Appointment(
        practitioner=practitioner,
        service=service,
        request=request,
        wall_zone=zone(practitioner.time_zone).key,
        modality=service.modalities[0],
        created_at=now,
        revision=1,
    )
    _copies(
        cursor,
        appointment,
        {
            "id": "appointment",
            "request_id": "request",
            "claim": "gen_random_uuid()",
            "state": "state",
            "starts_at": "starts_at",
            "blocked_from": f"starts_at - interval '{minutes[0]} minutes'",
            "ends_at": f"starts_at + interval '{minutes[1]} minutes'",
            "blocked_until": f"starts_at + interval '{minutes[2]} minutes'",
            "wall_start": f"to_char(starts_at AT TIME ZONE '{appointment.wall_zone}',"
            """ 'YYYY-MM-DD"T"HH24:MI')""",
        },
    )
    attendance = Attendance(appointment=appointment, participant=person)
    places = {
        "id": "gen_random_uuid()",
        "appointment_id": "appointment",
        "participant_id": "participant",
    }
    _copies(cursor, attendance, places)


def _copies(cursor: CursorWrapper, template: Model, expressions: Mapping[str, str]) -> None:
    """Insert a copy of `template` for each row loaded; some columns are SQL expressions."""
    described = template._meta  # noqa: SLF001 - Django documents it as public
    columns, values, parameters = [], [], []
    for field in described.concrete_fields:
        column = str(field.column)
        if column in expressions:
            columns.append(column)
            values.append(expressions[column])
        elif not field.primary_key:
            columns.append(column)
            values.append("%s")
            parameters.append(field.get_db_prep_save(field.pre_save(template, True), connection))
    cursor.execute(
        f"INSERT INTO {described.db_table} ({', '.join(columns)}) "  # noqa: S608 - our own names
        f"SELECT {', '.join(values)} FROM seed_load ORDER BY n",
        parameters,
    )
