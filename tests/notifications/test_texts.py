"""What messages promise is what the reader's page has."""

from dataclasses import replace

import pytest

from booking.models import Participant
from booking.operations import calls, links
from notifications.domain.kinds import Kind
from notifications.messages.render import text
from notifications.messages.samples import sample_letter
from notifications.messages.slots import Slot
from notifications.messages.wording import compose
from notifications.operations.sending import send_due
from practice.models import Practice
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, deliveries, plan_all, send_all

pytestmark = pytest.mark.django_db


def flat(words: str) -> str:
    return " ".join(words.split())


def test_a_date_of_a_group_cannot_be_moved_and_no_message_says_so(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    person = factories.member(office, factories.published(office))
    Participant.objects.update(shared_mailbox="no", calendar_entry="event")
    plan_all(NOW)
    for reminder in deliveries(Kind.REMINDER):
        send_due(worker="w", now=reminder.due_at)

    sent = [m for m in mailcatcher.to(person.email) if "ppointment" in m["Subject"]]
    said = [flat(body_of(m, "plain")) for m in sent]
    assert len(sent) > len(factories.group_starts(office))
    assert [words for words in said if "another time" in words] == []
    assert any("If you cannot come, please say so on your page." in words for words in said)


@pytest.mark.parametrize(
    "kind",
    [Kind.CANCELLED_OWN, Kind.CANCELLED_FOR_OTHERS, Kind.DATES_CANCELLED, Kind.BOOKED, Kind.MOVED],
)
@pytest.mark.parametrize("may_move", [True, False])
def test_another_time_is_offered_where_there_can_be_one(
    office: factories.Office, kind: Kind, may_move: bool
) -> None:
    letter = sample_letter(
        Slot(kind), practice=Practice.objects.get(), practitioner=office.practitioner, now=NOW
    )
    assert letter.session is not None
    letter = replace(letter, session=replace(letter.session, may_move=may_move))
    assert ("another time" in flat(text(compose(letter)))) is may_move


def test_whoever_called_and_filled_forms_on_paper_gets_their_way_in_with_the_first_message(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    service = office.services["individual-50"]
    calls.book_for_caller(
        practitioner_id=office.practitioner.pk,
        service_id=service.pk,
        starts_at=factories.open_starts(office, service)[-20],
        people=[calls.Caller("Alex", "alex@example.test")],
        modality="video",
        country="US",
        region="NY",
        time_zone="America/Chicago",
        forms_on_paper=True,
        now=NOW,
    )
    send_all(NOW)

    (message,) = mailcatcher.to("alex@example.test")
    link = factories.link_of(Participant.objects.get())
    code = links.code(link.pk)
    plain = body_of(message, "plain")
    assert message["Subject"] == "Your appointment"
    assert f"/open/{links.token(link.pk)}/" in plain
    assert f"Your code: {code[:3]} {code[3:]}" in plain


@pytest.mark.parametrize(
    ("waits_for_place", "first"),
    [
        (True, "You are on the list. We write to you when a place comes free."),
        (False, "You are on the list. We write to you when a time opens up."),
    ],
)
def test_the_list_says_what_somebody_waits_for(
    office: factories.Office, waits_for_place: bool, first: str
) -> None:
    slot = Slot(Kind.ON_THE_LIST, "place" if waits_for_place else "")
    letter = sample_letter(
        slot, practice=Practice.objects.get(), practitioner=office.practitioner, now=NOW
    )
    assert compose(letter).paragraphs[0] == first


def test_somebody_who_waits_for_a_place_in_a_full_group_is_told_of_a_place(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    cohort = factories.published(office, seats=1, minimum=1)
    factories.member(office, cohort)
    request = factories.verified(
        office, "group", cohort=cohort.slug, seat_name="Sam", times=(), wait=True
    )
    send_all(NOW)

    person = factories.requester_of(request)
    (message,) = [m for m in mailcatcher.to(person.email) if m["Subject"] == "You're on the list"]
    assert body_of(message, "plain").startswith(
        "You are on the list. We write to you when a place comes free."
    )


def test_a_zone_is_named_alike_in_mails_and_on_pages(office: factories.Office) -> None:
    letter = sample_letter(
        Slot(Kind.BOOKED),
        practice=Practice.objects.get(),
        practitioner=office.practitioner,
        now=NOW,
    )
    assert "New York time (GMT-4)" in flat(text(compose(letter)))


@pytest.mark.parametrize("profile", ["details", "link"])
def test_nothing_is_said_twice(office: factories.Office, profile: str) -> None:
    letters = [
        sample_letter(
            Slot(Kind.REMINDER, variant),
            practice=Practice.objects.get(),
            practitioner=office.practitioner,
            now=NOW,
            details=profile == "details",
        )
        for variant in ("later", "tomorrow", "today")
    ]
    ends = [
        [p for p in compose(letter).paragraphs if p.endswith("on your page.")] for letter in letters
    ]
    assert all(len(found) <= 1 for found in ends)
