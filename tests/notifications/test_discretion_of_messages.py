"""Every message in every profile: nothing says what the practice does or who else comes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest

from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import CHOSEN, SWITCHABLE, Kind
from notifications.messages.render import html, text
from notifications.messages.titles import title
from notifications.messages.wording import compose
from notifications.queries.letters import Letter, Session

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
