"""The floor: the least a Django view can do for the same answers, to hold Attune's against.

A Django of its own with no middleware, no serializer and no apps, served by the same server from
the same database. Slots are one indexed range query and a loop; a booking is one bare insert under
the constraint. Hours and rules, which Attune reads from the database, stand here as constants:
those of `tests.booking.factories` and its service of 50 minutes.
"""

import json
import os
import uuid
from bisect import bisect_right
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import django
import environ
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils import timezone

ZONE = ZoneInfo("America/New_York")
HOURS = ((9, 13), (14, 18))
MINUTE = 60
LENGTH, AFTER, STEP = 50 * MINUTE, 10 * MINUTE, 30 * MINUTE
NOTICE, HORIZON = 24 * 60 * MINUTE, 60 * 24 * 60 * MINUTE

_TAKEN = """
    SELECT extract(epoch FROM blocked_from)::bigint, extract(epoch FROM blocked_until)::bigint
      FROM booking_appointment
     WHERE practitioner_id = %s
       AND tstzrange(blocked_from, blocked_until) && tstzrange(%s, %s)
       AND state IN ('held', 'booked')
     ORDER BY blocked_from
"""

_INSERT = """
    INSERT INTO booking_appointment
        (id, practitioner_id, service_id, claim, state, rank, starts_at, ends_at, blocked_from,
         blocked_until, wall_start, wall_zone, held_until, modality, revision, created_at)
    VALUES (%s, %s, %s, %s, 'held', 1, %s, %s, %s, %s, %s, 'America/New_York', %s, 'video', 0, %s)
"""


def slots(request: HttpRequest) -> HttpResponse:
    """The open slots of one practitioner from a day to a day."""
    first = date.fromisoformat(request.GET["from"])
    end = date.fromisoformat(request.GET["to"]) + timedelta(days=1)
    now = timezone.now().timestamp()
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKEN,
            [
                uuid.UUID(request.GET["practitioner"]),
                datetime(first.year, first.month, first.day, tzinfo=ZONE),
                datetime(end.year, end.month, end.day, tzinfo=ZONE),
            ],
        )
        taken = cursor.fetchall()
    ends = [until for _, until in taken]
    found = []
    day = first
    while day < end:
        if day.weekday() < 5:
            for opens, closes in HOURS:
                start = int(datetime(day.year, day.month, day.day, opens, tzinfo=ZONE).timestamp())
                last = start + (closes - opens) * 60 * MINUTE - LENGTH
                while start <= last:
                    if now + NOTICE <= start <= now + HORIZON:
                        index = bisect_right(ends, start)
                        if index == len(taken) or taken[index][0] >= start + LENGTH + AFTER:
                            found.append(
                                {
                                    "start": datetime.fromtimestamp(start, ZONE).isoformat(),
                                    "end": datetime.fromtimestamp(start + LENGTH, ZONE).isoformat(),
                                }
                            )
                    start += STEP
        day += timedelta(days=1)
    return JsonResponse({"time_zone": ZONE.key, "slots": found})


def book(request: HttpRequest) -> HttpResponse:
    """One row, under the constraint."""
    wanted = json.loads(request.body)
    start = datetime.fromisoformat(wanted["start"])
    end = start + timedelta(seconds=LENGTH)
    now = datetime.now(UTC)
    made = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            _INSERT,
            [
                made,
                uuid.UUID(wanted["practitioner"]),
                uuid.UUID(wanted["service"]),
                uuid.uuid4(),
                start,
                end,
                start,
                end + timedelta(seconds=AFTER),
                start.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M"),
                now + timedelta(minutes=30),
                now,
            ],
        )
    return JsonResponse({"id": str(made)}, status=201)


urlpatterns = [path("slots", slots), path("book", book)]

if os.environ.get("DJANGO_SETTINGS_MODULE") is None:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        DATABASES={
            "default": {
                **environ.Env.db_url_config(
                    os.environ["DATABASE_URL"], engine="django.db.backends.postgresql"
                ),
                "CONN_MAX_AGE": None,
            }
        },
        MIDDLEWARE=[],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
    )
    django.setup()
    application = get_wsgi_application()
