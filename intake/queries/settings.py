"""What the practice has decided about its questionnaires."""

from collections.abc import Sequence

from intake.domain.resources import Resource, emergency_first, for_country, parsed, resources
from intake.models import IntakeSettings


def intake_settings() -> IntakeSettings:
    """The settings; their defaults until somebody has changed one."""
    return IntakeSettings.objects.first() or IntakeSettings()


def every_resource(settings: IntakeSettings | None = None) -> Sequence[Resource]:
    """The practice's own list of ways to get support, else the one that comes with Attune."""
    edited = (settings or intake_settings()).resources
    return parsed(edited, "resources") if edited else resources()


def support_for(country: str, *, youth: bool = False) -> Sequence[Resource]:
    """Other ways to get support in a country; `youth`: those for people under 18.

    Where the country is not known, everything: too much is better than nothing. The emergency
    numbers come first.
    """
    found = [r for r in every_resource() if r.is_youth == youth]
    return for_country(found, country) if country else emergency_first(found)


def has_alerts(settings: IntakeSettings) -> bool:
    """Whether somebody answers alerts, by when, and who does if they do not."""
    return bool(
        settings.alert_name
        and settings.alert_email
        and settings.alert_hours
        and settings.second_name
        and settings.second_email
        and settings.second_email.casefold() != settings.alert_email.casefold()
    )
