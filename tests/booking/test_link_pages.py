"""Private links, and what people do on their private pages."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client

from booking.models import Appointment, DoNotContact, Move, Participant, PrivateLink, Request
from booking.operations import decisions, links
from booking.templatetags.times import spelled, zone_words
from booking.views.device import IDLE_SECONDS
from tests.booking.factories import (
    NOW,
    Office,
    booked,
    enter,
    link_of,
    make_office,
    open_starts,
    people_of,
    ready,
    requester_of,
    submitted,
    verified,
)

pytestmark = pytest.mark.django_db

#: What differs from one answer to the next, whatever it says.
RANDOM = re.compile(r'name="csrfmiddlewaretoken" value="[^"]+"|nonce="[^"]+"')
TIME = re.compile(r'name="times" value="([^"]+)"')


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    """A quiet Monday."""
    cache.clear()  # what was counted for the rate of mails
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def office(clock: None) -> Office:
    return make_office()


def come_in(person: Participant) -> Client:
    """A browser that has come in by the person's link and code."""
    client = Client()
    link = link_of(person)
    answer = client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})
    assert (answer.status_code, answer["Location"]) == (303, f"/you/{person.id}/")
    return client


def press(client: Client, path: str, typed: object = None) -> str:
    """The page that a press leads on to: it is fetched, so that going back to it sends nothing."""
    answer = client.post(path, typed)
    assert answer.status_code == 303, answer.content.decode()
    return client.get(answer["Location"], follow=True).content.decode()


def fresh(person: Participant) -> Participant:
    return Participant.objects.get(pk=person.pk)


def text(client: Client, path: str, **typed: object) -> str:
    """The page that answers a press, or the one at a path."""
    answer = client.post(path, typed, follow=True) if typed else client.get(path)
    return " ".join(answer.content.decode().split())


def someone_called(request: Request, label: str) -> Participant:
    return request.participants.get(label=label)


# --- Opening --------------------------------------------------------------------------------------


def test_a_scanner_changes_nothing_and_the_person_still_comes_in(office: Office) -> None:
    requester = requester_of(submitted(office))
    link = link_of(requester)
    path = f"/open/{links.token(link.id)}/"
    scanner = Client(headers={"user-agent": "LinkScanner"})
    before = PrivateLink.objects.values().get(pk=link.pk)

    for _ in range(2):
        assert scanner.head(path).status_code == 200
        assert scanner.get(path).status_code == 200
        assert scanner.post(path, {"code": ""}).status_code == 303  # it sends forms as they are

    assert PrivateLink.objects.values().get(pk=link.pk) == before
    assert fresh(requester).verified_at is None
    come_in(requester)
    assert fresh(requester).verified_at == NOW


def test_the_token_leaves_the_address(office: Office) -> None:
    requester = requester_of(submitted(office))
    client = come_in(requester)

    page = client.get(f"/you/{requester.id}/withdraw/")

    assert page.status_code == 200
    assert links.token(link_of(requester).id) not in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_wrong_codes_are_counted_kindly_and_ten_close_the_link(office: Office) -> None:
    link = link_of(requester_of(submitted(office)))
    path = f"/open/{links.token(link.id)}/"
    wrong = f"{(int(links.code(link.id)) + 1) % 10**6:06d}"
    client = Client()

    pages = [client.post(path, {"code": wrong}, follow=True) for _ in range(10)]

    assert "You can try 9 more times." in pages[0].content.decode()
    assert "You can try once more." in pages[8].content.decode()
    assert pages[9].status_code == 404
    assert client.post(path, {"code": links.code(link.id)}).status_code == 404


def test_a_code_may_be_typed_with_a_space(office: Office) -> None:
    link = link_of(requester_of(submitted(office)))
    code = links.code(link.id)

    answer = Client().post(f"/open/{links.token(link.id)}/", {"code": f" {code[:3]} {code[3:]} "})

    assert answer.status_code == 303


def test_all_unusable_links_have_one_neutral_page(office: Office) -> None:
    requester = requester_of(submitted(office))
    replaced = link_of(requester)
    links.send_to_new_address(participant_id=requester.id, address=requester.email, now=NOW)
    foreign = links.token(uuid4())
    forged = links.token(replaced.id)[:-4] + "AAAA"

    pages = [
        Client().get(f"/open/{token}/")
        for token in (links.token(replaced.id), foreign, forged, "nonsense", "x" * 300, "%00")
    ]

    assert {page.status_code for page in pages} == {404}
    bodies = {RANDOM.sub("", page.content.decode()) for page in pages}
    assert len(bodies) == 1
    body = bodies.pop()
    assert "Send me my link again" in body
    assert "Willow" not in body
    assert "<title>Page not found</title>" in body


def test_a_private_page_that_does_not_open_is_that_page_too_and_is_not_stored(
    office: Office,
) -> None:
    person = requester_of(verified(office, "couple"))
    stranger, known = Client(), come_in(person)

    pages = [
        stranger.get("/open/nonsense/"),
        stranger.get(f"/you/{person.id}/"),
        stranger.get(f"/you/{uuid4()}/withdraw/"),
        stranger.post(f"/you/{person.id}/times/"),
        known.get(f"/you/{person.id}/people/{uuid4()}/"),
        known.get(f"/you/{person.id}/part/nowhere/"),
    ]

    assert {page.status_code for page in pages} == {404}
    assert len({RANDOM.sub("", page.content.decode()) for page in pages}) == 1
    assert all("no-store" in page["Cache-Control"] for page in pages)
    assert 'action="/open/again/"' in pages[0].content.decode()
    assert "no-store" in known.delete(f"/you/{person.id}/withdraw/")["Cache-Control"]


def test_a_link_is_sent_again_and_nobody_learns_to_whom(office: Office) -> None:
    requester = requester_of(verified(office))
    before = PrivateLink.objects.count()

    known = Client().post("/open/again/", {"email": f" {requester.email.upper()} "}, follow=True)
    unknown = Client().post("/open/again/", {"email": "nobody@example.test"}, follow=True)

    assert (known.status_code, unknown.status_code) == (200, 200)
    assert RANDOM.sub("", known.content.decode()).replace(requester.email, "…") == RANDOM.sub(
        "", unknown.content.decode()
    ).replace("nobody@example.test", "…")
    assert PrivateLink.objects.count() == before + 1


@pytest.mark.parametrize("is_known", [True, False])
def test_asking_for_links_too_often_is_refused_for_every_address_alike(
    office: Office, is_known: bool
) -> None:
    email = requester_of(verified(office)).email if is_known else "nobody@example.test"

    answers = [Client().post("/open/again/", {"email": email}) for _ in range(6)]

    assert [a.status_code for a in answers] == [303] * 4 + [429] * 2
    assert answers[-1]["Retry-After"] == "3600"
    assert "A little later, please" in answers[-1].content.decode()


def test_a_link_handed_over_asks_for_ones_own_address(office: Office) -> None:
    request = verified(office, "non_monogamous")
    noor = someone_called(request, "Noor")
    handover = noor.links.get(is_handover=True)
    path = f"/open/{links.token(handover.id)}/"
    client = Client()

    opened = client.get(path).content.decode()
    answered = client.post(path, {"email": "noor@example.test"}, follow=True)

    assert "Somebody asked us to give you this private page." in opened
    assert "Alex" not in opened
    assert "noor@example.test" in answered.content.decode()
    assert fresh(noor).email == ""  # nothing is theirs before the code
    come_in(noor)
    assert fresh(noor).email == "noor@example.test"
    # It is of no use to anybody else, and does not tell that it was used.
    links_before = PrivateLink.objects.count()
    again = client.post(path, {"email": "alex.again@example.test"}, follow=True)
    assert again.status_code == 200
    assert PrivateLink.objects.count() == links_before


def test_a_handover_answers_alike_for_an_address_that_somebody_else_has(office: Office) -> None:
    request = verified(office, "non_monogamous")
    handover = someone_called(request, "Noor").links.get(is_handover=True)
    path = f"/open/{links.token(handover.id)}/"
    theirs = someone_called(request, "Kai").email
    before = PrivateLink.objects.count()

    answer = Client().post(path, {"email": theirs}, follow=True)

    assert answer.status_code == 200
    assert "Please look into your mailbox" in answer.content.decode()
    assert PrivateLink.objects.count() == before


def test_leaving_the_device_closes_every_page_and_clears_the_browser(office: Office) -> None:
    requester = requester_of(submitted(office))
    client = come_in(requester)

    answer = client.post("/you/leave/")

    assert answer["Location"] == "/open/done/"
    assert "cookies" in answer["Clear-Site-Data"]
    assert client.get(f"/you/{requester.id}/withdraw/").status_code == 404


def test_half_an_hour_of_quiet_ends_the_session(
    office: Office, clock: time_machine.Traveller
) -> None:
    requester = requester_of(submitted(office))
    client = come_in(requester)

    clock.shift(IDLE_SECONDS + 1)

    assert client.get(f"/you/{requester.id}/withdraw/").status_code == 404


ACTIONS = (
    "join",
    "decline",
    "times",
    "move",
    "cancel",
    "leave",
    "withdraw",
    "address",
    "address/code",
)


@pytest.mark.parametrize("action", ACTIONS)
def test_nobody_else_opens_a_persons_pages(office: Office, action: str) -> None:
    request = verified(office, "couple")
    alex = come_in(requester_of(request))
    sam = someone_called(request, "Sam")

    for method in (alex.get, alex.post, Client().get, Client().post):
        assert method(f"/you/{sam.id}/{action}/").status_code == 404
        assert method(f"/you/{uuid4()}/{action}/").status_code == 404


# --- Taking part ----------------------------------------------------------------------------------


def test_somebody_invited_takes_part_and_answers_for_the_time(office: Office) -> None:
    request = verified(office, "couple")
    sam = someone_called(request, "Sam")
    client = come_in(sam)

    asked = f"time-{Appointment.objects.get().id}"

    opened = client.get(f"/you/{sam.id}/join/")
    unsaid = text(client, f"/you/{sam.id}/join/", **{asked: "perhaps"})
    assert fresh(sam).joined_at is None
    after = text(client, f"/you/{sam.id}/join/", **{asked: "yes"})

    assert opened["Location"] == f"/you/{sam.id}/"
    assert "Please say of each time whether it would work for you." in unsaid
    assert "Thank you." in after
    assert fresh(sam).joined_at == NOW
    assert Appointment.objects.get().answers.filter(participant=sam, accepts=True).exists()


def test_somebody_invited_answers_for_each_of_several_times(office: Office) -> None:
    times = open_starts(office, office.service("couple"))[-5:-2]
    request = verified(office, "couple", times=times)
    sam = someone_called(request, "Sam")
    client = come_in(sam)
    held = list(Appointment.objects.filter(state="held").order_by("rank"))
    said = dict(zip((f"time-{a.id}" for a in held), ("no", "yes", "no"), strict=True))
    join = f"/you/{sam.id}/join/"

    assert "Please say of each time" in text(client, join, **dict(list(said.items())[:2]))
    assert fresh(sam).joined_at is None
    text(client, join, **said)

    assert [a.answers.get(participant=sam).accepts for a in held] == [False, True, False]


def test_somebody_invited_says_no_for_good(office: Office) -> None:
    request = verified(office, "couple")
    sam = someone_called(request, "Sam")
    client = come_in(sam)

    page = text(client, f"/you/{sam.id}/decline/")
    answer = client.post(f"/you/{sam.id}/decline/", {"never_again": "yes"})

    assert "Don't contact me again" in page
    assert answer["Location"] == "/open/done/"
    assert DoNotContact.objects.count() == 1
    assert client.get(f"/you/{sam.id}/address/").status_code == 404


def test_times_proposed_are_answered_each(office: Office) -> None:
    request = ready(office)
    starts = open_starts(office, office.service("individual"))[4:6]
    decisions.propose(
        request_id=request.id, practitioner_id=office.practitioner.id, starts=starts, now=NOW
    )
    requester = requester_of(request)
    client = come_in(requester)
    offered = list(Appointment.objects.filter(state="held", request=request).order_by("starts_at"))

    page = text(client, f"/you/{requester.id}/times/")
    half = text(client, f"/you/{requester.id}/times/", **{f"time-{offered[0].id}": "no"})
    text(
        client,
        f"/you/{requester.id}/times/",
        **{f"time-{offered[0].id}": "no", f"time-{offered[1].id}": "yes"},
    )

    assert page.count("I can come") == 2
    assert "Please answer yes or no to each time." in half
    assert Appointment.objects.get(state="booked").id == offered[1].id


# --- Changing -------------------------------------------------------------------------------------


def test_somebody_alone_moves_their_appointment_at_once(office: Office) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)

    page = text(client, f"/you/{person.id}/move/")
    later = text(client, f"/you/{person.id}/move/?week=2026-10-26")
    chosen = TIME.findall(later)[-1]
    after = text(client, f"/you/{person.id}/move/", times=chosen)

    assert "moves there at once" in page
    assert "Done: your appointment has its new time." in after
    appointment.refresh_from_db()
    assert appointment.starts_at == datetime.fromisoformat(chosen)


def test_of_several_people_one_asks_for_up_to_three_times(office: Office) -> None:
    times = [open_starts(office, office.service("couple"))[-1]]
    appointment = booked(office, "couple", times=times)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/move/"
    first, second = TIME.findall(text(client, path))[:2]

    # Another week is looked at, and what was chosen stays chosen.
    other_week = press(client, path, {"times": [first, second], "week": "2026-11-09"})
    carried = TIME.findall(other_week)
    too_many = press(client, path, {"times": carried[:5]})
    after = client.post(path, {"times": [first, second]}, follow=True)

    assert carried[:2] == [first, second]
    assert "Please choose one to three times." in too_many
    assert "the old one stays" in after.content.decode()
    before = appointment.starts_at
    appointment.refresh_from_db()
    assert appointment.starts_at == before
    assert Move.objects.get().asked_by == person
    sam = someone_called(Request.objects.get(), "Sam")
    assert "A different time is being looked for" in text(come_in(sam), f"/you/{sam.id}/times/")


def test_a_time_taken_meanwhile_offers_the_nearest(office: Office) -> None:
    booked(office)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/move/"
    wanted = TIME.findall(text(client, path))[3]
    submitted(office, times=[datetime.fromisoformat(wanted)])

    page = text(client, path, times=wanted)

    assert "One of these times was taken a moment ago." in page
    assert len(TIME.findall(page)) == 3


def test_too_late_to_move_says_whom_to_call(office: Office, clock: time_machine.Traveller) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    clock.move_to(appointment.starts_at - timedelta(hours=3))
    client = come_in(person)

    page = text(client, f"/you/{person.id}/move/")

    assert "too late to change this here" in page
    assert office.practice.phone in page
    assert office.practice.email in page


@pytest.mark.parametrize("times", ["", "tomorrow", "2020-01-01T10:00:00Z", "2026-10-17T03:00:00Z"])
def test_an_impossible_time_to_move_to_is_no_error(office: Office, times: str) -> None:
    appointment = booked(office)
    person = requester_of(Request.objects.get())
    before = appointment.starts_at

    page = press(come_in(person), f"/you/{person.id}/move/", {"times": times})

    assert "Find another time" in page
    appointment.refresh_from_db()
    assert appointment.starts_at == before


def test_cancelling_says_what_happens_and_then_does_it(office: Office) -> None:
    times = [open_starts(office, office.service("couple"))[-1]]
    appointment = booked(office, "couple", times=times)
    person = requester_of(Request.objects.get())
    client = come_in(person)
    path = f"/you/{person.id}/cancel/"

    page = text(client, path)
    asked = press(client, path)  # a button of another page: say first what happens
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert "not by whom, and not why" in asked
    after = text(client, path, appointment=str(appointment.id), leaves_alone="no")

    assert "not by whom, and not why" in page
    assert "Your appointment is cancelled." in after
    appointment.refresh_from_db()
    assert appointment.state == "cancelled"


def test_of_three_people_one_leaves_and_the_others_stay(office: Office) -> None:
    appointment = booked(office, "non_monogamous")
    person = someone_called(Request.objects.get(), "Kai")
    client = come_in(person)

    page = text(client, f"/you/{person.id}/leave/")
    after = text(
        client, f"/you/{person.id}/leave/", appointment=str(appointment.id), leaves_alone="yes"
    )

    assert "The others are not told who left" in page
    assert "You are not expected any more." in after
    appointment.refresh_from_db()
    assert appointment.state == "booked"
    assert appointment.attendances.filter(left_at__isnull=True).count() == 2


def test_a_press_on_a_stale_page_cancels_nothing(office: Office) -> None:
    appointment = booked(office, "non_monogamous")
    person = someone_called(Request.objects.get(), "Kai")

    after = text(
        come_in(person),
        f"/you/{person.id}/cancel/",
        appointment=str(appointment.id),
        leaves_alone="no",
    )

    assert "Something has changed meanwhile." in after
    assert appointment.attendances.filter(left_at__isnull=True).count() == 3


def test_withdrawing_needs_no_reason(office: Office) -> None:
    request = verified(office)
    person = requester_of(request)

    after = text(come_in(person), f"/you/{person.id}/withdraw/", sure="yes")

    assert "You have withdrawn." in after
    assert Request.objects.get().state == "withdrawn"


# --- Addresses ------------------------------------------------------------------------------------


def test_ones_own_address_changes_with_the_code_sent_to_the_new_one(
    office: Office, clock: time_machine.Traveller
) -> None:
    person = requester_of(verified(office))
    old_link = link_of(person)
    client = come_in(person)
    clock.shift(60)

    text(client, f"/you/{person.id}/address/", email="new@example.test")
    assert fresh(person).email == person.email  # not before the code
    code = links.code(link_of(person).id)
    answer = client.post(f"/you/{person.id}/address/code/", {"code": code})

    assert answer["Location"] == f"/you/{person.id}/"
    assert fresh(person).email == "new@example.test"
    assert client.get(f"/you/{person.id}/withdraw/").status_code == 200
    assert Client().get(f"/open/{links.token(old_link.id)}/").status_code == 404


def test_a_partners_address_is_not_taken_for_oneself(office: Office) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")

    before = PrivateLink.objects.count()

    page = text(come_in(person), f"/you/{person.id}/address/", email=sam.email)

    assert f"A code is on its way to {sam.email}." in page  # a refusal would give Sam away
    assert PrivateLink.objects.count() == before
    assert fresh(person).email == person.email


def test_the_requester_corrects_where_somebody_is_invited(office: Office) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")
    client = come_in(person)
    path = f"/you/{person.id}/people/{sam.id}/"

    page = text(client, path)
    unagreed = text(client, path, email="sam.new@example.test")
    text(client, path, email="sam.new@example.test", agreed="on")

    assert sam.email not in page
    assert "We write only to people who agreed." in unagreed
    assert fresh(sam).email == "sam.new@example.test"


def test_a_correction_after_somebody_came_in_looks_the_same_and_changes_nothing(
    office: Office,
) -> None:
    request = verified(office, "couple")
    person, sam = requester_of(request), someone_called(request, "Sam")
    enter(sam)

    after = text(
        come_in(person),
        f"/you/{person.id}/people/{sam.id}/",
        email="trap@example.test",
        agreed="on",
    )

    assert "Thank you. We use that address from now on." in after
    assert fresh(sam).email == sam.email


def test_only_the_requester_corrects_invitations(office: Office) -> None:
    request = verified(office, "non_monogamous")
    kai, noor = someone_called(request, "Kai"), someone_called(request, "Noor")
    client = come_in(kai)

    for other in (requester_of(request).id, noor.id, uuid4()):
        assert client.get(f"/you/{kai.id}/people/{other}/").status_code == 404


def test_private_pages_have_neutral_titles(office: Office) -> None:
    booked(office, "couple")
    person = people_of(Request.objects.get())[0]
    client = come_in(person)

    for action in ("move", "cancel", "address", "address/code"):
        page = client.get(f"/you/{person.id}/{action}/").content.decode()
        assert "<title>Your page</title>" in page
        assert "data-exit" in page
        assert 'action="/you/leave/"' in page


def test_times_are_spelled_out(office: Office) -> None:
    person = requester_of(verified(office))
    appointment = Appointment.objects.get()
    assert spelled(appointment, person.time_zone).endswith("Chicago time (GMT-5)")
    assert zone_words("UTC", NOW) == "UTC"
    assert zone_words("Asia/Kolkata", NOW) == "Kolkata time (GMT+5:30)"
    assert zone_words("America/St_Johns", NOW) == "St Johns time (GMT-2:30)"
    assert zone_words("Europe/London", NOW) == "London time (GMT+1)"
