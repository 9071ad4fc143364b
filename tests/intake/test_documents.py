"""Documents in the practice's own words: new versions, signing again, one's own copies."""

from dataclasses import replace
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from booking.domain.states import RequestState
from booking.models import Participant
from intake.domain.documents import InvalidText, Wording, wording_of
from intake.domain.refusals import EditedMeanwhile, UnknownDocument
from intake.models import ConsentEdition, ConsentText, Signature
from intake.operations import sheets
from intake.operations.documents import ask_to_sign_again, edit_document
from intake.queries.documents import consent_now
from intake.queries.signing import to_sign_again
from intake.queries.standings import AGREEMENTS, standing
from practice.models import Change, Pending
from tests.booking.factories import Office, make_practitioner, requester_of, verified
from tests.intake.people import answer_everything, device

pytestmark = pytest.mark.django_db(transaction=True)
TEXT = "Ours now.\n\n- {cancel_hours} hours with {practitioner}"


def words(key: str = "cn_scope", **changes: Any) -> Wording:
    return replace(wording_of(consent_now(key)), **({"text": TEXT} | changes))


def edit(office: Office, wording: Wording, *, key: str = "cn_scope", seen: int = 1) -> int:
    return edit_document(
        practitioner_id=office.practitioner.pk,
        document=key,
        wording=wording,
        seen=seen,
        now=timezone.now(),
    )


def ask(office: Office) -> int:
    return ask_to_sign_again(practitioner_id=office.practitioner.pk, now=timezone.now())


def finished(office: Office) -> Participant:
    """Somebody who has done everything and waits to be confirmed."""
    person = requester_of(verified(office, now=timezone.now()))
    answer_everything(person, timezone.now())
    sheets.finish(participant_id=person.pk, now=timezone.now())
    return Participant.objects.get(pk=person.pk)


# Editing -----------------------------------------------------------------------------------------


def test_an_edit_is_a_new_version_that_people_read_with_its_placeholders_filled(
    office: Office,
) -> None:
    person = requester_of(verified(office, now=timezone.now()))

    version = edit(office, words(title="Our own title"))

    shown = {d.consent.key: d for d in standing(person.pk).documents}["cn_scope"]
    assert version == shown.consent.version == 2
    assert shown.title == "Our own title"
    assert shown.body == f"Ours now.\n\n- 24 hours with {office.practitioner.display_name}"
    assert shown.consent.required
    noted = Change.objects.get(kind="document_edited")
    assert (noted.snapshot["document"], noted.snapshot["version"]) == ("cn_scope", 2)
    assert "Ours" not in str(noted.snapshot)


def test_every_edit_counts_on_and_the_same_words_again_change_nothing(office: Office) -> None:
    edit(office, words())
    assert edit(office, words(text="Third."), seen=2) == 3

    assert edit(office, words(text="Third."), seen=3) == 3

    assert list(ConsentEdition.objects.order_by("version").values_list("version", "text")) == [
        (2, TEXT),
        (3, "Third."),
    ]


def test_an_edit_from_an_older_version_is_refused(office: Office) -> None:
    edit(office, words())

    with pytest.raises(EditedMeanwhile):
        edit(office, words(text="From another window."), seen=1)


def test_a_document_that_does_not_exist_is_refused(office: Office) -> None:
    with pytest.raises(UnknownDocument):
        edit(office, words(), key="cn_nothing")


@pytest.mark.parametrize(
    ("field", "text", "unknown"),
    [
        ("text", "Hello {client}", ["client"]),
        ("summary", "Hello {client}", ["client"]),
        ("text", "{practitioner.__class__}", ["practitioner.__class__"]),
        ("text", "{price!r}", ["price"]),
        ("text", "{price:>99999}", ["price"]),
        ("text", "{}", [""]),
        ("text", "a { alone", []),
        ("text", "a } alone", []),
        ("title", "About {practice}", ["practice"]),
        ("agree", "Yes }", []),
    ],
)
def test_a_placeholder_that_cannot_be_filled_is_refused(
    office: Office, field: str, text: str, unknown: list[str]
) -> None:
    with pytest.raises(InvalidText) as refused:
        edit(office, words(**{field: text}))

    assert (refused.value.field, refused.value.unknown) == (field, unknown)
    assert not ConsentEdition.objects.exists()


def test_what_was_signed_keeps_its_text_and_the_new_one_waits(office: Office) -> None:
    person = finished(office)
    before = ConsentText.objects.get(document="cn_scope").text

    edit(office, words())

    own = standing(person.pk)
    assert own.unsigned == ["cn_scope"]
    assert own.incomplete == [AGREEMENTS]
    assert Signature.objects.get(document="cn_scope").text.text == before


def test_nobody_stays_cleared_on_a_text_that_has_changed(office: Office) -> None:
    person = finished(office)
    assert person.cleared_at is not None
    assert person.request.state == RequestState.READY

    edit(office, words())

    person = Participant.objects.get(pk=person.pk)
    assert person.cleared_at is None
    assert person.request.state == RequestState.GATHERING
    assert not Change.objects.filter(kind="document_changed").exists(), "nobody is told yet"


def test_a_document_that_may_be_declined_holds_nobody(office: Office) -> None:
    person = finished(office)

    edit(office, words("cn_research"), key="cn_research")

    assert Participant.objects.get(pk=person.pk).cleared_at is not None


# Signing again -----------------------------------------------------------------------------------


def test_everybody_who_signed_before_is_asked_once(office: Office) -> None:
    signers = [finished(office), finished(office)]
    requester_of(verified(office, now=timezone.now()))  # has signed nothing
    edit(office, words())

    first, second = ask(office), ask(office)

    told = Change.objects.filter(kind="document_changed", subject_type="participant")
    assert (first, second) == (2, 0)
    assert {c.subject_id for c in told} == {p.pk for p in signers}
    assert Pending.objects.filter(change__in=told).count() == 2
    assert {str(c.snapshot) for c in told} == {"{'documents': {'cn_scope': 2}}"}
    now = to_sign_again(office.practitioner.pk, now=timezone.now())
    assert (now.not_asked, now.waiting) == (0, 2)


def test_a_version_after_that_is_asked_for_again(office: Office) -> None:
    finished(office)
    edit(office, words())
    ask(office)
    edit(office, words(text="Once more."), seen=2)

    assert ask(office) == 1


def test_nobody_is_asked_while_nothing_has_changed(office: Office) -> None:
    finished(office)

    assert ask(office) == 0
    assert not Change.objects.filter(kind="document_changed").exists()


def test_another_practitioner_asks_nobody_of_ours(office: Office) -> None:
    finished(office)
    other = make_practitioner(slug="other")
    edit(office, words())

    assert ask_to_sign_again(practitioner_id=other.pk, now=timezone.now()) == 0
    assert to_sign_again(other.pk, now=timezone.now()).not_asked == 0


def test_whoever_signs_the_new_text_is_sent_to_finish_and_is_cleared(office: Office) -> None:
    person = finished(office)
    edit(office, words())
    ask(office)
    own = standing(person.pk)
    page = device(person)
    sent: dict[str, str] = {"cn_sign": "Robin Legal Name"}
    for document in own.documents:
        key = document.consent.key
        sent[f"{key}-shown"] = document.text_hash.hex()
        if document.consent.required:
            sent[key] = "on"

    signed = page.post(reverse("you-section", args=[person.pk, AGREEMENTS]), sent)

    assert signed.headers["Location"] == reverse("you-answers-seen", args=[person.pk])
    page.post(signed.headers["Location"])
    assert Participant.objects.get(pk=person.pk).cleared_at is not None
    live = Signature.objects.get(document="cn_scope", withdrawn_at__isnull=True)
    assert live.document_version == 2
    assert live.text.text.startswith(wording_of(consent_now("cn_scope")).title)


def test_somebody_who_has_left_is_not_asked(office: Office) -> None:
    person = finished(office)
    edit(office, words())
    Participant.objects.filter(pk=person.pk).update(left_at=timezone.now())

    assert ask(office) == 0


# Pages -------------------------------------------------------------------------------------------


def typed(**changes: Any) -> dict[str, Any]:
    wording = words()
    return {
        "title": wording.title,
        "summary": wording.summary,
        "text": wording.text,
        "agree": wording.agree,
        "seen": 1,
    } | changes


def test_the_desk_tries_out_a_text_and_saves_it(office: Office, desk: Client) -> None:
    finished(office)
    url = reverse("desk-document", args=["cn_scope"])
    assert "{cancel_hours}" in desk.get(url).content.decode()

    tried = desk.post(url, typed(preview="yes"))
    assert f"24 hours with {office.practitioner.display_name}" in tried.content.decode()
    assert not ConsentEdition.objects.exists()

    saved = desk.post(url, typed())
    assert saved.headers["Location"] == reverse("desk-documents")
    listed = " ".join(desk.get(reverse("desk-documents")).content.decode().split())
    assert "your own" in listed
    assert "version 1: 1" in listed


def test_the_desk_is_told_what_is_wrong_with_a_text(office: Office, desk: Client) -> None:
    url = reverse("desk-document", args=["cn_scope"])

    unknown = desk.post(url, typed(text="Hello {client}"))
    alone = desk.post(url, typed(title="a { b"))
    edit(office, words())
    late = desk.post(url, typed(text="late"))

    assert "There is no such placeholder: {client}." in unknown.content.decode()
    assert "A brace stands alone here." in alone.content.decode()
    assert "another version meanwhile" in late.content.decode()
    assert [r.status_code for r in (unknown, alone, late)] == [400, 400, 400]
    assert desk.get(reverse("desk-document", args=["cn_nothing"])).status_code == 404


def test_the_register_asks_everyone_in_one_action(office: Office, desk: Client) -> None:
    finished(office)
    edit(office, words())
    register = reverse("desk-register")
    assert "1 person signed an earlier version" in desk.get(register).content.decode()

    desk.post(reverse("desk-ask-again"))

    page = desk.get(register).content.decode()
    assert "Ask everyone" not in page
    assert "1 person has been asked to sign again" in page


def test_the_register_costs_as_many_queries_for_four_people_as_for_one(
    office: Office, desk: Client
) -> None:
    finished(office)
    edit(office, words())
    register = reverse("desk-register")
    desk.get(register)
    with CaptureQueriesContext(connection) as one:
        desk.get(register)
    for _ in range(3):
        finished(office)
    Signature.objects.filter(document="cn_scope").update(document_version=1)

    with CaptureQueriesContext(connection) as four:
        page = desk.get(register).content.decode()

    assert "4 people signed an earlier version" in page
    assert len(four) == len(one)


def test_everybody_gets_a_copy_of_their_own_signature_and_of_nobody_elses(office: Office) -> None:
    person, other = finished(office), finished(office)
    signature = Signature.objects.get(participant=person, document="cn_scope")
    url = reverse("you-receipt", args=[person.pk, signature.pk])
    edit(office, words())

    mine = device(person)
    page = mine.get(url).content.decode()

    assert "<title>Your copy</title>" in " ".join(page.split())
    assert "Robin Legal Name" in page
    assert bytes(signature.text_id).hex() in page
    assert "Ours now." not in page, "the text as it was signed"
    assert url in mine.get(reverse("you-signed", args=[person.pk])).content.decode()
    theirs = reverse("you-receipt", args=[other.pk, signature.pk])
    assert device(other).get(theirs).status_code == 404
    assert device(other).get(url).status_code == 404


def test_strangers_are_asked_to_sign_in(office: Office, client: Client) -> None:
    for name, args in [("desk-documents", []), ("desk-document", ["cn_scope"])]:
        assert client.get(reverse(name, args=args)).status_code == 302
    assert client.post(reverse("desk-ask-again")).status_code == 302
