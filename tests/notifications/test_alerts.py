"""Calls to look at the list, from real answers through real SMTP; the people notice nothing."""

import re
from collections import Counter
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from booking.models import Participant, Request
from intake.models import Alert, Review
from intake.operations import safety
from intake.operations.settings import Changes, change_settings
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import ALERTS, Kind
from notifications.models import Delivery
from notifications.operations.planning import plan_change
from practice.models import Change, Pending, User
from practice.operations import journal
from tests.booking import factories
from tests.booking.factories import NEW_YORK, NOW, Office
from tests.conftest import MailCatcher
from tests.intake.people import ALERTS as ANSWERING
from tests.intake.people import CONTACT, QUIET, YOU, flagged, save, sign_everything
from tests.notifications.helpers import body_of, deliveries, plan_all, send_all

pytestmark = pytest.mark.django_db

State = Delivery.State
HOUR = timedelta(hours=1)
CALM: dict[str, Any] = QUIET | dict.fromkeys(("sf_a1", "sf_a2", "sf_a3", "sf_a4"), "no")
ACUTE = CALM | {"sf_a1": "yes", "sf_a5": "yes"}
REVIEW = CALM | {"sf_h2": "yes", "sf_attending": "no"}
MORNING = datetime(2026, 10, 13, 8, 0, tzinfo=NEW_YORK)


def name_people(office: Office, **changed: Any) -> None:
    """The practice says who answers alerts, and asks everything."""
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(**{"modules": ["hark", "asq"], **ANSWERING, **changed}),
        now=NOW,
    )


def two(office: Office, **changes: Any) -> tuple[Participant, Participant]:
    """Two who have joined; the first has come as far as the last section."""
    request = factories.verified(office, "couple", **changes)
    one, other = factories.people_of(request)
    factories.enter(other)
    factories.join(other)
    save(one, "you", YOU, NOW)
    save(one, "contact", CONTACT, NOW)
    sign_everything(one, NOW)
    return Participant.objects.get(pk=one.pk), Participant.objects.get(pk=other.pk)


def raise_flag(office: Office, answers: dict[str, Any]) -> Request:
    one, _other = two(office)
    send_all(NOW)
    save(one, "quiet", answers, NOW)
    return one.request


def called(mail: MailCatcher) -> list[EmailMessage]:
    return [m for m in mail.messages if m["Subject"] == "Please open your list"]


def calls(mail: MailCatcher, now: datetime) -> Counter[str]:
    """How many calls each address gets at this time."""
    mail.empty()
    send_all(now)
    return Counter(m["To"].addresses[0].addr_spec for m in called(mail))


# --- Who is called, and when -------------------------------------------------------------------


def test_a_flag_calls_the_practitioner_until_the_second_person_is_told(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    raise_flag(office, REVIEW)
    practitioner = office.practitioner.email

    assert calls(mailcatcher, NOW) == {practitioner: 1}
    assert calls(mailcatcher, NOW + 4 * HOUR) == {practitioner: 1}
    assert calls(mailcatcher, MORNING - HOUR) == {}
    assert calls(mailcatcher, MORNING) == {practitioner: 1}
    assert calls(mailcatcher, MORNING + 4 * HOUR) == {"bo@willow.example": 1}
    assert not Delivery.objects.filter(kind__in=ALERTS, state=State.PENDING).exists()


def test_an_acute_answer_raises_two_alerts_and_nobody_is_called_twice_at_once(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office)
    raise_flag(office, ACUTE)
    both = {office.practitioner.email: 1, "ava@willow.example": 1}

    assert Counter(Alert.objects.values_list("level", flat=True)) == {"acute": 1, "review": 1}
    assert calls(mailcatcher, NOW) == both
    assert calls(mailcatcher, NOW + HOUR) == both
    assert calls(mailcatcher, NOW + 4 * HOUR) == both
    assert calls(mailcatcher, NOW + 5 * HOUR) == {"bo@willow.example": 1}
    assert calls(mailcatcher, MORNING) == both
    assert calls(mailcatcher, MORNING + 5 * HOUR) == {}, "the second person is told once"


def test_a_newer_and_more_urgent_alert_calls_again_at_once(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    one, _other = two(office)
    send_all(NOW)
    save(one, "quiet", REVIEW, NOW)
    assert calls(mailcatcher, NOW) == {office.practitioner.email: 1}

    later = NOW + timedelta(minutes=10)
    save(one, "quiet", ACUTE, later)

    assert calls(mailcatcher, later) == {office.practitioner.email: 1}


def test_hours_without_a_mail_server_end_in_one_call_not_a_heap(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    raise_flag(office, ACUTE)
    with mailcatcher.down():
        for hours in (0, 1, 4):
            send_all(NOW + hours * HOUR)

    assert calls(mailcatcher, NOW + 5 * HOUR + timedelta(minutes=1)) == {
        office.practitioner.email: 1,
        "bo@willow.example": 1,
    }


def test_a_planner_that_was_down_for_hours_skips_no_call(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    raise_flag(office, ACUTE)
    late = NOW + 6 * HOUR

    assert calls(mailcatcher, late) == {office.practitioner.email: 1}
    assert calls(mailcatcher, late + HOUR) == {office.practitioner.email: 1}
    assert calls(mailcatcher, late + 4 * HOUR) == {office.practitioner.email: 1}
    assert calls(mailcatcher, late + 5 * HOUR) == {"bo@willow.example": 1}


def test_without_a_second_person_the_last_call_is_skipped_and_says_why(
    mailcatcher: MailCatcher, office: Office
) -> None:
    raise_flag(office, REVIEW)
    send_all(NOW)

    assert calls(mailcatcher, MORNING + 4 * HOUR) == {office.practitioner.email: 1}
    (second,) = deliveries(Kind.ALERT_SECOND)
    assert (second.state, second.reason) == (State.SKIPPED, "no address")


def test_somebody_named_meanwhile_is_told(mailcatcher: MailCatcher, office: Office) -> None:
    raise_flag(office, REVIEW)
    send_all(NOW)
    send_all(MORNING)
    name_people(office)
    assert calls(mailcatcher, MORNING + 4 * HOUR) == {"bo@willow.example": 1}


def test_a_second_person_in_danger_calls_again_though_the_first_call_was_never_answered(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    one, other = two(office)
    send_all(NOW)
    safety.hear(participant_id=one.pk, said={"sf_a5": "yes"}, now=NOW)
    for hours in (0, 1, 4, 5):
        send_all(NOW + hours * HOUR)
    for later in (MORNING, MORNING + 4 * HOUR):
        send_all(later)

    day_after = NOW + 48 * HOUR
    safety.hear(participant_id=other.pk, said={"sf_a5": "yes"}, now=day_after)

    assert calls(mailcatcher, day_after) == {office.practitioner.email: 1}
    assert calls(mailcatcher, day_after + HOUR) == {office.practitioner.email: 1}
    assert calls(mailcatcher, day_after + 4 * HOUR) == {office.practitioner.email: 1}
    assert calls(mailcatcher, day_after + 5 * HOUR) == {"bo@willow.example": 1}


def test_an_acute_alert_calls_each_day_until_it_is_acknowledged(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    raise_flag(office, ACUTE)
    for hours in (0, 1, 4, 5):
        send_all(NOW + hours * HOUR)
    for later in (MORNING, MORNING + 4 * HOUR):
        send_all(later)
    everybody = {office.practitioner.email: 1, "bo@willow.example": 1}

    for day in (2, 3, 4):
        safety.repeat(now=NOW + day * 24 * HOUR)
        assert calls(mailcatcher, NOW + day * 24 * HOUR) == everybody
    for alert in Alert.objects.all():
        safety.acknowledge(
            alert_id=alert.pk, practitioner_id=office.practitioner.pk, now=NOW + 100 * HOUR
        )
    safety.repeat(now=NOW + 5 * 24 * HOUR)

    assert calls(mailcatcher, NOW + 5 * 24 * HOUR) == {}


# --- Acknowledged ------------------------------------------------------------------------------


def _acknowledge(office: Office, request: Request) -> None:
    for alert in Alert.objects.filter(request=request):
        safety.acknowledge(
            alert_id=alert.pk, practitioner_id=office.practitioner.pk, now=NOW + HOUR / 2
        )


def _decide(office: Office, request: Request) -> None:
    safety.close(
        review_id=Review.objects.get(request=request).pk,
        practitioner_id=office.practitioner.pk,
        contacted=flagged(request),
        decision="proceed",
        supervised=True,
        now=NOW + HOUR / 2,
    )


@pytest.mark.parametrize("end", [_acknowledge, _decide])
def test_what_still_waits_is_dropped_when_it_is_acknowledged_or_decided(
    mailcatcher: MailCatcher, office: Office, end: Any
) -> None:
    name_people(office)
    request = raise_flag(office, ACUTE)
    send_all(NOW)

    end(office, request)
    plan_all(NOW + HOUR / 2)

    left = Delivery.objects.filter(kind__in=ALERTS).exclude(state=State.SENT)
    assert {(d.state, d.reason) for d in left if d.settled_at == NOW + HOUR / 2} == {
        (State.SUPERSEDED, "acknowledged")
    }
    assert not left.filter(state=State.PENDING).exists()
    assert calls(mailcatcher, MORNING + 9 * HOUR) == {}


def test_one_alert_acknowledged_leaves_the_other_calling(
    mailcatcher: MailCatcher, office: Office
) -> None:
    name_people(office, alert_email=office.practitioner.email)
    raise_flag(office, ACUTE)
    send_all(NOW)
    safety.acknowledge(
        alert_id=Alert.objects.get(level="acute").pk,
        practitioner_id=office.practitioner.pk,
        now=NOW,
    )

    assert calls(mailcatcher, NOW + HOUR) == {}
    assert calls(mailcatcher, NOW + 4 * HOUR) == {office.practitioner.email: 1}


def test_a_call_is_not_sent_once_it_was_acknowledged_even_before_that_is_planned(
    mailcatcher: MailCatcher, office: Office
) -> None:
    request = raise_flag(office, REVIEW)
    plan_all(NOW)
    _acknowledge(office, request)
    Pending.objects.all().delete()  # as if nobody had come to it yet
    assert calls(mailcatcher, NOW + 4 * HOUR) == {}


def test_planning_an_alert_twice_has_the_effect_of_once(office: Office) -> None:
    raise_flag(office, REVIEW)
    plan_all(NOW)
    before = set(Delivery.objects.values_list("key", "state", "due_at"))
    change = Change.objects.get(kind="flag_raised")

    Pending.objects.create(change=change)
    plan_change(change_id=change.pk, now=NOW + HOUR)

    assert set(Delivery.objects.values_list("key", "state", "due_at")) == before


# --- What a call says --------------------------------------------------------------------------


def test_a_call_says_nothing_but_where_the_list_is(
    mailcatcher: MailCatcher, office: Office, client: Client
) -> None:
    name_people(office)
    request = raise_flag(office, ACUTE)
    mailcatcher.empty()
    for hours in (0, 1, 5):
        send_all(NOW + hours * HOUR)

    assert len(called(mailcatcher)) == 7
    names = [n for p in factories.people_of(request) for n in (p.label, p.email, p.chosen_name)]
    for message in called(mailcatcher):
        plain, rich = body_of(message, "plain"), body_of(message, "html")
        assert message["From"].addresses[0].display_name == "Office"
        assert [urlsplit(u).path for u in re.findall(r"https?://\S+", plain)] == [
            reverse("desk-attention")
        ]
        everything = f"{message.as_string()}{plain}{rich}"
        assert forbidden_words(plain + rich, also=names) == []
        for trace in (request.pk.hex, str(request.pk), "acute", "urgent", "flag", "alert"):
            assert trace not in everything.lower()
    assert client.get(reverse("desk-attention")).status_code == 302


def test_the_page_of_messages_says_who_was_called(office: Office, client: Client) -> None:
    name_people(office)
    raise_flag(office, REVIEW)
    plan_all(NOW)
    Delivery.objects.update(due_at=datetime(2100, 1, 1, tzinfo=NEW_YORK))
    client.force_login(User.objects.get())

    page = client.get(reverse("messages:list"), {"show": "upcoming"}).content.decode()

    for words in ("Nobody has opened the list", "Ava", "Bo"):
        assert words in page


# --- The people notice nothing -----------------------------------------------------------------


def _of_participants(request: Request) -> list[tuple[Any, ...]]:
    """Every message to the people of a request, without what is random about it."""
    return sorted(
        (
            d.participant.position if d.participant else -1,
            d.kind,
            re.sub(r"^c\d+", "c", d.key.split(":")[1]),
            d.revision,
            d.due_at,
            d.try_at,
            d.not_after,
            d.planned_at,
            d.state,
            d.reason,
        )
        for d in Delivery.objects.filter(participant__request=request)
    )


def _with_somebody_to_remind(office: Office, slot: int) -> tuple[Participant, Request]:
    """Two people of whom one has something to do again that no plan knows of yet."""
    start = factories.open_starts(office, office.service("couple"))[slot]
    one, other = two(office, times=(start,))
    factories.clear(other)
    plan_all(NOW)
    factories.unclear(other)
    plan_all(NOW)
    return one, one.request


@pytest.mark.parametrize("answers", [REVIEW, ACUTE], ids=["review", "acute"])
def test_messages_to_the_people_are_the_same_with_and_without_a_flag(
    mailcatcher: MailCatcher, office: Office, answers: dict[str, Any]
) -> None:
    name_people(office)
    flagged, asked = _with_somebody_to_remind(office, -20)
    calm, asked_too = _with_somebody_to_remind(office, -40)
    assert _of_participants(asked) == _of_participants(asked_too)

    for person, given in ((flagged, answers), (calm, CALM)):
        save(person, "quiet", given, NOW)
    plan_all(NOW)
    assert _of_participants(asked) == _of_participants(asked_too)
    _acknowledge(office, asked)
    _decide(office, asked)

    for at in (NOW, NOW + 4 * HOUR, MORNING, NOW + timedelta(days=3)):
        mailcatcher.empty()
        send_all(at)
        told = [
            sorted((p.position, str(m["Subject"])) for p in people for m in mailcatcher.to(p.email))
            for people in (factories.people_of(asked), factories.people_of(asked_too))
        ]
        assert told[0] == told[1]
        assert _of_participants(asked) == _of_participants(asked_too)
    assert Alert.objects.filter(request=asked).exists()
    assert not Alert.objects.filter(request=asked_too).exists()


def test_the_comparison_would_see_a_flag_that_is_planned_like_other_changes(
    office: Office,
) -> None:
    _one, asked = _with_somebody_to_remind(office, -20)
    _another, asked_too = _with_somebody_to_remind(office, -40)
    with transaction.atomic():
        journal.record(
            kind="anything_else",
            subject_type="request",
            subject_id=asked.pk,
            actor=journal.SYSTEM,
            at=NOW,
        )
    plan_all(NOW)
    assert _of_participants(asked) != _of_participants(asked_too)
