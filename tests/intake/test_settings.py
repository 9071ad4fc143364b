"""The practice's settings: all of a change or nothing, and no alarm that nobody hears."""

from typing import Any

import pytest
from django.utils import timezone

from intake.domain.modules import DEFAULT_MODULES
from intake.domain.refusals import AlertsNotNamed, UnknownSetting
from intake.domain.resources import InvalidResources
from intake.domain.retention import DEFAULT_DAYS
from intake.models import IntakeSettings
from intake.operations.settings import Changes, change_settings
from intake.queries.settings import intake_settings, support_for
from practice.models import Change
from tests.booking.factories import Office
from tests.intake.people import ALERTS

pytestmark = pytest.mark.django_db(transaction=True)


def change(office: Office, **changes: Any) -> IntakeSettings:
    return change_settings(
        practitioner_id=office.practitioner.pk, changes=Changes(**changes), now=timezone.now()
    )


def test_nothing_changed_means_the_defaults() -> None:
    assert set(intake_settings().modules) == DEFAULT_MODULES
    assert intake_settings().retention_days == DEFAULT_DAYS
    assert "988 Suicide & Crisis Lifeline" in [r.name for r in support_for("US")]
    assert len(support_for("")) > len(support_for("US")), "everything where nobody knows where"


@pytest.mark.parametrize(
    "missing",
    [
        {"alert_name": ""},
        {"alert_email": ""},
        {"alert_hours": 0},
        {"second_name": ""},
        {"second_email": ""},
        {"second_email": "AVA@willow.example"},
    ],
)
@pytest.mark.parametrize("module", ["asq", "phq9"])
def test_questions_on_suicide_stay_off_until_two_people_and_a_promise_are_named(
    office: Office, module: str, missing: dict[str, Any]
) -> None:
    with pytest.raises(AlertsNotNamed):
        change(office, modules=[module], **(ALERTS | missing))
    assert not IntakeSettings.objects.exists()

    change(office, modules=[module], **ALERTS)

    with pytest.raises(AlertsNotNamed):
        change(office, **missing)
    assert intake_settings().modules == [module]


def test_a_change_is_noted_without_names_or_addresses(office: Office) -> None:
    change(office, **ALERTS, retention_days={"sealed": 30})
    change(office, retention_days={"sealed": 30})

    noted = Change.objects.get(kind="intake_settings_changed")
    assert noted.actor == f"practitioner:{office.practitioner.pk}"
    assert "alert_email" in noted.snapshot["changed"]
    assert "@" not in str(noted.snapshot)
    assert intake_settings().retention_days == {**DEFAULT_DAYS, "sealed": 30}


def test_the_practices_own_resources_take_the_place_of_those_that_came_with_it(
    office: Office,
) -> None:
    own = {
        "name": "The house on the corner",
        "ways": ["Ring the bell"],
        "countries": ["US"],
        "checked": "2026-11-01",
    }

    change(office, resources=[own])
    found = support_for("US")
    change(office, resources=[])

    assert [(r.name, str(r.checked)) for r in found] == [("The house on the corner", "2026-11-01")]
    assert len(support_for("US")) > 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"modules": ["wealth"]}, UnknownSetting),
        ({"retention_days": {"forever": 1}}, UnknownSetting),
        ({"retention_days": {"sealed": 0}}, UnknownSetting),
        ({"resources": [{"name": "Nobody", "ways": []}]}, InvalidResources),
        ({"resources": [{"name": "X", "ways": ["Y"], "checked": "soon"}]}, InvalidResources),
    ],
)
def test_what_makes_no_sense_is_refused_as_a_whole(
    office: Office, changes: dict[str, Any], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        change(office, alert_name="Ava", **changes)

    assert not IntakeSettings.objects.exists()
