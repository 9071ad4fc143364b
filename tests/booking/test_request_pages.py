"""The request as a browser without JavaScript makes it: every type, every mistake."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from booking.domain.asking import TOPICS
from booking.forms.details import TOPIC_LABELS
from booking.forms.zones import zone_groups
from booking.models import (
    Appointment,
    Cohort,
    Participant,
    PrivateLink,
    Request,
    Seat,
    WaitlistEntry,
)
from booking.operations import links
from booking.queries.requesting import Week
from booking.views.choices import value_of
from booking.views.picker import week_picker
from practice.domain.wall import zone, zone_names
from practice.models import Article, HoursOverride
from practice.sealing import unseal
from tests.booking.factories import (
    NOW,
    USUAL,
    Office,
    address,
    link_of,
    make_office,
    make_practitioner,
    open_starts,
    published,
    requester_of,
    submitted,
    verified,
)
from tests.booking.test_link_pages import press

pytestmark = pytest.mark.django_db

KEY = re.compile(r'name="key" value="([0-9a-f]+)"')
SLOT = re.compile(r'name="start" value="([^"]+)"')


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """A quiet Monday."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def office(clock: None) -> Office:
    office = make_office()
    office.practice.locations = [
        {"country": "US", "region": "NY", "label": "New York, United States"},
        {"country": "GB", "region": "", "label": "United Kingdom"},
    ]
    office.practice.save()
    return office


def person(index: int, **typed: str) -> dict[str, str]:
    """What is typed about one other person."""
    usual = {
        "label": f"Friend {index}",
        "attends": "yes",
        "agreed": "yes",
        "route": "email",
        "email": address(f"friend{index}"),
        "invited_as": "initial",
    }
    return {f"person-{index}-{name}": value for name, value in (usual | typed).items()}


def typed_details(html: str, **typed: Any) -> dict[str, Any]:
    """The last page filled in; `html` is the page, for what it carries along."""
    hidden = dict(re.findall(r'<input type="hidden" name="([a-z_]+)" value="([^"]*)"', html))
    hidden.pop("csrfmiddlewaretoken", None)
    if 'name="mention_article"' in html:
        hidden["mention_article"] = "on"
    return {
        **hidden,
        "name": "Alex",
        "pronouns": "they",
        "email": address("alex"),
        "location": "US|NY",
        "cadence": "weekly",
        "topics": ["communication", "jealousy"],
        "words": "We keep talking past each other.",
        "adult": "yes",
        "not_emergency": "on",
        **typed,
    }


def to_details(client: Client, office: Office, kind: str, *, zone: str = "Europe/London") -> str:
    """Walk the steps up to the last page, by its forms only."""
    client.get("/request/", {"article": "mindful-talk"})
    client.post("/request/", {"relationship_type": kind})
    client.post("/request/session/", {"choice": f"{USUAL[kind]}:video"})
    times = client.get("/request/time/", {"zone": zone}).content.decode()
    slot = SLOT.findall(times)[0]
    answer = client.post("/request/time/", {"start": slot, "zone": zone})
    assert answer.status_code == 303, answer.content.decode()
    page = client.get("/request/details/")
    assert page.status_code == 200
    return page.content.decode()


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


@pytest.mark.parametrize("number", ["9" * 5000, "-1", "²", "٣", "\0", "1e3"])
def test_numbers_that_no_button_sends_are_no_error(
    client: Client, office: Office, number: str
) -> None:
    html = to_details(client, office, "non_monogamous")
    typed = typed_details(html, people=number, **person(0))

    for pressed in ({}, {"add": "1"}, {"remove": number}):
        assert "About you" in press(client, "/request/details/", typed | pressed)
    assert "About you" in press(client, "/request/details/", {**typed, "week": number})
    assert not Request.objects.exists()


def test_mistakes_of_all_forms_stand_in_one_summary(client: Client, office: Office) -> None:
    html = to_details(client, office, "couple")

    typed = typed_details(html, adult="", name="", people="1", **person(0, email="nowhere"))
    page = press(client, "/request/details/", typed)

    assert page.count('class="error-summary"') == 1
    summary = page[page.index('class="error-summary"') : page.index("</ul>")]
    assert "What should we call you? Please give us a name" in summary
    assert "Are you 18 or older? Please answer this" in summary
    assert "Their e-mail address: This does not look like" in summary
    assert "?:" not in summary


def test_mistakes_are_listed_in_the_order_of_the_page(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    wrong = dict.fromkeys(("name", "email", "location", "adult", "not_emergency"), "")
    page = press(client, "/request/details/", typed_details(html, **wrong))

    summary, _end, below = page.partition('class="error-summary"')[2].partition("</ul>")
    listed = re.findall(r'href="#([a-z_]+)"', summary)
    assert len(listed) == len(wrong)
    assert listed == sorted(listed, key=lambda field: below.index(f'id="{field}"'))


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


def test_a_group_is_told_that_the_time_is_for_a_first_call(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "group"})

    page = client.get("/request/session/").content.decode()

    assert "short first call" in page
    html = to_details(client, office, "group")
    assert 'name="people"' not in html


def test_times_are_in_the_readers_zone_and_it_is_spelled_out(
    client: Client, office: Office
) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    guessed = client.get("/request/time/").content.decode()
    chosen = client.get("/request/time/", {"zone": "Asia/Kolkata"}).content.decode()

    assert "New York time (GMT-" in guessed
    assert 'data-guess-zone="submit">' in guessed
    assert "Kolkata time (GMT+5:30)" in chosen
    assert 'data-guess-zone="submit" data-chosen>' in chosen


@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "Europe/London\x00"])
def test_an_unknown_zone_is_explained(client: Client, office: Office, zone: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})
    slot = value_of(open_starts(office, office.service("individual"), now=timezone.now())[3])

    seen = client.get("/request/time/", {"zone": zone})
    chosen = client.post("/request/time/", {"zone": zone, "start": slot}, follow=True)

    for answer in (seen, chosen):
        assert answer.status_code == 200
        assert "We don't know that time zone" in answer.content.decode()


@pytest.mark.parametrize("week", ["2026-02-30", "soon", "0000-00-00", "99999-01-01"])
def test_an_impossible_week_shows_the_next_free_times(
    client: Client, office: Office, week: str
) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"week": week})

    assert page.status_code == 200
    assert "There is no such day in the calendar." in page.content.decode()
    assert SLOT.search(page.content.decode())


@pytest.mark.parametrize("week", ["1999-01-01", "9999-12-31"])
def test_weeks_far_away_are_no_error(client: Client, office: Office, week: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    assert client.get("/request/time/", {"week": week}).status_code == 200


def test_a_day_with_two_hours_of_the_same_name_tells_them_apart() -> None:
    london = zone("Europe/London")
    sunday = date(2026, 10, 25)
    twice = [datetime(2026, 10, 25, 0, 30, tzinfo=UTC), datetime(2026, 10, 25, 1, 30, tzinfo=UTC)]
    week = Week(
        first=sunday,
        end=sunday + timedelta(days=7),
        days=[(sunday, twice), *((sunday + timedelta(days=n), []) for n in range(1, 7))],
        has_earlier=False,
        has_later=False,
        next_open=None,
    )

    picker = week_picker(week, london)

    assert [(s.label, s.detail) for s in picker.days[0].slots] == [
        ("01:30", "GMT+1"),
        ("01:30", "GMT"),
    ]
    assert picker.clock_change == (
        "The clocks change on Sunday 25 October. From then on times are GMT."
    )


def test_an_empty_week_says_when_the_next_opening_is(client: Client, office: Office) -> None:
    today = timezone.localdate()
    HoursOverride.objects.bulk_create(
        HoursOverride(practitioner=office.practitioner, date=today + timedelta(days=n))
        for n in range(21)
    )
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    first = client.get("/request/time/").content.decode()
    empty = client.get("/request/time/", {"week": today.isoformat()}).content.decode()

    assert SLOT.search(first)  # it opens where there is something to choose
    assert not SLOT.search(empty)
    assert "The next one is" in empty


@pytest.mark.parametrize(
    "start",
    ["", "tomorrow", "2026-02-30T10:00:00Z", "0001-01-01T00:00:00+14:00", "2026-01-01T10:00"],
)
def test_an_impossible_time_is_refused_kindly(client: Client, office: Office, start: str) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    answer = client.post("/request/time/", {"zone": "Europe/London", "start": start}, follow=True)

    assert answer.status_code == 200
    assert "That time is not free any more" in answer.content.decode()


def test_a_past_time_sent_with_the_details_is_a_clear_error(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    past = value_of(timezone.now() - timedelta(days=3))

    answer = client.post("/request/details/", typed_details(html, start=past), follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "That time has passed" in page
    assert SLOT.search(page)  # and here are others
    assert "We keep talking past each other." in page
    assert not Request.objects.exists()


def test_a_time_taken_meanwhile_keeps_everything_and_offers_the_nearest(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "couple")
    typed = typed_details(html, people="1", **person(0, email="sam@example.test"))
    submitted(office, now=timezone.now(), times=[datetime.fromisoformat(typed["start"])])

    answer = client.post("/request/details/", typed, follow=True)

    page = answer.content.decode()
    assert "That time was taken a moment ago." in page
    for kept in (
        "We keep talking past each other.",
        "sam@example.test",
        'value="jealousy" checked',
        'value="weekly" required id="id_cadence_1" checked',
    ):
        assert _has(page, kept), kept
    nearest = SLOT.findall(page)
    assert len(nearest) == 3
    again = typed | {"start": nearest[0], "key": _key(page)}
    assert client.post("/request/details/", again).status_code == 303
    assert Request.objects.filter(relationship_type="couple").count() == 1


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
    assert _key(page) != typed["key"]


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"name": "  "}, "Please give us a name to call you by."),
        ({"email": ""}, "Please give an address that we can write to."),
        ({"email": "alex at home"}, "This does not look like an e-mail address."),
        ({"location": ""}, "Please choose where you will be."),
        ({"location": "elsewhere"}, "Sessions are possible for people who are in: New York"),
        ({"location": "FR|"}, "Select a valid choice"),
        ({"topics": ["gossip"]}, "Select a valid choice"),
        ({"words": "x" * 501}, "at most 500 characters"),
        ({"adult": ""}, "Please answer this: sessions are for adults."),
        ({"not_emergency": ""}, "Please confirm that you know"),
        ({"start": ""}, "Please choose a time."),
        ({"start": "whenever"}, "Please choose a time."),
    ],
)
def test_each_mistake_is_said_beside_its_field(
    client: Client, office: Office, wrong: dict[str, Any], sentence: str
) -> None:
    html = to_details(client, office, "individual")

    answer = client.post("/request/details/", typed_details(html, **wrong), follow=True)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert sentence in page
    assert page.count("Something needs another look") == 1
    assert not Request.objects.exists()


@pytest.mark.parametrize(
    ("people", "sentence"),
    [
        ({"people": "0"}, "A session for two needs one other person."),
        (
            {"people": "11"} | {k: v for i in range(11) for k, v in person(i).items()},
            "A session for two needs one other person.",
        ),
        ({"people": "1", **person(0, label="")}, "Please write what to call them"),
        ({"people": "1", **person(0, email="")}, "Please give an address that we can write to."),
        ({"people": "1", **person(0, agreed="no")}, "We write only to people who agreed."),
        ({"people": "1", **person(0, email="alex@example.test")}, "an address that only they read"),
        ({"people": "1", **person(0, route="")}, "Please choose how they get their page."),
    ],
)
def test_mistakes_about_the_other_person_are_said(
    client: Client, office: Office, people: dict[str, str], sentence: str
) -> None:
    html = to_details(client, office, "couple")

    typed = typed_details(html, **{"email": "alex@example.test", **people})
    page = press(client, "/request/details/", typed)

    assert sentence in page
    assert not Request.objects.exists()


def test_too_many_people_are_too_many(client: Client, office: Office) -> None:
    html = to_details(client, office, "non_monogamous")
    people = {k: v for i in range(6) for k, v in person(i).items()}

    answer = client.post(
        "/request/details/", typed_details(html, people="6", **people), follow=True
    )

    assert "At most 5 people can attend this session." in answer.content.decode()


def test_people_are_added_and_taken_off_without_losing_a_word(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "non_monogamous")
    typed = typed_details(html, people="2", **person(0, label="Kai"), **person(1, label="Noor"))

    more = press(client, "/request/details/", typed | {"add": "1"})
    fewer = press(client, "/request/details/", typed | {"remove": "0"})

    assert 'name="people" value="3"' in more
    assert 'value="Kai"' in more
    assert 'name="people" value="1"' in fewer
    assert 'value="Kai"' not in fewer
    for page in (more, fewer):
        assert 'value="Noor"' in page
        assert "We keep talking past each other." in page
        assert _has(page, 'value="jealousy" checked')
        assert "needs another look" not in page
        assert _key(page) == typed["key"]


def test_another_time_is_chosen_without_losing_a_word(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    typed = typed_details(html)
    week = (timezone.localdate() + timedelta(days=14)).isoformat()

    page = press(client, "/request/details/", typed | {"week": week})

    assert "We keep talking past each other." in page
    other = SLOT.findall(page)[-1]
    assert client.post("/request/details/", typed | {"start": other}).status_code == 303
    assert value_of(Appointment.objects.get().starts_at) == other


def test_an_answer_under_18_stores_nothing(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    answer = client.post("/request/details/", typed_details(html, adult="no"))

    assert (answer.status_code, answer["Location"]) == (303, "/request/other/")
    page = client.get("/request/other/").content.decode()
    assert "Nothing of what you typed was kept." in page
    assert not Request.objects.exists()
    assert client.get("/request/details/")["Location"] == "/request/"


def test_what_is_typed_reaches_the_session_sealed_only(client: Client, office: Office) -> None:
    html = to_details(client, office, "couple")

    client.post("/request/details/", typed_details(html, people="1", **person(0, email="")))

    kept = str(dict(client.session.items()))
    assert "sealed" in kept
    for secret in ("talking", "jealousy", "Alex", "example.test", "Friend"):
        assert secret not in kept


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


def test_a_zone_that_is_none_leads_back_with_a_sentence(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")

    answer = client.post(
        "/request/details/", typed_details(html, time_zone="Mars/Olympus"), follow=True
    )

    assert answer.redirect_chain[-1][0] == "/request/time/"
    assert "Please choose your time zone" in answer.content.decode()


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


def to_times(client: Client, kind: str = "individual") -> str:
    """The page about times, after who and which session."""
    client.post("/request/", {"relationship_type": kind})
    client.post("/request/session/", {"choice": f"{USUAL[kind]}:video"})
    return client.get("/request/time/", {"zone": "Europe/London"}).content.decode()


def test_up_to_three_times_are_chosen_best_first(client: Client, office: Office) -> None:
    slots = SLOT.findall(to_times(client))
    wanted = [slots[5], slots[1], slots[3]]

    pages = [
        client.post(
            "/request/time/", {"start": slot, "zone": "Europe/London"}, follow=True
        ).content.decode()
        for slot in wanted
    ]
    client.post("/request/time/", {"go": "on", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    client.post("/request/details/", typed_details(details))

    assert "Would another time suit you too?" in pages[0]
    assert wanted[0] not in SLOT.findall(pages[0])
    assert "These are your three times" in pages[2]
    request = Request.objects.get()
    assert [value_of(datetime.fromisoformat(t)) for t in request.wanted_starts] == wanted
    assert value_of(Appointment.objects.get().starts_at) == wanted[0]
    assert "We keep your first choice" in client.get("/request/sent/").content.decode()


def test_a_time_is_taken_off_again_and_the_rest_move_up(client: Client, office: Office) -> None:
    slots = SLOT.findall(to_times(client))[:3]
    for slot in slots:
        client.post("/request/time/", {"start": slot, "zone": "Europe/London"})

    client.post("/request/time/", {"remove": slots[0], "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    typed = typed_details(details)
    fewer = press(client, "/request/details/", typed | {"take_off": slots[1]})

    assert (typed["start"], typed["second"]) == (slots[1], slots[2])
    assert 'name="third"' not in details
    assert f'name="start" value="{slots[2]}"' in fewer
    assert "We keep talking past each other." in fewer


def test_one_of_several_times_taken_meanwhile_leaves_the_others(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "individual")
    typed = typed_details(html)
    second = SLOT.findall(to_times(client))[9]
    submitted(office, now=timezone.now(), times=[datetime.fromisoformat(typed["start"])])

    page = press(client, "/request/details/", typed | {"second": second})

    assert "One of your times was taken a moment ago." in page
    again = typed_details(page)
    assert again["start"] == second
    assert client.post("/request/details/", again).status_code == 303


def test_another_time_is_added_on_the_last_page(client: Client, office: Office) -> None:
    typed = typed_details(to_details(client, office, "individual"))

    page = press(client, "/request/details/", typed | {"pick": "second"})
    second = re.findall(r'name="second" value="([^"]+)"', page)[4]
    sent = client.post("/request/details/", typed_details(page, second=second))

    assert f'name="start" value="{typed["start"]}"' in page
    assert sent.status_code == 303
    assert len(Request.objects.get().wanted_starts) == 2


def test_two_people_find_a_time_together(client: Client, office: Office) -> None:
    page = to_times(client, "couple")

    client.post("/request/time/", {"way": "together", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    sent = client.post("/request/details/", typed_details(details, people="1", **person(0)))

    assert "Find a time together" in page
    assert "A time that suits all of you" in details
    assert sent["Location"] == "/request/sent/"
    request = Request.objects.get()
    assert (request.find_together, request.wanted_starts) == (True, [])
    assert not Appointment.objects.exists()
    after = client.get("/request/sent/").content.decode()
    assert "mark there which times would suit you" in after


def test_alone_nobody_is_asked_to_find_a_time_together(client: Client, office: Office) -> None:
    assert "Find a time together" not in to_times(client)

    client.post("/request/time/", {"way": "together", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    answer = client.post("/request/details/", typed_details(details))

    assert answer["Location"] == "/request/time/"
    assert not Request.objects.exists()


def test_whom_no_time_suits_is_put_on_the_list(client: Client, office: Office) -> None:
    page = to_times(client)

    client.post("/request/time/", {"way": "wait", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    changed = press(client, "/request/details/", typed_details(details) | {"pick": "start"})
    sent = client.post("/request/details/", typed_details(details))

    assert "Put me on the list" in page
    assert SLOT.search(changed)
    assert "We keep talking past each other." in changed
    assert sent.status_code == 303
    assert WaitlistEntry.objects.get().request == Request.objects.get()
    assert "you are on the list" in client.get("/request/sent/").content.decode()


def test_a_place_in_a_group_is_asked_for_under_a_name(client: Client, office: Office) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    page = client.get("/request/session/").content.decode()
    choice = f"group-call:video:{cohort.slug}"
    client.post("/request/session/", {"choice": choice})
    slot = SLOT.findall(client.get("/request/time/").content.decode())[2]
    client.post("/request/time/", {"start": slot, "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()

    unnamed = press(client, "/request/details/", typed_details(details))
    client.post("/request/details/", typed_details(details, seat_name="Robin"))

    assert cohort.title in page
    assert "Places left" in page
    assert f'value="{choice}"' in page
    assert 'value="group-90:' not in page
    assert "Under which name should the group know you?" in unnamed
    seat = Seat.objects.get()
    assert (seat.name, seat.state, seat.cohort) == ("Robin", "asked", cohort)


def test_a_full_group_has_a_list(client: Client, office: Office) -> None:
    cohort = published(office)
    Cohort.objects.update(seats_taken=cohort.seats)
    client.post("/request/", {"relationship_type": "group"})
    page = client.get("/request/session/").content.decode()
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    full = client.get("/request/time/").content.decode()
    client.post("/request/time/", {"way": "wait", "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()

    sent = client.post("/request/details/", typed_details(details, seat_name="Robin"))

    assert "Full" in page
    assert "Every place is taken for now" in full
    assert sent.status_code == 303
    assert Seat.objects.get().state == "waiting"


def test_the_last_place_taken_meanwhile_offers_the_list(client: Client, office: Office) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    slot = SLOT.findall(client.get("/request/time/").content.decode())[2]
    client.post("/request/time/", {"start": slot, "zone": "Europe/London"})
    details = client.get("/request/details/").content.decode()
    Cohort.objects.update(seats_taken=cohort.seats)

    page = press(client, "/request/details/", typed_details(details, seat_name="Robin"))
    again = client.post("/request/details/", typed_details(page, seat_name="R"))

    assert "The last place was taken a moment ago." in page
    assert again.status_code == 303
    assert Seat.objects.get().state == "waiting"


def test_a_group_closed_meanwhile_leads_back_with_a_sentence(
    client: Client, office: Office
) -> None:
    cohort = published(office)
    client.post("/request/", {"relationship_type": "group"})
    client.post("/request/session/", {"choice": f"group-call:video:{cohort.slug}"})
    Cohort.objects.update(state="closed")

    answer = client.get("/request/time/", follow=True)

    assert answer.redirect_chain[-1][0] == "/request/session/"
    assert "That group takes no requests any more." in answer.content.decode()


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


def test_text_that_is_too_long_is_kept_whole(client: Client, office: Office) -> None:
    html = to_details(client, office, "individual")
    assert "maxlength" not in html
    typed = typed_details(html, name="n" * 61, words="w" * 600, email="e" * 300 + "@example.test")

    page = press(client, "/request/details/", typed)

    assert all(value in page for value in (typed["name"], typed["words"], typed["email"]))
    assert "at most 60 characters" in page


def test_likely_zones_come_first_and_every_one_is_there(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"zone": "Asia/Kolkata"}).content.decode()

    groups = re.findall(r'<optgroup label="([^"]+)">(.*?)</optgroup>', page)
    likely = re.findall(r'value="([^"]+)"', groups[0][1])
    assert likely[:4] == ["Asia/Kolkata", "America/New_York", "America/Chicago", "America/Denver"]
    assert "Europe/London" in likely
    assert len(likely) < 15
    assert ">New York (GMT-4)</option>" in groups[0][1]
    assert "Kolkata, India" in page
    assert page.count(" selected>") == 1
    every = set(re.findall(r'<option value="([^"]+)"', page))
    assert {"Europe/Kyiv", "Asia/Kathmandu", "Europe/Stockholm", "UTC"} <= every


def test_a_zone_has_its_current_name_and_is_found_by_the_older_ones() -> None:
    rows = [row for _group, rows in zone_groups([], now=NOW) for row in rows]
    older = {name: row.value for row in rows for name in row.older.split()}

    odd = [row.value for row in rows if row.value.startswith(("US/", "Etc/"))]
    assert odd == []
    assert "America/Argentina/ComodRivadavia" not in {row.value for row in rows}
    assert older["US/Eastern"] == "America/New_York"
    assert older["Asia/Calcutta"] == "Asia/Kolkata"
    assert older["Europe/Kiev"] == "Europe/Kyiv"
    assert older["America/Argentina/ComodRivadavia"] == "America/Argentina/Catamarca"
    assert older["Etc/UTC"] == "UTC"


def test_every_zone_that_is_accepted_can_be_found_on_the_list() -> None:
    rows = [row for _group, rows in zone_groups([], now=NOW) for row in rows]
    found = {row.value for row in rows} | {name for row in rows for name in row.older.split()}

    missing = {name for name in zone_names() - found if not name.startswith("Etc/")}

    assert missing == set()


def test_an_older_name_is_taken_as_it_is(client: Client, office: Office) -> None:
    client.post("/request/", {"relationship_type": "individual"})
    client.post("/request/session/", {"choice": "individual-50:video"})

    page = client.get("/request/time/", {"zone": "US/Eastern"}).content.decode()

    assert '<option value="US/Eastern" selected>Eastern (GMT-4)</option>' in page


def test_pages_on_the_way_are_private_and_have_a_way_out(client: Client, office: Office) -> None:
    to_details(client, office, "individual")

    for path in ("/request/", "/request/session/", "/request/time/", "/request/details/"):
        page = client.get(path)
        assert "no-store" in page["Cache-Control"]
        assert "data-exit" in page.content.decode()
        assert "<title>Your request</title>" in page.content.decode()


def test_without_a_practice_the_request_leads_to_the_front_page(client: Client, db: None) -> None:
    assert client.get("/request/")["Location"] == "/"


def test_every_topic_has_words() -> None:
    assert set(TOPIC_LABELS) == set(TOPICS)


def _key(page: str) -> str:
    found = KEY.search(page)
    assert found
    return found.group(1)


def _has(page: str, words: str) -> bool:
    """Whether the parts of a tag stand in one tag, whatever stands between them."""
    parts = words.split(" ")
    return words in page or any(
        all(part in tag for part in parts) for tag in re.findall(r"<[^>]+>", page)
    )


def _other_code(link: PrivateLink) -> str:
    return f"{(int(links.code(link.id)) + 1) % 10**6:06d}"


def test_the_emergency_numbers_on_the_last_page_can_be_tapped(
    client: Client, office: Office
) -> None:
    html = to_details(client, office, "individual")

    assert re.findall(r'href="(tel:[^"]+)"', html) == ["tel:112", "tel:911", "tel:999"]
