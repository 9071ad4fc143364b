"""What did not arrive and the ways that are left, and the settings of messages: looked at."""

from datetime import datetime, timedelta

from playwright.sync_api import expect
from pytest_django import Settings

from booking.models import Participant, PrivateLink
from booking.operations import links
from intake.domain.definitions import Value
from notifications.domain.kinds import Kind
from notifications.domain.replies import Fate
from notifications.models import Delivery, Reply
from notifications.operations import replies
from notifications.operations.sending import send_due
from tests.booking.factories import Office
from tests.browser.gallery import Gallery
from tests.browser.people import Desk, presses
from tests.intake.people import CONTACT, YOU, save
from tests.notifications.door import at_the_door
from tests.notifications.helpers import booked, plan_all

WISHES: dict[str, Value] = {
    "ct_phone": "+44 20 7946 0001",
    "ct_voicemail": "no_voicemail",
    "ct_safe_times": "not in the evening",
}


def test_what_did_not_arrive_offers_the_ways_that_are_left(
    gallery: Gallery, desk: Desk, office: Office, now: datetime, settings: Settings
) -> None:
    appointment = booked(office, "couple", now=now)
    couple = Participant.objects.order_by("position")
    for person, name in zip(couple, ("Robin", "Sascha"), strict=True):
        save(person, "you", YOU | {"id_chosen": name}, now)
        save(person, "contact", CONTACT | WISHES, now)
    one = couple[0]
    links.send_to_new_address(participant_id=one.pk, address="other@example.test", now=now)
    plan_all(now)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    Delivery.objects.update(due_at=now, try_at=now)
    with at_the_door(settings) as door:
        door.refuses = dict.fromkeys((p.email for p in couple), "550 5.1.1 no such user")
        send_due(worker="w", now=now + timedelta(seconds=1))
    assert set(Delivery.objects.values_list("reason", flat=True)) >= {"550 5.1.1"}

    gallery.looks_at(desk.page, "desk-messages-failed", "/desk/messages/")
    gallery.looks_at(desk.page, "desk-messages-back", "/desk/messages/back/")
    ledger = f"/desk/appointments/{appointment.pk}/messages/"
    gallery.looks_at(desk.page, "desk-messages-ledger", ledger)
    presses(desk.page.get_by_role("link", name="They tell you another address").first)
    gallery.looks_at(desk.page, "desk-messages-elsewhere")
    desk.page.get_by_label("Their other address").fill("new@example.test")
    presses(desk.page.get_by_role("button", name="Send a code there"))
    expect(desk.page.get_by_text("A code is on its way there.")).to_be_visible()
    assert PrivateLink.objects.filter(address="new@example.test").count() == 1
    assert desk.page.url.endswith(ledger)


def test_the_settings_of_messages_and_the_answers_read_well(
    gallery: Gallery, desk: Desk, office: Office, now: datetime
) -> None:
    appointment = booked(office, "couple", now=now)
    answers = [("declined", False), ("counter", True)]
    for attendance, (answer, is_verified) in zip(
        appointment.attendances.all(), answers, strict=True
    ):
        Reply.objects.create(
            attendance=attendance,
            answer=answer,
            way=Reply.Way.MAIL,
            about_start=appointment.starts_at,
            received_at=now,
            said_at=now,
            is_verified=is_verified,
        )
    for fate in (Fate.NO_CALENDAR, Fate.SOMEBODY_ELSE, Fate.OUTDATED):
        replies.refuse(fate=fate, now=now)

    gallery.looks_at(desk.page, "desk-answers", "/desk/answers/")
    gallery.looks_at(desk.page, "desk-messages-settings", "/desk/settings/messages/")
    gallery.looks_at(desk.page, "desk-messages-own", "/desk/settings/messages/own/")
    desk.page.goto("/desk/settings/messages/promise/")
    desk.page.get_by_label("You answer").fill("after your intake")
    presses(desk.page.get_by_role("button", name="Save"))
    expect(desk.page.get_by_text("cannot stand in a message").first).to_be_visible()
    gallery.looks_at(desk.page, "desk-messages-promise")
