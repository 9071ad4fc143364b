"""A message could not reach somebody: other ways to them, and none that they refused."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.refusals import NotTheirs
from booking.models import Appointment, DoNotContact, Participant, Request
from booking.operations import links
from booking.operations.issuing import address_hash
from booking.operations.routes import offer_handover, write_elsewhere
from intake.domain.definitions import Value
from notifications.domain.kinds import Kind
from notifications.models import Delivery
from notifications.operations.sending import send_due
from practice.models import Change
from tests.booking import factories
from tests.booking.factories import NOW, Office
from tests.intake.people import CONTACT, YOU, save
from tests.notifications.door import GONE, Door
from tests.notifications.helpers import a_booking, booked, plan_all, send_all, the_delivery

pytestmark = pytest.mark.django_db

State = Delivery.State
PHONE = "+1 555 0100"


# --- Every way that the person allowed, and none that they refused -------------------------------


def pages(desk: Client, appointment: Appointment) -> dict[str, str]:
    """The three pages on which something that failed is shown."""
    addresses = {
        "ledger": reverse("messages:of-appointment", args=[appointment.pk]),
        "needs a look": reverse("messages:list"),
        "came back": reverse("messages:came-back"),
    }
    return {name: desk.get(address).content.decode() for name, address in addresses.items()}


def failing_now(office: Office, door: Door) -> tuple[Appointment, Participant]:
    """Booked by the clock on the wall, for pages; the confirmation is refused at the door."""
    now = timezone.now()
    appointment, person = a_booking(office, now=now)
    door.refuses[person.email] = GONE
    Delivery.objects.filter(kind=Kind.BOOKED).update(due_at=now, try_at=now)
    send_due(worker="w", now=now + timedelta(seconds=1))
    assert the_delivery(Kind.BOOKED).state == State.FAILED
    return appointment, person


def test_each_page_offers_the_number_another_address_and_their_page(
    office: Office, door: Door, desk: Client
) -> None:
    appointment, person = failing_now(office, door)
    Participant.objects.update(phone=PHONE)

    shown = pages(desk, appointment)

    for page in shown.values():
        assert 'href="tel:+15550100"' in page
        assert f"/desk/people/{person.pk}/address/?next=" in page
        assert "Their own page says the same, whenever they open it." in page


def test_who_asked_not_to_be_called_is_not_offered_to_be_called(
    office: Office, door: Door, desk: Client
) -> None:
    appointment, person = failing_now(office, door)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT | {"ct_phone": PHONE, "ct_voicemail": "no_calls"}, now)

    shown = pages(desk, appointment)

    for page in shown.values():
        assert "555 0100" not in page
        assert "tel:" not in page
        assert "They gave a number, and asked not to be called." in page


@pytest.mark.parametrize(
    ("wish", "sentence"),
    [
        ("no_voicemail", "If they cannot answer, leave no message."),
        ("name_number", "If they cannot answer, leave a name and a number, nothing else."),
    ],
)
def test_how_to_call_stands_beside_the_number(
    office: Office, door: Door, desk: Client, wish: str, sentence: str
) -> None:
    appointment, person = failing_now(office, door)
    now = timezone.now()
    given: dict[str, Value] = {
        "ct_phone": PHONE,
        "ct_voicemail": wish,
        "ct_safe_times": "never on Mondays",
    }
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT | given, now)

    page = pages(desk, appointment)["came back"]

    assert sentence in page
    assert "Read first when and how not to reach them" in page
    assert "never on Mondays" not in page


def test_who_reads_their_page_only_is_said_to_and_no_address_is_asked_for(
    office: Office, door: Door, desk: Client
) -> None:
    appointment, person = failing_now(office, door)
    Participant.objects.update(channel=Participant.Channel.PAGE)

    shown = pages(desk, appointment)

    for page in shown.values():
        assert "They chose to read their page only" in page
        assert f"/desk/people/{person.pk}/address/" not in page
    answer = desk.get(reverse("messages:elsewhere", args=[person.pk]))
    assert answer.status_code == 302


def test_two_people_of_one_name_each_have_their_own_ways(
    office: Office, door: Door, desk: Client
) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    plan_all(now)
    Delivery.objects.exclude(kind=Kind.BOOKED).delete()
    Delivery.objects.update(due_at=now, try_at=now)
    people = list(Participant.objects.order_by("position"))
    for person in people:
        door.refuses[person.email] = GONE
    Participant.objects.update(chosen_name="Robin")
    send_due(worker="w", now=now + timedelta(seconds=1))

    page = pages(desk, appointment)["ledger"]

    for person in people:
        assert f"/desk/people/{person.pk}/address/?next=" in page


def test_with_names_hidden_no_number_and_no_address_is_shown(
    office: Office, door: Door, desk: Client
) -> None:
    appointment, person = failing_now(office, door)
    Participant.objects.update(phone=PHONE)
    links.send_to_new_address(
        participant_id=person.pk, address="other@example.test", now=timezone.now()
    )
    assert "other@example.test" in pages(desk, appointment)["came back"]
    desk.post(reverse("desk-privacy"), {"hide": "yes"})

    shown = pages(desk, appointment)

    for page in shown.values():
        assert "5550100" not in page
        assert "other@example.test" not in page
        assert person.label not in page


# --- Another address -----------------------------------------------------------------------------


def test_an_address_told_on_the_phone_gets_a_code_and_is_theirs_once_it_is_entered(
    office: Office, door: Door, desk: Client
) -> None:
    _appointment, person = failing_now(office, door)

    answer = desk.post(
        reverse("messages:elsewhere", args=[person.pk]), {"address": "New@Example.test"}
    )

    assert answer.status_code == 302
    link = person.links.get(address="new@example.test")
    person.refresh_from_db()
    assert person.email != "new@example.test"
    later = timezone.now() + timedelta(minutes=1)
    send_all(later)
    assert door.taken.count("new@example.test") == 1
    links.enter(token=links.token(link.pk), code_typed=links.code(link.pk), now=later)
    person.refresh_from_db()
    assert person.email == "new@example.test"


def test_the_address_that_they_gave_before_is_written_to_with_one_press(
    office: Office, door: Door, desk: Client
) -> None:
    _appointment, person = failing_now(office, door)
    links.send_to_new_address(
        participant_id=person.pk, address="other@example.test", now=timezone.now()
    )

    desk.post(reverse("messages:elsewhere", args=[person.pk]), {"given": "yes"})

    assert person.links.filter(address="other@example.test").count() == 2


def test_an_address_that_is_none_is_asked_for_again(
    office: Office, door: Door, desk: Client
) -> None:
    _appointment, person = failing_now(office, door)
    before = person.links.count()

    answer = desk.post(reverse("messages:elsewhere", args=[person.pk]), {"address": "not one"})

    assert answer.status_code == 422
    assert "not one" in answer.content.decode()
    assert person.links.count() == before


def test_nothing_goes_to_who_asked_for_silence_or_to_somebody_else_of_the_request(
    office: Office,
) -> None:
    request = factories.verified(office, "couple")
    one, other = factories.people_of(request)
    DoNotContact.objects.create(address_hash=address_hash("quiet@example.test"), created_at=NOW)
    told = {
        address: write_elsewhere(
            participant_id=one.pk,
            practitioner_id=office.practitioner.pk,
            address=address,
            now=NOW,
        )
        for address in ("quiet@example.test", other.email)
    }

    assert told == {"quiet@example.test": False, other.email: False}
    assert one.links.count() == 1


# --- A link to hand over -------------------------------------------------------------------------


def invitation_refused(office: Office, door: Door) -> tuple[Request, Participant]:
    """Of two, the other one's invitation was refused at the door."""
    now = timezone.now()
    request = factories.verified(office, "couple", now=now)
    _one, other = factories.people_of(request)
    door.refuses[other.email] = GONE
    plan_all(now)
    Delivery.objects.filter(kind=Kind.INVITATION).update(due_at=now, try_at=now)
    send_due(worker="w", now=now + timedelta(seconds=1))
    assert the_delivery(Kind.INVITATION).state == State.FAILED
    return request, other


def test_whoever_was_asked_along_can_be_handed_a_link_instead(
    office: Office, door: Door, desk: Client
) -> None:
    request, other = invitation_refused(office, door)
    ledger = reverse("messages:of-request", args=[request.pk])
    assert "Make that link" in desk.get(ledger).content.decode()

    answer = desk.post(reverse("messages:hand-over", args=[other.pk]), {"next": ledger})

    assert answer.headers["Location"] == ledger
    assert other.links.filter(is_handover=True).count() == 1
    page = desk.get(ledger).content.decode()
    assert "A link to hand over stands on the page" in page
    assert "Make that link" not in page
    assert Change.objects.filter(kind="handover_offered", subject_id=other.pk).count() == 1


def test_the_link_is_made_once_and_never_for_somebody_who_declined_or_asked_for_silence(
    office: Office,
) -> None:
    request = factories.verified(office, "couple")
    _one, other = factories.people_of(request)

    def offer() -> bool:
        return offer_handover(
            participant_id=other.pk, practitioner_id=office.practitioner.pk, now=NOW
        )

    first, second = offer(), offer()

    assert (first, second) == (True, False)
    DoNotContact.objects.create(address_hash=address_hash(other.email), created_at=NOW)
    other.links.filter(is_handover=True).delete()
    with pytest.raises(NotTheirs):
        offer()
    DoNotContact.objects.all().delete()
    Participant.objects.filter(pk=other.pk).update(left_at=NOW)
    with pytest.raises(NotTheirs):
        offer()


def test_another_practitioner_opens_no_way(office: Office, door: Door) -> None:
    _appointment, person = failing_now(office, door)
    other = factories.make_practitioner(slug="robin")
    assert other.user is not None
    client = Client()
    client.force_login(other.user)

    answers = [
        client.get(reverse("messages:elsewhere", args=[person.pk])),
        client.post(reverse("messages:elsewhere", args=[person.pk]), {"address": "a@b.test"}),
        client.post(reverse("messages:hand-over", args=[person.pk])),
    ]

    assert [answer.status_code for answer in answers] == [404, 404, 404]
