"""Whoever else opens somebody's mail: what stays shut, and what is signed, typed and printed."""

from dataclasses import replace
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Appointment, Participant, Request
from booking.operations.participants import set_passcode
from booking.templatetags.times import day_in
from intake.domain.documents import wording_of
from intake.domain.loader import library
from intake.models import Answer, AnswerSheet, Flag, Signature
from intake.operations import sheets
from intake.operations.documents import ask_to_sign_again, edit_document
from intake.operations.settings import Changes, change_settings
from intake.queries.documents import consent_now
from intake.queries.signing import to_sign_again
from intake.queries.standings import AGREEMENTS, standing
from practice.models import Service
from tests.booking.factories import NOW, Office, enter, join, people_of, published, requester_of
from tests.booking.factories import verified as asked
from tests.intake.people import (
    ALERTS,
    CONTACT,
    MORE,
    YOU,
    begun,
    device,
    part,
    save,
    seen_fields,
    sign_everything,
    typed,
)

pytestmark = pytest.mark.django_db(transaction=True)

SHUT = (
    "you-copy",
    "you-signed",
    "you-readers",
    "you-answers-seen",
    "you-others",
    "you-after",
)


def url(name: str, person: Participant, *more: Any) -> str:
    return reverse(name, args=[person.pk, *more])


# A passcode where others can see the mail ---------------------------------------------------------


@pytest.mark.parametrize("says", ["yes", "unsure"])
@pytest.mark.parametrize("name", SHUT)
def test_nothing_saved_opens_before_a_passcode_where_others_may_see_the_mail(
    office: Office, name: str, says: str
) -> None:
    person = begun(office)
    Participant.objects.filter(pk=person.pk).update(shared_mailbox=says)

    answer = device(person).get(url(name, person))

    assert (answer.status_code, answer.get("Location")) == (302, url("you-passcode", person))


def test_who_alone_sees_their_mail_is_asked_for_no_passcode(office: Office) -> None:
    person = begun(office)
    assert device(person).get(url("you-copy", person)).status_code == 200


def test_a_passcode_is_not_needed_to_choose_one_to_say_who_sees_it_or_to_get_away(
    office: Office,
) -> None:
    person = begun(office)
    Participant.objects.filter(pk=person.pk).update(shared_mailbox="yes")
    client = device(person)

    opened = [
        client.get(address).status_code
        for address in (
            url("you-passcode", person),
            part(person, "contact"),
            part(person, "you"),
            url("messages:choices", person),
            url("withdraw", person),
            url("correct-address", person),
        )
    ]

    assert opened == [200] * 6


@pytest.mark.parametrize("name", ["withdraw", "correct-address", "prove-address"])
def test_who_reads_the_mail_neither_ends_nor_takes_over_a_part_that_has_a_passcode(
    office: Office, name: str
) -> None:
    person = begun(office)
    set_passcode(participant_id=person.pk, passcode="old river", now=timezone.now())
    stranger = device(person, knows_passcode=False)

    answer = stranger.post(url(name, person), {"email": "other@example.org"})
    forgotten = stranger.get(url("passcode-forgotten", person))
    owner = device(Participant.objects.get(pk=person.pk)).get(url(name, person))

    assert answer["Location"] == url("passcode", person)
    assert Participant.objects.get(pk=person.pk).email == person.email
    assert person.request.state == type(person.request).objects.get(pk=person.request_id).state
    assert (forgotten.status_code, owner.status_code) == (200, 200)


@pytest.mark.parametrize("name", ["you-copy", "you-signed", "you-answers-seen", "withdraw"])
def test_the_passcode_leads_on_to_the_page_that_was_asked_for_and_to_no_other_after_that(
    office: Office, name: str
) -> None:
    person = begun(office)
    set_passcode(participant_id=person.pk, passcode="old river", now=timezone.now())
    client = device(person, knows_passcode=False)
    given = {"passcode": "old river"}

    asked_for = client.get(url(name, person))
    wrong = client.post(url("passcode", person), {"passcode": "new river"})
    led = client.post(url("passcode", person), given)
    again = client.post(url("passcode", person), given)

    assert (asked_for["Location"], wrong.status_code) == (url("passcode", person), 422)
    assert led["Location"] == url(name, person)
    assert client.get(led["Location"]).status_code == 200
    assert again["Location"] == url("you", person)


def test_choosing_a_passcode_leads_on_to_the_page_that_it_came_before(office: Office) -> None:
    person = begun(office)
    Participant.objects.filter(pk=person.pk).update(shared_mailbox="yes")
    chosen = {"passcode": "old river", "again": "old river"}
    client, elsewhere = device(person), device(person)

    client.get(part(person, "hopes"))
    elsewhere.get(url("you-copy", person))
    led = client.post(url("you-passcode", person), chosen)
    changed = client.post(url("you-passcode", person), chosen)

    assert led["Location"] == part(person, "hopes")
    assert client.get(led["Location"]).status_code == 200
    assert changed["Location"] == url("you", person)


def test_neither_what_is_sent_nor_a_file_is_where_the_passcode_leads(office: Office) -> None:
    person = begun(office)
    set_passcode(participant_id=person.pk, passcode="old river", now=timezone.now())
    client = device(person, knows_passcode=False)

    client.post(url("withdraw", person))
    client.get(url("you-copy-file", person))
    led = client.post(url("passcode", person), {"passcode": "old river"})

    assert led["Location"] == url("you", person)


def test_once_a_request_has_ended_nobody_is_sent_to_a_section_that_is_closed(
    office: Office,
) -> None:
    person = begun(office)
    Participant.objects.filter(pk=person.pk).update(shared_mailbox="unsure")
    client = device(person)
    way = f'href="{part(person, "contact")}"'

    before = client.get(url("you-passcode", person)).content.decode()
    Request.objects.filter(pk=person.request_id).update(state="withdrawn")
    after = client.get(url("you-passcode", person)).content.decode()

    assert way in before
    assert client.get(part(person, "contact")).status_code == 302
    assert way not in after
    assert "Choose a passcode" in after


# What was signed is what is shown as signed -------------------------------------------------------


def raised(person: Participant) -> None:
    """The price and the hours in which one may cancel are others now."""
    Service.objects.filter(pk=person.request.service_id).update(
        price_text="500 a session", cancel_minutes=96 * 60
    )


def test_a_text_that_reads_otherwise_than_what_was_signed_waits_for_a_new_signature(
    office: Office,
) -> None:
    person = begun(office)
    before = standing(person.pk).signatures["cn_cancel"]
    raised(person)

    page = " ".join(device(person).get(part(person, AGREEMENTS)).content.decode().split())

    assert set(standing(person.pk).unsigned) == {"cn_scope", "cn_cancel"}
    assert "Something here is new since you signed" in page
    assert page.count("This text has changed since you decided on") == 2
    assert 'name="cn_cancel" id="id_cn_cancel"' in page
    assert url("you-receipt", person, before.pk) in page


def test_the_changed_text_is_signed_anew_and_the_first_one_stays_as_it_was(office: Office) -> None:
    person = begun(office)
    before = standing(person.pk).signatures["cn_cancel"]
    untouched = standing(person.pk).signatures["cn_confid"]
    raised(person)

    sign_everything(person, timezone.now())
    now = standing(person.pk)

    assert now.unsigned == []
    assert now.signatures["cn_cancel"].pk != before.pk
    assert "96" in now.signatures["cn_cancel"].text.text
    assert now.signatures["cn_confid"].pk == untouched.pk
    kept = Signature.objects.get(pk=before.pk)
    assert "96" not in kept.text.text
    assert kept.withdrawn_at is not None
    shown = device(person).get(url("you-receipt", person, before.pk)).content.decode()
    assert kept.text.text.splitlines()[0] in shown


def test_whoever_signed_when_asked_is_asked_again_once_the_text_reads_otherwise(
    office: Office,
) -> None:
    person = begun(office)
    ids = {"practitioner_id": office.practitioner.pk}
    changed = replace(wording_of(consent_now("cn_scope")), text="Ours now: {price}.")
    edit_document(**ids, document="cn_scope", wording=changed, seen=1, now=timezone.now())
    assert ask_to_sign_again(**ids, now=timezone.now()) == 1
    sign_everything(person, timezone.now())
    Service.objects.filter(pk=person.request.service_id).update(price_text="500 a session")

    waits = to_sign_again(office.practitioner.pk, now=timezone.now())

    assert (waits.not_asked, waits.waiting) == (1, 0)
    assert ask_to_sign_again(**ids, now=timezone.now()) == 1
    assert ask_to_sign_again(**ids, now=timezone.now()) == 0


# What was typed while a text became new -----------------------------------------------------------


def test_what_was_typed_while_a_text_became_new_is_kept_and_comes_back_after_signing(
    office: Office,
) -> None:
    person = begun(office)
    client = device(person)
    here = part(person, "more")
    fields = seen_fields(client.get(here).content.decode())
    raised(person)

    sent = client.post(here, fields | typed(MORE["couple"] | {"cp_view": "many words"}))
    agreements = client.get(sent["Location"]).content.decode()
    to_sign = seen_fields(agreements) | {"cn_sign": "Robin Legal Name"}
    required = [d.consent.key for d in standing(person.pk).documents if d.consent.required]
    signed = client.post(part(person, AGREEMENTS), to_sign | dict.fromkeys(required, "on"))
    again = client.get(signed["Location"]).content.decode()

    assert sent["Location"] == part(person, AGREEMENTS)
    assert "This comes first. What you have just typed is not saved yet" in agreements
    assert "many words" not in agreements
    assert signed["Location"] == here
    assert "many words" in again
    assert "What you typed stands here again; it is not saved yet." in again
    assert "cp_view" not in standing(person.pk).answers


def test_a_sealed_answer_is_not_kept_while_a_text_is_new_and_it_says_so(office: Office) -> None:
    person = begun(office, "group")
    client = device(person)
    raised(person)

    sent = client.post(part(person, "more"), {"gr_conflict": "canary-77", "gr_goal": "to listen"})
    agreements = client.get(sent["Location"]).content.decode()
    again = client.get(part(person, AGREEMENTS))

    assert "only your practitioner may read: that is not kept" in agreements
    assert again.status_code == 200
    sign_everything(person, timezone.now())
    back = client.get(part(person, "more")).content.decode()
    assert "to listen" in back
    assert "canary-77" not in back


# What stands beside nobody else's, and what is not printed ----------------------------------------


def text(client: Client, address: str) -> str:
    response = client.get(address)
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def test_leanings_and_health_stand_beside_nobody_elses(office: Office, desk: Client) -> None:
    now = timezone.now()
    request = asked(office, "couple", now=now)
    for number, person in enumerate(people_of(request)):
        if not person.is_requester:
            enter(person, now=now)
            join(person, now=now)
        save(person, "you", {"id_18": "adult", "id_chosen": ("Robin", "Sascha")[number]}, now)
        save(person, "contact", {"ct_shared": "no"}, now)
        save(
            person,
            "more",
            {
                "cp_lean": ("in", "out")[number],
                "cp_cnm": ("yes", "no")[number],
                "cp_form": ("living", "deciding")[number],
            },
            now,
        )
        save(person, "earlier", {"hi_trauma": ("yes", "no")[number]}, now)
        save(person, "health", {"he_sat": (1, 9)[number]}, now)

    shown = text(desk, reverse("desk-reading", args=[request.pk]))

    form = library().form("couple")
    for key in ("cp_lean", "cp_cnm", "hi_trauma", "he_sat"):
        question = form.question(key)
        assert question is not None
        assert question.label not in shown, key
    together = form.question("cp_form")
    assert together is not None
    assert together.label in shown, "what may be compared still is"


def test_what_is_sealed_lies_on_no_page_that_is_printed(office: Office, desk: Client) -> None:
    person = begun(office, "group")
    save(person, "more", {"gr_conflict": "canary-78", "gr_goal": "to listen"}, timezone.now())

    answers = text(desk, reverse("desk-answers", args=[person.request_id]))
    by_itself = text(desk, reverse("desk-flags", args=[person.request_id, person.pk]))

    assert "to listen" in answers
    assert "canary-78" not in answers
    assert "canary-78" in by_itself


def test_a_skipped_page_keeps_nothing_and_what_was_sealed_takes_no_calmer_answer(
    office: Office,
) -> None:
    now = timezone.now()
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["hark", "phq9"], **ALERTS),
        now=now,
    )
    person = begun(office)
    save(person, "weeks", {"ph_1": "2", "ph_9": "3"}, now)

    sheets.skip_section(participant_id=person.pk, section="weeks", now=now)
    save(person, "weeks", {"ph_9": "0"}, now)

    assert not Answer.objects.filter(question__in=("ph_1", "ph_9")).exists()
    assert AnswerSheet.objects.get().closed == ["ph_9"]
    assert Flag.objects.count() == 1
    assert requester_of(person.request) == person


# The group that somebody asked for ----------------------------------------------------------------


def test_the_group_asked_for_and_the_call_before_it_stand_there_by_name_and_time(
    office: Office,
) -> None:
    now = NOW
    person = requester_of(published_seat(office))
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)
    call = Appointment.objects.get(request=person.request_id)

    shown = text(device(person), part(person, "more"))

    assert "Talking about desire (4 dates)" in shown
    assert person.request.service.name not in shown
    assert "Your first call" in shown
    assert day_in(call.starts_at, "Europe/London") in shown


def published_seat(office: Office) -> Request:
    """Somebody has asked for a seat in a group; their call is held."""
    cohort = published(office)
    return asked(office, "group", cohort=cohort.slug, seat_name="Robin")
