"""The page to read before a session, the settings, and who read what."""

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from booking.domain.codes import person_code, record_code
from booking.models import Participant, Request
from intake.domain.definitions import Connection, Passed
from intake.domain.resources import parsed, resources
from intake.models import Answer, IntakeSettings
from intake.queries.answers import ANSWERS_READ
from practice.models import Change
from tests.booking.factories import (
    Office,
    enter,
    join,
    make_practitioner,
    people_of,
    requester_of,
    verified,
)
from tests.intake.people import CONTACT, HOPES, MORE, YOU, device, save

pytestmark = pytest.mark.django_db(transaction=True)


def answered(office: Office, kind: str = "couple") -> Request:
    """Everybody who attends has answered; their closeness differs."""
    now = timezone.now()
    request = verified(office, kind, now=now)
    for number, person in enumerate(people_of(request)):
        if not person.is_requester:
            enter(person, now=now)
            join(person, now=now)
        save(person, "you", YOU | {"id_chosen": ("Robin", "Sascha")[number]}, now)
        save(person, "contact", CONTACT | {"em_name": "Ada"}, now)
        save(
            person,
            "hopes",
            HOPES | {"go_not_in_front": f"secret {number}", "go_hope": Passed.SAY_ALOUD},
            now,
        )
        save(person, "more", MORE[kind] | {"cp_close": (2, 8)[number]}, now)
    return request


def text(client: Client, url: str) -> str:
    response = client.get(url)
    assert response.status_code == 200, response.content.decode()
    return " ".join(response.content.decode().split())


def page(request: Request) -> str:
    return reverse("desk-reading", args=[request.pk])


def test_the_page_shows_what_each_wants_and_where_they_differ(office: Office, desk: Client) -> None:
    request = answered(office)

    shown = text(desk, page(request))

    assert "Not for showing" in shown
    assert "we talk past each other" in shown
    assert "secret 0" in shown
    assert "secret 1" in shown
    assert "6 apart" in shown
    assert "Would rather say this out loud" in shown
    assert 'cx="48"' in shown, "two of ten"
    assert 'cx="168"' in shown, "eight of ten"
    assert "average" not in shown.replace("Nothing is averaged", "")


def test_opening_the_page_leaves_a_row_for_each_person(office: Office, desk: Client) -> None:
    request = answered(office)

    text(desk, page(request))

    read = Change.objects.filter(kind=ANSWERS_READ).values_list("subject_id", flat=True)
    assert sorted(read) == sorted(p.pk for p in people_of(request))


def test_connections_stand_beside_each_other_and_are_matched_with_nobody(
    office: Office, desk: Client
) -> None:
    now = timezone.now()
    request = verified(office, "non_monogamous", now=now)
    person = people_of(request)[0]
    save(person, "you", YOU, now)
    save(
        person,
        "contact",
        CONTACT,
        now,
    )
    people = (
        Connection("Kai", ("romantic",), {"close": 9, "trust": 4}),
        Connection("Noor", (), {"close": 1}),
    )
    save(person, "more", MORE["non_monogamous"] | {"nm_people": people}, now)

    shown = text(desk, page(request))

    assert "The people who matter to Robin" in shown
    assert shown.index("Kai") < shown.rindex("Noor")
    assert 'cx="188"' in shown
    assert 'cx="28"' in shown


def test_where_somebody_asks_for_it_names_become_initials(office: Office, desk: Client) -> None:
    now = timezone.now()
    request = verified(office, "non_monogamous", now=now)
    person = people_of(request)[0]
    save(person, "you", YOU, now)
    save(person, "contact", CONTACT, now)
    save(person, "more", MORE["non_monogamous"] | {"nm_caution": "yes"}, now)

    shown = text(desk, page(request))

    assert "R." in shown
    assert "Robin" not in shown


def test_privacy_mode_hides_the_names(office: Office, desk: Client) -> None:
    request = answered(office)
    person = people_of(request)[0]
    desk.post(reverse("desk-privacy"), {"hide": "yes", "back": page(request)})

    shown = text(desk, page(request))

    assert "Robin" not in shown
    assert person_code(request.pk, person.position) in shown
    assert record_code(request.pk) in shown


def test_an_answer_whose_key_is_lost_breaks_nothing_else(office: Office, desk: Client) -> None:
    request = answered(office)
    Answer.objects.filter(question__in=["cp_close", "go_not_in_front"]).update(
        value_sealed=b"nonsense"
    )

    shown = text(desk, page(request))

    assert "cannot be opened" in shown
    assert "we talk past each other" in shown


def test_a_person_sees_who_read_their_answers_and_nobody_elses(
    office: Office, desk: Client
) -> None:
    request = answered(office)
    one, other = people_of(request)
    browser = device(one)
    before = text(browser, reverse("you-readers", args=[one.pk]))
    desk.get(reverse("desk-answers", args=[request.pk]) + f"?person={one.pk}")
    desk.get(reverse("desk-flags", args=[request.pk, one.pk]))

    mine = text(browser, reverse("you-readers", args=[one.pk]))
    theirs = text(device(other), reverse("you-readers", args=[other.pk]))

    assert "Nobody has opened it yet" in before
    assert mine.count("Morgan") == 2
    assert "flag" not in mine.lower()
    assert "Nobody has opened it yet" in theirs
    assert browser.get(reverse("you-readers", args=[other.pk])).status_code == 404


def test_each_reading_says_what_was_opened(office: Office, desk: Client) -> None:
    request = answered(office)
    asker = requester_of(request)
    browser = device(asker)
    desk.get(reverse("desk:request", args=[request.pk]))
    words = text(browser, reverse("you-readers", args=[asker.pk]))
    desk.get(reverse("desk-flags", args=[request.pk, asker.pk]))

    both = text(browser, reverse("you-readers", args=[asker.pk]))

    assert "What you wrote when you asked</span>" in words
    assert "Your answers" not in words
    assert both.index("Your answers</span>") < both.index("What you wrote when you asked</span>")


def test_another_practitioner_reads_nothing(office: Office, client: Client) -> None:
    request = answered(office)
    other = make_practitioner(slug="casey")
    assert other.user is not None
    client.force_login(other.user)

    assert client.get(page(request)).status_code == 404
    assert not Change.objects.filter(kind=ANSWERS_READ).exists()
    assert Participant.objects.filter(request=request).exists()


# Settings -----------------------------------------------------------------------------------------


def settings_as_typed(desk: Client) -> dict[str, object]:
    form = desk.get(reverse("desk-intake-settings")).context["form"]
    return {k: v for k, v in form.initial.items() if v not in (None, "")}


def test_questions_on_suicide_stay_off_until_somebody_answers_for_them(
    office: Office, desk: Client
) -> None:
    url = reverse("desk-intake-settings")
    typed = settings_as_typed(desk)
    typed["modules"] = [*IntakeSettings().modules, "asq"]

    refused = desk.post(url, typed)
    named = {
        "alert_name": "Morgan",
        "alert_email": "morgan@willow.test",
        "alert_hours": "8",
        "second_name": "Alba",
        "second_email": "alba@willow.test",
    }
    taken = desk.post(url, typed | named)

    assert refused.status_code == 400
    assert b"stay off until you have named" in refused.content
    assert taken.status_code == 302
    row = IntakeSettings.objects.get()
    assert "asq" in row.modules
    assert (row.alert_hours, row.second_name) == (8, "Alba")
    assert Change.objects.filter(kind="intake_settings_changed").count() == 1


def test_days_below_one_are_refused_and_nothing_typed_is_lost(office: Office, desk: Client) -> None:
    typed = settings_as_typed(desk) | {"days_sealed": "0", "alert_name": "Somebody"}

    response = desk.post(reverse("desk-intake-settings"), typed)

    assert response.status_code == 400
    assert b'value="Somebody"' in response.content
    assert not IntakeSettings.objects.exists()


def test_the_places_to_turn_to_are_edited_and_given_back(office: Office, desk: Client) -> None:
    url = reverse("desk-support")
    shown = desk.get(url)
    count = shown.context["forms"].initial_form_count()
    typed: dict[str, str] = {
        "form-TOTAL_FORMS": str(count + 2),
        "form-INITIAL_FORMS": str(count),
    }
    for number, form in enumerate(shown.context["forms"].initial_forms):
        for name in ("name", "what", "ways", "countries"):
            typed[f"form-{number}-{name}"] = form.initial[name]
        if number:
            typed[f"form-{number}-DELETE"] = "on"
    new = f"form-{count}"
    typed |= {f"{new}-name": "House", f"{new}-ways": "12 34\n56 78", f"{new}-countries": "gb, us"}

    wrong = desk.post(url, typed | {f"{new}-countries": "England"})
    desk.post(url, typed)
    kept = IntakeSettings.objects.get().resources
    desk.post(url, {"reset": "yes"})

    assert wrong.status_code == 400
    assert b"two letters for each country" in wrong.content
    assert kept is not None
    assert len(kept) == 2
    assert kept[1]["ways"] == ["12 34", "56 78"]
    assert kept[1]["countries"] == ["GB", "US"]
    assert IntakeSettings.objects.get().resources is None


def test_the_list_that_comes_with_attune_is_saved_as_it_is_shown(
    office: Office, desk: Client
) -> None:
    url = reverse("desk-support")
    forms = desk.get(url).context["forms"]
    typed: dict[str, str] = {
        "form-TOTAL_FORMS": str(forms.total_form_count()),
        "form-INITIAL_FORMS": str(forms.initial_form_count()),
    }
    for number, form in enumerate(forms.initial_forms):
        for name in ("name", "what", "ways", "countries"):
            typed[f"form-{number}-{name}"] = form.initial[name]
        if form.initial["urgent"]:
            typed[f"form-{number}-urgent"] = "on"
        if form.initial["youth"]:
            typed[f"form-{number}-youth"] = "on"

    response = desk.post(url, typed)

    kept = IntakeSettings.objects.get().resources
    assert response.status_code == 302
    assert kept is not None
    assert [parsed([entry], "kept")[0] for entry in kept] == list(resources())
