"""What the practice answers for: named until somebody has read it, and again when it changes."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from intake.domain.checking import LASTS, Checkable, Part
from intake.domain.documents import wording_of
from intake.domain.refusals import EditedMeanwhile, UnknownSetting
from intake.models import TextCheck
from intake.operations.checking import note_check
from intake.operations.documents import edit_document
from intake.operations.settings import Changes, change_settings
from intake.queries.checking import every_check, open_checks, to_check
from intake.queries.documents import consent_now
from tests.booking.factories import Office

pytestmark = pytest.mark.django_db(transaction=True)


def thing(key: str) -> Checkable:
    return next(one for one in to_check() if one.key == key)


def waiting() -> set[str]:
    return {one.thing.key for one in open_checks(timezone.now().date())}


def test_everything_waits_on_the_first_day(office: Office) -> None:
    found = {one.thing.key for one in every_check()}

    assert waiting() == found
    assert {"support:RAINN", "document:cn_scope", "instrument:HARK", "instrument:ASQ"} <= found
    assert {one.thing.part for one in every_check()} == set(Part)


def test_pressing_it_notes_the_day_and_who(desk: Client, office: Office) -> None:
    asked = {"key": "document:cn_scope", "seen": thing("document:cn_scope").text_hash.hex()}

    desk.post(reverse("desk-check"), asked)

    assert "document:cn_scope" not in waiting()
    row = TextCheck.objects.get()
    assert (row.key, row.checked_by_id) == ("document:cn_scope", office.practitioner.pk)
    page = desk.get(reverse("desk-checks")).content.decode()
    assert f"last checked on {timezone.now():%-d %B %Y}" in page


def test_new_words_are_to_be_checked_anew(office: Office) -> None:
    now = timezone.now()
    me = office.practitioner.pk
    seen = thing("document:cn_scope").text_hash.hex()
    note_check(practitioner_id=me, key="document:cn_scope", seen=seen, now=now)
    consent = consent_now("cn_scope")
    words = wording_of(consent)

    edit_document(
        practitioner_id=me,
        document="cn_scope",
        wording=type(words)(words.title, words.summary, "Other words.", words.agree, words.decline),
        seen=consent.version,
        now=now,
    )

    assert "document:cn_scope" in waiting()
    with pytest.raises(EditedMeanwhile):
        note_check(practitioner_id=me, key="document:cn_scope", seen=seen, now=now)
    with pytest.raises(UnknownSetting):
        note_check(practitioner_id=me, key="nothing", seen=seen, now=now)


def test_a_check_grows_old_after_a_year(office: Office) -> None:
    now = timezone.now()
    one = thing("data-law")
    note_check(
        practitioner_id=office.practitioner.pk, key=one.key, seen=one.text_hash.hex(), now=now
    )

    later = {c.thing.key for c in open_checks((now + LASTS + timedelta(days=1)).date())}

    assert one.key not in waiting()
    assert one.key in later


def test_a_place_to_turn_to_counts_by_the_day_in_its_own_list(office: Office) -> None:
    today = timezone.now().date()
    entry = {"name": "Line", "ways": ["Call 1"], "countries": []}

    change_settings(
        practitioner_id=office.practitioner.pk,
        changes=Changes(
            resources=[
                entry | {"checked": today.isoformat()},
                entry | {"name": "Old", "checked": (today - timedelta(days=400)).isoformat()},
                entry | {"name": "Never", "checked": ""},
            ]
        ),
        now=timezone.now(),
    )

    assert {k for k in waiting() if k.startswith("support:")} == {"support:Old", "support:Never"}


def test_the_settings_pages_carry_the_mark(desk: Client) -> None:
    for name in ("desk-support", "desk-documents", "desk-intake-settings", "desk-checks"):
        assert "Please check" in desk.get(reverse(name)).content.decode(), name
