"""The request as a browser without JavaScript makes it, step by step."""

import pytest
from django.test import Client
from django.utils import timezone

from booking.models import Request
from practice.models import Article
from practice.sealing import unseal
from tests.booking.factories import Office, make_practitioner, requester_of
from tests.booking.request_pages.filled_in import SLOT, person, to_details, typed_details

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("kind", ["individual", "couple", "non_monogamous", "group"])
def test_each_type_goes_through_by_forms_alone(client: Client, office: Office, kind: str) -> None:
    html = to_details(client, office, kind)
    people: dict[str, str] = {}
    if kind == "couple":
        people = {"people": "1", **person(0)}
    elif kind == "non_monogamous":
        people = {
            "people": "3",
            **person(0),
            **person(1, agreed="no", route="link", email=""),
            **person(2, attends="no"),
        }

    sent = client.post("/request/details/", typed_details(html, **people))

    assert (sent.status_code, sent["Location"]) == (303, "/request/sent/")
    request = Request.objects.get()
    assert request.relationship_type == kind
    assert request.time_zone == "Europe/London"
    assert request.article_slug == "mindful-talk"
    assert (request.country, request.region) == ("US", "NY")
    assert request.cadence == "weekly"
    assert request.network_hash is not None
    assert (
        unseal(bytes(request.words_sealed or b""), label="request", row=request.id, field="words")
        == "We keep talking past each other."
    )
    others = list(request.participants.filter(is_requester=False).order_by("position"))
    assert [p.attends for p in others] == {
        "couple": ["yes"],
        "non_monogamous": ["yes", "yes", "no"],
    }.get(kind, [])
    assert [bool(p.email) for p in others] == [True, False, False][: len(others)]

    page = client.get("/request/sent/").content.decode()
    assert requester_of(request).email in page
    assert "We keep" in page  # the time is held


def test_an_article_is_shown_and_kept_out_of_the_address(client: Client, office: Office) -> None:
    Article.objects.create(
        slug="mindful-talk",
        title="Mindful talk",
        summary="…",
        body="…",
        published_date=timezone.localdate(),
    )

    first = client.get("/request/", {"article": "mindful-talk"})

    assert (first.status_code, first["Location"]) == (302, "/request/")
    cookie = first.cookies["from"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert "You came from “Mindful talk”" in client.get("/request/").content.decode()
    client.post("/request/article/")
    assert "You came from" not in client.get("/request/").content.decode()


@pytest.mark.parametrize(
    ("slug", "shown"),
    [
        ("on-another-site", "On another site"),
        ("//evil.example/", None),
        ("<script>", None),
        ("x" * 51, None),
        ("", None),
    ],
)
def test_an_article_elsewhere_is_kept_and_garbage_is_dropped(
    client: Client, office: Office, slug: str, shown: str | None
) -> None:
    assert client.get("/request/", {"article": slug})["Location"] == "/request/"

    html = client.get("/request/").content.decode()

    assert (shown in html) if shown else ("You came from" not in html)


def test_the_article_need_not_be_mentioned(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    assert "Say that I came from" in html

    unticked = typed_details(html)
    del unticked["mention_article"]

    client.post("/request/details/", unticked)
    client.get("/request/", {"article": "mindful-talk"})
    html = to_details(client, office, "individual")
    client.post("/request/details/", typed_details(html))

    assert [r.article_slug for r in Request.objects.order_by("created_at")] == ["", "mindful-talk"]


def test_a_forged_article_cookie_counts_for_nothing(client: Client, office: Office) -> None:
    client.cookies["from"] = "mindful-talk:forged"

    assert "You came from" not in client.get("/request/").content.decode()


@pytest.mark.parametrize(
    ("path", "back"),
    [
        ("/request/session/", "/request/"),
        ("/request/time/", "/request/"),
        ("/request/details/", "/request/"),
        ("/request/sent/", "/request/"),
    ],
)
def test_a_later_step_leads_back_to_what_is_missing(
    client: Client, office: Office, path: str, back: str
) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer["Location"]) == (302, back)


def test_a_type_that_nothing_is_offered_for_is_refused(client: Client, office: Office) -> None:
    office.service("group").practitioners.clear()

    page = client.get("/request/").content.decode()
    answer = client.post("/request/", {"relationship_type": "group"}, follow=True)

    assert 'value="group"' not in page
    assert "Please choose one of these." in answer.content.decode()


def test_a_service_of_another_type_is_refused(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})

    answer = client.post("/request/session/", {"choice": "couple-80:video"}, follow=True)

    assert answer.status_code == 200
    assert "Please choose one of the sessions offered here." in answer.content.decode()


def test_a_way_to_meet_that_is_not_offered_is_refused(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})

    answer = client.post("/request/session/", {"choice": "individual-50:in_person"}, follow=True)

    assert "Please choose one of the sessions offered here." in answer.content.decode()


def test_an_answer_under_18_stores_nothing(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    answer = client.post("/request/details/", typed_details(html, adult="no"))

    assert (answer.status_code, answer["Location"]) == (303, "/request/other/")
    page = client.get("/request/other/").content.decode()
    assert "Nothing of what you typed was kept." in page
    assert not Request.objects.exists()
    assert client.get("/request/details/")["Location"] == "/request/"


def test_a_service_withdrawn_meanwhile_leads_back_with_a_sentence(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "individual")
    service = office.service("individual")
    service.is_active = False
    service.save()

    answer = client.post("/request/details/", typed_details(html), follow=True)

    assert answer.redirect_chain[-1][0] == "/request/session/"
    assert "That session is not offered in this way" in answer.content.decode()


def test_who_to_see_is_chosen_where_there_are_several(client: Client, office: Office) -> None:
    robin = make_practitioner(slug="robin", time_zone="Europe/Berlin")
    office.service("individual").practitioners.add(robin)
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"practitioner": "robin", "zone": "Europe/Berlin"})
    slot = SLOT.findall(page.content.decode())[0]
    client.post("/request/time/", {"start": slot, "zone": "Europe/Berlin", "practitioner": "robin"})
    client.post(
        "/request/details/", typed_details(client.get("/request/details/").content.decode())
    )

    assert "Free times of Robin" in page.content.decode()
    assert Request.objects.get().practitioner == robin


def test_pages_on_the_way_are_private_and_have_a_way_out(client: Client, office: Office) -> None:
    to_details(client, office, "individual")

    for path in ("/request/", "/request/session/", "/request/time/", "/request/details/"):
        page = client.get(path)
        assert "no-store" in page["Cache-Control"]
        assert "data-exit" in page.content.decode()
        assert "<title>Your request</title>" in page.content.decode()


def test_without_a_practice_the_request_leads_to_the_front_page(client: Client, db: None) -> None:
    assert client.get("/request/")["Location"] == "/"
