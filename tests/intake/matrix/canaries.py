"""What somebody answers in the world of these tests: a canary wherever there are words.

A canary is one word that stands nowhere else; it names its author and the question.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from intake.domain.definitions import OWN, Connection, Kind, Question, Value

#: What the others see once the appointment is booked, as `domain.md` section 1 has it.
SHARED = frozenset(
    {
        "id_chosen",
        "id_pronouns",
        "cp_since",
        "cp_caring",
        "cp_strength",
        "cp_fair",
        "nm_focus",
        "nm_sub",
        "nm_join",
        "gr_name",
    }
)
#: What their author may show to the others.
MAY_BE_SHARED = frozenset({"go_why_now", "go_better", "cp_view", "nm_struct", "nm_agree"})
#: What nobody but the practitioner ever sees again; every `sf_` question is sealed besides.
SEALED = frozenset({"gr_conflict", "ph_9"})

CANARY = re.compile(r"kanari[a-z]+(?:-[a-z0-9]+)*?-ende")

_CHOSEN: Mapping[str, Value] = {
    "id_18": "adult",
    "id_tz": "Europe/London",
    "ct_shared": "no",
    "ct_channels": "email",
    "ct_sender": "office",
    "ct_cal": "event",
    "ct_name_me": "no",
    "ct_phone": "+44 20 7946 0000",
    "em_phone": "+44 20 7946 0001",
    "sf_alone": "yes",
    "sf_speak": "yes",
    "sf_choice": "yes",
    **{f"sf_h{n}": "no" for n in range(1, 5)},
    "hi_prior": "yes",
    # Else names are shown as initials.
    "nm_caution": "no",
    "gr_now": "no",
}


def canary(author: str, about: str) -> str:
    """The word for one answer of one person."""
    return f"kanari{author}-{about.replace('_', '-')}-ende"


def canaries_in(text: str) -> frozenset[str]:
    """Every canary that stands in a text, however it is written there."""
    return frozenset(CANARY.findall(text))


def is_sealed(key: str) -> bool:
    """Whether a question is sealed, by `domain.md`."""
    return key.startswith("sf_") or key in SEALED


@dataclass(frozen=True)
class Written:
    """What one person answered: the canary of each question with words, and the other keys."""

    words: dict[str, str] = field(default_factory=dict)
    keys: set[str] = field(default_factory=set)
    shared: set[str] = field(default_factory=set)

    def of(self, keys: frozenset[str] | set[str]) -> frozenset[str]:
        """The canaries of these questions."""
        return frozenset(c for key, c in self.words.items() if key in keys)

    @property
    def open(self) -> frozenset[str]:
        """What they may see again themselves."""
        return frozenset(c for key, c in self.words.items() if not is_sealed(key))

    @property
    def for_others(self) -> frozenset[str]:
        """What those who come along see, but for the name, which stands beside it."""
        return self.of((SHARED | self.shared) - {"id_chosen"})


def answer_of(author: str, question: Question) -> Value | None:
    """An answer with a canary, where there are words; else a choice that holds nothing up."""
    word = canary(author, question.key)
    if question.key in _CHOSEN:
        return _CHOSEN[question.key]
    match question.kind:
        case Kind.SHORT | Kind.LONG:
            return word
        case Kind.SINGLE:
            return question.options[0].key
        case Kind.MULTI:
            first = next(o.key for o in question.options if not o.alone)
            return (first, OWN + word) if question.own_words else (first,)
        case Kind.SCALE:
            return 6
        case Kind.CONSENT:
            return True
        case Kind.CONNECTIONS:
            return (Connection(word, scales={s.key: 4 for s in question.scales}),)
        case Kind.DATE:
            return "2020-02-02"
        case Kind.SIGN:
            return None
