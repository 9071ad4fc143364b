"""Builders for intake's tests: answers that complete a questionnaire, and a device that came in."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.models import Participant, Request
from booking.views.device import remember, unlock_answers
from intake.domain.definitions import Value
from intake.operations import consents, sheets
from intake.operations.settings import Changes, change_settings
from intake.operations.sheets import Given
from intake.queries.answers import Author, Fellow, answers_for
from intake.queries.attention import uncontacted
from intake.queries.standings import standing
from tests.booking.factories import Office, link_of, requester_of, verified

#: Words that must not turn up where they were not written.
CANARY = "canary-91bd"

YOU: dict[str, Value] = {
    "id_18": "adult",
    "id_chosen": "Robin",
    "id_pronouns": "they",
    "id_tz": "Europe/London",
}
CONTACT: dict[str, Value] = {
    "ct_shared": "no",
    "ct_channels": "email",
    "ct_sender": "office",
    "ct_cal": "event",
    "ct_name_me": "no",
    "em_name": "Ada",
    "em_rel": "sister",
    "em_phone": "+44 20 7946 0000",
    "em_scope": "danger",
}
HOPES: dict[str, Value] = {"go_why_now": "now", "go_better": "calm", "go_distress": 6}
#: Who answers alerts, as a practice's settings say it.
ALERTS: dict[str, Any] = {
    "alert_name": "Ava",
    "alert_email": "ava@willow.example",
    "alert_hours": 4,
    "second_name": "Bo",
    "second_email": "bo@willow.example",
}
#: The safety section, with nothing in it that holds a request.
QUIET: dict[str, Value] = {
    "sf_alone": "yes",
    "sf_h1": "no",
    "sf_h2": "no",
    "sf_h3": "no",
    "sf_h4": "no",
    "sf_speak": "yes",
    "sf_choice": "yes",
}
MORE: dict[str, dict[str, Value]] = {
    "individual": {"in_rel": ("single",)},
    "couple": {
        "cp_view": "we talk past each other",
        "cp_strength": "we laugh",
        "cp_close": 4,
        "cp_trust": 5,
        "cp_talk": 3,
        "cp_sex": 2,
        "cp_solo": "no",
    },
    "non_monogamous": {
        "nm_focus": "all",
        "nm_struct": ("open",),
        "nm_agree_state": "spoken",
        "nm_out": ("friends",),
        "nm_caution": "no",
        "nm_sub": "yes",
        "cp_view": "much at once",
        "cp_strength": "kindness",
        "cp_solo": "yes",
    },
    "group": {
        "gr_name": "Ro",
        "gr_goal": "to listen",
        "gr_partner": "no",
        "gr_now": "no",
        "gr_commit": True,
    },
}


def save(
    person: Participant, section: str, answers: Mapping[str, Value | None], now: datetime
) -> sheets.Saved:
    """Save answers as a page does that was just opened."""
    return sheets.save_section(
        participant_id=person.pk,
        section=section,
        given={k: Given(v) for k, v in answers.items()},
        now=now,
    )


def answer_everything(person: Participant, now: datetime) -> None:
    """Every required answer and signature, but not finished."""
    kind = person.request.relationship_type
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)
    save(person, "hopes", HOPES, now)
    save(person, "more", MORE[kind], now)
    save(person, "quiet", QUIET, now)


def sign_everything(person: Participant, now: datetime, name: str = "Robin Legal Name") -> None:
    """Agree to every required document."""
    documents = standing(person.pk).documents
    consents.sign(
        participant_id=person.pk,
        legal_name=name,
        agreed={d.consent.key: True for d in documents if d.consent.required},
        shown={d.consent.key: d.text_hash.hex() for d in documents},
        now=now,
    )


def device(person: Participant, *, knows_passcode: bool = True) -> Client:
    """A browser whose device has come in by the person's link."""
    client = Client()
    request = HttpRequest()
    request.session = client.session
    remember(request, person, link_of(person))
    if knows_passcode:
        unlock_answers(request, person)
    request.session.save()
    client.cookies[settings.SESSION_COOKIE_NAME] = str(request.session.session_key)
    return client


def typed(answers: Mapping[str, Any]) -> dict[str, Any]:
    """Values as a browser sends them."""
    return {k: list(v) if isinstance(v, tuple) else str(v) for k, v in answers.items()}


def part(person: Participant, slug: str) -> str:
    """The address of a section of this person."""
    return reverse("you-section", args=[person.pk, slug])


def seen_fields(page: str) -> dict[str, str]:
    """The hidden fields of a page, as a browser would send them back."""
    tags = re.findall(r'<input type="hidden" name="([^"]+-(?:seen|shown))"([^>]*)>', page)
    return {
        name: (m[1] if (m := re.search(r'value="([^"]*)"', rest)) else "") for name, rest in tags
    }


def begun(office: Office, kind: str = "couple") -> Participant:
    """A person who has signed the agreements."""
    person = requester_of(verified(office, kind, now=timezone.now()))
    begin(person)
    return Participant.objects.get(pk=person.pk)


def flagged(request: Request) -> list[UUID]:
    """Everybody of a request for whom a private talk is open."""
    return sorted(uncontacted(request.pk))


def asks_about_suicide(office: Office) -> None:
    """Switch the questions on suicide on, with somebody who answers alerts."""
    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(modules=["hark", "asq"], **ALERTS),
        now=timezone.now(),
    )


def person_of(office: Office, kind: str = "individual") -> Participant:
    """Whoever asked for a session of this kind, and has come in."""
    return requester_of(verified(office, kind, now=timezone.now()))


def texts_of(reader: Author | Fellow, person: Participant) -> dict[str, object]:
    """What this reader sees of somebody's answers, by question."""
    return {s.question.key: s.value for s in answers_for(reader=reader, participant_id=person.pk)}


def begin(person: Participant) -> None:
    """Come as far as the private sections: the agreements are signed."""
    now = timezone.now()
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    sign_everything(person, now)


def answer_safety(person: Participant, **changed: Value | None) -> sheets.Saved:
    """Save the safety section, calm but for what is changed."""
    return save(person, "quiet", {**QUIET, **changed}, timezone.now())
