"""Series, as the practitioner plans them."""

from datetime import datetime
from uuid import uuid4

import pytest
from django.test import Client

from booking.models import Appointment, Series
from practice.models import TimeOff
from tests.booking import factories
from tests.booking.desk.at_the_desk import first_of_series, started, text, url
from tests.booking.factories import NEW_YORK, Office

pytestmark = pytest.mark.django_db


def turns(page: str) -> list[str]:
    """The names of the fields of the dates, in order."""
    return ["turn-" + part.split('"')[0] for part in page.split('<select name="turn-')[1:]]


def test_a_series_is_seen_with_its_conflicts_and_then_booked(desk: Client, office: Office) -> None:
    first = first_of_series(office)
    TimeOff.objects.create(
        practitioner=office.practitioner,
        starts_at=datetime(2026, 11, 2, 0, 0, tzinfo=NEW_YORK),
        ends_at=datetime(2026, 11, 3, 0, 0, tzinfo=NEW_YORK),
    )

    page = text(desk.get(url("repeat", first.pk), {"every_weeks": 1, "count": 4}))
    names = turns(page)
    chosen = {
        names[0]: "2026-10-26T19:00:00+00:00",
        names[1]: "2026-11-03T20:00:00+00:00",  # a replacement
        names[2]: "",
    }
    response = desk.post(
        url("repeat", first.pk), {"every_weeks": 1, "count": 4, **chosen}, follow=True
    )

    assert "1 date is not free at the usual time" in page
    assert "you are away" in page
    assert "Instead: Tue 3 Nov, 15:00" in page
    assert "Booked: 3 dates." in text(response)
    assert "Session 1 of 3 in a series." in text(response)
    booked = Appointment.objects.filter(series__isnull=False).order_by("starts_at")
    assert [a.starts_at.astimezone(NEW_YORK).strftime("%d.%m. %H:%M") for a in booked] == [
        "19.10. 15:00",
        "26.10. 15:00",
        "03.11. 15:00",
    ]


def test_a_date_taken_meanwhile_books_nothing_and_says_so(desk: Client, office: Office) -> None:
    first = first_of_series(office)
    names = turns(text(desk.get(url("repeat", first.pk), {"every_weeks": 1, "count": 4})))
    factories.booked(office, times=[datetime(2026, 11, 2, 15, 0, tzinfo=NEW_YORK)])

    response = desk.post(
        url("repeat", first.pk),
        {
            "every_weeks": 1,
            "count": 4,
            names[0]: "2026-10-26T19:00:00+00:00",
            names[1]: "2026-11-02T20:00:00+00:00",
        },
    )

    assert response.status_code == 409
    assert "That time is not free" in text(response)
    assert "taken by something else" in text(response)
    assert not Series.objects.exists()


@pytest.mark.parametrize("typed", [{"every_weeks": "9", "count": "4"}, {"every_weeks": "x"}])
def test_a_rhythm_that_is_not_offered_is_refused_beside_its_field(
    desk: Client, office: Office, typed: dict[str, str]
) -> None:
    response = desk.get(url("repeat", first_of_series(office).pk), typed)

    assert response.status_code == 400
    assert "Select a valid choice." in text(response)


def test_the_request_leads_to_its_series(desk: Client, office: Office) -> None:
    own = started(office)

    page = text(desk.get(url("request", own.request_id)))

    assert url("series", own.pk) in page
    assert "4 dates to come" in page
    assert page.count("/desk/appointments/") == 0


def test_one_date_is_skipped_and_the_others_stand(desk: Client, office: Office) -> None:
    own = started(office)
    second = Appointment.objects.filter(series=own).order_by("starts_at")[1]

    before = text(desk.get(url("series", own.pk)))
    response = desk.post(url("skip", own.pk, second.pk), follow=True)

    assert "4 dates to come" in before
    assert "Left out." in text(response)
    states = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.state for a in states] == ["booked", "cancelled", "booked", "booked"]


def test_a_pause_cancels_what_lies_in_its_days(desk: Client, office: Office) -> None:
    own = started(office)

    days = {"first": "2026-10-26", "last": "2026-11-02"}
    seen = desk.get(url("pause", own.pk), days)
    goes = [a.pk for a in seen.context["pause"].goes]
    response = desk.post(url("pause", own.pk), {**days, "goes": goes}, follow=True)
    wrong = desk.get(url("pause", own.pk), {"first": "2026-11-26", "last": "2026-11-02"})

    assert "2 dates are cancelled." in text(response)
    assert "You paused it: 2 dates were cancelled." in text(response)
    assert wrong.status_code == 400
    assert "The last day cannot come before the first." in text(wrong)
    states = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.state for a in states] == ["booked", "cancelled", "cancelled", "booked"]


def test_this_and_all_later_dates_move_together(desk: Client, office: Office) -> None:
    own = started(office)
    second = Appointment.objects.filter(series=own).order_by("starts_at")[1]

    asked = text(desk.get(url("move-following", second.pk)))
    response = desk.post(
        url("move-following", second.pk),
        {"times": ["2026-10-27T14:00:00+00:00"]},
        follow=True,
    )

    assert "Move this and all later dates" in asked
    assert "3 dates moved." in text(response)
    booked = Appointment.objects.filter(series=own).order_by("starts_at")
    assert [a.starts_at.astimezone(NEW_YORK).strftime("%a %H:%M") for a in booked] == [
        "Mon 15:00",
        "Tue 10:00",
        "Tue 10:00",
        "Tue 10:00",
    ]


def test_more_dates_are_added(desk: Client, office: Office) -> None:
    own = started(office)

    page = text(desk.get(url("renew", own.pk), {"count": 2}))
    names = turns(page)
    response = desk.post(
        url("renew", own.pk),
        {
            "count": 2,
            names[0]: "2026-11-16T20:00:00+00:00",
            names[1]: "2026-11-23T20:00:00+00:00",
        },
        follow=True,
    )

    assert "2 more dates are booked." in text(response)
    assert Appointment.objects.filter(series=own, state="booked").count() == 6


def test_the_series_of_another_practitioner_is_not_there(desk: Client, office: Office) -> None:
    own = started(office)
    one = Appointment.objects.filter(series=own)[0]
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    desk.force_login(other.user)

    answers_ = [
        desk.get(url("series", own.pk)),
        desk.get(url("renew", own.pk)),
        desk.post(url("pause", own.pk), {"first": "2026-10-26", "last": "2026-11-02"}),
        desk.post(url("skip", own.pk, one.pk)),
        desk.get(url("repeat", one.pk)),
        desk.get(url("move-following", one.pk)),
        desk.get(url("series", uuid4())),
    ]

    assert [a.status_code for a in answers_] == [404] * len(answers_)
    assert Appointment.objects.filter(series=own, state="booked").count() == 4


def test_a_pause_shows_which_dates_go_and_what_follows_before_anything_is_cancelled(
    desk: Client, office: Office
) -> None:
    own = started(office)

    page = text(desk.get(url("pause", own.pk), {"first": "2026-10-26", "last": "2026-11-02"}))
    all_of_it = text(desk.get(url("pause", own.pk), {"first": "2026-10-20", "last": "2027-01-01"}))
    nothing = text(desk.get(url("pause", own.pk), {"first": "2027-01-01", "last": "2027-01-02"}))

    assert "2 dates go" in page
    assert page.count("<del>") == 2
    assert "It goes on Monday 9 November" in page
    assert "1 date stands after the pause." in page
    assert "Nothing is booked after it" in all_of_it
    assert "No date of the series lies in these days." in nothing
    assert Appointment.objects.filter(series=own, state="booked").count() == 4


def test_a_pause_whose_dates_changed_meanwhile_is_shown_again(desk: Client, office: Office) -> None:
    own = started(office)
    days = {"first": "2026-10-26", "last": "2026-11-02"}
    goes = [a.pk for a in desk.get(url("pause", own.pk), days).context["pause"].goes]
    desk.post(url("skip", own.pk, goes[0]))

    response = desk.post(url("pause", own.pk), {**days, "goes": goes})

    assert response.status_code == 409
    assert "Its dates have changed meanwhile" in text(response)
    assert "1 date goes" in text(response)
    assert Appointment.objects.filter(series=own, state="booked").count() == 3
