"""The weekly hours, edited."""

from datetime import date

import pytest
from django.test import Client

from booking.models import Appointment
from practice.models import Change, WeeklyHours
from tests.booking import factories as make
from tests.booking.desk.at_the_desk import url
from tests.booking.desk.hours.pages import TUESDAY, carried, on_tuesday, text
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def week(*, tuesday: tuple[tuple[str, str], ...] = (("9", "13"), ("14", "18"))) -> dict[str, str]:
    """The factory's week as it is typed, with a Tuesday of one's own."""
    usual = (("9", "13"), ("14", "18"))
    typed: dict[str, str] = {"starts": ""}
    for weekday in range(7):
        windows = {1: tuesday}.get(weekday, usual if weekday < 5 else ())
        for number, (opens, closes) in enumerate(windows or (("", ""),)):
            typed[f"day-{weekday}-{number}-opens"] = opens
            typed[f"day-{weekday}-{number}-closes"] = closes
    return typed


def windows_of(office: Office, weekday: int) -> list[tuple[int, int]]:
    return list(
        WeeklyHours.objects.filter(practitioner=office.practitioner, weekday=weekday).values_list(
            "opens_minute", "closes_minute"
        )
    )


def test_an_edit_of_the_week_first_shows_what_it_does_and_saves_nothing(
    desk: Client, office: Office
) -> None:
    appointment = make.booked(office, times=[on_tuesday(office, 14)])

    response = desk.post(url("hours-week"), week(tuesday=(("9", "13"),)))
    page = text(response)

    assert response.status_code == 200
    assert "1 session that is booked or held would not fit any more" in page
    assert "Tuesday 20 October 14:00 to 14:50 Alex" in page
    assert "outside your hours" in page
    assert "before: 14:00–18:00" in page
    assert "4 days change" in page
    assert windows_of(office, 1) == [(540, 780), (840, 1080)]
    assert not Change.objects.filter(kind="hours_changed").exists()
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


def test_saving_the_week_keeps_what_is_booked_and_lists_it(desk: Client, office: Office) -> None:
    appointment = make.booked(office, times=[on_tuesday(office, 14)])
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    preview = desk.post(url("hours-week"), week(tuesday=(("9", "13"),)))

    saved = desk.post(url("hours-week"), {**carried(preview), "save": "1"}, follow=True)
    page = text(saved)

    assert windows_of(office, 1) == [(540, 780)]
    assert Appointment.objects.filter(pk=appointment.pk).values().get() == before
    assert "Your weekly hours are saved. 1 session that is booked or held does not fit" in page
    assert "Booked or held outside your hours" in page
    assert url("appointment", appointment.pk) in saved.content.decode()
    [change] = Change.objects.filter(kind="hours_changed")
    assert change.subject_id == office.practitioner.pk
    assert not hasattr(change, "pending")


def test_held_time_outside_the_hours_is_listed_and_leads_to_its_request(
    desk: Client, office: Office
) -> None:
    request = make.verified(office, times=[on_tuesday(office, 14)])

    response = desk.post(url("hours-week"), week(tuesday=()))

    assert "1 session that is booked or held would not fit" in text(response)
    assert url("request", request.pk) in response.content.decode()


def test_changing_it_again_brings_back_what_was_typed(desk: Client, office: Office) -> None:
    typed = {**week(tuesday=(("7.30", "noon"),)), "day-0-0-ways": ["video", "phone"]}
    preview = desk.post(url("hours-week"), typed)

    back = desk.post(url("hours-week"), {**carried(preview), "edit": "1"}).content.decode()

    assert 'value="7.30"' in back
    assert 'value="noon"' in back
    assert back.count("checked") == 2
    assert windows_of(office, 1) == [(540, 780), (840, 1080)]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ((("9", "5"),), [(540, 1020)]),
        ((("9–13", ""), ("2 pm", "6 pm")), [(540, 780), (840, 1080)]),
        ((("0930", "24"),), [(570, 1440)]),
        ((("9 h", "13h30"),), [(540, 810)]),
        ((("9.15 to 11.45", ""),), [(555, 705)]),
    ],
)
def test_times_are_read_as_people_type_them(
    desk: Client, office: Office, typed: tuple[tuple[str, str], ...], wanted: list[tuple[int, int]]
) -> None:
    desk.post(url("hours-week"), {**week(tuesday=typed), "save": "1"})

    assert windows_of(office, 1) == wanted


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ((("9", ""),), "Tuesday, to: Please say until when."),
        ((("", "9"),), "Tuesday, from: Please say from when."),
        ((("morning", "13"),), "Tuesday, from: Please write a time such as 9, 9:30 or 5 pm."),
        ((("18:00", "13:00"),), "Tuesday, to: These hours end before they begin."),
        ((("9", "13"), ("12", "15")), "These hours overlap with 09:00 to 13:00."),
    ],
)
def test_what_cannot_be_read_is_said_beside_it_and_nothing_typed_is_lost(
    desk: Client, office: Office, typed: tuple[tuple[str, str], ...], problem: str
) -> None:
    response = desk.post(url("hours-week"), {**week(tuesday=typed), "save": "1"})

    assert response.status_code == 400
    assert problem in text(response)
    for pair in typed:
        for value in filter(None, pair):
            assert f'value="{value}"' in response.content.decode()
    assert windows_of(office, 1) == [(540, 780), (840, 1080)]


def test_two_ways_to_meet_may_share_their_hours(desk: Client, office: Office) -> None:
    typed = {
        **week(tuesday=(("9", "13"), ("12", "15"))),
        "day-1-0-ways": ["phone"],
        "day-1-1-ways": ["in_person"],
        "save": "1",
    }

    desk.post(url("hours-week"), typed)

    assert windows_of(office, 1) == [(540, 780), (720, 900)]


def test_more_hours_and_the_same_until_friday_keep_what_is_typed(
    desk: Client, office: Office
) -> None:
    typed = {**week(tuesday=(("7", "8"),)), "day-0-0-opens": "6:05"}

    more = desk.post(url("hours-week"), {**typed, "add": "1"})
    same = desk.post(url("hours-week"), {**typed, "copy": "0"})

    assert 'name="day-1-1-opens"' in more.content.decode()
    assert 'value="7"' in more.content.decode()
    assert same.content.decode().count('value="6:05"') == 5
    assert windows_of(office, 0) == [(540, 780), (840, 1080)]


def test_a_week_from_a_later_day_leaves_the_hours_until_then(desk: Client, office: Office) -> None:
    typed = {**week(tuesday=(("9", "13"),)), "starts": "2026-12-01"}

    preview = desk.post(url("hours-week"), typed)
    desk.post(url("hours-week"), {**carried(preview), "save": "1"})

    assert "From Tuesday 1 December on." in text(preview)
    assert "Four weeks from there" in text(preview)
    tuesdays = WeeklyHours.objects.filter(practitioner=office.practitioner, weekday=1)
    assert list(tuesdays.values_list("opens_minute", "from_date", "until_date")) == [
        (540, None, None),
        (840, None, date(2026, 12, 1)),
    ]


def test_hours_for_a_while_come_and_go(desk: Client, office: Office) -> None:
    typed = {
        **week(tuesday=(("9", "13"),)),
        "day-1-0-from_date": "2026-10-20",
        "day-1-0-last_date": "2026-10-27",
        "save": "1",
    }

    desk.post(url("hours-week"), typed)

    free = {
        s.astimezone(NEW_YORK).date()
        for s in make.open_starts(office, office.services["individual-50"], days=28)
        if s.astimezone(NEW_YORK).weekday() == 1
    }
    assert free == {TUESDAY, date(2026, 10, 27)}
    assert 'value="2026-10-27"' in desk.get(url("hours-week")).content.decode()
