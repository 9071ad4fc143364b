"""Services and open times."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from practice.models import HoursOverride, TimeOff
from tests.booking import factories as make
from tests.booking.api.caller import CLIENT, Api, body_of, errors_of, span
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


def test_services_are_listed_in_the_order_of_the_practice(api: Api, office: Office) -> None:
    found = api.get("services/").json()["services"]

    assert [s["slug"] for s in found] == list(office.services)
    assert found[2]["duration_minutes"] == 80
    assert found[2]["practitioners"] == [
        {"slug": "morgan", "name": "Morgan", "time_zone": "America/New_York"}
    ]


def test_a_service_lists_only_who_takes_requests_now(api: Api, office: Office) -> None:
    away = make.make_practitioner(slug="river")
    office.services["individual-50"].practitioners.add(away)
    away.is_active = False
    away.save()

    found = api.get("services/").json()["services"]

    assert [p["slug"] for p in found[0]["practitioners"]] == ["morgan"]


def test_slots_are_those_of_the_calendar_in_the_zone_asked_for(api: Api, office: Office) -> None:
    answer = api.get("slots/", span(service="couple-80", practitioner="morgan", time_zone=CLIENT))

    found = answer.json()
    assert found["time_zone"] == CLIENT
    starts = [datetime.fromisoformat(s["start"]) for s in found["slots"]]
    expected = make.open_starts(office, office.services["couple-80"], now=timezone.now(), days=23)
    assert starts == [s for s in expected if s.astimezone(ZoneInfo(CLIENT)).date() <= last_day(21)]
    for slot in found["slots"]:
        start, end = (datetime.fromisoformat(slot[key]) for key in ("start", "end"))
        assert end - start == timedelta(minutes=80)
        assert start.utcoffset() == start.astimezone(ZoneInfo(CLIENT)).utcoffset()


def last_day(days: int) -> date:
    return timezone.now().date() + timedelta(days=days - 1)


def test_a_slot_taken_is_gone_from_the_next_answer(api: Api, office: Office) -> None:
    query = span(service="individual-50")
    before = [s["start"] for s in api.get("slots/", query).json()["slots"]]

    api.post("requests/", body_of(office, times=[before[0]]))

    after = [s["start"] for s in api.get("slots/", query).json()["slots"]]
    assert before[0] not in after


def test_the_last_day_is_included(api: Api, office: Office) -> None:
    first = make.open_starts(office, office.services["individual-50"], now=timezone.now())[0]
    day = first.astimezone(ZoneInfo("America/New_York")).date()

    slots = api.get("slots/", {"service": "individual-50", "from": day, "to": day}).json()["slots"]

    assert {s["start"][:10] for s in slots} == {str(day)}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"from": "2026-02-30"}, ("from", "invalid")),
        ({"from": "tomorrow"}, ("from", "invalid")),
        ({"from": "20261012"}, ("from", "invalid")),
        ({"from": None}, ("from", "invalid")),
        ({"to": "9999-12-31"}, ("to", "invalid")),
        ({"from": "0001-01-01"}, ("from", "invalid")),
        ({"from": "2026-12-02", "to": "2026-12-01"}, ("to", "ends_early")),
        ({"from": "2026-12-01", "to": "2027-02-01"}, ("to", "span_too_long")),
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "unknown_zone")),
        ({"time_zone": "../../etc/passwd"}, ("time_zone", "unknown_zone")),
        ({"service": "massage"}, ("service", "unknown_service")),
        ({"service": "a\0b"}, ("service", "unknown_service")),
        ({"service": None}, ("service", "unknown_service")),
        ({"practitioner": "nobody\0"}, ("service", "unknown_service")),
    ],
)
def test_a_slot_search_that_cannot_be_says_why(
    api: Api, office: Office, changes: dict[str, str | None], error: tuple[str, str]
) -> None:
    query = span(service="individual-50") | changes

    answer = api.get("slots/", {k: v for k, v in query.items() if v is not None})

    assert errors_of(answer) == {error}


def test_sixty_two_days_are_the_most(api: Api, office: Office) -> None:
    assert api.get("slots/", span(62, service="individual-50")).status_code == 200
    assert errors_of(api.get("slots/", span(63, service="individual-50"))) == {
        ("to", "span_too_long")
    }


@pytest.mark.parametrize("days", [1, 7, 31, 62])
@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Kathmandu"])
def test_a_slot_search_costs_one_query_whatever_its_span(
    api: Api,
    office: Office,
    django_assert_num_queries: DjangoAssertNumQueries,
    days: int,
    zone: str,
) -> None:
    make.booked(office, now=timezone.now())
    today = timezone.now().date()
    HoursOverride.objects.create(practitioner=office.practitioner, date=today)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=timezone.now(),
        ends_at=timezone.now() + timedelta(days=1),
    )

    with django_assert_num_queries(1):
        answer = api.get("slots/", span(days, service="individual-50", time_zone=zone))

    assert answer.status_code == 200
