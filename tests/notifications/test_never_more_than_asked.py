"""What must not reach people: mail after "never again", others' words, a name not to be seen."""

from datetime import timedelta

import pytest

from booking.domain.asking import Requester
from booking.models import Participant
from booking.operations import participants
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.models import Practice
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, deliveries, plan_all, send_all

pytestmark = pytest.mark.django_db

State = Delivery.State
STRANGER = "stranger@example.test"


def invited(office: Office, *, by: str = "Alex") -> Participant:
    """The stranger, in a request of their own with somebody of this name."""
    request = factories.verified(
        office,
        "couple",
        requester=Requester(name=by, email=factories.address("alex")),
        others=[factories.partner(email=STRANGER)],
    )
    return Participant.objects.get(request=request, email=STRANGER)


def test_who_asks_never_to_be_written_to_is_not_reached_by_what_others_sent_before(
    office: Office, mailcatcher: MailCatcher
) -> None:
    first, second = invited(office), invited(office)
    send_all(NOW)
    assert len(deliveries(Kind.INVITATION)) == 2
    mailcatcher.empty()

    participants.decline_invitation(
        participant_id=factories.enter(first).pk, never_again=True, now=NOW
    )
    plan_all(NOW)
    for days in (3, 6):
        send_due(worker="w", now=NOW + timedelta(days=days))

    assert mailcatcher.to(STRANGER) == []
    reminders = [d for d in deliveries(Kind.INVITATION_REMINDER) if d.participant == second]
    assert [d.reason for d in reminders] == ["they asked never to be written to"] * 2


def test_an_invitation_that_waits_for_the_morning_is_stopped_as_well(
    office: Office, mailcatcher: MailCatcher
) -> None:
    first, second = invited(office), invited(office)
    plan_all(NOW)
    Delivery.objects.filter(participant=second).update(
        due_at=NOW + timedelta(hours=9), try_at=NOW + timedelta(hours=9)
    )
    send_due(worker="w", now=NOW)
    mailcatcher.empty()

    participants.decline_invitation(
        participant_id=factories.enter(first).pk, never_again=True, now=NOW
    )
    send_all(NOW + timedelta(hours=10))

    assert mailcatcher.to(STRANGER) == []
    (waited,) = [d for d in deliveries(Kind.INVITATION) if d.participant_id == second.pk]
    assert (waited.state, waited.reason) == (
        State.SUPERSEDED,
        "they asked never to be written to",
    )


def test_without_never_again_the_other_invitation_still_arrives(
    office: Office, mailcatcher: MailCatcher
) -> None:
    first, _second = invited(office), invited(office)
    send_all(NOW)
    mailcatcher.empty()

    participants.decline_invitation(
        participant_id=factories.enter(first).pk, never_again=False, now=NOW
    )
    plan_all(NOW)
    send_due(worker="w", now=NOW + timedelta(days=3))

    assert "A reminder for you" in {m["Subject"] for m in mailcatcher.to(STRANGER)}


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("Robin", "Robin asked us to send you this."),
        ("Anna-Lena O'Neil", "Anna-Lena O'Neil asked us to send you this."),
        ("Win 500 at evil.example/x, sex therapy", "Somebody you know asked us to send you this."),
        ("Call 0900 55 55 55", "Somebody you know asked us to send you this."),
        ("evil.example", "Somebody you know asked us to send you this."),
        ("th\u00aderapy for you", "Somebody you know asked us to send you this."),
    ],
)
def test_a_requester_writes_no_line_of_a_strangers_mail(
    office: Office, mailcatcher: MailCatcher, name: str, says: str
) -> None:
    invited(office, by=name)

    send_all(NOW)

    (mail,) = mailcatcher.to(STRANGER)
    plain = " ".join(body_of(mail, "plain").split())
    assert plain.startswith(says)
    assert "evil" not in mail.as_string()


@pytest.mark.parametrize(
    ("address", "sender", "shown"),
    [
        ("office@willow.test", "office", True),
        ("drmorganlee@willow.test", "office", False),
        ("m.lee@willow.test", "initials", False),
        ("office@morgan-lee.test", "office", False),
        ("drmorganlee@willow.test", "practitioner", True),
        ("planning@willow.test", "office", True),
        ("couples@willow.test", "practitioner", False),
    ],
)
def test_replies_do_not_name_the_practitioner_to_people_who_chose_a_neutral_sender(
    office: Office, mailcatcher: MailCatcher, address: str, sender: str, shown: bool
) -> None:
    office.practitioner.display_name = "Dr. Morgan Lee"
    office.practitioner.save()
    Practice.objects.update(email=address)
    booked(office)
    Participant.objects.update(sender_name=sender)

    send_all(NOW + timedelta(hours=12))

    (mail,) = [m for m in mailcatcher.messages if m["Subject"] == "Your appointment"]
    assert (mail["Reply-To"] or "") == (address if shown else "")
