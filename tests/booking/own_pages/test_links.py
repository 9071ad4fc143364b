"""Private links: opened by a person, a scanner or somebody else, and sent again."""

from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from booking.models import PrivateLink
from booking.operations import links
from booking.views.device import IDLE_SECONDS
from tests.booking.browsing import RANDOM, come_in, fresh, someone_called
from tests.booking.factories import NOW, Office, link_of, requester_of, submitted, verified

pytestmark = pytest.mark.django_db


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
