"""How far a person is with their own part."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from uuid import UUID

from booking.domain.states import OPEN_REQUEST_STATES, RequestState
from booking.models import Participant
from intake.domain.completeness import Progress, missing, progress, unsigned
from intake.domain.conditions import is_possible
from intake.domain.definitions import Facts, Form, Section, Tier, Value
from intake.domain.documents import Document
from intake.domain.loader import library
from intake.domain.modules import effective
from intake.models import AnswerSheet, IntakeSettings, Signature
from intake.queries.answers import everything, form_of
from intake.queries.documents import Background, background, documents
from intake.queries.settings import has_alerts
from practice.sealing import Tampered, UnknownKey, unseal

AGREEMENTS = "agreements"


@dataclass(frozen=True, slots=True)
class Part:
    """One section with how far it is."""

    section: Section
    progress: Progress


@dataclass(frozen=True, slots=True)
class Standing:
    """How far one person is with their own part. Sealed answers are only known to be there.

    `form` holds the sections that this person can be asked anything in.
    """

    participant: Participant
    sheet: AnswerSheet | None
    form: Form
    facts: Facts
    answers: Mapping[str, Value]
    shared: frozenset[str]
    sealed: frozenset[str]
    documents: Sequence[Document]
    signatures: Mapping[str, Signature]  # the live one of each document, by its key

    @property
    def present(self) -> Mapping[str, Value]:
        """The answers, and True for a sealed one: enough to see what is missing."""
        return {**self.answers, **dict.fromkeys(self.sealed, True)}

    def signature_under(self, document: Document) -> Signature | None:
        """Their live signature, if it stands under exactly this text.

        One version reads otherwise once a price or a deadline in it changes: what was signed is
        then not what stands there now.
        """
        found = self.signatures.get(document.consent.key)
        if (
            found is None
            or found.document_version != document.consent.version
            or bytes(found.text_id) != document.text_hash
        ):
            return None
        return found

    @property
    def accepted(self) -> frozenset[tuple[str, int]]:
        """The documents agreed to as they stand now, in which version."""
        signed = [self.signature_under(document) for document in self.documents]
        return frozenset((s.document, s.document_version) for s in signed if s and s.accepted)

    @property
    def unsigned(self) -> Sequence[str]:
        """The keys of the required documents that wait for a signature."""
        return [c.key for c in unsigned([d.consent for d in self.documents], self.accepted)]

    @property
    def settled(self) -> frozenset[str]:
        """The slugs of sections that ask for nothing more: skipped, or the safety section once
        answered or set aside.
        """
        if self.sheet is None:
            return frozenset()
        safety = {s.slug for s in self.form.sections if s.is_safety and self.sheet.safety_at}
        return frozenset(self.sheet.skipped) | safety

    def is_over(self, section: Section) -> bool:
        """Whether it is the safety section, answered: it is not shown again."""
        return (
            section.is_safety
            and self.sheet is not None
            and self.sheet.safety_at is not None
            and not self.sheet.safety_set_aside
        )

    @property
    def parts(self) -> Sequence[Part]:
        """Every section with how far it is."""
        return [Part(s, self._progress(s)) for s in self.form.sections]

    def _progress(self, section: Section) -> Progress:
        if section.slug in self.settled:
            return Progress.DONE
        if section.slug != AGREEMENTS:
            return progress(section, self.present, self.facts)
        if not self.unsigned:
            return Progress.DONE
        return Progress.BEGUN if self.signatures else Progress.EMPTY

    @property
    def incomplete(self) -> Sequence[str]:
        """The slugs of the sections in which something required is missing."""
        lacking = {q.key for q in missing(self.form, self.present, self.facts)}
        return [
            s.slug
            for s in self.form.sections
            if (s.slug == AGREEMENTS and self.unsigned)
            or (s.slug not in self.settled and any(q.key in lacking for q in s.questions))
        ]

    @property
    def has_saved(self) -> bool:
        """Whether anything of theirs is saved, answered or signed."""
        is_kept = self.sheet is not None and self.sheet.forgotten_at is None
        return is_kept or bool(self.signatures)

    @property
    def is_finished(self) -> bool:
        """They finished, and nothing has gone missing since."""
        return self.sheet is not None and self.sheet.finished_at is not None

    @property
    def needs_passcode(self) -> bool:
        """Others may see their mail (or they have not said), and they have no passcode yet."""
        return self.participant.needs_passcode

    @property
    def is_open(self) -> bool:
        """Whether anything may be saved: they take part, and the request is not closed."""
        return (
            self.participant.joined_at is not None
            and self.participant.left_at is None
            and self.participant.request.state
            in (OPEN_REQUEST_STATES - {RequestState.RECEIVED}) | {RequestState.CONFIRMED}
        )


def standing(participant_id: UUID) -> Standing:
    """How far this person is. Raises `Participant.DoesNotExist`."""
    participant = Participant.objects.select_related(
        "request__service", "request__practitioner"
    ).get(pk=participant_id)
    sheet = AnswerSheet.objects.filter(participant=participant).first()
    return standing_of(participant, sheet)


def standing_of(
    participant: Participant, sheet: AnswerSheet | None, known: Background | None = None
) -> Standing:
    """The same for rows that the caller has read, and locked perhaps.

    With `known`, and with the sheet's answers, the signatures and the people of the request
    prefetched, it asks the database for nothing.
    """
    known = known or background()
    form = form_of(sheet) if sheet else library().form(participant.request.relationship_type)
    facts = _facts(participant, sheet, known.settings)
    form = replace(
        form,
        sections=tuple(
            s
            for s in form.sections
            if s.slug == AGREEMENTS or any(is_possible(q, facts) for q in s.questions)
        ),
    )
    own = everything(participant, sheet) if sheet else []
    readable = [s for s in own if s.value is not None and s.question.tier is not Tier.SEALED]
    return Standing(
        participant=participant,
        sheet=sheet,
        form=form,
        facts=facts,
        answers={s.question.key: s.value for s in readable if s.value is not None},
        shared=frozenset(s.question.key for s in readable if s.is_shared),
        sealed=frozenset(s.question.key for s in own if s.question.tier is Tier.SEALED)
        | frozenset(sheet.closed if sheet else ()),
        documents=documents(participant, known),
        signatures={
            s.document: s
            for s in sorted(participant.signatures.all(), key=lambda s: s.document_version)
            if s.withdrawn_at is None
        },
    )


def _facts(participant: Participant, sheet: AnswerSheet | None, settings: IntakeSettings) -> Facts:
    request = participant.request
    pinned = settings.modules if sheet is None else sheet.modules
    return Facts(
        relationship_type=request.relationship_type,
        modality=request.modality,
        is_requester=participant.is_requester,
        # Whoever has left quietly still counts: a question that vanished would tell the others.
        people=sum(p.attends != Participant.Attends.NO for p in request.participants.all()),
        topics=_topics(participant),
        modules=effective(pinned, settings.modules, has_alerts=has_alerts(settings)),
    )


def _topics(participant: Participant) -> frozenset[str]:
    """What the requester asked help with; nobody else's questions depend on it."""
    request = participant.request
    if not participant.is_requester or request.topics_sealed is None:
        return frozenset()
    with suppress(UnknownKey, Tampered):  # a lost key takes no page away from them
        text = unseal(request.topics_sealed, label="request", row=request.id, field="topics")
        return frozenset(json.loads(text))
    return frozenset()
