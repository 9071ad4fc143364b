"""The practice's documents: their words, a preview, and asking people to sign again."""

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from intake.domain.documents import Document, document, reworded
from intake.domain.loader import PLACEHOLDERS
from intake.domain.refusals import EditedMeanwhile
from intake.forms.documents import DocumentForm
from intake.operations.documents import ask_to_sign_again, edit_document
from intake.queries.checking import document_checks
from intake.queries.documents import consent_now, placeholder_values
from intake.queries.signing import listed
from intake.views.desk_frame import show
from practice.models import Practitioner
from practice.queries import database_now, the_practice
from practice.views.desk import desk_page

_SECTION = "settings"


@require_safe
@desk_page
def documents(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Every document, with how many signed which version."""
    now = database_now()
    checks = document_checks()
    rows = [
        {
            "found": found,
            "checked": checks[found.consent.key],
            "is_unchecked": checks[found.consent.key].is_open(now.date()),
            "title": found.consent.title if found.is_own_wording else _(found.consent.title),
        }
        for found in listed(practitioner.pk)
    ]
    return show(
        request,
        practitioner,
        "desk_documents",
        {"rows": rows},
        section=_SECTION,
        now=now,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@desk_page
def edit(request: HttpRequest, practitioner: Practitioner, key: str) -> HttpResponse:
    """One document's words: shown, tried out, or saved as a new version."""
    try:
        consent = consent_now(key)
    except KeyError as error:
        raise Http404 from error
    form = DocumentForm(consent, request.POST if request.method == "POST" else None)
    preview = None
    status = 200
    if request.method == "POST":
        status = 400
        if form.is_valid() and "preview" in request.POST:
            status = 200
            filled = reworded(consent, form.wording, consent.version)
            preview = document(filled, _values(practitioner), str)
        elif form.is_valid():
            try:
                version = edit_document(
                    practitioner_id=practitioner.pk,
                    document=key,
                    wording=form.wording,
                    seen=form.cleaned_data["seen"],
                    now=database_now(),
                )
            except EditedMeanwhile:
                form.add_error(
                    None,
                    _(
                        "Somebody has saved another version meanwhile. Open the document again "
                        "in another window and compare before you save."
                    ),
                )
            else:
                _say_saved(request, version, before=consent.version)
                return redirect("desk-documents")
    return _page(request, practitioner, form, preview, status=status)


def _say_saved(request: HttpRequest, version: int, *, before: int) -> None:
    if version == before:
        messages.info(request, _("Nothing was different, so nothing has changed."))
        return
    messages.success(
        request,
        _(
            "Saved as version %(version)d. People read it from now on. To ask those who signed "
            "before, open the register."
        )
        % {"version": version},
    )


def _page(
    request: HttpRequest,
    practitioner: Practitioner,
    form: DocumentForm,
    preview: Document | None,
    *,
    status: int,
) -> HttpResponse:
    values = _values(practitioner)
    context = {
        "form": form,
        "version": form.initial["seen"],
        "preview": preview,
        "placeholders": [("{" + name + "}", values[name]) for name in sorted(PLACEHOLDERS)],
    }
    return show(
        request,
        practitioner,
        "desk_document",
        context,
        section=_SECTION,
        now=database_now(),
        status=status,
    )


def _values(practitioner: Practitioner) -> dict[str, str]:
    """The placeholders as people of the first service read them; dashes where there is none."""
    service = practitioner.services.order_by("-is_active", "position").first()
    if service is None:
        return dict.fromkeys(PLACEHOLDERS, "–")
    return dict(placeholder_values(practitioner, service, the_practice()))


@require_POST
@desk_page
def ask_again(request: HttpRequest, practitioner: Practitioner) -> HttpResponse:
    """Ask everybody who signed an earlier version to sign the one that applies."""
    asked = ask_to_sign_again(practitioner_id=practitioner.pk, now=database_now())
    if asked:
        text = ngettext(
            "%(count)d person is asked to sign again.",
            "%(count)d people are asked to sign again.",
            asked,
        )
        messages.success(request, text % {"count": asked})
    else:
        messages.info(request, _("Nobody has to be asked now."))
    return redirect("desk-register")
