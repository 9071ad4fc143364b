"""Reads of intake. Every reader of answers passes through `answers_for`."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from booking.domain.states import OPEN_REQUEST_STATES, AppointmentState, RequestState
from booking.models import Attendance, Participant
from intake.domain.answers import from_json
from intake.domain.completeness import Progress, missing, progress, unsigned
from intake.domain.conditions import is_possible
from intake.domain.definitions import Consent, Facts, Form, Question, Section, Tier, Value
from intake.domain.documents import Document, Wording, document, reworded
from intake.domain.loader import library
from intake.domain.modules import effective
from intake.domain.profile import known_answers
from intake.domain.resources import Resource, for_country, parsed, resources
from intake.domain.visibility import Relation, is_for_others, may_see, tier_for
from intake.models import (
    Answer,
    AnswerSheet,
    ConsentEdition,
    Flag,
    IntakeSettings,
    Signature,
)
from practice.models import Change, Practice, Practitioner, Service
from practice.queries import the_practice
from practice.sealing import Tampered, UnknownKey, unseal

AGREEMENTS = "agreements"
#: The journal's kind for a reading of answers by the practitioner.
ANSWERS_READ = "answers_read"
_ANSWER_LABEL = "answer"
_CAME_TOGETHER = (AppointmentState.BOOKED, AppointmentState.FULFILLED)


# People of a request ----------------------------------------------------------------------------


def inviter_of(participant: Participant) -> str:
    """The requester as they chose to be named in this person's invitation; empty if not at all."""
    if participant.is_requester:
        return ""
    requester = Participant.objects.filter(
        request_id=participant.request_id, is_requester=True
    ).first()
    name = requester.chosen_name if requester else ""
    is_initial = participant.invited_as == Participant.InvitedAs.INITIAL
    return f"{name[0]}." if name and is_initial else name


def names_known_to(participant: Participant) -> frozenset[str]:
    """Names of people who come along, as far as this person wrote or was shown them, folded."""
    names = {participant.chosen_name, inviter_of(participant)}
    if participant.is_requester:
        others = participant.request.participants.exclude(pk=participant.pk)
        names |= {p.label for p in others if p.attends != Participant.Attends.NO}
    return frozenset(name.strip().casefold() for name in names if name.strip())


def people_to_read(request_id: UUID, practitioner_id: UUID) -> Sequence[Participant]:
    """The people of one's own request who answer a questionnaire; nobody of anybody else's."""
    return list(
        Participant.objects.filter(
            request_id=request_id,
            request__practitioner_id=practitioner_id,
            excused_at__isnull=True,
        ).exclude(attends=Participant.Attends.NO)
    )


# The practice's own settings ---------------------------------------------------------------------


def intake_settings() -> IntakeSettings:
    """The settings; their defaults until somebody has changed one."""
    return IntakeSettings.objects.first() or IntakeSettings()


def support_for(country: str) -> Sequence[Resource]:
    """Other ways to get support: the practice's own list, else the one that comes with Attune.

    Where the country is not known, everything: too much is better than nothing.
    """
    edited = intake_settings().resources
    found = parsed(edited, "resources") if edited else resources()
    return for_country(found, country) if country else found


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


def flag_sources(flag: Flag) -> Sequence[str]:
    """Why a flag was raised; nothing if its key is lost."""
    try:
        text = unseal(flag.sources_sealed, label="flag", row=flag.id, field="sources")
    except (UnknownKey, Tampered):
        return []
    found: list[str] = json.loads(text)
    return found


# Readers ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Author:
    """The person who answered."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class Fellow:
    """Another person of the same request."""

    participant_id: UUID


@dataclass(frozen=True, slots=True)
class PractitionerReader:
    """A practitioner, with the journal row that this reading left behind.

    Only `operations.reading.open_answers` makes one, so no reading goes without its row.
    """

    practitioner_id: UUID
    audit: Change


type Reader = Author | Fellow | PractitionerReader


@dataclass(frozen=True, slots=True)
class Shown:
    """One answer that its reader may see. `is_unreadable`: its key is lost, or it was altered."""

    section: Section
    question: Question
    value: Value | None
    is_shared: bool
    saved_at: datetime | None
    is_unreadable: bool = False


def answers_for(*, reader: Reader, participant_id: UUID) -> Sequence[Shown]:
    """The answers of one person that `reader` may see, in the order of the questionnaire.

    The only way from a stored answer to a reader: pages, exports and whatever comes later call
    this. A stranger, and a practitioner without the journal row of this reading, get nothing.
    """
    participant = Participant.objects.select_related("request").filter(pk=participant_id).first()
    if participant is None:
        return []
    relation = _relation(reader, participant)
    if relation is Relation.STRANGER:
        return []
    is_booked = relation is Relation.ATTENDING and _come_together(
        participant_id, _reader_id(reader)
    )
    if relation is Relation.ATTENDING and not is_booked:
        return []
    sheet = AnswerSheet.objects.filter(participant=participant).first()
    if sheet is None:
        return []
    return [
        shown
        for shown in _everything(participant, sheet)
        if may_see(shown.question, relation, is_shared=shown.is_shared, is_booked=is_booked)
    ]


def _reader_id(reader: Reader) -> UUID:
    if isinstance(reader, PractitionerReader):
        return reader.practitioner_id
    return reader.participant_id


def _relation(reader: Reader, participant: Participant) -> Relation:
    """What a reader is to this person, from booking's own rows."""
    match reader:
        case Author():
            is_author = reader.participant_id == participant.id
            return Relation.AUTHOR if is_author else Relation.STRANGER
        case PractitionerReader():
            has_row = (
                reader.audit.kind == ANSWERS_READ and reader.audit.subject_id == participant.id
            )
            is_theirs = participant.request.practitioner_id == reader.practitioner_id
            return Relation.PRACTITIONER if has_row and is_theirs else Relation.STRANGER
        case Fellow():
            is_fellow = (
                reader.participant_id != participant.id
                and Participant.objects.filter(
                    pk=reader.participant_id, request_id=participant.request_id
                ).exists()
            )
            return Relation.ATTENDING if is_fellow else Relation.STRANGER


def _come_together(one: UUID, other: UUID) -> bool:
    """Whether a booked appointment has both on its roster."""
    return (
        Attendance.objects.filter(
            participant_id=one,
            left_at__isnull=True,
            appointment__state__in=_CAME_TOGETHER,
            appointment__attendances__participant_id=other,
            appointment__attendances__left_at__isnull=True,
        )
        .filter(appointment__request_id__isnull=False)
        .exists()
    )


def _everything(participant: Participant, sheet: AnswerSheet) -> Sequence[Shown]:
    """All answers of a sheet, opened. Private: `answers_for` decides what leaves this module."""
    form = form_of(sheet)
    stored = {a.question: a for a in sheet.answers.all()}
    columns = known_answers(form, _columns(participant, form), sheet.profile_answered)
    found = []
    for section in form.sections:
        for question in section.questions:
            if question.key in columns:
                found.append(Shown(section, question, columns[question.key], False, sheet.saved_at))
            elif question.key in stored:
                found.append(_opened(section, question, stored[question.key]))
    return found


def _opened(section: Section, question: Question, answer: Answer) -> Shown:
    try:
        value = opened(answer)
    except (UnknownKey, Tampered):
        return Shown(section, question, None, answer.is_shared, answer.saved_at, True)
    return Shown(section, question, value, answer.is_shared, answer.saved_at)


def opened(answer: Answer) -> Value:
    """One answer's value. Raises `practice.sealing.UnknownKey` and `Tampered`."""
    text = unseal(answer.value_sealed, label=_ANSWER_LABEL, row=answer.id, field=answer.question)
    return from_json(text)


def opened_answers(sheet: AnswerSheet) -> Mapping[str, Value]:
    """Every stored answer of a sheet that can be opened, sealed ones included.

    For scoring inside an operation only: nothing of this may reach a page, a journal or a log.
    """
    found = {}
    for answer in Answer.objects.filter(sheet=sheet):
        with suppress(UnknownKey, Tampered):
            found[answer.question] = opened(answer)
    return found


def _columns(participant: Participant, form: Form) -> Mapping[str, str | bool]:
    return {q.column: getattr(participant, q.column) for q in form.questions if q.column}


def form_of(sheet: AnswerSheet) -> Form:
    """The form a sheet is pinned to."""
    return library().form(sheet.form, sheet.version)


# A person's own part ---------------------------------------------------------------------------


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

    @property
    def accepted(self) -> frozenset[tuple[str, int]]:
        """The documents agreed to, in which version."""
        return frozenset(
            (s.document, s.document_version) for s in self.signatures.values() if s.accepted
        )

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
    def is_finished(self) -> bool:
        """They finished, and nothing has gone missing since."""
        return self.sheet is not None and self.sheet.finished_at is not None

    @property
    def needs_passcode(self) -> bool:
        """Others may see their mail (or they have not said), and they have no passcode yet."""
        return (
            self.participant.shared_mailbox != Participant.SharedMailbox.NO
            and not self.participant.passcode_hash
        )

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
    own = _everything(participant, sheet) if sheet else []
    readable = [s for s in own if s.value is not None and s.question.tier is not Tier.SEALED]
    return Standing(
        participant=participant,
        sheet=sheet,
        form=form,
        facts=facts,
        answers={s.question.key: s.value for s in readable if s.value is not None},
        shared=frozenset(s.question.key for s in readable if s.is_shared),
        sealed=frozenset(s.question.key for s in own if s.question.tier is Tier.SEALED),
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


# Documents -------------------------------------------------------------------------------------


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


# What the others will see, and what they shared ------------------------------------------------


def for_the_others(own: Standing) -> Sequence[Shown]:
    """One's own answers that those attending will see once the appointment is booked."""
    return [
        s
        for s in answers_for(reader=Author(own.participant.id), participant_id=own.participant.id)
        if is_for_others(s.question, is_shared=s.is_shared)
        and (s.is_shared or tier_for(s.question, own.facts) is Tier.SHARED)
    ]


@dataclass(frozen=True, slots=True)
class SharedBy:
    """What one person lets another see."""

    name: str
    answers: Sequence[Shown]


def shared_with(participant: Participant) -> Sequence[SharedBy]:
    """What the others attending have chosen to show this person, under their own names."""
    others = Participant.objects.filter(
        request_id=participant.request_id, left_at__isnull=True
    ).exclude(pk=participant.pk)
    found = []
    for other in others:
        answers = answers_for(reader=Fellow(participant.id), participant_id=other.id)
        rest = [s for s in answers if s.question.column != "chosen_name"]
        if rest:
            found.append(SharedBy(other.chosen_name, rest))
    return found
