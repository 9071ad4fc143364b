"""The whole road through SMTP, with names that people really gave: from whom, and leading where."""

import re
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.test import Client, override_settings

from booking.models import Appointment, Participant
from booking.operations import cancellations, decisions, links, moves
from booking.queries.joining import how_to_join
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import FROM_THE_OFFICE, Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.models import Practice
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, calendar_part, plan_all, send_all

SENDERS = {"office": "Office", "practitioner": "Morgan Quill", "initials": "MQ"}


def _stages() -> Iterator[UUID]:
    """A request of two that goes all the way; yields where mail is to be looked at."""
    office = factories.make_office()
    office.practitioner.display_name, office.practitioner.initials = "Morgan Quill", "MQ"
    office.practitioner.save()
    start = factories.open_starts(office, office.services["couple-80"])[-20]
    request = factories.verified(office, "couple", times=(start,))
    yield request.pk
    for person in factories.people_of(request):
        if not person.is_requester:
            factories.enter(person)
            factories.join(person, accepts=True, now=NOW)
        factories.clear(person)
    yield request.pk
    decisions.confirm(request_id=request.pk, practitioner_id=office.practitioner.pk, now=NOW)
    factories.let_decision_leave(request)
    appointment = Appointment.objects.get(request=request, state="booked")
    yield request.pk
    people = list(Participant.objects.filter(request=request))
    moves.ask_move(
        appointment_id=appointment.pk,
        participant_id=people[0].pk,
        starts=[start + timedelta(days=1)],
        now=NOW,
    )
    yield request.pk
    cancellations.cancel(appointment_id=appointment.pk, participant_id=people[0].pk, now=NOW)
    yield request.pk


@pytest.mark.django_db
def test_every_button_on_the_whole_road_opens_a_page_that_exists(
    mailcatcher: MailCatcher, client: Client
) -> None:
    for _ in _stages():
        send_all(NOW)

    for message in mailcatcher.messages:
        (url,) = re.findall(r"https?://\S+", body_of(message, "plain"))
        answer = client.get(urlsplit(url).path)
        assert answer.status_code == (302 if "/desk/" in url else 200), url


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("phone", "kind", "line"),
    [
        ("+1 212 555 0123", "we_call", "We call you on: +1 212 555 0123"),
        ("", "you_call", "Please call: +1 212 555 0101"),
    ],
)
def test_who_calls_whom_is_the_same_in_the_mail_and_on_the_page(
    mailcatcher: MailCatcher, phone: str, kind: str, line: str
) -> None:
    appointment = booked(factories.make_office(), modality="phone")
    Participant.objects.update(phone=phone)
    send_all(NOW)

    message = next(m for m in mailcatcher.messages if m["Subject"] == "Your appointment")
    how = how_to_join(appointment, Participant.objects.get())
    assert how.kind == kind
    assert line in body_of(message, "plain")
    assert line.endswith(how.detail)


@pytest.mark.django_db
@pytest.mark.parametrize("sender", SENDERS)
def test_no_message_on_the_whole_road_names_anybody_else(
    mailcatcher: MailCatcher, sender: str
) -> None:
    for request_id in _stages():
        Participant.objects.filter(request_id=request_id).update(
            sender_name=sender, may_name_me=False
        )
        send_all(NOW)
        reminder = Delivery.objects.filter(kind=Kind.REMINDER).order_by("due_at").first()
        if reminder is not None:
            send_due(worker="w", now=reminder.due_at)

    people = list(Participant.objects.filter(request_id=request_id))
    sent = set(Delivery.objects.filter(state=Delivery.State.SENT).values_list("kind", flat=True))
    assert sent >= {Kind.INVITATION, Kind.BOOKED, Kind.REMINDER, Kind.CHANGE_ASKED}
    assert sent >= {Kind.CANCELLED_OWN, Kind.CANCELLED_FOR_OTHERS}
    for message in mailcatcher.messages:
        (to,) = message["To"].addresses
        others = [p for p in people if p.email != to.addr_spec]
        kind = Delivery.objects.get(pk=UUID(message["Message-ID"][1:33])).kind
        names = [n for p in others for n in (p.email, p.label) if n]
        if kind in FROM_THE_OFFICE:  # the requester said yes to being named here
            names = [n for p in others for n in (p.email,)]
        file = calendar_part(message)
        everything = "\n".join(
            [
                *(f"{k}: {v}" for k, v in message.items() if k != "To"),
                body_of(message, "plain"),
                body_of(message, "html"),
                file.content.decode() if file else "",
            ]
        )
        assert forbidden_words(everything, also=names) == [], kind


@pytest.mark.django_db
@pytest.mark.parametrize("sender", SENDERS)
def test_the_sender_is_the_one_that_each_person_chose(
    mailcatcher: MailCatcher, sender: str
) -> None:
    for request_id in _stages():
        Participant.objects.filter(request_id=request_id).update(sender_name=sender)
    plan_all(NOW)
    Delivery.objects.exclude(kind=Kind.CANCELLED_OWN).delete()
    send_all(NOW)

    names = {
        Kind(Delivery.objects.get(pk=UUID(m["Message-ID"][1:33])).kind): m["From"]
        .addresses[0]
        .display_name
        for m in mailcatcher.messages
    }
    assert names[Kind.CANCELLED_OWN] == SENDERS[sender]


@pytest.mark.django_db
def test_an_invitation_comes_from_the_office_whatever_was_chosen(
    mailcatcher: MailCatcher,
) -> None:
    request = factories.verified(factories.make_office(), "couple")
    Participant.objects.update(sender_name="practitioner")
    send_all(NOW)

    invited = Participant.objects.get(request=request, is_requester=False)
    (message,) = mailcatcher.to(invited.email)
    assert message["From"].addresses[0].display_name == "Office"
    assert message["Reply-To"] is None
    assert "Alex asked us to send you this." in body_of(message, "plain")
    assert "Morgan" not in message.as_string()


@pytest.mark.django_db
def test_an_invitation_names_the_requester_by_initial_if_they_want(
    mailcatcher: MailCatcher,
) -> None:
    factories.verified(factories.make_office(), "couple")
    Participant.objects.update(invited_as="initial")
    send_all(NOW)
    invited = Participant.objects.get(is_requester=False)
    (message,) = mailcatcher.to(invited.email)
    assert "A. asked us to send you this." in body_of(message, "plain")


@pytest.mark.django_db
def test_headers_mark_automatic_mail_and_no_list(mailcatcher: MailCatcher) -> None:
    factories.verified(factories.make_office())
    send_all(NOW)
    message = mailcatcher.messages[0]
    delivery = Delivery.objects.get(pk=UUID(message["Message-ID"][1:33]))
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == f"<{delivery.pk.hex}@attune.localhost>"
    assert not [name for name in message if name.lower().startswith("list-")]
    assert message["Cc"] is None


@pytest.mark.django_db
def test_replies_go_to_the_practice_unless_its_address_gives_it_away(
    mailcatcher: MailCatcher,
) -> None:
    office = factories.make_office()
    factories.verified(office)
    send_all(NOW)
    Practice.objects.update(email="hello@couples-therapy.example")
    factories.verified(office)
    send_all(NOW)

    replies = [m["Reply-To"] for m in mailcatcher.messages if m["Subject"] == "We got your message"]
    assert replies == ["office@willow.test", None]


@pytest.mark.django_db
@override_settings(BASE_URL="https://office.example")
def test_each_link_opens_the_page_of_its_own_reader(mailcatcher: MailCatcher) -> None:
    request = factories.verified(factories.make_office(), "couple")
    send_all(NOW)
    for person in factories.people_of(request):
        message = mailcatcher.to(person.email)[-1]
        link = factories.link_of(person)
        plain = body_of(message, "plain")
        assert f"https://office.example/open/{links.token(link.id)}/" in plain
        code = links.code(link.id)
        assert f"{code[:3]} {code[3:]}" in plain


@pytest.mark.django_db
def test_a_link_to_an_address_that_is_not_proven_is_sent_nowhere_else(
    mailcatcher: MailCatcher,
) -> None:
    factories.verified(factories.make_office())
    person = Participant.objects.get()
    own = factories.link_of(person)
    links.send_to_new_address(
        participant_id=person.pk, address="new@example.test", now=NOW + timedelta(seconds=1)
    )
    plan_all(NOW)
    send_due(worker="w", now=NOW + timedelta(hours=1))

    to_old = next(m for m in mailcatcher.to(person.email) if m["Subject"] == "We got your message")
    assert links.token(own.id) in body_of(to_old, "plain")
    assert [m["Subject"] for m in mailcatcher.to("new@example.test")] == ["Your code"]
