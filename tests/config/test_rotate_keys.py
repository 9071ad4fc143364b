"""Rotating the keys: everything sealed is found, and a kill in the middle costs nothing."""

import base64
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from booking.models import LateWish, Participant, Request
from config.sealed import COLUMNS, PLACES
from intake.domain.feedback import Slider
from intake.models import Answer, AnswerSheet, Signature
from intake.operations.feedback import Saying, say
from intake.queries.answers import Author, answers_for, opened
from intake.queries.feedback import said_by
from practice import sealing
from practice.models import User
from practice.operations.rotation import SealedColumn, rotate
from practice.sealing import Tampered, seal, sealed_with, unseal
from tests.booking.factories import Office, make_office, people_of, verified
from tests.intake.people import YOU, answer_everything, device, save
from tests.intake.sessions import days_before, took_place

BASE_DIR = Path(__file__).resolve().parent.parent.parent
pytestmark = pytest.mark.django_db(transaction=True)
type UseKeys = Callable[..., None]

KEYS = {name: bytes([position]) * 32 for position, name in enumerate(("old", "new"), start=1)}


@pytest.fixture
def use_keys(settings: Settings) -> Iterator[UseKeys]:
    """Have a keyring with these keys, the first one seals; as after a restart."""

    def use(*names: str) -> None:
        settings.ENCRYPTION_KEYS = {name: KEYS[name] for name in names}
        sealing._keyring.cache_clear()

    yield use
    sealing._keyring.cache_clear()


@pytest.fixture
def office() -> Office:
    return make_office()


@pytest.fixture
def person(office: Office, use_keys: UseKeys) -> Participant:
    """Somebody whose every answer was sealed with the old key."""
    use_keys("old")
    person = people_of(verified(office, now=timezone.now()))[0]
    answer_everything(person, timezone.now())
    return person


def run(**options: object) -> str:
    out = StringIO()
    call_command("rotate_keys", stdout=out, **options)
    return out.getvalue()


def keys_in_use() -> dict[str, set[str]]:
    """Which keys have sealed what is stored, by column."""
    found: dict[str, set[str]] = {}
    for column in COLUMNS:
        rows: models.QuerySet[models.Model] = models.QuerySet(column.model)
        values = rows.exclude(**{column.column: None}).values_list(column.column, flat=True)
        found[column.name] = {sealed_with(bytes(value)) for value in values}
    return {name: keys for name, keys in found.items() if keys}


def test_the_list_holds_every_column_that_is_sealed() -> None:
    sealed = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.BinaryField) and field.name.endswith("_sealed")
    }

    assert {column.name for column in COLUMNS} == sealed
    assert len(sealed) >= 6


def test_all_is_sealed_again_and_reads_the_same_without_the_old_key(
    person: Participant, use_keys: UseKeys
) -> None:
    before = answers_for(reader=Author(person.pk), participant_id=person.pk)

    use_keys("new", "old")
    said = run(batch=7)
    use_keys("new")

    assert "Nothing is left that an older key has sealed." in said
    assert "intake.answer.value_sealed: 7 of" in said
    assert {key for keys in keys_in_use().values() for key in keys} == {"new"}
    assert {"intake.answer.value_sealed", "intake.signature.legal_name_sealed"} <= {*keys_in_use()}
    assert answers_for(reader=Author(person.pk), participant_id=person.pk) == before


def test_what_was_said_after_a_session_is_sealed_again_too(
    person: Participant, use_keys: UseKeys
) -> None:
    now = timezone.now()
    Participant.objects.update(wants_feedback=True)
    *_, third = took_place([person], *days_before(now, 16, 9, 2))
    saying = Saying({Slider.HEARD: 7}, "slower, please")
    say(participant_id=person.pk, appointment_id=third.pk, saying=saying, now=now)
    before = said_by(reader=Author(person.pk), participant_id=person.pk)

    use_keys("new", "old")
    run()
    use_keys("new")

    columns = ("intake.feedback.sliders_sealed", "intake.feedback.words_sealed")
    assert [keys_in_use()[column] for column in columns] == [{"new"}, {"new"}]
    after = said_by(reader=Author(person.pk), participant_id=person.pk)
    assert [(one.marks, one.words) for one in after] == [(saying.marks, saying.words)]
    assert [(one.marks, one.words) for one in before] == [(saying.marks, saying.words)]


def test_a_second_factor_is_sealed_again_too(use_keys: UseKeys) -> None:
    use_keys("old")
    user = User.objects.create_user("ava@willow.example", "a long pass phrase")
    TOTP.activate(user, "JBSWY3DPEHPK3PXP")

    use_keys("new", "old")
    run()
    use_keys("new")

    row = Authenticator.objects.get()
    assert sealed_with(base64.b64decode(row.data["secret"])) == "new"
    assert (
        unseal(
            base64.b64decode(row.data["secret"]),
            label="mfa.authenticator",
            row=UUID(int=0),
            field="secret",
        )
        == "JBSWY3DPEHPK3PXP"
    )


def test_once_done_a_second_run_writes_nothing(person: Participant, use_keys: UseKeys) -> None:
    use_keys("new", "old")
    run()
    before = list(Answer.objects.order_by("pk").values_list("pk", "value_sealed"))

    run()

    assert list(Answer.objects.order_by("pk").values_list("pk", "value_sealed")) == before


def test_killed_in_the_middle_it_is_finished_by_the_next_run(
    person: Participant,
    use_keys: UseKeys,
    _site_environment: dict[str, str],  # noqa: PT019 - its value is what we need
) -> None:
    sheet = AnswerSheet.objects.get(participant=person)
    many = [Answer(sheet=sheet, question=f"q{n}", saved_at=timezone.now()) for n in range(2000)]
    for answer in many:
        answer.value_sealed = seal("1", label="answer", row=answer.id, field=answer.question)
    Answer.objects.bulk_create(many)
    ring = ",".join(f"{name}:{base64.b64encode(KEYS[name]).decode()}" for name in ("new", "old"))
    command = subprocess.Popen(
        [sys.executable, "manage.py", "rotate_keys", "--batch=5"],
        cwd=BASE_DIR,
        env={
            **_site_environment,
            "ATTUNE_ENCRYPTION_KEYS": ring,
            "DJANGO_SETTINGS_MODULE": "config.settings",
        },
        stdout=subprocess.PIPE,
        text=True,
    )
    assert command.stdout is not None
    for line in command.stdout:
        if re.match(r"intake\.answer\.value_sealed: \d+ of", line):
            os.kill(command.pid, signal.SIGKILL)
            break
    command.wait(timeout=30)
    command.stdout.close()
    assert keys_in_use()["intake.answer.value_sealed"] == {"old", "new"}  # it was in the middle

    use_keys("new", "old")
    said = run()
    use_keys("new")

    assert "Nothing is left that an older key has sealed." in said
    assert keys_in_use()["intake.answer.value_sealed"] == {"new"}
    assert {
        json.loads(str(opened(a))) for a in Answer.objects.filter(pk__in=[a.pk for a in many])
    } == {1}


def test_a_row_that_somebody_writes_is_not_waited_for(
    person: Participant, use_keys: UseKeys
) -> None:
    use_keys("new", "old")
    column = next(c for c in COLUMNS if c.model is Signature)
    busy = Signature.objects.order_by("pk").first()
    assert busy is not None
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute(
                "SELECT 1 FROM intake_signature WHERE id = %s FOR NO KEY UPDATE", [busy.pk]
            )
            last = list(rotate([column]))[-1]
    finally:
        other.close()

    assert (last.left, last.lost.total(), last.altered) == (1, 0, 0)
    assert "Nothing is left" in run()


def test_a_lost_key_is_named_and_breaks_nothing_else(
    person: Participant, office: Office, use_keys: UseKeys
) -> None:
    now = timezone.now()
    use_keys("new")
    newer = people_of(verified(office, now=now))[0]
    save(newer, "you", YOU, now)

    with pytest.raises(CommandError) as refused:
        run()

    assert "sealed with the key 'old', which is not in ATTUNE_ENCRYPTION_KEYS" in str(refused.value)
    assert keys_in_use()["intake.answer.value_sealed"] == {"old", "new"}
    readable = answers_for(reader=Author(newer.pk), participant_id=newer.pk)
    assert not any(shown.is_unreadable for shown in readable)
    lost = answers_for(reader=Author(person.pk), participant_id=person.pk)
    assert any(shown.is_unreadable for shown in lost)
    pages = [
        reverse("you", args=[person.pk]),
        reverse("you-section", args=[person.pk, "hopes"]),
        reverse("you-answers-seen", args=[person.pk]),
    ]
    assert [device(person).get(page).status_code for page in pages] == [200, 200, 200]


def test_two_swapped_values_fail_and_rotation_leaves_them_alone(
    person: Participant, use_keys: UseKeys
) -> None:
    one, other = Answer.objects.filter(sheet__participant=person).order_by("pk")[:2]
    one.value_sealed, other.value_sealed = bytes(other.value_sealed), bytes(one.value_sealed)
    one.save()
    other.save()

    for answer in (one, other):
        with pytest.raises(Tampered):
            opened(Answer.objects.get(pk=answer.pk))
    use_keys("new", "old")
    with pytest.raises(CommandError, match=r"2 of intake\.answer\.value_sealed altered"):
        run()
    kept = Answer.objects.in_bulk([one.pk, other.pk])
    assert {sealed_with(bytes(a.value_sealed)) for a in kept.values()} == {"old"}


@pytest.mark.parametrize("column", COLUMNS, ids=lambda column: column.name)
def test_what_is_bound_to_a_column_opens_in_no_other(column: SealedColumn) -> None:
    row = uuid4()
    value = seal("mine", label=column.label, row=row, field=column.field)

    for other in COLUMNS:
        if other is not column:
            with pytest.raises(Tampered):
                unseal(value, label=other.label, row=row, field=other.field)


def test_the_places_are_the_columns_and_the_second_factors() -> None:
    assert [place.name for place in PLACES][-1] == "mfa.authenticator.data"
    assert {place.name for place in PLACES} >= {column.name for column in COLUMNS}
    assert {c.model for c in COLUMNS} >= {Request, LateWish}
