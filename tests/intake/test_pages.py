"""The pages, without JavaScript: what a person sees, what another one never does."""

from uuid import uuid4

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant
from booking.operations import links, participants
from booking.views import drafts
from intake.models import Answer, AnswerSheet, Signature
from intake.queries.standings import AGREEMENTS, standing
from tests.booking.browsing import RANDOM
from tests.booking.factories import Office, enter, join, link_of, people_of, requester_of, verified
from tests.intake.people import (
    CANARY,
    CONTACT,
    HOPES,
    MORE,
    QUIET,
    YOU,
    device,
    part,
    save,
    seen_fields,
    sign_everything,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_person_goes_through_every_section_without_javascript(
    office: Office, person: Participant
) -> None:
    client = device(person)
    here = part(person, "you")
    ticks = {d.consent.key: "on" for d in standing(person.pk).documents if d.consent.required} | {
        "cn_record": "no",
        "cn_sign": "Robin Legal",
    }
    for slug, answers in (
        ("you", typed(YOU)),
        ("contact", typed(CONTACT)),
        (AGREEMENTS, ticks),
        ("hopes", typed(HOPES)),
        ("more", typed(MORE["individual"])),
        ("earlier", {"hi_prior": "yes", "hi_helped": "being listened to"}),
        ("health", {"then": "skip"}),
        ("weeks", {"ph_1": "1", "ph_2": "0"}),
        ("quiet", typed(QUIET)),
    ):
        assert here == part(person, slug)
        page = client.get(here).content.decode()
        response = client.post(here, seen_fields(page) | {"then": "on"} | answers)
        assert response.status_code == 302, response.content.decode()
        here = response["Location"]
    assert here == reverse("you-support", args=[person.pk])
    assert "988" in client.get(here).content.decode()
    here = reverse("you-answers-seen", args=[person.pk])
    assert "Nobody else attends" in client.get(here).content.decode()

    response = client.post(here)

    assert response["Location"] == reverse("you", args=[person.pk])
    assert Participant.objects.get(pk=person.pk).cleared_at is not None
    assert Signature.objects.get(document="cn_record").accepted is False
    assert not Signature.objects.filter(document="cn_research").exists()


def test_errors_stand_beside_the_field_and_nothing_typed_is_lost(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    answers = typed(CONTACT | {"ct_phone": "call me maybe", "ct_safe_times": "not at dawn"})
    del answers["em_name"]

    response = client.post(part(person, "contact"), answers | {"then": "on"})

    page = response.content.decode()
    assert response.status_code == 422
    assert "does not look like a phone number" in page
    assert "This one needs an answer" in page
    assert 'value="call me maybe"' in page
    assert 'value="not at dawn"' in page
    assert Answer.objects.filter(question="ct_safe_times").exists(), "what is valid is stored"


def test_what_is_sent_after_the_page_has_closed_waits_sealed_for_its_person(
    person: Participant,
) -> None:
    now = timezone.now()
    for slug, answers in (("you", YOU), ("contact", CONTACT)):
        save(person, slug, answers, now)
    sign_everything(person, now)
    client = device(person)
    here = part(person, "hopes")
    window = seen_fields(client.get(here).content.decode())
    del client.cookies[settings.SESSION_COOKIE_NAME]

    closed = client.post(here, window | {"go_why_now": "many words", "then": "on"})
    kept = str(dict(client.session))
    link = link_of(person)
    client.post(f"/open/{links.token(link.id)}/", {"code": links.code(link.id)})
    again = client.get(here).content.decode()
    sent = client.post(here, seen_fields(again) | typed(HOPES | {"go_why_now": "many words"}))
    after = client.get(here).content.decode()

    assert closed.status_code == 404
    assert "What you have just typed is not saved yet." in closed.content.decode()
    assert "part:" in kept
    assert "many words" not in kept
    assert "What you typed stands here again; it is not saved yet." in again
    assert "many words" in again
    assert "This one needs an answer" not in again
    assert sent.status_code == 302
    assert standing(person.pk).answers["go_why_now"] == "many words"
    assert "stands here again" not in after


def test_a_closed_page_keeps_what_is_typed_alike_for_nobody_and_never_a_passcode(
    person: Participant,
) -> None:
    sent = {"ct_phone": "5", "passcode": "quiet river", "again": "quiet river"}
    pages, kept = [], []
    for pk in (person.pk, uuid4()):
        client = Client()
        answer = client.post(reverse("you-section", args=[pk, "contact"]), sent)
        pages.append((answer.status_code, RANDOM.sub("", answer.content.decode())))
        [(name, _draft)] = client.session["drafts"].items()
        request = HttpRequest()
        request.session = client.session
        draft = drafts.kept(request, name, is_own=True)
        kept.append(draft.typed.dict() if draft else None)

    assert pages[0] == pages[1]
    assert kept == [{"ct_phone": "5"}] * 2


def test_coming_back_later_asks_for_nothing_that_is_missing(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())

    response = client.post(part(person, "hopes"), {"go_why_now": "half a", "then": "later"})

    assert response["Location"] == reverse("you", args=[person.pk])
    assert "half a" in client.get(part(person, "hopes")).content.decode()


def test_passing_counts_and_what_was_typed_beside_it_is_not_stored(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())
    answers = typed(HOPES) | {"go_why_now": CANARY, "go_why_now-instead": "say_aloud"}

    response = client.post(part(person, "hopes"), answers | {"then": "on"})

    assert response.status_code == 302
    assert CANARY not in client.get(part(person, "hopes")).content.decode()


def test_somebody_under_18_is_stopped_and_nothing_is_stored(person: Participant) -> None:
    client = device(person)

    response = client.post(part(person, "you"), typed(YOU | {"id_18": "under"}), follow=True)

    assert "18 and older" in response.content.decode()
    assert not AnswerSheet.objects.exists()
    assert Participant.objects.get(pk=person.pk).pronouns == ""


def test_who_says_that_others_see_their_mail_chooses_a_passcode_first(
    person: Participant,
) -> None:
    client = device(person, knows_passcode=False)
    save(person, "you", YOU, timezone.now())
    answers = typed(CONTACT | {"ct_shared": "yes"}) | {"then": "on"}

    refused = client.post(part(person, "contact"), answers)
    assert refused.status_code == 422
    assert "Please choose a passcode" in refused.content.decode()
    assert not Answer.objects.filter(question="em_name").exists()
    accepted = client.post(
        part(person, "contact"), answers | {"passcode": "quiet river", "again": "quiet river"}
    )

    assert accepted["Location"] == part(person, AGREEMENTS)
    assert client.get(part(person, AGREEMENTS)).status_code == 200
    elsewhere = device(Participant.objects.get(pk=person.pk), knows_passcode=False)
    gate = reverse("passcode", args=[person.pk])
    assert elsewhere.get(part(person, "you"))["Location"] == gate
    assert elsewhere.post(gate, {"passcode": "loud river"}).status_code == 422
    assert elsewhere.get(part(person, "you"))["Location"] == gate
    assert elsewhere.post(gate, {"passcode": "quiet river"}).status_code == 302
    assert elsewhere.get(part(person, "you")).status_code == 200


def test_choosing_a_passcode_says_why_and_what_it_guards(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    themselves = Participant.objects.filter(pk=person.pk)
    themselves.update(shared_mailbox="unsure")
    unsaid = client.get(part(person, "hopes"), follow=True).content.decode()
    themselves.update(shared_mailbox="no")
    said = client.get(reverse("you-passcode", args=[person.pk])).content.decode()

    why = "As long as we do not know that only you see them"
    assert "Choose a passcode" in unsaid
    assert why in unsaid
    assert f'<a href="{part(person, "contact")}">Nobody else sees them?' in unsaid
    assert why not in said
    assert "before anything that you have answered is shown" in said


def test_whoever_opens_a_later_page_reads_why_another_one_comes_first(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())

    contact = client.get(part(person, "hopes"))
    why_contact = client.get(contact["Location"]).content.decode()
    save(person, "contact", CONTACT, timezone.now())
    agreements = client.get(part(person, "quiet"))
    why_agreements = client.get(agreements["Location"]).content.decode()

    assert (contact["Location"], agreements["Location"]) == (
        part(person, "contact"),
        part(person, "agreements"),
    )
    assert why_contact.count("This page comes first") == 1
    assert why_agreements.count("The agreements come first") == 1


def test_a_passcode_cannot_be_guessed_by_trying(person: Participant) -> None:
    now = timezone.now()
    participants.set_passcode(participant_id=person.pk, passcode="quiet river", now=now)
    client = device(Participant.objects.get(pk=person.pk), knows_passcode=False)
    gate = reverse("passcode", args=[person.pk])

    answers = [client.post(gate, {"passcode": f"guess {n}"}).status_code for n in range(6)]

    assert answers == [422] * 5 + [429]
    assert client.post(gate, {"passcode": "quiet river"}).status_code == 429


def test_a_second_window_is_told_and_its_second_save_wins(person: Participant) -> None:
    client = device(person)
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)
    save(person, "hopes", HOPES, now)
    window = seen_fields(client.get(part(person, "hopes")).content.decode())
    mine = typed(HOPES) | {"go_why_now": "second", "then": "on"}
    save(person, "hopes", {"go_why_now": "first"}, now)

    told = client.post(part(person, "hopes"), window | mine)
    assert told.status_code == 422
    assert "in another window" in told.content.decode()
    again = client.post(part(person, "hopes"), seen_fields(told.content.decode()) | mine)

    assert again.status_code == 302
    assert standing(person.pk).answers["go_why_now"] == "second"


def test_people_who_matter_are_rows_that_grow_without_javascript(office: Office) -> None:
    person = requester_of(verified(office, "non_monogamous", now=timezone.now()))
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())
    page = client.get(part(person, "more")).content.decode()
    assert 'value="Kai"' in page, "the requester's rows begin with the people of the request"
    assert 'value="Jo"' in page
    rows = {
        "nm_people-0-label": "Kai",
        "nm_people-0-links": ["romantic", "living"],
        "nm_people-0-close": "8",
        "nm_people-2-label": "Jo",
    }

    response = client.post(part(person, "more"), seen_fields(page) | rows | {"then": "more"})

    assert response["Location"] == part(person, "more") + "?more"
    people = standing(person.pk).answers["nm_people"]
    assert [(c.label, c.links, dict(c.scales)) for c in people] == [  # type: ignore[union-attr]
        ("Kai", ("romantic", "living"), {"close": 8}),
        ("Jo", (), {}),
    ]


def test_the_other_people_of_a_request_do_not_get_its_names(office: Office) -> None:
    now = timezone.now()
    request = verified(office, "non_monogamous", now=now)
    kai = next(p for p in people_of(request) if p.label == "Kai")
    enter(kai, now=now)
    join(kai, accepts=True, now=now)
    save(kai, "you", YOU, now)
    save(kai, "contact", CONTACT, now)
    sign_everything(kai, now)

    page = device(kai).get(part(kai, "more")).content.decode()

    assert 'value="Jo"' not in page
    assert 'value="Noor"' not in page
