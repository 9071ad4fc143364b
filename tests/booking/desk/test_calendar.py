"""The week and the days ahead."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client

from booking.models import Appointment
from booking.views.desk import grid
from practice.models import TimeOff
from tests.booking import factories
from tests.booking.desk.at_the_desk import sign_in, text, url
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def test_the_week_shows_what_is_booked_held_and_off(
    desk: Client, office: Office, now: datetime
) -> None:
    booked = factories.booked(office)
    held = factories.verified(office)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=now + timedelta(days=3),
        ends_at=now + timedelta(days=5),
        label="Conference",
    )

    page = text(desk.get(url("calendar"), {"week": "2026-W42"}))

    assert "12 to 18 October 2026" in page
    assert url("appointment", booked.pk) in page
    assert url("request", held.pk) in page
    assert "entry-booked" in page
    assert "entry-held" in page
    assert page.count("Conference") == 3
    assert "?week=2026-W41" in page
    assert "?week=2026-W43" in page
    assert "clocks" not in page


@pytest.mark.parametrize(
    ("week", "said"),
    [
        ("2026-W44", "The clocks go back on Sunday 1 November"),
        ("2027-W10", "The clocks go forward on Sunday 14 March"),
    ],
)
def test_the_weeks_in_which_the_clocks_change_say_so(desk: Client, week: str, said: str) -> None:
    assert said in text(desk.get(url("calendar"), {"week": week}))


def test_an_appointment_stands_at_its_local_time_on_both_sides_of_a_clock_change(
    desk: Client, office: Office
) -> None:
    service = office.service("individual")
    starts = factories.open_starts(office, service, days=30)
    before = next(s for s in starts if s.astimezone(NEW_YORK).date().isoformat() == "2026-10-30")
    after = next(s for s in starts if s.astimezone(NEW_YORK).date().isoformat() == "2026-11-02")
    factories.booked(office, times=[before])
    factories.booked(office, times=[after])

    pages = [text(desk.get(url("calendar"), {"week": w})) for w in ("2026-W44", "2026-W45")]

    for page in pages:
        assert "09:00–09:50" in page
        assert "entry entry-booked at at-h9 at-m00 for-h0 for-m50" in page


@pytest.mark.parametrize("week", ["2026-W54", "2026W10", "yesterday", "9999-W52", "-W1", "²-W1"])
def test_for_a_week_that_does_not_exist_this_week_is_shown(desk: Client, week: str) -> None:
    page = text(desk.get(url("calendar"), {"week": week}))

    assert "<h1>12 to 18 October 2026</h1>" in page


def test_the_agenda_says_how_each_person_is_reached_and_both_clocks(
    desk: Client, office: Office
) -> None:
    appointment = factories.booked(office, "couple")
    start = appointment.starts_at.astimezone(ZoneInfo("America/Chicago"))

    page = text(desk.get(url("agenda")))

    assert appointment.request is not None
    for person in factories.people_of(appointment.request):
        assert person.email in page
    assert f"{start:%H:%M}, Chicago time" in page
    assert "Video call" in page
    assert "https://video.example/room" in page


def test_overlapping_entries_stand_beside_each_other_and_a_night_is_cut_at_midnight() -> None:
    def at(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 10, day, hour, minute, tzinfo=NEW_YORK)

    first = grid.pieces(at(12, 9), at(12, 10, 20), NEW_YORK, {"title": "a"})
    second = grid.pieces(at(12, 10), at(12, 11), NEW_YORK, {"title": "b"})
    later = grid.pieces(at(12, 11), at(12, 12), NEW_YORK, {"title": "c"})
    night = grid.pieces(at(12, 23), at(13, 1), NEW_YORK, {"title": "d"})

    cut = grid.cut([*later, *second, *first], 9, 18)

    assert [(e["title"], e["lane"], e["lanes"]) for e in cut] == [
        ("a", 1, 2),
        ("b", 2, 2),
        ("c", 1, 1),
    ]
    assert [(p.date.day, p.start, p.end) for p in night] == [(12, 1380, 1440), (13, 0, 60)]


@pytest.mark.parametrize(
    ("starts", "ends", "shown"),
    [
        # 05:30 UTC is 01:30 for the first time, 06:30 UTC is 01:30 again.
        (datetime(2026, 11, 1, 5, 30, tzinfo=UTC), datetime(2026, 11, 1, 6, 20, tzinfo=UTC), 50),
        # From 01:30 over the gap to 03:20.
        (datetime(2026, 3, 8, 6, 30, tzinfo=UTC), datetime(2026, 3, 8, 7, 20, tzinfo=UTC), 110),
    ],
)
def test_no_entry_ends_before_it_begins_when_the_clocks_change(
    starts: datetime, ends: datetime, shown: int
) -> None:
    (piece,) = grid.pieces(starts, ends, NEW_YORK, {})

    assert piece.end - piece.start == shown


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        (datetime(2026, 10, 16, 10, 0, tzinfo=NEW_YORK), "12 to 18 October 2026"),
        (datetime(2026, 10, 18, 20, 0, tzinfo=NEW_YORK), "19 to 25 October 2026"),
    ],
)
def test_the_calendar_opens_on_the_coming_week_once_nothing_of_this_one_is_left(
    client: Client, office: Office, at: datetime, shown: str
) -> None:
    with time_machine.travel(at, tick=False):
        sign_in(client, office)
        opened = text(client.get(url("calendar")))
        this = text(client.get(url("calendar"), {"week": "2026-W42"}))

    assert f"<h1>{shown}</h1>" in opened
    assert "<h1>12 to 18 October 2026</h1>" in this
    assert f'href="#day-{at.isoweekday()}">Today<' in this
    assert ('?week=2026-W42">This week' in opened) == ("19" in shown)


def _put(appointment: Appointment, starts: datetime) -> None:
    ends = starts + timedelta(minutes=50)
    Appointment.objects.filter(pk=appointment.pk).update(
        starts_at=starts, ends_at=ends, blocked_from=starts, blocked_until=ends
    )


def test_a_sunday_evening_with_somebody_to_come_still_belongs_to_its_week(
    client: Client, office: Office
) -> None:
    last = factories.booked(office)
    starts = datetime(2026, 10, 18, 21, 0, tzinfo=NEW_YORK)
    _put(last, starts)

    with time_machine.travel(starts - timedelta(hours=1), tick=False):
        sign_in(client, office)
        opened = text(client.get(url("calendar")))

    assert "<h1>12 to 18 October 2026</h1>" in opened
    assert "ill: cancel today" in opened


@pytest.mark.parametrize("name", ["calendar", "agenda"])
def test_only_a_day_with_something_left_can_be_cancelled(
    desk: Client, office: Office, now: datetime, name: str
) -> None:
    def offered() -> list[str]:
        return re.findall("I(?:'|&#x27;)m ill: cancel ([a-z]+)", text(desk.get(url(name))))

    without = offered()
    own = factories.booked(office)
    tomorrow, today = now + timedelta(days=1), now + timedelta(hours=2)
    found = []
    for starts in (tomorrow, today):
        _put(own, starts)
        found.append(offered())

    assert (without, found) == ([], [["tomorrow"], ["today"]])
