"""Long lists in pages, and what an answer costs."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from booking.models import Appointment
from practice.models import Service
from tests.booking import factories as make
from tests.booking.api.caller import Api, bearer, body_of, by_link, errors_of, span
from tests.booking.api.test_cohorts import cohort_of
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db


# --- Pages ----------------------------------------------------------------------------------------


def many(office: Office, count: int) -> list[Appointment]:
    now = timezone.now()
    starts = make.open_starts(office, office.services["individual-50"], now=now)[: 2 * count : 2]
    return [make.booked(office, now=now, times=[start]) for start in starts]


def test_a_list_goes_on_at_next_until_there_is_none(api: Api, office: Office) -> None:
    booked = many(office, 5)
    headers = bearer(office)
    seen: list[str] = []
    page = api.get("appointments/", span(limit="2"), **headers).json()
    sizes = []
    while True:
        seen += [a["id"] for a in page["appointments"]]
        sizes.append(len(page["appointments"]))
        if page["next"] is None:
            break
        page = api.client.get(page["next"], headers=headers).json()

    assert sizes == [2, 2, 1]
    assert seen == [str(a.id) for a in booked]


def test_what_is_added_meanwhile_moves_no_page(api: Api, office: Office) -> None:
    first, second, third = many(office, 3)
    headers = bearer(office)
    page = api.get("appointments/", span(limit="2"), **headers).json()
    Appointment.objects.filter(pk=first.pk).delete()

    rest = api.client.get(page["next"], headers=headers).json()

    assert [a["id"] for a in page["appointments"]] == [str(first.id), str(second.id)]
    assert [a["id"] for a in rest["appointments"]] == [str(third.id)]


@pytest.mark.parametrize("limit", ["0", "-1", "501", "x", "", "1e3", "٣"])
def test_a_limit_that_cannot_be_says_so(api: Api, office: Office, limit: str) -> None:
    answer = api.get("services/", {"limit": limit})

    assert errors_of(answer) == {("limit", "out_of_range")}


@pytest.mark.parametrize("cursor", ["x", "cD1nYXJiYWdl", "cD0A", "é"])
@pytest.mark.parametrize("address", ["services/", "cohorts/"])
def test_a_cursor_that_is_none_of_ours_says_so(
    api: Api, office: Office, address: str, cursor: str
) -> None:
    assert errors_of(api.get(address, {"cursor": cursor})) == {("cursor", "invalid")}


def _one_more_cohort(office: Office) -> Any:
    start = make.open_starts(office, office.services["couple-80"], now=timezone.now(), days=40)[-1]
    return cohort_of(office, starts=[start], decide_date=timezone.now().date())


def _one_more_service(office: Office) -> Any:
    service = Service.objects.create(
        slug=f"more-{Service.objects.count()}",
        name="More",
        relationship_type="individual",
        duration_minutes=50,
    )
    service.practitioners.add(office.practitioner)
    return service


LISTS: list[tuple[str, Callable[[Office], Any]]] = [
    ("appointments/", lambda office: make.booked(office, now=timezone.now())),
    ("waitlist/", lambda office: make.waiting(office, now=timezone.now())),
    ("cohorts/", _one_more_cohort),
    ("cohorts/own/", _one_more_cohort),
    ("services/", _one_more_service),
    ("availability/services/", _one_more_service),
]


@pytest.mark.parametrize(("address", "add"), LISTS, ids=[address for address, _ in LISTS])
def test_a_list_of_thirty_costs_as_many_queries_as_a_list_of_one(
    api: Api,
    office: Office,
    address: str,
    add: Callable[[Office], Any],
) -> None:
    query = span(30) if address == "appointments/" else {}
    headers = {} if address in ("cohorts/", "services/") else bearer(office)
    add(office)
    cost = _cost(api, address, query, headers)

    for _ in range(29):
        add(office)

    assert _cost(api, address, query, headers) == cost
    assert cost <= 5


def _cost(api: Api, address: str, query: dict[str, str], headers: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as counted:
        assert api.get(address, query, **headers).status_code == 200
    return len(counted)


def test_a_person_sees_their_dates_at_the_same_cost_however_many(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    assert booked.request is not None
    headers = by_link(make.requester_of(booked.request))
    address = f"requests/{booked.request_id}/appointments/"
    cost = _cost(api, address, {}, headers)

    query = {"every_weeks": 1, "count": 12}
    series = f"appointments/{booked.id}/series/"
    turns = api.get(f"{series}preview/", query, **bearer(office)).json()["dates"]
    starts = [turn["start"] for turn in turns if turn["is_open"]]
    api.post(series, {"every_weeks": 1, "starts": starts}, **bearer(office))

    assert _cost(api, address, {}, headers) == cost


#: What opens, closes or nests a transaction is not work of the database.
_OF_TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")


# A key is looked for before the work begins, and again once others have to wait.
@pytest.mark.parametrize(("headers", "most"), [({}, 12), ({"Idempotency-Key": "mine"}, 14)])
def test_a_booking_costs_twelve_queries_however_much_is_booked(
    api: Api, office: Office, headers: dict[str, str], most: int
) -> None:
    many(office, 3)
    body = body_of(office)

    with CaptureQueriesContext(connection) as counted:
        assert api.post("requests/", body, **headers).status_code == 201

    work = [q["sql"] for q in counted if not q["sql"].startswith(_OF_TRANSACTIONS)]
    assert len(work) <= most, "\n".join(work)
