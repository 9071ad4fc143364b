"""Messages in the practice's own words: what is refused, what is sent, and the pages for it."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from notifications.domain.discretion import forbidden_words
from notifications.domain.kinds import Kind
from notifications.domain.refusals import InvalidWording, WordingMoved
from notifications.messages import placeholders, subjects
from notifications.messages.lint import paragraphs_of, problems
from notifications.messages.preview import PROFILES, seen
from notifications.messages.samples import our_words, sample_letter
from notifications.messages.slots import Slot, every_slot
from notifications.models import WordingEdition
from notifications.operations.wordings import reset_wording, set_wording
from notifications.queries.persons import practitioner_names
from notifications.queries.wordings import article_titles
from practice.models import Article, Change, Practice, User
from tests.booking import factories
from tests.booking.factories import NOW
from tests.conftest import MailCatcher
from tests.notifications.helpers import body_of, booked, send_all

pytestmark = pytest.mark.django_db

BOOKED = Slot(Kind.BOOKED)
TO_CLIENTS = [slot for slot in every_slot() if not slot.is_to_practitioner]


# --- What is refused --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "Your therapy is tomorrow.",
            (
                "“therapy” cannot stand in a message: whoever sees it on a screen would know what "
                "the practice does."
            ),
        ),
        (
            "See you both: your partner too.",
            "“partner” cannot stand in a message: it tells who else may be involved.",
        ),
        (
            "In a crisis, call us.",
            "“crisis” cannot stand in a message: it tells something about the person who gets it.",
        ),
        (
            "Your intake waits.",
            "“intake” cannot stand in a message: it tells what somebody is being asked.",
        ),
        (
            "Dear {name}, it is confirmed.",
            "There is no placeholder {name} in this message. There are: {sender}.",
        ),
        (
            "We answer {promise}.",
            "There is no placeholder {promise} in this message. There are: {sender}.",
        ),
        ("{sender", "A brace is left open: placeholders look like this: {sender}."),
        (
            "Quill is glad to see you.",
            (
                "“Quill” cannot stand in a message: some people chose a sender that does not name "
                "you. {sender} puts in the name that each of them chose."
            ),
        ),
        (
            "More in how to talk.",
            "The title of an article cannot stand in a message: it says what somebody read.",
        ),
        (
            "Go to www.example.org",
            "No addresses, please: the button is the only way on, and it opens their own page.",
        ),
        (
            "Book at willow.example/book today.",
            "No addresses, please: the button is the only way on, and it opens their own page.",
        ),
        (
            "Your the\u00adrapy is tomorrow.",
            (
                "“therapy” cannot stand in a message: whoever sees it on a screen would know what "
                "the practice does."
            ),
        ),
        ("x" * 601, "At most 600 characters, please. These are 601."),
        ("a\n\nb\n\nc\n\nd\n\ne\n\nf\n\ng", "At most 6 paragraphs, please."),
        (" \n\n ", "Please write what the message says, or bring ours back."),
    ],
)
def test_what_must_not_be_sent_is_refused_with_the_reason(text: str, sentence: str) -> None:
    found = problems(
        paragraphs_of(text),
        kind=Kind.BOOKED,
        names=["Morgan Quill", "Morgan", "Quill"],
        titles=["How to talk"],
    )
    assert found == [sentence]


def test_calm_words_with_a_placeholder_are_not_refused() -> None:
    calm = paragraphs_of("It is all set.\n\nWe look forward to it. {sender}")
    assert problems(calm, kind=Kind.BOOKED, names=["Morgan"], titles=["How to talk"]) == []


def test_every_forbidden_word_has_a_reason() -> None:
    words = ["couples", "anxiety", "screening", "psychology", "open relationships", "Sexual"]
    said = [problems([w], kind=Kind.BOOKED) for w in words]
    assert [len(found) for found in said] == [1] * len(words)


@pytest.mark.django_db
@pytest.mark.parametrize("slot", TO_CLIENTS, ids=lambda slot: slot.key)
def test_our_own_words_would_pass(slot: Slot) -> None:
    office = factories.make_office()
    letter = sample_letter(
        slot, practice=Practice.objects.get(), practitioner=office.practitioner, now=NOW
    )
    _subject, words = our_words(slot, letter)
    names, titles = practitioner_names(), article_titles()
    assert problems(list(words), kind=slot.kind, names=names, titles=titles) == []


def test_every_subject_to_choose_from_is_discreet() -> None:
    offered = {words for slot in every_slot() for _key, words in subjects.choices_for(slot.kind)}
    assert offered == {
        "A message for you",
        "News on your page",
        "About your appointment",
        "About your request",
    }
    assert forbidden_words(" ".join(offered)) == []


@pytest.mark.parametrize("slot", every_slot(), ids=lambda slot: slot.key)
def test_a_slot_is_found_by_its_key(slot: Slot) -> None:
    assert Slot.of(slot.key) == slot


@pytest.mark.parametrize("key", ["nothing", "booked-today", "reminder", "reminder-never", ""])
def test_there_are_no_other_slots(key: str) -> None:
    assert Slot.of(key) is None


# --- What is sent -----------------------------------------------------------------------------


def written(office: factories.Office, slot: Slot = BOOKED, *, seen: int = 0, **said: Any) -> None:
    words = {"subject": "", "text": "It is all set.\n\nRegards, {sender}"} | said
    set_wording(slot=slot, seen=seen, practitioner_id=office.practitioner.pk, now=NOW, **words)


def test_the_practices_own_words_are_sent_and_the_rest_stays(
    office: factories.Office, mailcatcher: MailCatcher
) -> None:
    written(office, subject="appointment")
    booked(office)
    send_all(NOW)

    sent = next(m for m in mailcatcher.messages if m["Subject"] == "About your appointment")
    plain = body_of(sent, "plain").splitlines()
    assert plain[:3] == ["It is all set.", "", f"Regards, {sent['From'].addresses[0].display_name}"]
    assert "Your appointment is confirmed." not in plain
    assert [line.partition(":")[0] for line in plain if line.startswith(("When", "Your code"))] == [
        "When",
        "Your code",
    ]


def test_ours_come_back(office: factories.Office, mailcatcher: MailCatcher) -> None:
    written(office)
    reset_wording(slot=BOOKED, seen=1, practitioner_id=office.practitioner.pk, now=NOW)
    booked(office)
    send_all(NOW)

    (sent,) = [m for m in mailcatcher.messages if m["Subject"] == "Your appointment"]
    assert body_of(sent, "plain").startswith("Your appointment is confirmed.")


def test_each_variant_of_a_reminder_has_words_of_its_own(office: factories.Office) -> None:
    written(office, Slot(Kind.REMINDER, "today"), text="Until soon.")
    practice = Practice.objects.get()
    texts = {
        variant: seen(
            Slot(Kind.REMINDER, variant),
            "details",
            practice=practice,
            practitioner=office.practitioner,
            now=NOW,
        ).text
        for variant in ("later", "tomorrow", "today")
    }
    assert ["Until soon." in text for text in texts.values()] == [False, False, True]
    assert texts["today"].startswith("Your appointment is today.")


def test_what_is_filled_in_is_not_filled_in_again(office: factories.Office) -> None:
    Practice.objects.update(reply_promise="{sender} soon")
    letter = sample_letter(
        Slot(Kind.RECEIVED),
        practice=Practice.objects.get(),
        practitioner=office.practitioner,
        now=NOW,
    )
    assert placeholders.filled(("We answer {promise}.",), letter) == ("We answer {sender} soon.",)


def test_every_version_is_kept_and_the_journal_says_who_wrote_it(office: factories.Office) -> None:
    written(office)
    written(office, seen=1, text="Another one.")
    reset_wording(slot=BOOKED, seen=2, practitioner_id=office.practitioner.pk, now=NOW)

    kept = WordingEdition.objects.order_by("version").values_list("version", "words")
    assert list(kept) == [
        (1, ["It is all set.", "Regards, {sender}"]),
        (2, ["Another one."]),
        (3, []),
    ]
    changes = Change.objects.filter(kind="wording_changed").order_by("pk")
    assert [(c.revision, c.snapshot) for c in changes] == [
        (1, {"slot": "booked", "is_ours": False}),
        (2, {"slot": "booked", "is_ours": False}),
        (3, {"slot": "booked", "is_ours": True}),
    ]
    assert {c.actor for c in changes} == {f"practitioner:{office.practitioner.pk}"}
    assert Practice.objects.get().wordings == {}


def test_a_second_tab_does_not_overwrite_what_the_first_one_saved(office: factories.Office) -> None:
    written(office)
    with pytest.raises(WordingMoved):
        written(office, seen=0, text="From an older page.")
    assert Practice.objects.get().wordings["booked"]["words"][0] == "It is all set."


def test_the_operation_itself_refuses_what_must_not_be_sent(office: factories.Office) -> None:
    Article.objects.create(
        slug="talk", title="How to talk", summary="-", body="-", published_date=NOW.date()
    )
    with pytest.raises(InvalidWording) as refusal:
        written(office, text="Your couple session: How to talk.")
    assert len(refusal.value.problems) == 2
    with pytest.raises(ValueError, match="no subject"):
        written(office, subject="request")
    assert Practice.objects.get().wordings == {}


# --- The pages --------------------------------------------------------------------------------


@pytest.fixture
def desk(client: Client, office: factories.Office) -> Client:
    client.force_login(User.objects.get())
    return client


def page_of(slot: Slot) -> str:
    return reverse("messages:wording", args=[slot.key])


SAID = {"seen": "0", "subject": "ours", "text": "It is all set.\r\n\r\nUntil soon. {sender}"}


@pytest.mark.parametrize(
    "url",
    [
        reverse("messages:wordings"),
        reverse("messages:every"),
        page_of(BOOKED),
        reverse("messages:as-sent", args=["booked"]),
    ],
)
def test_the_pages_are_for_practitioners(client: Client, url: str, office: object) -> None:
    assert client.get(url).status_code == 302


@pytest.mark.parametrize("key", ["nothing", "ready", "practitioner_alert"])
def test_only_messages_to_people_who_take_part_can_be_reworded(desk: Client, key: str) -> None:
    assert desk.get(reverse("messages:wording", args=[key])).status_code == 404


def test_saving_on_the_page_and_bringing_ours_back(desk: Client) -> None:
    assert desk.post(page_of(BOOKED), SAID).status_code == 302
    assert Practice.objects.get().wordings == {
        "booked": {"subject": "", "words": ["It is all set.", "Until soon. {sender}"]}
    }
    assert "your own" in desk.get(reverse("messages:wordings")).content.decode()

    desk.post(page_of(BOOKED), SAID | {"seen": "1", "text": "", "reset": "yes"})
    assert Practice.objects.get().wordings == {}


def test_a_look_saves_nothing_and_shows_every_sort_of_reader(desk: Client) -> None:
    answer = desk.post(page_of(BOOKED), SAID | {"look": "yes"})
    page = answer.content.decode()

    assert answer.status_code == 200
    assert Practice.objects.get().wordings == {}
    assert [str(words) in page for words in PROFILES.values()] == [True, True, True]
    assert page.count("Until soon. Office") == 2
    assert "They get no mail. Their page says it." in page
    parts = [p.replace("&amp;", "&") for p in re.findall(r'<iframe[^>]* src="([^"]+)"', page)]
    assert ["Until soon. Office" in desk.get(url).content.decode() for url in parts] == [True, True]


def test_a_draft_that_we_did_not_write_is_not_shown(desk: Client) -> None:
    url = reverse("messages:as-sent", args=["booked"], query={"draft": "WyIiLFsieCJdXQ:1:abc"})
    assert desk.get(url).status_code == 404


def test_the_html_part_is_shown_without_scripts_or_anything_from_elsewhere(desk: Client) -> None:
    answer = desk.get(reverse("messages:as-sent", args=["booked"]))
    assert answer.headers["Content-Security-Policy"].split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
        "sandbox allow-popups",
    ]


def test_a_refused_wording_keeps_what_was_typed(desk: Client) -> None:
    answer = desk.post(page_of(BOOKED), SAID | {"text": "Your therapy is booked."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Your therapy is booked." in page
    assert "would know what the practice does" in page
    assert Practice.objects.get().wordings == {}


def test_an_older_page_is_told_so_and_keeps_what_was_typed(desk: Client) -> None:
    desk.post(page_of(BOOKED), SAID)
    answer = desk.post(page_of(BOOKED), SAID | {"text": "From an older page."})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Somebody saved another version meanwhile." in page
    assert "From an older page." in page


@pytest.mark.parametrize("profile", PROFILES)
def test_one_page_shows_every_message(desk: Client, profile: str) -> None:
    page = desk.get(reverse("messages:every"), {"for": profile}).content.decode()
    headings = re.findall(r'<h2 id="([^"]+)">', page)
    assert headings == [slot.key for slot in every_slot()]
    shown = page.count("<iframe") + page.count("They get no mail.")
    assert shown == len(headings)
