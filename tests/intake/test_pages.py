"""The pages, without JavaScript: what a person sees, what another one never does."""

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Decision, Participant
from booking.operations import decisions, participants
from intake.domain.scoring import ASQ_ITEMS
from intake.models import Answer, AnswerSheet, Flag, Signature
from intake.operations import sheets
from intake.operations.settings import Changes, change_settings
from intake.operations.sheets import Given
from intake.queries import AGREEMENTS, standing
from practice.models import Change
from tests.booking.factories import (
    Office,
    booked,
    enter,
    join,
    let_decision_leave,
    make_office,
    make_practitioner,
    open_starts,
    people_of,
    ready,
    requester_of,
    verified,
)
from tests.intake.people import (
    ALERTS,
    CONTACT,
    HOPES,
    MORE,
    QUIET,
    YOU,
    answer_everything,
    device,
    save,
    sign_everything,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)
CANARY = "canary-91bd"


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def person(office: Office) -> Participant:
    return requester_of(verified(office, now=timezone.now()))


def part(person: Participant, slug: str) -> str:
    return reverse("you-section", args=[person.pk, slug])


def seen_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page, as a browser would send them back."""
    tags = re.findall(r'<input type="hidden" name="([^"]+-(?:seen|shown))"([^>]*)>', page)
    return {
        name: (m[1] if (m := re.search(r'value="([^"]*)"', rest)) else "") for name, rest in tags
    }


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


def test_a_person_without_a_yes_sees_the_invitation_and_no_section(office: Office) -> None:
    now = timezone.now()
    _, other = people_of(verified(office, "couple", now=now))
    enter(other, now=now)
    client = device(other)

    page = client.get(reverse("you", args=[other.pk])).content.decode()

    assert "You have an invitation" in page
    assert "Alex would like you to come along" in page
    assert office.practitioner.display_name in page
    assert reverse("join", args=[other.pk]) in page
    assert reverse("decline-invitation", args=[other.pk]) in page
    assert client.get(part(other, "you"))["Location"] == reverse("you", args=[other.pk])


def test_a_request_that_has_ended_leaves_a_kind_page_without_choices(office: Office) -> None:
    now = timezone.now()
    request = verified(office, "couple", now=now)
    one, other = people_of(request)
    enter(other, now=now)
    clients = [device(one), device(other)]
    decisions.decline(request_id=request.pk, practitioner_id=office.practitioner.pk, now=now)
    waiting = Decision.objects.get()
    decisions.carry_out(decision_id=waiting.pk, now=waiting.due_at)

    pages = [
        client.get(reverse("you", args=[p.pk]))
        for client, p in zip(clients, (one, other), strict=True)
    ]

    for page, person in zip(pages, (one, other), strict=True):
        html = page.content.decode()
        assert page.status_code == 200
        assert "Nothing is open here any more" in html
        assert "Other ways to get support" in html
        assert "988" in html
        assert "116 123" not in html, "another country's"
        assert f'href="{reverse("request")}"' in html
        actions = set(re.findall(r'(?:action|href)="(/you/[^"]*)"', html))
        assert actions == {reverse("leave-device")}
        assert part(person, "contact") not in html
    assert clients[0].get(part(one, "contact"))["Location"] == reverse("you", args=[one.pk])


def test_a_document_that_is_none_is_taken_back_by_nobody(person: Participant) -> None:
    answer_everything(person, timezone.now())
    before = set(standing(person.pk).signatures)

    for document in ("\0", "cn_nothing", "x" * 9000, ""):
        answer = device(person).post(
            reverse("you-take-back", args=[person.pk]), {"document": document}
        )
        assert answer.status_code == 302

    assert set(standing(person.pk).signatures) == before


def test_a_session_by_phone_asks_for_a_number_and_says_who_calls(office: Office) -> None:
    now = timezone.now()
    office.services["individual-50"].modalities = ["phone"]
    office.services["individual-50"].save()
    appointment = booked(office, now=now, modality="phone")
    assert appointment.request is not None
    person = requester_of(appointment.request)
    client = device(person)
    save(person, "you", YOU, now)

    without = client.post(part(person, "contact"), typed(CONTACT) | {"then": "on"})
    you_call = client.get(reverse("you", args=[person.pk])).content.decode()
    number = {"ct_phone": "+44 20 7946 0001", "ct_voicemail": "no_voicemail"}
    client.post(part(person, "contact"), typed(CONTACT | number) | {"then": "on"})
    we_call = client.get(reverse("you", args=[person.pk])).content.decode()

    assert without.status_code == 422
    assert "This one needs an answer" in without.content.decode()
    assert f"Please call {office.practitioner.phone}." in you_call
    assert "You are called on +44 20 7946 0001." in we_call


def test_whoever_has_answered_a_proposal_sees_what_they_said(office: Office) -> None:
    now = timezone.now()
    request = ready(office, "couple", now=now)
    decisions.propose(
        request_id=request.pk,
        practitioner_id=office.practitioner.pk,
        starts=open_starts(office, office.service("couple"), now=now)[-2:],
        now=now,
    )
    let_decision_leave(request)
    one, _ = people_of(request)
    client = device(one)
    page = client.get(reverse("you", args=[one.pk])).content.decode()
    names = sorted(set(re.findall(r'name="(time-[^"]+)"', page)))

    client.post(reverse("answer-times", args=[one.pk]), {names[0]: "yes", names[1]: "no"})
    after = client.get(reverse("you", args=[one.pk])).content.decode()

    assert "There is a time to confirm." in page
    assert "There is a time to confirm." not in after
    assert "You have answered" in after
    assert after.count("<dd>I can</dd>") == 1
    assert after.count("<dd>I can&#x27;t</dd>") + after.count("<dd>I can't</dd>") == 1


def test_an_invitation_asks_about_each_of_several_times(office: Office) -> None:
    now = timezone.now()
    times = open_starts(office, office.service("couple"), now=now)[-5:-2]
    _, other = people_of(verified(office, "couple", now=now, times=times))
    enter(other, now=now)

    page = device(other).get(reverse("you", args=[other.pk])).content.decode()

    asked = set(re.findall(r'name="(time-[^"]+)"', page))
    assert asked == {f"time-{a.pk}" for a in Appointment.objects.filter(state="held")}
    assert len(asked) == 3
    assert "Which of these times suit you?" in page


def test_neither_of_two_ever_meets_the_others_canary(office: Office) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    save(one, "you", YOU | {"id_access": CANARY}, now)
    save(one, "contact", CONTACT | {"ct_safe_times": CANARY, "em_name": CANARY}, now)
    sign_everything(one, now)
    save(one, "hopes", dict.fromkeys(("go_why_now", "go_better", "go_fear"), CANARY), now)
    save(one, "more", MORE["couple"] | {"cp_view": CANARY, "cp_strength": "we laugh"}, now)
    sign_everything(one, now, name=CANARY)
    save(other, "you", YOU, now)
    save(other, "contact", CONTACT, now)
    sign_everything(other, now)
    client = device(other)

    pages = [
        client.get(reverse(name, args=[other.pk])).content.decode()
        for name in ("you", "you-answers-seen", "you-others", "you-passcode", "you-stopped")
    ]
    pages += [
        client.get(part(other, slug)).content.decode()
        for slug in ("you", "contact", "hopes", "more", AGREEMENTS)
    ]

    assert not any(CANARY in page for page in pages)
    assert "we laugh" in pages[2]
    for name in ("you", "you-answers-seen", "you-others"):
        assert client.get(reverse(name, args=[one.pk])).status_code == 404
    for slug in ("you", "contact", "hopes", "more", AGREEMENTS):
        assert client.get(part(one, slug)).status_code == 404


def test_a_shared_answer_is_announced_before_and_shown_after(office: Office) -> None:
    now = timezone.now()
    appointment = booked(office, "couple", now=now)
    assert appointment.request is not None
    one, other = people_of(appointment.request)
    save(one, "you", YOU, now)
    save(one, "contact", CONTACT, now)
    sign_everything(one, now)
    sheets.save_section(
        participant_id=one.pk,
        section="hopes",
        given={"go_better": Given("more ease", is_shared=True)},
        now=now,
    )

    announced = device(one).get(reverse("you-answers-seen", args=[one.pk])).content.decode()
    shown = device(other).get(reverse("you-others", args=[other.pk])).content.decode()

    assert "more ease" in announced
    assert "more ease" in shown
    assert "Robin" in shown


def test_private_pages_have_neutral_titles_and_are_not_stored(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())
    forbidden = re.compile(
        r"\b(sex|intimacy|therapy|counselling|couple|partner|relationship|poly|group|intake"
        r"|screening|safety|crisis)\b",
        re.IGNORECASE,
    )
    addresses = [part(person, s) for s in ("you", "contact", "hopes", "more", AGREEMENTS)]
    addresses += [
        reverse(n, args=[person.pk])
        for n in ("you", "you-answers-seen", "you-others", "you-passcode", "you-stopped")
    ]

    for address in addresses:
        response = client.get(address)
        title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
        assert title is not None
        assert not forbidden.search(title[1])
        assert not forbidden.search(address)
        assert "no-store" in response["Cache-Control"]


def test_the_practitioner_reads_one_persons_answers_and_it_is_noted(
    office: Office, person: Participant
) -> None:
    answer_everything(person, timezone.now())
    save(person, "hopes", {"go_fear": CANARY}, timezone.now())
    client = Client()
    assert office.practitioner.user is not None
    client.force_login(office.practitioner.user)
    address = reverse("desk-answers", args=[person.request_id])

    page = client.get(address, {"person": str(person.pk)}).content.decode()

    assert CANARY in page
    assert Change.objects.filter(kind="answers_read", subject_id=person.pk).count() == 1


def test_another_practitioner_and_a_stranger_get_nothing(
    office: Office, person: Participant
) -> None:
    answer_everything(person, timezone.now())
    other = make_practitioner(slug="river")
    assert other.user is not None
    client = Client()
    address = reverse("desk-answers", args=[person.request_id])
    assert client.get(address).status_code == 302, "sign in first"
    client.force_login(other.user)

    foreign = client.get(address, {"person": str(person.pk)})
    missing = client.get(reverse("desk-answers", args=[uuid4()]))

    assert (foreign.status_code, missing.status_code) == (404, 404)
    assert not Change.objects.filter(kind="answers_read").exists()


# The safety section ----------------------------------------------------------------------------


def begun(office: Office, kind: str = "couple") -> Participant:
    """A person who has signed the agreements."""
    person = requester_of(verified(office, kind, now=timezone.now()))
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())
    sign_everything(person, timezone.now())
    return Participant.objects.get(pk=person.pk)


def asks_about_suicide(office: Office) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["hark", "asq"], **ALERTS),
        now=timezone.now(),
    )


def test_nothing_private_is_asked_before_the_agreements(person: Participant) -> None:
    client = device(person)
    save(person, "you", YOU, timezone.now())
    save(person, "contact", CONTACT, timezone.now())

    for slug in ("hopes", "more", "earlier", "health", "weeks", "quiet"):
        assert client.get(part(person, slug))["Location"] == part(person, AGREEMENTS)
        assert client.post(part(person, slug), {"then": "on"})["Location"] == part(
            person, AGREEMENTS
        )


def test_everybody_goes_on_to_the_same_page_whatever_they_answered(office: Office) -> None:
    calm, afraid = begun(office), begun(office)
    answers = {calm: typed(QUIET), afraid: typed(QUIET | {"sf_h2": "yes", "sf_attending": "yes"})}
    pages, places = [], []
    for person, given in answers.items():
        client = device(person)
        response = client.post(part(person, "quiet"), given | {"then": "on"})
        places.append(response["Location"].replace(str(person.pk), ""))
        for address in (
            reverse("you-support", args=[person.pk]),
            part(person, "quiet"),
            reverse("you-answers-seen", args=[person.pk]),
        ):
            page = client.get(address).content.decode().replace(str(person.pk), "")
            pages.append(re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"', "", page))

    assert places[0] == places[1] == "/you//support/"
    assert [re.sub(r'nonce="[^"]*"', "", p) for p in pages[:3]] == [
        re.sub(r'nonce="[^"]*"', "", p) for p in pages[3:]
    ]
    assert Flag.objects.filter(participant=afraid).exists(), "the control: one of them is flagged"
    assert not Flag.objects.filter(participant=calm).exists()


def test_once_saved_the_safety_section_shows_nothing_again(office: Office) -> None:
    person = begun(office)
    client = device(person)
    asked = client.get(part(person, "quiet")).content.decode()
    client.post(part(person, "quiet"), typed(QUIET | {"sf_private_route": CANARY}) | {"then": "on"})

    page = client.get(part(person, "quiet")).content.decode()

    assert "Only your practitioner reads the answers" in asked
    assert "You have answered this. It is not shown again." in page
    assert CANARY not in page
    assert "<input" not in page.split("<main")[1].split("</main")[0].replace(
        '<input type="hidden"', ""
    )


def test_what_is_missing_is_said_and_nothing_is_stored(office: Office) -> None:
    person = begun(office)
    answers = typed(QUIET | {"sf_private_route": "the back door"})
    del answers["sf_h3"]

    response = device(person).post(part(person, "quiet"), answers | {"then": "on"})

    assert response.status_code == 422
    assert "passing counts as one" in response.content.decode()
    assert "the back door" in response.content.decode(), "nothing typed is lost"
    assert not Answer.objects.filter(question__startswith="sf_").exists()


def test_not_now_asks_for_nothing_more_and_leaves_the_way_back_open(office: Office) -> None:
    person = begun(office)
    client = device(person)

    response = client.post(part(person, "quiet"), {"sf_alone": "not_now", "then": "on"})

    assert response["Location"] == reverse("you-support", args=[person.pk])
    assert 'name="sf_h1"' in client.get(part(person, "quiet")).content.decode()
    own = client.get(reverse("you", args=[person.pk])).content.decode()
    assert "set aside" not in own


def test_danger_now_gets_help_as_the_very_next_page_even_with_the_rest_unanswered(
    office: Office,
) -> None:
    asks_about_suicide(office)
    person = begun(office)

    response = device(person).post(part(person, "quiet"), {"sf_a5": "yes", "then": "on"})

    page = response.content.decode()
    assert response.status_code == 200
    assert "Please talk to somebody now" in page
    assert "Call or text 988" in page
    assert "not read live" in page
    assert reverse("you-support", args=[person.pk]) in page
    assert "no-store" in response["Cache-Control"]
    title = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    assert title is not None
    assert "suicid" not in title[1].lower()
    assert Flag.objects.filter(level="acute").count() == 1


def test_a_second_window_that_says_danger_gets_help_and_is_heard(office: Office) -> None:
    asks_about_suicide(office)
    person = begun(office)
    client = device(person)
    page = client.get(part(person, "quiet")).content.decode()
    save(person, "quiet", {**QUIET, **dict.fromkeys(ASQ_ITEMS, "no")}, timezone.now())

    response = client.post(
        part(person, "quiet"), seen_fields(page) | {"sf_a5": "yes", "then": "on"}
    )

    assert "Please talk to somebody now" in response.content.decode()
    assert Flag.objects.filter(level="acute").count() == 1


def test_the_safety_pages_have_neutral_titles_and_addresses(office: Office) -> None:
    person = begun(office)
    client = device(person)
    for address in (
        part(person, "earlier"),
        part(person, "health"),
        part(person, "weeks"),
        part(person, "quiet"),
        reverse("you-support", args=[person.pk]),
    ):
        response = client.get(address)
        title = re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)
        assert title is not None
        assert "A step" in title[1]
        assert "no-store" in response["Cache-Control"]


def test_a_page_that_may_be_skipped_is_skipped_with_one_button(office: Office) -> None:
    person = begun(office)
    client = device(person)
    save(person, "health", {"he_sat": 3}, timezone.now())

    response = client.post(part(person, "health"), {"he_sat": "4", "then": "skip"})
    hopes = client.post(part(person, "hopes"), {"then": "skip"})

    assert response["Location"] == part(person, "weeks")
    assert not Answer.objects.filter(question="he_sat").exists()
    assert hopes.status_code == 422, "this one may not be skipped"


def test_modules_that_are_off_leave_no_page_behind(office: Office) -> None:
    change_settings(
        practitioner_id=office.practitioner.pk, changes=Changes(modules=[]), now=timezone.now()
    )
    person = begun(office)
    client = device(person)

    for slug in ("earlier", "health", "weeks"):
        assert client.get(part(person, slug)).status_code == 404
    page = client.get(part(person, "quiet")).content.decode()
    assert "sf_speak" in page
    assert "sf_h1" not in page


def test_an_emergency_contact_who_comes_along_is_kept_with_a_word_of_warning(
    office: Office,
) -> None:
    person = requester_of(verified(office, "couple", now=timezone.now()))
    client = device(person)
    save(person, "you", YOU, timezone.now())
    label = people_of(person.request)[1].label
    outside = client.post(part(person, "contact"), typed(CONTACT) | {"then": "on"}, follow=True)

    window = seen_fields(client.get(part(person, "contact")).content.decode())
    changed = window | typed(CONTACT | {"em_name": f"{label} Novak"}) | {"then": "on"}
    inside = client.post(part(person, "contact"), changed, follow=True)

    assert "somebody who comes along" not in outside.content.decode()
    assert "somebody who comes along" in inside.content.decode()
    assert standing(person.pk).answers["em_name"] == f"{label} Novak"
