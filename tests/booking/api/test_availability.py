"""Hours, days off, energy and services, edited by programs."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from booking.models import Appointment
from practice.models import EnergyRule, HoursOverride, Service, TimeOff, WeeklyHours
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, errors_of, span
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

#: Of dates that have to lie ahead, whenever this is run.
YEAR = timezone.now().year + 1


def windows(*weekdays: int, opens: str = "09:00", closes: str = "12:30") -> list[dict[str, Any]]:
    return [{"weekday": day, "opens": opens, "closes": closes} for day in weekdays]


def day_of(appointment: Appointment) -> str:
    return str(appointment.starts_at.astimezone(make.NEW_YORK).date())


def test_the_hours_are_on_the_wall_and_the_instants_in_the_zone_asked_for(
    api: Api, office: Office
) -> None:
    api.post(
        "availability/time-off/",
        {"start": f"{YEAR}-01-04T00:00:00-05:00", "end": f"{YEAR}-01-05T00:00:00-05:00"},
        **bearer(office),
    )

    found = api.get("availability/", {"time_zone": "Asia/Kathmandu"}, **bearer(office)).json()

    assert found["time_zone"] == "America/New_York"
    assert found["weekly"][0] == {
        "weekday": 0,
        "opens": "09:00",
        "closes": "13:00",
        "modalities": [],
        "from_date": None,
        "until_date": None,
    }
    assert found["time_off"][0]["start"] == f"{YEAR}-01-04T10:45:00+05:45"


def test_a_dry_run_says_what_a_week_would_do_and_saves_nothing(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    before = list(WeeklyHours.objects.values_list("weekday", "opens_minute"))
    body: dict[str, Any] = {"windows": []}

    dry = api.put("availability/week/?dry_run=true", body, **bearer(office))
    assert list(WeeklyHours.objects.values_list("weekday", "opens_minute")) == before
    saved = api.put("availability/week/", body, **bearer(office))

    assert dry.status_code == 200, dry.content
    effect = dry.json()
    assert not effect["saved"]
    assert len(effect["days"]) == 28
    assert any(day["before"] for day in effect["days"])
    assert not any(day["after"] for day in effect["days"])
    assert {s["after"] for s in effect["services"]} == {0}
    assert saved.json()["saved"]
    for found in (effect, saved.json()):
        assert found["outside_count"] == 1
        assert found["outside"][0]["appointment"]["id"] == str(booked.id)
        assert found["outside"][0]["reasons"] == ["closed"]
    assert not WeeklyHours.objects.exists()
    booked.refresh_from_db()
    assert booked.state == "booked"


def test_a_week_can_begin_later(api: Api, office: Office) -> None:
    later = timezone.now().date() + timedelta(days=20)
    body = {"windows": windows(0, 2, opens="15:30", closes="24:00"), "from_date": str(later)}

    assert api.put("availability/week/", body, **bearer(office)).status_code == 200

    found = api.get("availability/", **bearer(office)).json()["weekly"]
    assert {w["until_date"] for w in found if w["opens"] == "09:00"} == {str(later)}
    new = [w for w in found if w["opens"] == "15:30"]
    assert [(w["weekday"], w["closes"], w["from_date"]) for w in new] == [
        (0, "24:00", str(later)),
        (2, "24:00", str(later)),
    ]


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"windows": windows(0, opens="9")}, ("windows.0.opens", "invalid")),
        ({"windows": windows(0, opens="13:00")}, ("hours", "order")),
        ({"windows": windows(0, 0)}, ("hours", "overlap")),
        ({"windows": windows(7)}, ("windows.0.weekday", "max_value")),
        ({}, ("windows", "required")),
    ],
)
def test_a_week_that_cannot_be_says_why_in_a_dry_run_too(
    api: Api, office: Office, body: dict[str, Any], error: tuple[str, str], dry_run: str
) -> None:
    answer = api.put(f"availability/week/?dry_run={dry_run}", body, **bearer(office))

    assert errors_of(answer) == {error}


def test_an_unclear_dry_run_saves_nothing(api: Api, office: Office) -> None:
    answer = api.put("availability/week/?dry_run=yes", {"windows": []}, **bearer(office))

    assert errors_of(answer) == {("dry_run", "invalid")}
    assert WeeklyHours.objects.exists()


def test_single_days_get_other_hours_and_their_usual_ones_back(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    day = day_of(booked)
    body: dict[str, Any] = {"first": day, "last": day, "windows": []}

    dry = api.put("availability/days/?dry_run=true", body, **bearer(office)).json()
    closed = api.put("availability/days/", body, **bearer(office)).json()
    listed = api.get("availability/", **bearer(office)).json()["days"]
    cleared = api.delete(f"availability/days/?from={day}&to={day}", **bearer(office)).json()

    assert dry["outside_count"] == closed["outside_count"] == 1
    version = listed[0].pop("version")
    assert version == closed["version"]
    assert listed == [{"date": day, "opens": None, "closes": None, "modalities": []}]
    assert cleared["saved"]
    assert not HoursOverride.objects.exists()


def test_more_than_a_month_of_days_is_refused(api: Api, office: Office) -> None:
    body = {"first": f"{YEAR}-01-01", "last": f"{YEAR}-03-01", "windows": []}

    for dry_run in ("true", "false"):
        answer = api.put(f"availability/days/?dry_run={dry_run}", body, **bearer(office))
        assert errors_of(answer) == {("last_date", "order")}


def test_time_off_is_added_changed_and_taken_back(api: Api, office: Office) -> None:
    booked = make.booked(office, now=timezone.now())
    body = {
        "start": (booked.starts_at - timedelta(hours=1)).isoformat(),
        "end": (booked.ends_at + timedelta(hours=1)).isoformat(),
        "label": "A course",
    }

    dry = api.post("availability/time-off/?dry_run=true", body, **bearer(office)).json()
    assert not TimeOff.objects.exists()
    added = api.post("availability/time-off/", body, **bearer(office)).json()
    row = TimeOff.objects.get()
    address = f"availability/time-off/{row.pk}/"
    changed = api.put(address, body | {"label": "Rest"}, **bearer(office))
    removed = api.delete(address, **bearer(office))

    assert dry["outside"][0]["reasons"] == added["outside"][0]["reasons"] == ["time_off"]
    assert changed.status_code == 200, changed.content
    assert removed.status_code == 200, removed.content
    assert_problem(api.delete(address, **bearer(office)), 404, "not_found")


def test_time_off_ends_after_it_begins(api: Api, office: Office) -> None:
    at = datetime(YEAR, 1, 5, 12, tzinfo=make.NEW_YORK).isoformat()

    answer = api.post("availability/time-off/", {"start": at, "end": at}, **bearer(office))

    assert errors_of(answer) == {("end", "order")}


def test_energy_rules_are_replaced(api: Api, office: Office) -> None:
    body = {
        "at_most": [{"relationship_type": "couple", "limit": 2}],
        "not_after": [{"relationship_type": "group", "after_type": "couple"}],
    }

    dry = api.put("availability/energy/?dry_run=true", body, **bearer(office))
    assert not EnergyRule.objects.exists()
    saved = api.put("availability/energy/", body, **bearer(office))

    assert dry.status_code == saved.status_code == 200
    assert api.get("availability/", **bearer(office)).json()["energy"] == body
    nothing = api.put("availability/energy/", {"at_most": [], "not_after": []}, **bearer(office))
    assert nothing.status_code == 200
    assert not EnergyRule.objects.exists()


def test_a_service_is_added_and_its_rules_changed(api: Api, office: Office) -> None:
    body = {"name": "Evening", "relationship_type": "individual", "duration_minutes": 60}

    added = api.post("availability/services/", body, **bearer(office))
    assert added.status_code == 200, added.content
    address = f"availability/services/{added.json()['service']}/"
    dry = api.patch(f"{address}?dry_run=true", {"day_cap": 1}, **bearer(office))
    assert Service.objects.get(slug="evening").day_cap is None
    changed = api.patch(address, {"day_cap": 1, "relationship_type": "couple"}, **bearer(office))

    assert dry.status_code == changed.status_code == 200
    found = Service.objects.get(slug="evening")
    assert (found.day_cap, found.duration_minutes) == (1, 60)
    assert found.relationship_type == "individual"
    listed = api.get("availability/services/", **bearer(office)).json()["services"]
    assert {s["slug"] for s in listed} == {*office.services, "evening"}


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"duration_minutes": 2}, ("duration_minutes", "min_value")),
        ({"name": ""}, ("name", "blank")),
        ({"modalities": []}, ("modalities", "min_length")),
        ({"modalities": ["fax"]}, ("modalities.0", "invalid_choice")),
    ],
)
def test_a_service_that_cannot_be_says_why(
    api: Api, office: Office, changes: dict[str, Any], error: tuple[str, str]
) -> None:
    service = office.services["individual-50"]

    answer = api.patch(f"availability/services/{service.id}/", changes, **bearer(office))

    assert errors_of(answer) == {error}


def test_a_service_of_somebody_else_is_not_there(api: Api, office: Office) -> None:
    stranger = make.make_practitioner(slug="robin")
    headers = {"Authorization": f"Bearer {make.api_token(stranger)}"}
    service = office.services["individual-50"]

    not_theirs = api.patch(f"availability/services/{service.id}/", {"day_cap": 1}, **headers)
    nothing = api.patch(f"availability/services/{uuid4()}/", {"day_cap": 1}, **headers)

    assert_problem(not_theirs, 404, "not_found")
    assert not_theirs.content == nothing.content


def test_slots_can_be_asked_for_by_the_way_to_meet(api: Api, office: Office) -> None:
    rows = [
        {"weekday": day, "opens": "09:00", "closes": "12:00", "modalities": [way]}
        for day, way in ((0, "video"), (1, "phone"), (2, "video"))
    ]
    api.put("availability/week/", {"windows": rows}, **bearer(office))
    query = span(service="individual-50")

    found = {
        way: {
            datetime.fromisoformat(s["start"]).weekday()
            for s in api.get("slots/", query | ({"modality": way} if way else {})).json()["slots"]
        }
        for way in ("", "video", "phone")
    }

    assert found == {"": {0, 1, 2}, "video": {0, 2}, "phone": {1}}
    assert errors_of(api.get("slots/", query | {"modality": "fax"})) == {
        ("modality", "modality_not_offered")
    }


# --- Two programs at once -------------------------------------------------------------------------

DAYS = {"first": f"{YEAR}-01-04", "last": f"{YEAR}-01-05", "windows": []}


@pytest.mark.parametrize(
    ("address", "body", "other"),
    [
        (
            "availability/week/",
            {"windows": windows(0, 1)},
            {"windows": windows(0, opens="10:00")},
        ),
        ("availability/days/", DAYS, {**DAYS, "windows": [{"opens": "09:00", "closes": "10:00"}]}),
        (
            "availability/energy/",
            {"at_most": [{"relationship_type": "couple", "limit": 1}], "not_after": []},
            {"at_most": [{"relationship_type": "couple", "limit": 2}], "not_after": []},
        ),
    ],
)
def test_what_was_changed_since_one_looked_is_not_overwritten(
    api: Api, office: Office, address: str, body: dict[str, Any], other: dict[str, Any]
) -> None:
    seen = api.put(f"{address}?dry_run=true", body, **bearer(office)).json()["version"]
    mine = {**bearer(office), "If-Match": f'"{seen}"'}

    theirs = api.put(address, other, **mine)
    late = api.put(address, body, **mine)
    stands = {**bearer(office), "If-Match": f'"{theirs.json()["version"]}"'}
    again = api.put(address, body, **stands)

    assert theirs.status_code == 200, theirs.content
    assert_problem(late, 412, "changed_meanwhile")
    assert again.status_code == 200, again.content


def test_a_service_and_time_off_changed_since_one_looked_are_not_overwritten(
    api: Api, office: Office
) -> None:
    span_off = {"start": f"{YEAR}-01-04T00:00:00-05:00", "end": f"{YEAR}-01-05T00:00:00-05:00"}
    api.post("availability/time-off/", span_off, **bearer(office))
    time_off = f"availability/time-off/{TimeOff.objects.get().pk}/"
    service = f"availability/services/{office.services['couple-80'].pk}/"
    stale = {**bearer(office), "If-Match": '"0123456789"'}

    refused = [
        api.put(time_off, {**span_off, "end": f"{YEAR}-01-06T00:00:00-05:00"}, **stale),
        api.delete(time_off, **stale),
        api.patch(service, {"notice_minutes": 2880}, **stale),
    ]
    saved = api.patch(service, {"notice_minutes": 2880}, **bearer(office), **{"If-Match": "*"})

    for answer in refused:
        assert_problem(answer, 412, "changed_meanwhile")
    assert TimeOff.objects.get().ends_at.isoformat() == f"{YEAR}-01-05T05:00:00+00:00"
    assert saved.status_code == 200, saved.content


def test_what_is_read_says_its_version_so_that_the_first_edit_can_be_guarded(
    api: Api, office: Office
) -> None:
    day = (timezone.now() + timedelta(days=9)).date().isoformat()
    api.put("availability/days/", {"first": day, "last": day, "windows": []}, **bearer(office))
    api.post(
        "availability/time-off/",
        {"start": f"{YEAR}-01-04T00:00:00-05:00", "end": f"{YEAR}-01-05T00:00:00-05:00"},
        **bearer(office),
    )
    read = api.get("availability/", **bearer(office)).json()
    service = api.get("availability/services/", **bearer(office)).json()["services"][0]
    break_ = read["time_off"][0]
    edits = [
        ("PUT", "availability/week/", {"windows": windows(1)}, read["versions"]["week"]),
        (
            "PUT",
            "availability/energy/",
            {"at_most": [], "not_after": []},
            read["versions"]["energy"],
        ),
        (
            "PUT",
            "availability/days/",
            {"first": day, "last": day, "windows": [{"opens": "10:00", "closes": "12:00"}]},
            read["days"][0]["version"],
        ),
        (
            "PUT",
            f"availability/time-off/{break_['id']}/",
            {"start": break_["start"], "end": f"{YEAR}-01-06T00:00:00-05:00", "label": ""},
            break_["version"],
        ),
        (
            "PATCH",
            f"availability/services/{service['id']}/",
            {"notice_minutes": 2880},
            service["version"],
        ),
    ]

    for method, address, body, version in edits:
        headers = {**bearer(office), "If-Match": f'"{version}"'}
        saved = api.call(method, address, body, **headers)
        assert saved.status_code == 200, (address, saved.content)

    # Each has changed what stands, but for the rules of energy: there were none and are none.
    other = {
        "availability/week/": {"windows": windows(2)},
        "availability/days/": {"first": day, "last": day, "windows": []},
        f"availability/time-off/{break_['id']}/": {
            "start": break_["start"],
            "end": f"{YEAR}-01-07T00:00:00-05:00",
            "label": "",
        },
        f"availability/services/{service['id']}/": {"notice_minutes": 1440},
    }
    for method, address, _body, version in edits:
        if address in other:
            headers = {**bearer(office), "If-Match": f'"{version}"'}
            late = api.call(method, address, other[address], **headers)
            assert_problem(late, 412, "changed_meanwhile")
