"""A person's own copies of what they signed, to print."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from booking.models import Participant
from booking.views.device import private_page
from intake.models import Signature
from intake.queries.signing import legal_name, own_signature, own_signatures
from intake.views import paper
from intake.views.private import show
from intake.views.times import Moment, moment


@require_safe
@private_page(answers=True, after_the_end=True)
def signed(request: HttpRequest, participant: Participant) -> HttpResponse:
    """Every signature, also those that were taken back or replaced."""
    return show(request, participant, "signed", {"rows": signed_rows(participant)})


@require_safe
@private_page(answers=True, after_the_end=True)
def receipt(request: HttpRequest, participant: Participant, signature_id: UUID) -> HttpResponse:
    """One signature with the exact text under which it stands."""
    return show(request, participant, "receipt", _receipt(participant, signature_id))


@require_safe
@private_page(answers=True, after_the_end=True)
def receipt_file(
    request: HttpRequest, participant: Participant, signature_id: UUID
) -> HttpResponse:
    """The same as a PDF."""
    context = _receipt(participant, signature_id)
    if not paper.is_possible():
        return paper.not_possible(request, "you-receipt", participant.id, signature_id)
    return paper.paper(request, "receipt", context, file_name="copy.pdf")


def _receipt(participant: Participant, signature_id: UUID) -> dict[str, object]:
    found = own_signature(participant, signature_id)
    if found is None:
        raise Http404
    title, _, rest = found.text.text.partition("\n\n")
    return {
        "signature": found,
        "title": title,
        "text": rest,
        "name": legal_name(found),
        "at": _at(found),
        "ended": moment(found.withdrawn_at, None, found.time_zone) if found.withdrawn_at else None,
        "hash": bytes(found.text_id).hex(),
    }


def signed_rows(participant: Participant) -> list[dict[str, object]]:
    """What a person signed, in words, newest first."""
    return [{"signature": s, "title": _title(s), "at": _at(s)} for s in own_signatures(participant)]


def _title(signature: Signature) -> str:
    return signature.text.text.partition("\n\n")[0]


def _at(signature: Signature) -> Moment:
    """The time on the clock that the person had when they signed."""
    return moment(signature.signed_at, None, signature.time_zone)
