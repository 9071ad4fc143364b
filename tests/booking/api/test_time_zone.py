"""The zone in which hours are kept, changed by programs."""

from typing import Any

import pytest
from django.utils import timezone

from booking.models import Appointment
from practice.models import Change, Practitioner
from tests.booking import factories as make
from tests.booking.api.caller import Api, assert_problem, bearer, errors_of
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db

TOKYO = {"time_zone": "Asia/Tokyo"}


def kept_in() -> str:
    return Practitioner.objects.get().time_zone


def test_a_dry_run_says_what_another_zone_would_do_and_saves_nothing(
    api: Api, office: Office
) -> None:
    booked = make.booked(office, now=timezone.now())
    before = Appointment.objects.filter(pk=booked.pk).values().get()

    dry = api.put("availability/time-zone/?dry_run=true", TOKYO, **bearer(office))
    assert kept_in() == "America/New_York"
    saved = api.put("availability/time-zone/", TOKYO, **bearer(office))

    assert dry.status_code == saved.status_code == 200, dry.content
    effect = dry.json()
    open_day = next(day for day in effect["days"] if day["before"] and day["after"])
    # In New York's time, as everything that this caller is answered until then.
    assert "T09:00:00-0" in open_day["before"][0]["start"]
    assert open_day["after"][0]["start"][10:16] in ("T19:00", "T20:00")
    assert open_day["after"][0]["start"][:10] < open_day["date"]
    for found in (effect, saved.json()):
        assert found["outside_count"] == 1
        assert found["outside"][0]["appointment"]["id"] == str(booked.pk)
        assert found["outside"][0]["reasons"] == ["closed"]
    assert (effect["saved"], saved.json()["saved"]) == (False, True)
    assert kept_in() == "Asia/Tokyo"
    assert Appointment.objects.filter(pk=booked.pk).values().get() == before
    assert Change.objects.filter(kind="time_zone_changed").count() == 1


def test_whoever_reads_the_hours_reads_their_zone_and_its_version(api: Api, office: Office) -> None:
    read = api.get("availability/", **bearer(office)).json()
    seen = {"If-Match": f'"{read["versions"]["time_zone"]}"'}

    first = api.put("availability/time-zone/", TOKYO, **bearer(office), **seen)
    late = api.put(
        "availability/time-zone/", {"time_zone": "Europe/London"}, **bearer(office), **seen
    )
    again = api.get("availability/", **bearer(office)).json()

    assert first.status_code == 200, first.content
    assert_problem(late, 412, "changed_meanwhile")
    assert (read["time_zone"], again["time_zone"]) == ("America/New_York", "Asia/Tokyo")
    assert again["versions"]["time_zone"] == first.json()["version"]
    assert again["weekly"] == read["weekly"]


def test_a_week_that_was_read_on_the_old_clock_is_not_written_on_the_new_one(
    api: Api, office: Office
) -> None:
    read = api.get("availability/", **bearer(office)).json()
    api.put("availability/time-zone/", TOKYO, **bearer(office))

    late = api.put(
        "availability/week/",
        {"windows": read["weekly"][1:]},
        **bearer(office),
        **{"If-Match": f'"{read["versions"]["week"]}"'},
    )

    assert_problem(late, 412, "changed_meanwhile")


@pytest.mark.parametrize("dry_run", ["true", "false"])
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"time_zone": "Mars/Olympus"}, ("time_zone", "unknown_zone")),
        ({"time_zone": "../../etc/passwd"}, ("time_zone", "unknown_zone")),
        ({"time_zone": ""}, ("time_zone", "blank")),
        ({"time_zone": "x" * 65}, ("time_zone", "max_length")),
        ({}, ("time_zone", "required")),
    ],
)
def test_a_zone_that_there_is_not_is_refused_in_a_dry_run_too(
    api: Api, office: Office, body: dict[str, Any], error: tuple[str, str], dry_run: str
) -> None:
    answer = api.put(f"availability/time-zone/?dry_run={dry_run}", body, **bearer(office))

    assert errors_of(answer) == {error}
    assert kept_in() == "America/New_York"


def test_a_stranger_changes_nothing(api: Api, office: Office) -> None:
    assert_problem(api.put("availability/time-zone/", TOKYO), 401, "not_authenticated")
    assert kept_in() == "America/New_York"
