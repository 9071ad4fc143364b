"""What a practice answers for itself: things that Attune ships, and nobody has checked for it.

Numbers to call, the words of agreements, the licences of instruments and a few facts of law and
trade are data or text that whoever wrote them could not verify for every place. Each is named here
with a fingerprint of what was shown, so that a check ends when the text changes or grows old.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

#: After this a check has grown old: numbers change hands.
LASTS = timedelta(days=365)


class Part(StrEnum):
    """Where a thing to check is found."""

    SUPPORT = "support"
    DOCUMENT = "document"
    INSTRUMENT = "instrument"
    FACT = "fact"


@dataclass(frozen=True, slots=True)
class Checkable:
    """One thing to read, and to stand behind."""

    key: str
    part: Part
    title: str
    #: What it says, or what is asked: the check holds for exactly this.
    text: str

    @property
    def text_hash(self) -> bytes:
        """The fingerprint of what was checked."""
        return hashlib.sha256(self.text.encode()).digest()


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing with the day on which it was last checked; None: never, or not as it is now."""

    thing: Checkable
    on: date | None

    def is_open(self, today: date) -> bool:
        """Whether it waits to be checked."""
        return self.on is None or self.on + LASTS < today


#: Professional knowledge that stands behind a default and was not verified.
FACTS: Sequence[Checkable] = (
    Checkable(
        "places",
        Part.FACT,
        "Where you may work",
        "Your practice names the countries and states in which it offers sessions. Titles and "
        "coaching are regulated differently from place to place.",
    ),
    Checkable(
        "data-law",
        Part.FACT,
        "Which law on data applies to you",
        "The agreement on data names no law. Consumer health law (such as Washington's My Health "
        "My Data Act), the rules of the FTC on breaches, and Article 9 of the GDPR may apply.",
    ),
    Checkable(
        "keeping",
        Part.FACT,
        "How long you have to keep things",
        "The days in your settings are suggestions, not law. Ask your lawyer and your insurer.",
    ),
    Checkable(
        "reporting",
        Part.FACT,
        "When you have to report",
        "The agreement on confidentiality speaks of duties to report. In some states every adult "
        "has one; ask which of them you have.",
    ),
    Checkable(
        "screening",
        Part.FACT,
        "Whether you may ask the safety questions",
        "ASQ was tried with staff in medical settings, not as a web form, and HARK with women in "
        "British general practice. Ask your supervisor how you may use them.",
    ),
)
