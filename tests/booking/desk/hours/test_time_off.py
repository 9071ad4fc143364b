"""Time off, added, changed and taken back."""

from datetime import date

import pytest
from django.test import Client

from practice.domain.wall import instant
from practice.models import Change, TimeOff
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import carried, on_tuesday, text
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def test_time_off_is_added_changed_and_taken_back(desk: Client, office: Office) -> None:
    typed = {"first_date": "2026-12-24", "last_date": "2026-12-26", "label": "Holidays"}
    preview = desk.post(url("time-off"), typed)
    desk.post(url("time-off"), {**carried(preview), "save": "1"})
    row = TimeOff.objects.get()
    shown = desk.get(url("time-off-one", row.pk)).content.decode()
    changed = {"first_date": "2026-12-24", "first_time": "noon", "last_time": "15.30", "label": ""}
    desk.post(url("time-off-one", row.pk), {**changed, "save": "1"})
    [other] = TimeOff.objects.all()
    desk.post(url("time-off-one", row.pk), {**changed, "remove": "1", "save": "1"})

    assert "Thursday 24 December to Saturday 26 December" in text(preview)
    assert row.starts_at == instant(date(2026, 12, 24), 0, NEW_YORK)
    assert row.ends_at == instant(date(2026, 12, 27), 0, NEW_YORK)
    assert 'value="2026-12-26"' in shown
    assert other.pk == row.pk
    assert other.starts_at == instant(date(2026, 12, 24), 12 * 60, NEW_YORK)
    assert other.ends_at == instant(date(2026, 12, 24), 15 * 60 + 30, NEW_YORK)
    assert not TimeOff.objects.exists()
    kinds = Change.objects.filter(kind__startswith="time_off").order_by("id")
    assert [c.kind for c in kinds] == ["time_off_added", "time_off_changed", "time_off_removed"]
    assert "Holidays" not in str([c.snapshot for c in kinds])


def test_time_off_lists_what_is_booked_in_it(desk: Client, office: Office) -> None:
    appointment = make.booked(office, times=[on_tuesday(office, 9)])

    preview = desk.post(url("time-off"), {"first_date": "2026-10-20", "first_time": "9:30"})

    assert url("appointment", appointment.pk) in preview.content.decode()
    assert "in time off" in text(preview)
    assert "now: 09:00–09:30" in text(preview)


def test_the_same_time_off_sent_twice_stands_once(desk: Client, office: Office) -> None:
    typed = {"first_date": "2026-12-24", "save": "1"}

    desk.post(url("time-off"), typed)
    desk.post(url("time-off"), typed)

    assert TimeOff.objects.count() == 1


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"last_date": "2026-10-19"}, "Last day: The end comes before the start."),
        ({"first_time": "12", "last_time": "11"}, "Until: The end comes before the start."),
        ({"first_date": "2026-10-01"}, "First day: This is over already."),
        ({"first_time": "soon"}, "From: Please write a time such as 9, 9:30 or 5 pm."),
    ],
)
def test_time_off_that_makes_no_sense_is_asked_about_again(
    desk: Client, office: Office, typed: dict[str, str], problem: str
) -> None:
    response = desk.post(
        url("time-off"), {"first_date": "2026-10-20", "label": "Dentist", **typed, "save": "1"}
    )

    assert response.status_code == 400
    assert problem in text(response)
    assert 'value="Dentist"' in response.content.decode()
    assert not TimeOff.objects.exists()
