"""The documents that people are asked to sign, in the words that apply now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext

from booking.models import Participant
from intake.domain.definitions import Consent
from intake.domain.documents import Document, Wording, document, reworded
from intake.domain.loader import library
from intake.models import ConsentEdition, IntakeSettings
from intake.queries.settings import intake_settings
from practice.models import Practice, Practitioner, Service
from practice.queries import the_practice


@dataclass(frozen=True, slots=True)
class Background:
    """What is the same for everybody: read once where many standings are asked for."""

    settings: IntakeSettings
    practice: Practice | None
    #: The documents that the practice has reworded, by key.
    reworded: Mapping[str, Consent]


def background() -> Background:
    """The practice, its settings and its own wording of documents. Three queries."""
    return Background(intake_settings(), the_practice(), own_wordings())


def own_wordings() -> Mapping[str, Consent]:
    """Every document that the practice has reworded, in its newest wording. One query."""
    found = ConsentEdition.objects.order_by("document", "-version").distinct("document")
    return {e.document: as_consent(e) for e in found}


def as_consent(edition: ConsentEdition) -> Consent:
    """An edition as the document that it is; whom it is for is the library's to say."""
    wording = Wording(
        title=edition.title,
        summary=edition.summary,
        text=edition.text,
        agree=edition.agree,
        decline=edition.decline,
    )
    return reworded(library().consent(edition.document), wording, edition.version)


def consent_now(key: str) -> Consent:
    """A document as it applies now. Raises `KeyError` if there is none."""
    edition = ConsentEdition.objects.filter(document=key).order_by("-version").first()
    return as_consent(edition) if edition else library().consent(key)


def consent_title(key: str, version: int) -> str:
    """What a document was called in one version; its key if that is not known any more."""
    edition = ConsentEdition.objects.filter(document=key, version=version).first()
    if edition is not None:
        return edition.title
    try:
        return gettext(library().consent(key, version).title)
    except KeyError:
        return key


def documents(participant: Participant, known: Background | None = None) -> Sequence[Document]:
    """The documents this person is asked to sign, as they apply now, filled."""
    known = known or background()
    request = participant.request
    values = placeholder_values(request.practitioner, request.service, known.practice)
    found = library().consents_for(
        relationship_type=request.relationship_type, modality=request.modality
    )
    return [
        document(own, values, str)  # in the practice's words: there is no translation of them
        if (own := known.reworded.get(consent.key))
        else document(consent, values, gettext)
        for consent in found
    ]


def placeholder_values(
    practitioner: Practitioner, service: Service, practice: Practice | None
) -> Mapping[str, str]:
    """What stands for the placeholders of documents."""
    places = [str(place["label"]) for place in practice.locations] if practice else []
    return {
        "practitioner": practitioner.display_name,
        "practice": practice.name if practice else "",
        "practice_email": practice.email if practice else "",
        "price": service.price_text or gettext("the price stands with each offer"),
        "duration_minutes": str(service.duration_minutes),
        "cancel_hours": f"{service.cancel_minutes / 60:g}",
        "places": "; ".join(places) or gettext("the place you named in the request"),
    }
