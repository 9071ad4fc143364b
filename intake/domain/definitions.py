"""What a questionnaire is made of. The files under `intake/forms/` become these.

A definition never changes once people have begun it: a new wording is a new version, in a new
file beside the old one, and a sheet stays on the version it was begun with.
"""

from collections.abc import Collection, Mapping, Sequence, Set
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """How a question is answered."""

    SHORT = "short"
    LONG = "long"
    SINGLE = "single"
    MULTI = "multi"
    SCALE = "scale"  # 0 to 10
    DATE = "date"
    CONSENT = "consent"  # a box to tick
    SIGN = "sign"  # a typed legal name
    CONNECTIONS = "connections"  # a group per person who matters: label, links, scales


class Tier(StrEnum):
    """Who can see an answer besides the person who gave it."""

    SHARED = "shared"  # those attending, once the appointment is booked
    PRACTITIONER = "practitioner"
    SEALED = (
        "sealed"  # the practitioner only; written once, never shown again, not even to its author
    )


class Who(StrEnum):
    """Who is asked."""

    EACH = "each"
    REQUESTER = "requester"


class Passed(StrEnum):
    """An answer that is not a content: it counts as answered."""

    PREFER_NOT = "prefer_not"
    SAY_ALOUD = "say_aloud"


@dataclass(frozen=True, slots=True)
class Connection:
    """One person somebody named, in their own words; never matched with anybody."""

    label: str
    links: tuple[str, ...] = ()
    #: 0 to 10 by key of the scale; a scale left out was not answered.
    scales: Mapping[str, int] = field(default_factory=dict)


#: An entry of a multi answer that starts with this holds the person's own words.
OWN = "own:"

#: A valid answer. `bool` for consent, `int` for a scale, an ISO date as `str`.
type Value = str | int | bool | tuple[str, ...] | tuple[Connection, ...] | Passed


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a single or multi question. `key` is what is stored."""

    key: str
    label: str
    detail: str = ""
    #: In a multi question: cannot be combined with the others ("none", "nobody").
    alone: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """When something applies: small data, evaluated in `conditions.py` and mirrored in the page.

    Exactly one subject: an earlier `question`, a `fact` of the request, or the combinations
    `every` and `some` of other conditions.
    """

    question: str = ""
    fact: str = ""
    #: The answer is (or contains) one of these.
    any_of: tuple[str, ...] = ()
    #: Any answer with a content.
    answered: bool = False
    #: For a number.
    at_least: int | None = None
    every: tuple["Condition", ...] = ()
    some: tuple["Condition", ...] = ()


@dataclass(frozen=True, slots=True)
class Scale:
    """One 0-10 scale, alone or per connection."""

    key: str
    label: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question. `label` and the other texts are English and translated where shown."""

    key: str
    kind: Kind
    label: str
    help: str = ""
    #: True, False, or only when a condition holds.
    required: bool | Condition = False
    who: Who = Who.EACH
    tier: Tier = Tier.PRACTITIONER
    #: The author may show this answer to the others.
    can_share: bool = False
    #: "Prefer not to say" and "I'd rather say this out loud" are offered and count as answers.
    may_pass: bool = False
    when: Condition | None = None
    #: What the condition says in words, for a page without JavaScript.
    when_words: str = ""
    options: tuple[Option, ...] = ()
    max_length: int = 0
    #: "phone": digits with the usual signs between them.
    format: str = ""
    low: str = ""
    high: str = ""
    #: A field for other words appears beside the options.
    own_words: bool = False
    #: The profile column this answer is kept in, instead of as an answer.
    column: str = ""
    #: Where the answer is already known from: shown, never asked ("email", "group", "start").
    known: str = ""
    #: An answer that ends the questionnaire: nothing is stored.
    stops: tuple[str, ...] = ()
    #: For connections: what each row asks.
    scales: tuple[Scale, ...] = ()
    rows_max: int = 0
    cards: bool = False
    #: Asked only while one of these modules is on; empty: always.
    modules: tuple[str, ...] = ()
    #: Stands above the question: the opening words of an instrument, asked before its first item.
    intro: str = ""
    #: Where an instrument comes from, in small print below `intro`.
    source: str = ""
    #: Copied from a published instrument, and nobody here has compared it with the original.
    is_unverified: bool = False
    #: Answers to which help is shown at once, whatever else is wrong or missing on the page.
    urgent: tuple[str, ...] = ()
    #: Stands beside nobody else's answer, on no page and in no file about several people.
    never_jointly: bool = False
    #: Answers that set the whole section aside: nothing else of it is kept.
    postpones: tuple[str, ...] = ()

    @property
    def is_asked(self) -> bool:
        """Whether the person is asked at all; otherwise the answer is known already."""
        return not self.known


@dataclass(frozen=True, slots=True)
class Section:
    """One calm page. `slug` stands in the address and is neutral."""

    slug: str
    title: str
    questions: tuple[Question, ...]
    #: Paragraphs, with an empty line between them.
    lead: str = ""
    #: The person may skip it as a whole.
    may_skip: bool = False
    #: The safety section: all sealed, saved in one go, and not shown again after that.
    is_safety: bool = False


@dataclass(frozen=True, slots=True)
class Form:
    """A questionnaire of one relationship type in one version."""

    key: str
    version: int
    sections: tuple[Section, ...]

    def section(self, slug: str) -> Section | None:
        """The section with that slug."""
        return next((s for s in self.sections if s.slug == slug), None)

    @property
    def questions(self) -> Sequence[Question]:
        """Every question, in order."""
        return [q for s in self.sections for q in s.questions]

    def question(self, key: str) -> Question | None:
        """The question with that key."""
        return next((q for q in self.questions if q.key == key), None)


@dataclass(frozen=True, slots=True)
class Consent:
    """A document in one version. Text paragraphs may hold placeholders like `{cancel_hours}`."""

    key: str
    version: int
    title: str
    summary: str
    #: Markdown-free: paragraphs, and lines that start with "- ".
    text: str
    #: False: it may be declined, and declining changes nothing.
    required: bool
    #: What the person ticks, or the two answers of an optional document.
    agree: str
    decline: str = ""
    #: Empty: all.
    types: frozenset[str] = frozenset()
    modalities: frozenset[str] = frozenset()

    def applies(self, *, relationship_type: str, modality: str) -> bool:
        """Whether people of such a request are asked to sign it."""
        return (not self.types or relationship_type in self.types) and (
            not self.modalities or modality in self.modalities
        )


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask of the request; no answers of anybody else."""

    relationship_type: str
    modality: str
    is_requester: bool
    #: How many people attend, this one included.
    people: int
    topics: frozenset[str] = frozenset()
    #: What the practice asks, see `intake.domain.modules`.
    modules: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Library:
    """Every definition in every version."""

    forms: Mapping[tuple[str, int], Form]
    consents: Mapping[tuple[str, int], Consent]

    def form(self, key: str, version: int | None = None) -> Form:
        """A form; without a version its newest. Raises `KeyError` if there is none."""
        if version is None:
            version = max((v for k, v in self.forms if k == key), default=0)
        return self.forms[key, version]

    def consent(self, key: str, version: int | None = None) -> Consent:
        """A document; without a version its newest. Raises `KeyError` if there is none."""
        if version is None:
            version = max((v for k, v in self.consents if k == key), default=0)
        return self.consents[key, version]

    def danger_in(self, said: Mapping[str, Collection[str]]) -> Mapping[str, Value]:
        """The answers in what was sent, question by question, that say danger now in any form."""
        return {
            question.key: value
            for form in self.forms.values()
            for question in form.questions
            for value in question.urgent
            if value in said.get(question.key, ())
        }

    @property
    def sealed(self) -> Set[str]:
        """The keys of the questions that are sealed in any form."""
        return {
            question.key
            for form in self.forms.values()
            for question in form.questions
            if question.tier is Tier.SEALED
        }

    def is_safety(self, slug: str) -> bool:
        """Whether the section of this name is the safety section, in any form."""
        sections = (section for form in self.forms.values() for section in form.sections)
        return any(section.is_safety and section.slug == slug for section in sections)

    def consents_for(self, *, relationship_type: str, modality: str) -> Sequence[Consent]:
        """The newest version of every document that applies, in the order of the keys' files."""
        newest: dict[str, Consent] = {}
        for consent in self.consents.values():
            if consent.key not in newest or consent.version > newest[consent.key].version:
                newest[consent.key] = consent
        return [
            newest[key]
            for key in CONSENT_ORDER
            if key in newest
            and newest[key].applies(relationship_type=relationship_type, modality=modality)
        ]


#: The order in which documents are read; a document not named here is refused by the loader.
CONSENT_ORDER = (
    "cn_scope",
    "cn_confid",
    "cn_data",
    "cn_nosecrets",
    "cn_joint",
    "cn_group",
    "cn_tele",
    "cn_cancel",
    "cn_msg",
    "cn_record",
    "cn_research",
)
