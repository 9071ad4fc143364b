"""What the practitioner offers, and the rules of each session."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_safe

from booking.domain.refusals import InvalidRequest, NotTheirs
from booking.forms.energy import KINDS
from booking.forms.services import ServiceForm
from booking.operations import availability
from booking.queries import availability as queries
from booking.queries import versions
from booking.queries.availability import Change
from booking.views.desk import meanwhile, words
from booking.views.desk.meanwhile import Stand
from booking.views.desk.page import desk_response
from booking.views.desk.review import Edit, is_going_back, review
from booking.views.desk.words import Notice
from practice.domain.hours import length
from practice.models import Modality, Practitioner, Service
from practice.views.desk import desk_page


@require_safe
@desk_page
def services(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Everything on offer, also what is not taken on at present."""
    now = timezone.now()
    context = {"services": [_row(s) for s in queries.own_services(practitioner)]}
    return desk_response(request, practitioner, "services.html", context, section="hours", now=now)


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def service(
    request: HttpRequest, practitioner: Practitioner, service_id: UUID | None = None
) -> HttpResponse:
    """One service and its rules; without an id a new one."""
    now = timezone.now()
    found = next((s for s in queries.own_services(practitioner) if s.pk == service_id), None)
    if service_id is not None and found is None:
        raise Http404

    def show(form: ServiceForm, *, notice: Notice | None = None, status: int = 200) -> HttpResponse:
        context = {
            "form": form,
            "service": found,
            "who": KINDS[found.relationship_type] if found else "",
            "notice": notice,
            **(meanwhile.carried(request, _stand(found), notice=notice) if found else {}),
        }
        return desk_response(
            request,
            practitioner,
            "services_edit.html",
            context,
            section="hours",
            now=now,
            status=status,
        )

    if request.method != "POST":
        return show(ServiceForm(initial=ServiceForm.initial_of(found), service=found))
    form = ServiceForm(request.POST, service=found)
    if is_going_back(request):
        return show(form)
    if not form.is_valid():
        return show(form, status=400)
    try:
        return review(
            request,
            practitioner,
            _edit(practitioner, found, form, seen=meanwhile.seen(request), now=now),
            now=now,
            again=lambda notice: show(form, notice=notice, status=notice.status),
        )
    except InvalidRequest as invalid:
        return show(form, notice=words.refused(invalid), status=400)
    except NotTheirs:
        raise Http404 from None


def _edit(
    practitioner: Practitioner,
    found: Service | None,
    form: ServiceForm,
    *,
    seen: str | None,
    now: datetime,
) -> Edit:
    settings = form.settings
    summary = [
        gettext("What is booked or held keeps its time and its length; this is for what comes.")
    ]
    if not settings.is_active:
        summary.append(gettext("Nobody can ask for it until you offer it again."))
    return Edit(
        title=settings.name,
        summary=summary,
        change=Change(service=_as_it_would_be(found, form)),
        save=lambda: availability.set_service(
            practitioner_id=practitioner.pk,
            service_id=found.pk if found else None,
            settings=settings,
            seen=seen,
            now=now,
        ),
        stand=(lambda: _stand(found)) if found else None,
        done=gettext("“%(name)s” is saved.") % {"name": settings.name},
        back="desk:services",
    )


def _stand(found: Service) -> Stand:
    row = _row(found)
    return Stand(
        versions.of_service(found.pk),
        [
            found.name,
            gettext("It can be asked for") if found.is_active else gettext("Not offered"),
            *(f"{name}: {fact}" for name, fact in row["facts"] if fact),
            *(text for text in (found.price_text, found.description) if text),
        ],
    )


def _as_it_would_be(found: Service | None, form: ServiceForm) -> Service:
    """The service with what was typed, never saved."""
    settings = form.settings
    edited = Service(pk=found.pk) if found else Service()
    for name in ServiceForm.base_fields:
        setattr(edited, name, getattr(settings, name))
    return edited


def _row(found: Service) -> dict[str, Any]:
    caps = [
        text % {"count": cap}
        for text, cap in (
            (gettext("%(count)s a day"), found.day_cap),
            (gettext("%(count)s a week"), found.week_cap),
        )
        if cap is not None
    ]
    return {
        "service": found,
        "who": KINDS[found.relationship_type],
        "facts": [
            (gettext("Kind"), words.kind_of_service(found)),
            (gettext("Length"), length(found.duration_minutes)),
            (
                gettext("Breaks"),
                gettext("%(before)s before, %(after)s after")
                % {
                    "before": length(found.buffer_before_minutes),
                    "after": length(found.buffer_after_minutes),
                }
                if found.buffer_before_minutes
                else gettext("%(after)s after") % {"after": length(found.buffer_after_minutes)},
            ),
            (
                gettext("Asked for"),
                gettext("%(notice)s to %(days)s days ahead, a start every %(step)s")
                % {
                    "notice": length(found.notice_minutes),
                    "days": found.horizon_days,
                    "step": length(found.step_minutes),
                },
            ),
            (gettext("At most"), ", ".join(caps)),
            (
                gettext("Ways to meet"),
                ", ".join(str(Modality(m).label) for m in found.modalities),
            ),
        ],
    }
