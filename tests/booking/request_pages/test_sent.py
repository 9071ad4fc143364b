"""After sending: the code, another address, and the same page once more."""

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Participant, PrivateLink, Request
from booking.operations import links
from tests.booking.factories import Office, link_of, requester_of, verified
from tests.booking.request_pages.filled_in import key_of, to_details, typed_details

pytestmark = pytest.mark.django_db


def _other_code(link: PrivateLink) -> str:
    return f"{(int(links.code(link.id)) + 1) % 10**6:06d}"


def test_the_code_opens_the_own_page_in_the_same_browser(client: Client, office: Office) -> None:
    client.post("/request/details/", typed_details(to_details(client, office, "individual")))
    link = link_of(requester_of(Request.objects.get()))

    wrong = client.post("/request/sent/", {"code": _other_code(link)}, follow=True)
    right = client.post("/request/sent/", {"code": links.code(link.id)})

    assert "9 more times" in wrong.content.decode()
    requester = requester_of(Request.objects.get())
    assert (right.status_code, right["Location"]) == (303, f"/you/{requester.id}/")
    assert requester.verified_at is not None
    assert client.get(f"/you/{requester.id}/withdraw/").status_code == 200
    assert client.get("/request/sent/").status_code == 302  # nothing is left to do there


def test_a_code_entered_on_another_device_leaves_the_first_one_a_kind_page(
    client: Client, office: Office
) -> None:
    client.post("/request/details/", typed_details(to_details(client, office, "individual")))
    link = link_of(requester_of(Request.objects.get()))
    Client().post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})

    page = client.get("/request/sent/")
    late = client.post("/request/sent/", {"code": links.code(link.id)}, follow=True)

    for answer in (page, late):
        assert answer.status_code == 200
        assert "You have come in on another device" in answer.content.decode()


def test_a_mistyped_address_is_corrected_before_the_code(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    client.post("/request/details/", typed_details(html, email="alxe@example.test"))
    old = link_of(requester_of(Request.objects.get()))

    answer = client.post("/request/sent/address/", {"email": "Alex@Example.test "})

    assert answer.status_code == 303
    assert "alex@example.test" in client.get("/request/sent/").content.decode()
    new = link_of(requester_of(Request.objects.get()))
    assert new.pk != old.pk
    assert client.get(f"/open/{links.token(old.id)}/").status_code == 404
    assert client.post("/request/sent/", {"code": links.code(new.id)}).status_code == 303


def test_a_request_without_a_hold_says_so(client: Client, office: Office) -> None:
    office.practice.holds_per_practitioner = 0
    office.practice.save()

    client.post("/request/details/", typed_details(to_details(client, office, "individual")))

    assert "not held yet" in client.get("/request/sent/").content.decode()


def test_a_double_press_makes_one_request(client: Client, office: Office) -> None:
    typed = typed_details(to_details(client, office, "individual"))

    answers = [client.post("/request/details/", typed) for _ in range(2)]

    assert [a["Location"] for a in answers] == ["/request/sent/"] * 2
    assert Request.objects.count() == 1
    assert PrivateLink.objects.count() == 1


def test_the_same_page_with_something_else_asks_what_is_meant(
    client: Client, office: Office
) -> None:
    typed = typed_details(to_details(client, office, "individual"))
    client.post("/request/details/", typed)

    answer = client.post("/request/details/", typed | {"words": "Something else"}, follow=True)

    page = answer.content.decode()
    assert "You have sent this already." in page
    assert key_of(page) != typed["key"]


def test_a_second_request_is_welcome_and_says_that_there_is_one(
    client: Client, office: Office
) -> None:
    first = verified(office, now=timezone.now())
    html = to_details(client, office, "individual")
    email = requester_of(first).email
    client.post("/request/details/", typed_details(html, email=email))
    second = Request.objects.exclude(pk=first.pk).get()
    link = link_of(requester_of(second))

    client.post("/request/sent/", {"code": links.code(link.id)})

    assert Participant.objects.filter(email=email, verified_at__isnull=False).count() == 2
    page = client.get(f"/you/{requester_of(second).id}/").content.decode()
    assert "another request open" in page


@pytest.mark.parametrize("path", ["/request/session/", "/request/time/", "/request/details/"])
def test_going_back_after_sending_says_that_it_was_sent(
    client: Client, office: Office, path: str
) -> None:
    client.post("/request/details/", typed_details(to_details(client, office, "individual")))

    page = client.get(path).content.decode()
    first = client.get("/request/").content.decode()

    assert "Your request has been sent" in page
    assert 'href="/request/sent/"' in page
    assert "Your request has been sent" in first
    client.post("/request/", {"relationship_type": "couple"})
    assert "has been sent" not in client.get("/request/session/").content.decode()
