"""The register of agreements: who signed which version, when."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from intake.models import Signature
from intake.queries.documents import consent_title
from intake.queries.register import Edition, signatures_of
from intake.queries.register import register as editions
from intake.queries.signing import to_sign_again
from intake.views.desk_frame import Names, names_for, show
from practice.models import Practitioner
from practice.queries import database_now
from practice.views.desk import desk_page

_ON_A_PAGE = 50


@require_safe
@desk_page
def register(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Every version that somebody signed."""
    now = database_now()
    rows = [_row(e) for e in editions(practitioner.pk)]
    return show(
        request,
        practitioner,
        "desk_register",
        {"rows": rows, "again": to_sign_again(practitioner.pk, now=now)},
        section="settings",
        now=now,
    )


@require_safe
@desk_page
def edition(
    request: HttpRequest, practitioner: Practitioner, document: str, version: int
) -> HttpResponse:
    """Who signed one version."""
    found = signatures_of(practitioner.pk, document, version)
    pages = Paginator(found, _ON_A_PAGE)
    if not pages.count:
        raise Http404
    names = names_for(request)
    page = pages.get_page(request.GET.get("page"))
    context = {
        "title": consent_title(document, version),
        "version": version,
        "page": page,
        "rows": [_signed(s, names) for s in page],
    }
    return show(
        request, practitioner, "desk_register_one", context, section="settings", now=database_now()
    )


def _row(found: Edition) -> dict[str, Any]:
    return {"edition": found, "title": consent_title(found.document, found.version)}


def _signed(signature: Signature, names: Names) -> dict[str, Any]:
    return {
        "signature": signature,
        "name": names.of(signature.participant),
        "hash": bytes(signature.text_id).hex()[:12],
    }
