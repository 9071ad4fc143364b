"""The practitioner's hours, through HTTP on a real database."""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from booking.models import Appointment
from practice.domain.wall import instant
from practice.models import Change, EnergyRule, HoursOverride, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

NEW_YORK = ZoneInfo("America/New_York")
#: The Tuesday of the week after `make.NOW`.
TUESDAY = date(2026, 10, 20)


@pytest.fixture
def now() -> Iterator[datetime]:
    """A quiet Monday morning in New York, on this process's clock."""
    with time_machine.travel(make.NOW, tick=False):
        yield make.NOW


@pytest.fixture
def office(now: datetime) -> Office:
    return make.make_office()


@pytest.fixture
def desk(client: Client, office: Office) -> Client:
    """A browser in which the practitioner has signed in."""
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    return client


def text(response: Any) -> str:
    """The page without line breaks and tags, as a reader finds its sentences."""
    body = re.sub(r"(?s)<(script|style|head).*?</\1>", " ", response.content.decode())
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def url(name: str, *args: Any) -> str:
    return reverse(f"desk:{name}", args=args)


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


def on_tuesday(office: Office, hour: int) -> datetime:
    return instant(TUESDAY, hour * 60, NEW_YORK)


def carried(response: Any) -> dict[str, Any]:
    """What the page in between carries along, as a browser sends it back."""
    found: dict[str, Any] = {}
    for name, value in response.context["typed"]:
        found.setdefault(name, []).append(value)
    return found


def windows_of(office: Office, weekday: int) -> list[tuple[int, int]]:
    return list(
        WeeklyHours.objects.filter(practitioner=office.practitioner, weekday=weekday).values_list(
            "opens_minute", "closes_minute"
        )
    )


# --- Coming in ------------------------------------------------------------------------------------

PAGES = ["hours", "hours-week", "hours-days", "time-off", "energy", "services", "service-new"]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_about_hours_asks_a_stranger_to_sign_in(
    client: Client, office: Office, name: str
) -> None:
    response = client.get(url(name))

    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_login"))


@pytest.mark.parametrize("name", PAGES)
def test_every_page_about_hours_opens_and_stands_in_the_navigation(desk: Client, name: str) -> None:
    response = desk.get(url(name))

    assert response.status_code == 200
    assert f'<a href="{url("hours")}" aria-current="page"' in response.content.decode()


def test_what_is_somebody_elses_is_not_there(desk: Client, office: Office, now: datetime) -> None:
    robin = make.make_practitioner(slug="robin")
    off = TimeOff.objects.create(practitioner=robin, starts_at=now, ends_at=now + timedelta(days=1))
    HoursOverride.objects.create(practitioner=robin, date=TUESDAY)
    service = Service.objects.create(
        slug="robins", name="Robin's", relationship_type="individual", duration_minutes=50
    )
    service.practitioners.add(robin)

    answers = [
        desk.get(url("time-off-one", off.pk)).status_code,
        desk.post(url("time-off-one", off.pk), {"remove": "1", "save": "1"}).status_code,
        desk.get(url("hours-day", TUESDAY)).status_code,
        desk.get(url("service", service.pk)).status_code,
        desk.post(url("service", service.pk), {"save": "1"}).status_code,
    ]

    assert answers == [404] * 5
    assert TimeOff.objects.filter(pk=off.pk).exists()


def test_the_overview_says_everything_about_ones_hours(
    desk: Client, office: Office, now: datetime
) -> None:
    practitioner = office.practitioner
    WeeklyHours.objects.filter(practitioner=practitioner, weekday=4).update(
        modalities=["phone"], from_date=date(2026, 10, 23), until_date=date(2026, 11, 1)
    )
    HoursOverride.objects.create(practitioner=practitioner, date=TUESDAY)
    TimeOff.objects.create(
        practitioner=practitioner,
        starts_at=instant(date(2026, 12, 24), 0, NEW_YORK),
        ends_at=instant(date(2026, 12, 27), 0, NEW_YORK),
        label="Holidays",
    )
    EnergyRule.objects.create(
        practitioner=practitioner, kind="at_most", relationship_type="couple", limit=2
    )

    page = text(desk.get(url("hours")))

    assert "09:00–13:00 Phone call, from Friday 23 October, until Saturday 31 October" in page
    assert "Tuesday 20 October Closed" in page
    assert "Thursday 24 December to Saturday 26 December Holidays" in page
    assert "At most 2 sessions a day for two people" in page
    assert "The next four weeks" in page


def test_the_overview_counts_the_free_starts_of_the_session_chosen(
    desk: Client, office: Office, now: datetime
) -> None:
    service = office.services["couple-80"]
    free = make.open_starts(office, service, days=28)

    page = text(desk.get(url("hours"), {"counted": str(service.pk)}))

    assert f"Couple 80 – {len(free)} free" in page
    tuesday = [s for s in free if s.astimezone(NEW_YORK).date() == TUESDAY]
    assert f"Tuesday 20 October Tue 20 09:00–13:00 14:00–18:00 {len(tuesday)} free" in page


# --- The week -------------------------------------------------------------------------------------


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


# --- Single days ----------------------------------------------------------------------------------


def test_a_single_day_gets_hours_of_its_own_and_the_weekly_ones_back(
    desk: Client, office: Office
) -> None:
    typed = {
        "first_date": "2026-10-20",
        "last_date": "",
        "kind": "open",
        "hours-0-opens": "15",
        "hours-0-closes": "20",
    }

    preview = desk.post(url("hours-days"), typed)
    desk.post(url("hours-days"), {**carried(preview), "save": "1"})
    [own] = HoursOverride.objects.all()
    shown = desk.get(url("hours-day", TUESDAY)).content.decode()
    removal = desk.post(url("hours-day", TUESDAY), {"remove": "1"})
    still = HoursOverride.objects.count()
    desk.post(url("hours-day", TUESDAY), {**carried(removal), "save": "1"})

    assert "Open 15:00–20:00." in text(preview)
    assert "1 day changes" in text(preview)
    assert (own.date, own.opens_minute, own.closes_minute) == (TUESDAY, 900, 1200)
    assert 'value="15:00"' in shown
    assert "Your weekly hours count on this day again." in text(removal)
    assert still == 1
    assert not HoursOverride.objects.exists()


def test_several_days_are_closed_at_once(desk: Client, office: Office) -> None:
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    typed = {
        "first_date": "2026-10-19",
        "last_date": "2026-10-21",
        "kind": "closed",
        "hours-0-opens": "",
        "hours-0-closes": "",
    }

    preview = desk.post(url("hours-days"), typed)
    desk.post(url("hours-days"), {**carried(preview), "save": "1"})

    assert url("appointment", appointment.pk) in preview.content.decode()
    assert list(HoursOverride.objects.values_list("date", "opens_minute")) == [
        (date(2026, 10, 19), None),
        (date(2026, 10, 20), None),
        (date(2026, 10, 21), None),
    ]
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"first_date": "2026-10-01"}, "Day: This day is over."),
        ({"first_date": ""}, "Day: This field is required."),
        ({"last_date": "2027-10-20"}, "Please choose a day up to 30 days later."),
        ({"hours-0-opens": ""}, "Please say from when."),
        ({"hours-0-opens": "", "hours-0-closes": ""}, "Please give the hours, or choose “Closed”."),
    ],
)
def test_a_day_that_makes_no_sense_is_asked_about_again(
    desk: Client, office: Office, typed: dict[str, str], problem: str
) -> None:
    usual = {
        "first_date": "2026-10-20",
        "last_date": "",
        "kind": "open",
        "hours-0-opens": "15",
        "hours-0-closes": "20",
    }

    response = desk.post(url("hours-days"), {**usual, **typed, "save": "1"})

    assert response.status_code == 400
    assert problem in text(response)
    assert not HoursOverride.objects.exists()


# --- Time off -------------------------------------------------------------------------------------


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


# --- Energy ---------------------------------------------------------------------------------------


def test_energy_rules_are_numbers_and_boxes(desk: Client, office: Office) -> None:
    typed = {
        "at_most_couple": "2",
        "not_after_group": ["non_monogamous"],
        "not_after_couple": ["group", "non_monogamous"],
    }

    preview = desk.post(url("energy"), typed)
    desk.post(url("energy"), {**carried(preview), "save": "1"})
    shown = desk.get(url("energy")).content.decode()

    assert "At most 2 sessions a day for two people" in text(preview)
    assert "No session for a group after one for a non-monogamous relationship" in text(preview)
    assert set(
        EnergyRule.objects.values_list("kind", "relationship_type", "limit", "after_type")
    ) == {
        ("at_most", "couple", 2, ""),
        ("not_after", "couple", None, "group"),
        ("not_after", "couple", None, "non_monogamous"),
        ("not_after", "group", None, "non_monogamous"),
    }
    assert shown.count("checked") == 3


def test_an_energy_rule_lists_the_days_that_hold_more_already(desk: Client, office: Office) -> None:
    first = make.booked(office, times=[on_tuesday(office, 9)])
    second = make.booked(office, times=[on_tuesday(office, 14)])

    page = desk.post(url("energy"), {"at_most_individual": "1"}).content.decode()

    assert url("appointment", first.pk) not in page
    assert url("appointment", second.pk) in page
    assert "more of its kind than you take on in one day" in page


# --- Services -------------------------------------------------------------------------------------


def typed_service(service: Service, **changes: Any) -> dict[str, Any]:
    """A service's settings as its form sends them."""
    return {
        "name": service.name,
        "is_active": "on",
        "duration_minutes": f"{service.duration_minutes} min",
        "buffer_before_minutes": str(service.buffer_before_minutes),
        "buffer_after_minutes": str(service.buffer_after_minutes),
        "step_minutes": str(service.step_minutes),
        "notice_minutes": "24 h",
        "horizon_days": str(service.horizon_days),
        "cancel_minutes": "1 day",
        "modalities": service.modalities,
        "reminder_minutes": "3 days, 24, 2",
        "position": str(service.position),
        **changes,
    }


def test_a_service_is_changed_after_a_look_at_what_that_does(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    before = Appointment.objects.filter(pk=appointment.pk).values().get()
    typed = typed_service(
        service, duration_minutes="1 h 15", step_minutes="15", day_cap="3", notice_minutes="2 days"
    )

    preview = desk.post(url("service", service.pk), typed)
    untouched = Service.objects.get(pk=service.pk).duration_minutes
    saved = desk.post(url("service", service.pk), {**carried(preview), "save": "1"}, follow=True)

    assert "Individual 50" in text(preview)
    assert "→" in text(preview)
    assert untouched == 50
    service.refresh_from_db()
    assert (service.duration_minutes, service.step_minutes, service.day_cap) == (75, 15, 3)
    assert service.notice_minutes == 2 * 24 * 60
    assert service.reminder_minutes == [72 * 60, 24 * 60, 2 * 60]
    assert service.relationship_type == "individual"
    assert "1 h 15 min" in text(saved)
    assert Appointment.objects.filter(pk=appointment.pk).values().get() == before
    assert Change.objects.get(kind="service_changed").snapshot["duration_minutes"] == 75


def test_a_service_that_stops_lists_what_is_booked_of_it(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]
    appointment = make.booked(office, times=[on_tuesday(office, 9)])
    typed = typed_service(service)
    del typed["is_active"]

    preview = desk.post(url("service", service.pk), typed)
    desk.post(url("service", service.pk), {**carried(preview), "save": "1"})

    assert url("appointment", appointment.pk) in preview.content.decode()
    assert "this session is not on offer any more" in text(preview)
    assert not Service.objects.get(pk=service.pk).is_active
    assert Appointment.objects.get(pk=appointment.pk).state == "booked"
    assert "Not offered" in text(desk.get(url("services")))


def test_a_new_service_is_ones_own_and_can_be_asked_for(desk: Client, office: Office) -> None:
    typed = typed_service(
        office.services["individual-50"], name="Individual 50", relationship_type="individual"
    )

    preview = desk.post(url("service-new"), typed)
    count = Service.objects.count()
    desk.post(url("service-new"), {**carried(preview), "save": "1"})

    assert count == len(office.services)
    added = Service.objects.exclude(pk__in=[s.pk for s in office.services.values()]).get()
    assert added.slug == "individual-50-2"
    assert list(added.practitioners.all()) == [office.practitioner]
    assert make.open_starts(office, added)


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ({"name": " "}, "Name: Please give it a name."),
        ({"duration_minutes": "long"}, "Length: Please write a length of time such as"),
        ({"duration_minutes": "2"}, "Length: Please give from 5 min to 8 h."),
        ({"modalities": []}, "How you can meet: Please choose at least one way to meet."),
        ({"reminder_minutes": "1 min"}, "Up to five, each from 10 minutes to 30 days before."),
        ({"horizon_days": "0"}, "Days ahead: Ensure this value is greater than or equal to 1."),
    ],
)
def test_settings_that_make_no_sense_are_asked_about_again(
    desk: Client, office: Office, typed: dict[str, Any], problem: str
) -> None:
    service = office.services["individual-50"]

    response = desk.post(
        url("service", service.pk),
        {**typed_service(service, price_text="$ 7"), **typed, "save": "1"},
    )

    assert response.status_code == 400
    assert problem in text(response)
    assert 'value="$ 7"' in response.content.decode()
    assert Service.objects.get(pk=service.pk).price_text == ""


def test_every_service_says_whether_it_is_a_call_or_a_session(desk: Client, office: Office) -> None:
    service = office.services["individual-50"]

    preview = desk.post(url("service", service.pk), typed_service(service, is_call="on"))
    desk.post(url("service", service.pk), {**carried(preview), "save": "1"})

    service.refresh_from_db()
    page = text(desk.get(url("services")))
    assert service.is_call
    assert "Kind A call" in page
    assert "Kind A session" in page
    assert "A call, to find out whether it fits" in text(desk.get(url("service", service.pk)))
