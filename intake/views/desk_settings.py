"""What the practice decides about its questionnaires."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from intake.domain.checking import LASTS
from intake.domain.refusals import AlertsNotNamed
from intake.domain.resources import InvalidResources
from intake.forms.desk import RETENTION, IntakeSettingsForm, ResourceForms
from intake.models import IntakeSettings
from intake.operations.settings import Changes, change_settings
from intake.queries.checking import open_checks
from intake.queries.settings import every_resource, intake_settings
from intake.views.desk_frame import show
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_SECTION = "settings"


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def intake(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Modules, who answers alerts, how long things are kept."""
    now = database_now()
    row = intake_settings()
    if request.method != "POST":
        return _page(request, practitioner, IntakeSettingsForm(initial=_initial(row)))
    form = IntakeSettingsForm(request.POST)
    if form.is_valid():
        try:
            change_settings(
                practitioner_id=practitioner.pk, changes=_changes(form.cleaned_data), now=now
            )
        except AlertsNotNamed:
            form.refuse_modules()
        else:
            messages.success(request, _("Saved."))
            return redirect("desk-intake-settings")
    return _page(request, practitioner, form, status=400)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def support(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """The places where people can turn to, as the practice lists them."""
    now = database_now()
    row = intake_settings()
    if request.method != "POST":
        forms = ResourceForms(initial=_entries(row))
        return _support_page(request, practitioner, row, forms)
    if "reset" in request.POST:
        change_settings(practitioner_id=practitioner.pk, changes=Changes(resources=[]), now=now)
        messages.success(request, _("The list that comes with Attune is shown again."))
        return redirect("desk-support")
    forms = ResourceForms(request.POST, initial=_entries(row))
    if not forms.is_valid():
        return _support_page(request, practitioner, row, forms, status=400)
    entries = [
        form.entry
        for form in forms
        if form.has_changed() or form.initial
        if form.cleaned_data and not form.cleaned_data.get("DELETE")
    ]
    try:
        change_settings(
            practitioner_id=practitioner.pk, changes=Changes(resources=entries), now=now
        )
    except InvalidResources as invalid:
        messages.error(request, str(invalid))
        return _support_page(request, practitioner, row, forms, status=400)
    messages.success(request, _("Saved. This is what people see from now on."))
    return redirect("desk-support")


def _initial(row: IntakeSettings) -> dict[str, Any]:
    names = ("modules", "alert_name", "alert_email", "alert_hours", "second_name", "second_email")
    return {
        **{name: getattr(row, name) for name in names},
        **{f"days_{key}": row.retention_days.get(key) for key in RETENTION},
    }


def _changes(typed: Mapping[str, Any]) -> Changes:
    return Changes(
        modules=typed["modules"],
        alert_name=typed["alert_name"],
        alert_email=typed["alert_email"],
        alert_hours=typed["alert_hours"] or 0,
        second_name=typed["second_name"],
        second_email=typed["second_email"],
        retention_days={key: typed[f"days_{key}"] for key in RETENTION},
    )


def _entries(row: IntakeSettings) -> list[dict[str, Any]]:
    """The list people see now, as the forms show it."""
    shown = every_resource(row)
    return [
        {
            "name": r.name,
            "what": r.what,
            "ways": "\n".join(r.ways),
            "countries": ", ".join(sorted(r.countries)),
            "checked": r.checked,
            "urgent": r.is_urgent,
            "youth": r.is_youth,
            "is_unchecked": r.checked is None or r.checked + LASTS < timezone.localdate(),
        }
        for r in shown
    ]


def _page(
    request: HttpRequest, practitioner: Practitioner, form: IntakeSettingsForm, *, status: int = 200
) -> HttpResponse:
    return show(
        request,
        practitioner,
        "desk_settings",
        {"form": form, "waiting": len(open_checks(timezone.localdate()))},
        section=_SECTION,
        now=database_now(),
        status=status,
    )


def _support_page(
    request: HttpRequest,
    practitioner: Practitioner,
    row: IntakeSettings,
    forms: Any,
    *,
    status: int = 200,
) -> HttpResponse:
    context = {
        "forms": forms,
        "with_errors": [form for form in forms if form.errors],
        "is_own_list": bool(row.resources),
    }
    return show(
        request,
        practitioner,
        "desk_support",
        context,
        section=_SECTION,
        now=database_now(),
        status=status,
    )
