"""Every message in every profile that somebody can choose, as the mail server gets it.

Sender, subject, what a lock screen shows, both bodies, links, file names, Message-ID and every
line of the calendar file are held against the list of forbidden words and everybody else's names.
"""

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from itertools import product
from typing import Any
from uuid import uuid4

import pytest

from booking.models import Appointment, Participant
from intake.models import IntakeSettings
from notifications.domain.discretion import forbidden_words
from notifications.domain.facts import PersonFacts
from notifications.domain.kinds import FROM_THE_OFFICE, Kind
from notifications.messages import practitioner as to_practitioner
from notifications.messages.wording import compose
from notifications.models import Delivery, Invite
from notifications.operations.envelopes import Envelope, envelope
from notifications.queries.letters import letter
from notifications.queries.matters import Matter, ways_in
from notifications.queries.persons import takes_file
from practice.models import Change, Practice
from tests.booking import factories
from tests.booking.factories import NOW
from tests.intake.people import ALERTS
from tests.notifications.helpers import booked, calendar_part

pytestmark = pytest.mark.django_db

PROFILES = list(
    product(
        Participant.SenderName.values,
        Participant.SubjectStyle.values,
        Participant.CalendarEntry.values,
        Participant.Channel.values,
        Participant.SharedMailbox.values,
    )
)
WITH_FILE = {
    Kind.BOOKED: "REQUEST",
    Kind.CALL_BOOKED: "REQUEST",
    Kind.MOVED: "REQUEST",
    Kind.NEW_START: "REQUEST",
    Kind.CANCELLED_OWN: "CANCEL",
    Kind.CANCELLED_LATE: "CANCEL",
    Kind.CANCELLED_FOR_OTHERS: "CANCEL",
    Kind.CANCELLED_BY_PRACTICE: "CANCEL",
}
TO_CLIENTS = [kind for kind in Kind if kind not in to_practitioner.WORDINGS]
TITLE = "Blue folder"


@dataclass(frozen=True)
class Scene:
    """An appointment of two people, and a practice of which everything could be looked up."""

    appointment: Appointment
    reader: Participant
    other: Participant
    practice: Practice


@pytest.fixture
def scene() -> Scene:
    office = factories.make_office()
    office.practitioner.display_name, office.practitioner.initials = "Morgan Quill", "MQ"
    office.practitioner.credentials = "Clinical Sexology"
    office.practitioner.address = "Couples Clinic\n1 Main Street"
    office.practitioner.save()
    office.practice.name = "Willow Relationship Therapy"
    office.practice.email = "hello@couples-therapy.example"
    office.practice.save()
    IntakeSettings.objects.update_or_create(defaults=ALERTS)
    appointment = booked(office, "couple")
    reader, other = Participant.objects.filter(request=appointment.request).order_by("position")
    other.label, other.chosen_name, other.email = "Zebulon", "Zeb Wayfarer", "zeb@wayfarer.test"
    other.save()
    appointment = Appointment.objects.select_related("service", "practitioner").get(
        pk=appointment.pk
    )
    return Scene(appointment, reader, other, Practice.objects.get())


def as_chosen(scene: Scene, profile: tuple[str, ...]) -> Participant:
    reader = copy(scene.reader)
    (
        reader.sender_name,
        reader.subject_style,
        reader.calendar_entry,
        reader.channel,
        reader.shared_mailbox,
    ) = profile
    reader.event_title = TITLE
    reader.chose_messages_at = NOW
    return reader


def mail(scene: Scene, kind: Kind, reader: Participant) -> tuple[Envelope, str]:
    """The whole e-mail of this kind, and what a lock screen shows of it."""
    appointment, is_practitioners = scene.appointment, kind in to_practitioner.WORDINGS
    method = WITH_FILE.get(kind, "") if takes_file(reader) and not is_practitioners else ""
    delivery = Delivery(
        key=f"{kind}:2@now",
        kind=kind,
        change=Change(
            snapshot={"minutes": 10, "link_before": str(factories.link_of(reader).pk)},
            subject_id=reader.pk,
        ),
        subject_type="appointment",
        subject_id=appointment.pk,
        participant=None if is_practitioners else reader,
        practitioner=appointment.practitioner if is_practitioners else None,
        planned_at=NOW,
        due_at=NOW,
        invite=Invite(uid=uuid4(), sequence=1) if method else None,
        method=method,
        sequence=1 if method else None,
        stamped_at=NOW if method else None,
    )
    dates = [appointment] if not is_practitioners else []
    person = PersonFacts(id=reader.pk, people=[], is_live=True)
    matter = Matter(
        person,
        appointment.practitioner,
        reader,
        appointment=appointment,
        dates=dates,
        way_in=ways_in([reader.pk]).get(reader.pk),
    )
    now = appointment.starts_at - timedelta(days=1)
    written = letter(delivery, matter, practice=scene.practice, now=now)
    return envelope(delivery, written), compose(written).preview


def everything(sent: Envelope, preview: str) -> str:
    """Every header but To, every part with its file name, every line of the calendar file."""
    message = sent.message()
    file = calendar_part(message)
    parts = [part for part in message.walk() if not part.is_multipart()]
    return "\n".join(
        [
            preview,
            *(f"{name}: {value}" for name, value in message.items() if name != "To"),
            *(str(part.get_filename() or "") for part in parts),
            *(p.get_content() for p in parts if p.get_content_type().startswith("text/p")),
            *(p.get_content() for p in parts if p.get_content_type() == "text/html"),
            # Unfolded, and without the one line that names the recipient.
            *(_lines(file.content.decode()) if file else []),
        ]
    )


def _lines(calendar: str) -> list[str]:
    unfolded = calendar.replace("\r\n ", "")
    return [line for line in unfolded.split("\r\n") if not line.startswith("ATTENDEE")]


def names_of_others(scene: Scene, kind: Kind, profile: tuple[str, ...]) -> list[str]:
    other = scene.other
    names = [other.label, other.chosen_name, "Wayfarer", other.email]
    chose_name = profile[0] == "practitioner" and kind not in FROM_THE_OFFICE
    return names if chose_name else [*names, "Morgan", "Quill"]


def gives_away(scene: Scene, kind: Kind) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """What each profile's message gives away. Each message that differs is written once."""
    seen: dict[tuple[Any, ...], str] = {}
    for profile in PROFILES:
        reader = as_chosen(scene, profile)
        # What is written depends on no more than this; the rest decides whether it is sent.
        form = (profile[0], profile[1], profile[4] == "no", takes_file(reader))
        if form not in seen:
            seen[form] = everything(*mail(scene, kind, reader))
        yield profile, forbidden_words(seen[form], also=names_of_others(scene, kind, profile))


def test_no_message_in_any_profile_gives_anything_away(scene: Scene) -> None:
    found = [
        (kind, profile, words)
        for kind in Kind
        for profile, words in gives_away(scene, kind)
        if words
    ]
    assert found == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"event_title": "Sex therapy"}, "Sex"),
        ({"event_title": "With Zeb Wayfarer"}, "Zeb Wayfarer"),
    ],
)
def test_the_search_sees_what_stands_in_a_calendar_file(
    scene: Scene, change: dict[str, str], word: str
) -> None:
    profile = ("office", "plain", "event", "email", "no")
    reader = as_chosen(scene, profile)
    for name, value in change.items():
        setattr(reader, name, value)
    said = everything(*mail(scene, Kind.BOOKED, reader))
    assert word in forbidden_words(said, also=names_of_others(scene, Kind.BOOKED, profile))


@pytest.mark.parametrize("words", ["Your couple session is booked.", "Zebulon is looking forward."])
def test_the_search_sees_what_stands_in_the_words(scene: Scene, words: str) -> None:
    scene.practice.wordings = {"booked": {"subject": "", "words": [words]}}
    assert all(found for _profile, found in gives_away(scene, Kind.BOOKED))


def test_the_search_sees_a_sender_that_was_not_chosen(scene: Scene) -> None:
    scene.practice.office_name = "Morgan Quill"
    found = dict(gives_away(scene, Kind.BOOKED))
    assert "Morgan" in found["office", "plain", "link", "email", "no"]
    assert found["practitioner", "plain", "link", "email", "no"] == []


def test_a_quiet_subject_is_always_the_same_and_nothing_else_shows(scene: Scene) -> None:
    reader = as_chosen(scene, ("office", "quiet", "event", "email", "no"))
    written = [mail(scene, kind, reader) for kind in TO_CLIENTS]
    shown = {(sent.subject, preview) for sent, preview in written}
    assert shown == {("A message for you", "Open it when you have a moment.")}


def test_calendar_files_go_to_those_alone_who_chose_them(scene: Scene) -> None:
    with_file = [
        profile
        for profile in PROFILES
        if calendar_part(mail(scene, Kind.BOOKED, as_chosen(scene, profile))[0].message())
    ]
    assert with_file == [p for p in PROFILES if p[2] == "event" and p[3] == "email"]


@pytest.mark.parametrize("shared", ["yes", "unsure"])
def test_who_shares_a_mailbox_gets_no_time_and_no_way_to_join(scene: Scene, shared: str) -> None:
    reader = as_chosen(scene, ("office", "plain", "link", "email", shared))
    texts = {kind: mail(scene, kind, reader)[0].body for kind in TO_CLIENTS}
    details = (f"{scene.appointment.starts_at:%Y}", "Online", "time (GMT", "video")
    told = [(kind, word) for kind, text in texts.items() for word in details if word in text]
    assert told == []
