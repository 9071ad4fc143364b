"""PDFs: what stands in them, who gets them, and what is left behind of making one."""

from io import BytesIO
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from booking.models import Participant
from intake.models import Signature
from intake.operations.sheets import Given, save_section
from intake.queries.answers import ANSWERS_READ
from practice.models import Change
from tests.booking.factories import (
    Office,
    enter,
    join,
    make_practitioner,
    people_of,
    verified,
)
from tests.intake.people import answer_everything, device, save

pytestmark = pytest.mark.django_db(transaction=True)
HEBREW = "שלום עולם"


def words_of(response: Any) -> str:
    """The text of a PDF, as a reader program finds it."""
    assert response["Content-Type"] == "application/pdf"
    reader = PdfReader(BytesIO(response.content))
    text = "\n".join(page.extract_text() for page in reader.pages)
    return " ".join(text.split())


@pytest.fixture
def two(office: Office) -> tuple[Participant, Participant]:
    """Two people of one request who have answered, one of them on what nobody else may read."""
    now = timezone.now()
    one, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    join(other, now=now)
    for person in (one, other):
        answer_everything(person, now)
    save(one, "hopes", {"go_better": "more light"}, now)
    save(other, "hopes", {"go_better": "a quiet kitchen"}, now)
    return one, other


@pytest.fixture
def desk(office: Office) -> Client:
    browser = Client()
    assert office.practitioner.user is not None
    browser.force_login(office.practitioner.user)
    return browser


def test_ones_own_copy_holds_ones_own_words_and_signatures_and_no_sealed_answer(
    two: tuple[Participant, Participant],
) -> None:
    one, _other = two

    response = device(one).post(reverse("you-copy-file", args=[one.pk]), {"as_file": "pdf"})

    words = words_of(response)
    assert "more light" in words
    assert "Meeting by video or phone" in words, "what they signed is on it"
    assert "a quiet kitchen" not in words
    assert "afraid of" not in words, "no question of the safety section"
    assert response["Content-Disposition"] == 'attachment; filename="copy.pdf"'
    assert "no-store" in response["Cache-Control"]
    assert Change.objects.get(kind="export_done").subject_id == one.pk
    info = PdfReader(BytesIO(response.content)).metadata
    assert info is not None
    assert info.title == "Your copy"


def test_nobody_gets_anothers_copy_or_receipt(two: tuple[Participant, Participant]) -> None:
    one, other = two
    signature = Signature.objects.filter(participant=other).first()
    assert signature is not None
    browser = device(one)

    copy = browser.post(reverse("you-copy-file", args=[other.pk]), {"as_file": "pdf"})
    theirs = browser.get(reverse("you-receipt-file", args=[other.pk, signature.pk]))
    mixed = browser.get(reverse("you-receipt-file", args=[one.pk, signature.pk]))

    assert [copy.status_code, theirs.status_code, mixed.status_code] == [404, 404, 404]


def test_a_receipt_carries_the_exact_text_the_name_and_the_fingerprint(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two
    signature = Signature.objects.get(participant=one, document="cn_scope")

    response = device(one).get(reverse("you-receipt-file", args=[one.pk, signature.pk]))

    words = words_of(response)
    assert "Robin Legal Name" in words
    assert bytes(signature.text_id).hex() in words.replace(" ", "")
    last_line = signature.text.text.strip().splitlines()[-1]
    assert " ".join(last_line.split()) in words
    assert response["Content-Disposition"] == 'attachment; filename="copy.pdf"'


def test_the_reading_page_as_a_file_leaves_a_row_for_each_person_and_nothing_sealed(
    desk: Client, two: tuple[Participant, Participant]
) -> None:
    one, other = two

    response = desk.get(reverse("desk-reading-file", args=[one.request_id]))

    words = words_of(response)
    assert "more light" in words
    assert "a quiet kitchen" in words
    assert "Not for showing" in words
    read = Change.objects.filter(kind=ANSWERS_READ).values_list("subject_id", flat=True)
    assert set(read) == {one.pk, other.pk}
    assert response["Content-Disposition"] == 'attachment; filename="reading.pdf"'
    assert "no-store" in response["Cache-Control"]


def test_without_the_row_in_the_journal_there_is_no_file(
    desk: Client, two: tuple[Participant, Participant]
) -> None:
    one, _ = two
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE practice_change ADD CONSTRAINT no_reading"
            f" CHECK (kind <> '{ANSWERS_READ}') NOT VALID"
        )
    desk.raise_request_exception = False
    try:
        response = desk.get(reverse("desk-reading-file", args=[one.request_id]))
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE practice_change DROP CONSTRAINT no_reading")

    assert response.status_code == 500
    assert b"%PDF" not in response.content


def test_anybody_elses_request_is_not_there_as_a_file(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two
    stranger = make_practitioner(slug="other")
    assert stranger.user is not None
    browser = Client()
    browser.force_login(stranger.user)

    theirs = browser.get(reverse("desk-reading-file", args=[one.request_id]))
    nothing = browser.get(reverse("desk-reading-file", args=[uuid4()]))

    assert (theirs.status_code, nothing.status_code) == (404, 404)
    assert not Change.objects.filter(kind=ANSWERS_READ).exists()


def test_privacy_mode_keeps_names_off_the_paper_too(
    desk: Client, two: tuple[Participant, Participant]
) -> None:
    one, _ = two
    desk.post(reverse("desk-privacy"), {"hide": "yes"})

    words = words_of(desk.get(reverse("desk-reading-file", args=[one.request_id])))

    assert "Robin" not in words
    assert "K-" in words


def test_right_to_left_words_are_set_and_an_emoji_breaks_nothing(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two
    save_section(
        participant_id=one.pk,
        section="hopes",
        given={"go_better": Given(HEBREW), "go_why_now": Given("a leaf 🌿 and a hug 🫂")},
        now=timezone.now(),
    )

    response = device(one).post(reverse("you-copy-file", args=[one.pk]), {"as_file": "pdf"})

    assert set(HEBREW.replace(" ", "")) <= set(words_of(response))


def test_words_that_look_like_markup_are_only_words(
    two: tuple[Participant, Participant],
) -> None:
    one, _ = two
    typed = '<img src="file:///etc/hostname"><b>bold</b>'
    save(one, "hopes", {"go_better": typed}, timezone.now())

    response = device(one).post(reverse("you-copy-file", args=[one.pk]), {"as_file": "pdf"})

    assert "<b>bold</b>" in words_of(response)
