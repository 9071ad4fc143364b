"""What the practice answers for itself, with the day on which it last made sure."""

from datetime import date

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from intake.domain.checking import Checked, Part
from intake.domain.refusals import EditedMeanwhile, UnknownSetting
from intake.operations.checking import note_check
from intake.queries.checking import every_check
from intake.views.desk_frame import show
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_TITLES = {
    Part.SUPPORT: gettext_lazy("Places to turn to"),
    Part.DOCUMENT: gettext_lazy("Agreements"),
    Part.INSTRUMENT: gettext_lazy("Questions that others have published"),
    Part.FACT: gettext_lazy("What depends on where you are"),
}


@require_safe
@desk_page
def checks(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything to check, what waits first."""
    now = database_now()
    today = now.date()
    found = every_check()
    parts = [
        (_TITLES[part], part, [_row(one, today) for one in found if one.thing.part is part])
        for part in Part
    ]
    waiting = sum(one.is_open(today) for one in found)
    context = {"parts": parts, "waiting": waiting}
    return show(request, practitioner, "desk_checks", context, section="settings", now=now)


@require_POST
@desk_page
def note(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """One thing was read, and the practice stands behind it."""
    try:
        note_check(
            practitioner_id=practitioner.pk,
            key=request.POST.get("key", ""),
            seen=request.POST.get("seen", ""),
            now=database_now(),
        )
    except UnknownSetting:
        raise Http404 from None
    except EditedMeanwhile:
        messages.warning(request, _("It says something else by now. Please read it once more."))
    else:
        messages.success(request, _("Noted."))
    return redirect("desk-checks")


def _row(one: Checked, today: date) -> dict[str, object]:
    title = one.thing.title if one.thing.part is Part.SUPPORT else _(one.thing.title)
    return {
        "key": one.thing.key,
        "title": title,
        # Agreements are long, and read where they are edited.
        "text": "" if one.thing.part is Part.DOCUMENT else _(one.thing.text),
        "on": one.on,
        "is_open": one.is_open(today),
        "seen": one.thing.text_hash.hex(),
    }
