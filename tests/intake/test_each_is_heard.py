"""Of two people each is heard: one alert never hides another, one talk never closes for both."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from uuid import UUID

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from booking.models import Participant, Request
from intake.domain.refusals import NotContacted
from intake.models import Alert, Flag, Review
from intake.operations import safety
from practice.models import Change, Pending
from tests.booking.factories import NOW, Office, people_of, verified

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
HOUR = timedelta(hours=1)
DANGER = {"sf_a5": "yes"}
UNFREE = {"sf_choice": "no"}


@pytest.fixture
def request_of_two(office: Office) -> Request:
    return verified(office, "couple")


def hear(person: Participant, said: dict[str, str], now: datetime) -> None:
    safety.hear(participant_id=person.pk, said=said, now=now)


def open_alerts() -> list[tuple[UUID | None, str]]:
    return sorted(
        Alert.objects.filter(acknowledged_at=None).values_list("participant_id", "level"), key=str
    )


def close(office: Office, contacted: list[UUID], now: datetime) -> None:
    safety.close(
        review_id=Review.objects.get(closed_at=None).pk,
        practitioner_id=office.practitioner.pk,
        contacted=contacted,
        decision="proceed",
        supervised=True,
        now=now,
    )


def talked_to(person: Participant, office: Office, now: datetime) -> None:
    safety.record_contact(
        review_id=Review.objects.get(closed_at=None).pk,
        participant_id=person.pk,
        practitioner_id=office.practitioner.pk,
        now=now,
    )


# Alerts -------------------------------------------------------------------------------------------


def test_the_second_person_in_danger_is_heard_though_nobody_saw_the_first_alert(
    request_of_two: Request,
) -> None:
    kim, sam = people_of(request_of_two)
    hear(kim, DANGER, NOW)

    hear(sam, DANGER, NOW + DAY)

    each = [(kim.pk, "acute"), (kim.pk, "review"), (sam.pk, "acute"), (sam.pk, "review")]
    assert open_alerts() == sorted(each, key=str)
    raised = Change.objects.filter(kind="flag_raised", occurred_at=NOW + DAY)
    assert levels_of(raised) == ["acute", "review"]
    assert Pending.objects.filter(change__in=raised).count() == 2
    assert Review.objects.count() == 1


def test_a_new_reason_of_the_same_person_is_an_alert_of_its_own(request_of_two: Request) -> None:
    kim, _sam = people_of(request_of_two)
    hear(kim, UNFREE, NOW)

    hear(kim, {"sf_speak": "no"}, NOW + HOUR)
    hear(kim, UNFREE, NOW + 2 * HOUR)

    assert open_alerts() == [(kim.pk, "review")] * 2, "the same reason is raised once"


def repeated(now: datetime) -> list[str]:
    """The levels of what is said again at this time."""
    safety.repeat(now=now)
    changes = Change.objects.filter(kind="alert_repeated", occurred_at=now)
    return levels_of(changes)


def levels_of(changes: Iterable[Change]) -> list[str]:
    """How urgent what these changes are about is."""
    alerts = Alert.objects.filter(pk__in=[str(c.snapshot["alert"]) for c in changes])
    return sorted(alerts.values_list("level", flat=True))


def test_what_nobody_acknowledged_is_said_again_each_day_for_as_long_as_it_takes(
    request_of_two: Request, office: Office
) -> None:
    kim, _sam = people_of(request_of_two)
    hear(kim, DANGER, NOW)

    assert repeated(NOW + 22 * HOUR) == []
    assert repeated(NOW + 23 * HOUR) == ["acute"]
    assert repeated(NOW + 24 * HOUR) == [], "once a day"
    assert repeated(NOW + 47 * HOUR) == ["acute", "review"]
    assert [repeated(NOW + days * DAY) for days in range(3, 9)] == [["acute", "review"]] * 6
    for alert in Alert.objects.filter(level="acute"):
        safety.acknowledge(
            alert_id=alert.pk, practitioner_id=office.practitioner.pk, now=NOW + 9 * DAY
        )
    assert repeated(NOW + 10 * DAY) == ["review"]
    close(office, [kim.pk], NOW + 10 * DAY)
    assert repeated(NOW + 12 * DAY) == []


def test_an_alert_is_not_said_again_once_its_flag_is_deleted(request_of_two: Request) -> None:
    kim, _sam = people_of(request_of_two)
    hear(kim, DANGER, NOW)

    Flag.objects.all().delete()

    assert repeated(NOW + 5 * DAY) == []


def test_what_was_swallowed_before_is_found_when_the_tables_change(
    request_of_two: Request,
) -> None:
    kim, sam = people_of(request_of_two)
    hear(kim, UNFREE, NOW)
    hear(sam, UNFREE, NOW + DAY)
    Alert.objects.filter(participant=sam).delete()
    Alert.objects.update(participant=None)
    Review.objects.update(contacted_at=NOW + HOUR)

    moved = import_module("intake.migrations.0007_whose_alerts")
    moved.name_whose(apps, None)
    moved.name_contacts(apps, None)

    assert open_alerts() == sorted([(kim.pk, "review"), (sam.pk, "review")], key=str)
    assert repeated(NOW + 3 * DAY) == ["review", "review"]
    assert set(Flag.objects.values_list("participant", "contacted_at")) == {
        (kim.pk, NOW + HOUR),
        (sam.pk, None),
    }


# Talks --------------------------------------------------------------------------------------------


def test_a_talk_with_one_does_not_close_the_review_for_the_other(
    request_of_two: Request, office: Office
) -> None:
    kim, sam = people_of(request_of_two)
    hear(kim, UNFREE, NOW)
    talked_to(kim, office, NOW + HOUR)
    hear(sam, UNFREE, NOW + DAY)

    for contacted in ([], [kim.pk]):
        with pytest.raises(NotContacted):
            close(office, contacted, NOW + DAY)
    assert Request.objects.get().review_open

    close(office, [sam.pk], NOW + DAY)

    assert not Request.objects.get().review_open
    assert set(Flag.objects.values_list("participant", "contacted_at")) == {
        (kim.pk, NOW + HOUR),
        (sam.pk, NOW + DAY),
    }


def test_what_the_same_person_says_after_a_talk_asks_for_another_one(
    request_of_two: Request, office: Office
) -> None:
    kim, _sam = people_of(request_of_two)
    hear(kim, UNFREE, NOW)
    talked_to(kim, office, NOW + HOUR)

    hear(kim, DANGER, NOW + DAY)

    with pytest.raises(NotContacted):
        close(office, [], NOW + DAY)


def test_the_desk_says_with_whom_a_talk_is_open_and_takes_no_tick_for_another(
    request_of_two: Request, office: Office
) -> None:
    kim, sam = people_of(request_of_two)
    for number, person in enumerate((kim, sam)):
        hear(person, UNFREE, NOW + number * HOUR)
    review = Review.objects.get()
    desk = Client()
    assert office.practitioner.user is not None
    desk.force_login(office.practitioner.user)
    page = reverse("desk-review", args=[request_of_two.pk])

    desk.post(reverse("desk-contact", args=[review.pk]), {"person": str(kim.pk)})
    shown = " ".join(desk.get(page).content.decode().split())
    decide = reverse("desk-decide", args=[review.pk])
    refused = desk.post(decide, {"decision": "proceed", "contacted": str(kim.pk)})
    stranger = desk.post(reverse("desk-contact", args=[review.pk]), {"person": str(review.pk)})
    desk.post(decide, {"decision": "proceed", "contacted": str(sam.pk)})

    assert f"Private contact with {kim.label}" in shown
    assert f"<strong>{sam.label}</strong>: not talked to yet" in shown
    assert f"<strong>{kim.label}</strong>" not in shown
    assert f"To talk about alone: {sam.label}" in shown, "an alert says whom it is about"
    assert (refused.status_code, stranger.status_code) == (400, 404)
    assert not Request.objects.get().review_open
