"""Every message in every profile: nothing says what the practice does or who else comes."""

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from urllib.parse import urlsplit
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from django.test import Client, override_settings

from booking.models import Appointment, Participant
from booking.operations import cancellations, decisions, links, moves
from booking.queries.joining import how_to_join
from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import CHOSEN, FROM_THE_OFFICE, SWITCHABLE, Kind
from notifications.messages.render import html, text
from notifications.messages.titles import title
from notifications.messages.wording import compose
from notifications.models import Delivery
from notifications.operations.sending import send_due
from notifications.queries.letters import Letter, Session
from practice.models import Practice
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, calendar_part, plan_all, send_all

LONDON = ZoneInfo("Europe/London")
START = datetime(2026, 3, 3, 18, 0, tzinfo=UTC)

#: Subjects are a fixed list. The days and the code are filled in.
SUBJECTS = {
    Kind.CODE: "Your code",
    Kind.RECEIVED: "We got your message",
    Kind.NEW_REQUEST: "New request",
    Kind.INVITATION: "You have an invitation",
    Kind.INVITATION_REMINDER: "A reminder for you",
    Kind.NEEDS_A_LOOK: "A request needs a look",
    Kind.CLOSED: "About your request",
    Kind.WONT_GO_AHEAD: "About your request",
    Kind.WITHDREW: "Cancelled",
    Kind.NEXT_STEPS: "Next steps",
    Kind.STEP_WAITING: "A step is waiting",
    Kind.STEP_NUDGE: "A step is waiting",
    Kind.ALL_SET: "All set on your side",
    Kind.READY: "Ready to review",
    Kind.TIME_TO_CONFIRM: "A time to confirm",
    Kind.TIME_TO_CONFIRM_REMINDER: "A time to confirm",
    Kind.TIME_LAPSED: "About your request",
    Kind.BOOKED: "Your appointment",
    Kind.PRACTITIONER_BOOKED: "Confirmed: A-12345",
    Kind.REMINDER: "Appointment tomorrow",
    Kind.CHANGE_ASKED: "A change to your appointment",
    Kind.STAYS_AS_IT_WAS: "A change to your appointment",
    Kind.MOVED: "New time",
    Kind.CANCELLED_FOR_OTHERS: "Appointment cancelled",
    Kind.CANCELLED_OWN: "Cancelled",
    Kind.CANCELLED_BY_PRACTICE: "Appointment cancelled",
    Kind.CANCELLED_LATE: "Cancelled",
    Kind.PRACTITIONER_CHANGE_ASKED: "A change to your appointment",
    Kind.PRACTITIONER_MOVED: "New time",
    Kind.PRACTITIONER_CANCELLED: "Appointment cancelled",
    Kind.PRACTITIONER_ONE_LESS: "A change to your appointment",
    Kind.POLL_REOPENED: "About your request",
    Kind.ON_THE_LIST: "You're on the list",
    Kind.TIME_OPENED: "A time opened up",
    Kind.TIME_GONE: "That time has gone",
    Kind.STILL_WAITING: "You're on the list",
    Kind.DATES_BOOKED: "Your appointments",
    Kind.DATES_MOVED: "New times",
    Kind.DATES_CANCELLED: "Appointments cancelled",
    Kind.LAST_DATES: "Your remaining dates",
    Kind.CLOCK_SHIFT: "Your time will change",
    Kind.LATE_WISH_KEPT: "A change to your appointment",
    Kind.RUNNING_LATE: "Running a little late",
    Kind.SEAT_GIVEN: "A place for you",
    Kind.SEAT_REFUSED: "About your application",
    Kind.SEAT_LEFT: "Cancelled",
    Kind.PRACTITIONER_DATES_BOOKED: "Confirmed: A-12345",
    Kind.PRACTITIONER_LATE_WISH: "A change to your appointment",
    Kind.PRACTITIONER_RUNNING_LATE: "Running a little late",
    Kind.PRACTITIONER_MISSED_TWICE: "Please open your list",
    Kind.PRACTITIONER_TOO_FEW: "Please open your list",
    Kind.PRACTITIONER_SEAT_LEFT: "Please open your list",
    Kind.PRACTITIONER_ALERT: "Please open your list",
    Kind.PRACTITIONER_ALERT_AGAIN: "Please open your list",
    Kind.ALERT_NAMED: "Please open your list",
    Kind.ALERT_SECOND: "Please open your list",
    Kind.DOCUMENT_CHANGED: "A document to review",
    Kind.DOCUMENT_WAITING: "A document to review",
    Kind.SETTINGS_CHANGED: "Your settings changed",
    Kind.SETTINGS_CHANGED_BEFORE: "Your settings changed",
    Kind.OWN_DATA_DONE: "Your request is done",
    Kind.MISSED_YOU: "About your appointment",
    Kind.MISSED_FOLLOW_UP: "About your appointment",
    Kind.PRACTITIONER_WELLBEING: "Please open your list",
    Kind.CALL_BOOKED: "Your call",
    Kind.STARTING_SOON: "Starting soon",
    Kind.NEW_START: "New start date",
    Kind.AFTERCARE: "A note for after",
    Kind.FEEDBACK: "One minute of your time",
    Kind.UPCOMING_DATES: "About your upcoming dates",
    Kind.PRACTITIONER_TODAY: "Today",
    Kind.PRACTITIONER_DATES_WISH: "Please open your list",
    Kind.PRACTITIONER_BOUNCED: "A message didn't arrive",
}


JOIN_BY = {"video": "video", "phone": "we_call", "in_person": "place"}


def a_letter(kind: Kind, *, details: bool = True, modality: str = "video") -> Letter:
    return Letter(
        kind=kind,
        delivery_id=uuid4(),
        address="alex@example.test",
        sender="Office",
        signature="Office",
        reply_to="",
        zone=LONDON,
        url="https://office.example/open/abc/",
        ask_url="https://office.example/request/",
        sent_at=START - timedelta(hours=24),
        code="123 456",
        details=details,
        session=Session(
            START,
            START + timedelta(minutes=50),
            modality,
            JOIN_BY[modality],
            "https://video.example/room",
            START - timedelta(hours=48),
        ),
        times=((START, START + timedelta(minutes=50)),),
        times_until=START - timedelta(hours=1),
        requester="Alex",
        reply_promise="within two working days",
        reference="A-12345",
        has_file=True,
        dates=tuple((d, d + timedelta(minutes=50)) for d in (START, START + timedelta(days=7))),
        clock_before=START.astimezone(LONDON) + timedelta(hours=1),
        minutes_late=10,
        sessions_today=2,
        is_waiting=True,
        files_follow=True,
    )


@pytest.mark.parametrize("kind", Kind)
def test_every_message_has_its_subject_from_the_fixed_list(kind: Kind) -> None:
    assert compose(a_letter(kind)).subject == SUBJECTS[kind]
    assert title(kind)


@pytest.mark.parametrize(
    ("kind", "details", "modality"),
    list(product(Kind, (True, False), ("video", "phone", "in_person"))),
)
def test_no_message_contains_a_word_that_gives_something_away(
    kind: Kind, details: bool, modality: str
) -> None:
    message = compose(a_letter(kind, details=details, modality=modality))
    everything = " ".join((message.subject, message.preview, text(message), html(message)))
    assert forbidden_words(everything) == []


@pytest.mark.parametrize("kind", Kind)
def test_text_and_html_say_the_same(kind: Kind) -> None:
    message = compose(a_letter(kind))
    plain, rich = " ".join(text(message).split()), " ".join(html(message).split())
    escaped = {"'": "&#x27;", "&": "&amp;"}
    for words in (
        *message.paragraphs,
        *(value for _label, value in message.facts),
        *message.small,
        message.url,
        message.code,
        message.action,
    ):
        assert words in plain
        assert "".join(escaped.get(c, c) for c in words) in rich or words in rich


@pytest.mark.parametrize("kind", Kind)
def test_html_loads_nothing_and_follows_nobody(kind: Kind) -> None:
    rich = html(compose(a_letter(kind)))
    for trace in ("<img", "src=", "url(", "<script", "<link", "@import"):
        assert trace not in rich


@pytest.mark.parametrize("kind", [k for k in Kind if not k.startswith("practitioner")])
def test_who_shares_a_mailbox_reads_times_on_the_page_only(kind: Kind) -> None:
    plain = text(compose(a_letter(kind, details=False)))
    for detail in ("18:00", "2026", "video.example", "London"):
        assert detail not in plain


def test_times_are_in_the_readers_zone_and_the_zone_is_spelled_out() -> None:
    assert "When: Tuesday 3 March 2026, 18:00 to 18:50, London time (GMT)" in text(
        compose(a_letter(Kind.BOOKED))
    )


@pytest.mark.parametrize("kind", sorted({*SWITCHABLE, *CHOSEN}))
def test_what_may_be_switched_off_says_so(kind: Kind) -> None:
    plain = " ".join(text(compose(a_letter(kind))).split())
    off = "switch" in plain and "off on your page" in plain
    assert off or "ask us never to write to you again" in plain


def test_the_code_stands_beside_the_link() -> None:
    plain = text(compose(a_letter(Kind.NEXT_STEPS)))
    assert "https://office.example/open/abc/" in plain
    assert "Your code: 123 456" in plain


@pytest.mark.parametrize(
    ("hours", "subject"),
    [
        (72, "Appointment on Tuesday 3 March"),
        (24, "Appointment tomorrow"),
        (2, "Appointment today"),
        (46.5, "Appointment on Tuesday 3 March"),  # the evening before the evening before
    ],
)
def test_a_reminder_names_the_day_as_the_reader_would(hours: float, subject: str) -> None:
    letter = replace(a_letter(Kind.REMINDER), sent_at=START - timedelta(hours=hours))
    assert compose(letter).subject == subject


# --- Nothing is promised that the page does not have -------------------------------------------


@pytest.mark.parametrize(
    "kind", [Kind.CANCELLED_OWN, Kind.CANCELLED_LATE, Kind.CANCELLED_FOR_OTHERS]
)
def test_after_the_end_the_button_asks_anew_and_needs_no_code(kind: Kind) -> None:
    message = compose(a_letter(kind))
    assert message.url == "https://office.example/request/"
    assert message.code == ""
    assert "page" not in text(message)


def test_another_time_is_promised_only_while_the_page_lets_people_look_for_one() -> None:
    letter = a_letter(Kind.BOOKED)
    late = compose(letter).small
    early = compose(replace(letter, sent_at=START - timedelta(days=9))).small
    assert late == ("If you cannot come, please say so on your page.",)
    assert early == ("On your page you can look for another time, or say that you cannot come.",)


@pytest.mark.parametrize("reply_to", ["", "office@willow.test"])
def test_an_excuse_is_asked_for_where_it_can_be_given(reply_to: str) -> None:
    plain = text(compose(replace(a_letter(Kind.CANCELLED_LATE), reply_to=reply_to)))
    assert ("please answer this message" in " ".join(plain.split())) is bool(reply_to)


@pytest.mark.parametrize(
    ("modality", "details", "advice"),
    [
        ("video", True, "headphones"),
        ("phone", True, "headphones"),
        ("in_person", True, "in good time"),
        ("video", False, "stands on your page"),
        ("in_person", False, "stands on your page"),
    ],
)
def test_advice_for_the_day_fits_how_people_meet_and_gives_nothing_away(
    modality: str, details: bool, advice: str
) -> None:
    assert advice in text(compose(a_letter(Kind.REMINDER, details=details, modality=modality)))


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
def test_every_button_on_the_whole_road_opens_a_page_that_exists(
    mailcatcher: MailCatcher, client: Client
) -> None:
    for _ in _stages():
        send_all(NOW)

    for message in mailcatcher.messages:
        (url,) = re.findall(r"https?://\S+", body_of(message, "plain"))
        answer = client.get(urlsplit(url).path)
        assert answer.status_code == (302 if "/desk/" in url else 200), url


# --- Through SMTP, with the names that people really gave ------------------------------------

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
