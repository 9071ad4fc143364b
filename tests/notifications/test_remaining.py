"""Two dates are left: each says on their page what follows, and only the practitioner reads it."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.refusals import NotTheirs
from booking.models import Appointment, Participant, Series
from booking.operations.wishes import say_what_follows
from booking.queries.wishes import Wish, latest_wish
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from practice.models import Change
from tests.booking import factories as make
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.intake.people import device
from tests.notifications.helpers import body_of, send_all
from tests.notifications.weekly import started, week

pytestmark = pytest.mark.django_db

#: Of five weekly dates, when the third is over.
TWO_LEFT = week(2) + timedelta(hours=2)


def say(series: Series, person: Participant, wish: Wish, *, now: datetime = TWO_LEFT) -> bool:
    return say_what_follows(series_id=series.pk, participant_id=person.pk, wish=wish, now=now)


def one_date_left(office: Office, relationship_type: str = "individual") -> Series:
    """By the clock that pages look at."""
    appointment = make.booked(office, relationship_type, now=timezone.now())
    assert appointment.request is not None
    series = Series.objects.create(
        request=appointment.request,
        every_weeks=1,
        occurrences=3,
        wall_start="2026-01-01T10:00",
        wall_zone="UTC",
        created_at=timezone.now(),
    )
    Appointment.objects.filter(pk=appointment.pk).update(series=series)
    return series


def test_the_last_word_counts_and_the_practitioner_alone_hears_of_each(
    office: Office, mailcatcher: MailCatcher
) -> None:
    series = started(office, "couple")
    one, other = Participant.objects.order_by("position")
    send_all(NOW)
    mailcatcher.empty()

    said = [say(series, one, w) for w in (Wish.PAUSE, Wish.RENEW, Wish.RENEW)]
    send_all(TWO_LEFT)

    told = Delivery.objects.filter(kind=Kind.PRACTITIONER_DATES_WISH)
    messages = [m for m in mailcatcher.messages if m["Subject"] == "Please open your list"]
    assert said == [True, True, False]
    assert (latest_wish(series.pk, one.pk), latest_wish(series.pk, other.pk)) == (Wish.RENEW, None)
    assert [d.practitioner_id for d in told] == [office.practitioner.pk] * 2
    assert {m["To"] for m in messages} == {office.practitioner.email}
    assert f"/desk/series/{series.pk}/" in body_of(messages[0], "plain")
    assert one.chosen_name not in messages[0].as_string()


def test_it_is_asked_only_at_the_end_and_only_of_those_who_come(office: Office) -> None:
    series = started(office)
    person = Participant.objects.get()
    stranger = make.requester_of(make.verified(office))

    for who, now in (
        (person, week(1) + timedelta(hours=2)),  # three are left
        (person, week(4) + timedelta(hours=2)),  # it is over
        (stranger, TWO_LEFT),
    ):
        with pytest.raises(NotTheirs):
            say(series, who, Wish.FINISH, now=now)

    assert not Change.objects.filter(kind__startswith="dates_wish_").exists()


def test_it_is_said_on_ones_own_page_and_the_other_reads_nothing_of_it(office: Office) -> None:
    series = one_date_left(office, "couple")
    one, other = Participant.objects.filter(request=series.request_id).order_by("position")
    mine, theirs = (reverse("messages:remaining", args=[p.pk, series.pk]) for p in (one, other))
    before = device(other).get(theirs).content.decode()

    browser = device(one)
    assert mine in browser.get(reverse("you", args=[one.pk])).content.decode()
    assert browser.get(mine).status_code == 200
    assert latest_wish(series.pk, one.pk) is None
    answer = browser.post(mine, {"wish": "pause"})

    assert answer["Location"] == mine
    assert "You said: " in browser.get(mine).content.decode()
    assert latest_wish(series.pk, one.pk) == Wish.PAUSE
    assert "You said: " not in before
    assert "You said: " not in device(other).get(theirs).content.decode()
    assert browser.get(theirs).status_code == 404 or "Nothing is open here" in (
        browser.get(theirs).content.decode()
    )


def test_the_practitioner_reads_it_on_the_page_of_the_dates(office: Office, client: Client) -> None:
    series = one_date_left(office)
    person = Participant.objects.get(request=series.request_id)
    say(series, person, Wish.FINISH, now=timezone.now())
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)

    page = client.get(reverse("desk:series", args=[series.pk])).content.decode()

    assert "would like to finish after these dates." in page


def test_whatever_else_is_sent_says_nothing(office: Office) -> None:
    series = one_date_left(office)
    person = Participant.objects.get(request=series.request_id)
    url = reverse("messages:remaining", args=[person.pk, series.pk])

    assert device(person).post(url, {"wish": "more"}).status_code == 404
    assert latest_wish(series.pk, person.pk) is None
