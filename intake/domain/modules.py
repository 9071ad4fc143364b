"""The parts of the questionnaires that a practice switches on and off."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Module:
    """A part that may be off. Titles are English and translated where shown."""

    key: str
    title: str
    #: What the practice reads before it switches it on.
    about: str
    is_on_at_first: bool = False
    #: Asks about suicide: only once the practice has named who answers alerts, by when, who else.
    needs_alerts: bool = False


MODULES: Sequence[Module] = (
    Module("history", "History", "What came before, lightly. It can be skipped.", True),
    Module("health", "Health", "What matters of one's health. It can be skipped.", True),
    Module(
        "phq2",
        "PHQ-2",
        "Two questions on mood. A conversation starter: it says nothing certain about anybody.",
        True,
    ),
    Module("gad2", "GAD-2", "Two questions on worry. A conversation starter as well.", True),
    Module(
        "hark",
        "HARK",
        "Four questions on being hurt by a partner or ex-partner. Tested with women in general "
        "practice in the United Kingdom; not with men, non-binary people or several partners.",
        True,
    ),
    Module(
        "asq",
        "ASQ",
        "Questions on suicide. Made to be asked by staff in medical settings, not by a web form.",
        needs_alerts=True,
    ),
    Module(
        "phq9",
        "PHQ-9",
        "The long form of PHQ-2. Its ninth question is about suicide and holds the request.",
        needs_alerts=True,
    ),
    Module("gad7", "GAD-7", "The long form of GAD-2."),
    Module("pcptsd5", "PC-PTSD-5", "Five questions on the traces of a frightening event."),
    Module(
        "auditc",
        "AUDIT-C",
        "Three questions on drinking, asked of those who say that it is part of the picture.",
    ),
)
BY_KEY = {m.key: m for m in MODULES}
DEFAULT_MODULES = frozenset(m.key for m in MODULES if m.is_on_at_first)
NEED_ALERTS = frozenset(m.key for m in MODULES if m.needs_alerts)


def effective(
    pinned: Collection[str], switched_on: Collection[str], *, has_alerts: bool
) -> frozenset[str]:
    """What a sheet with these modules asks today.

    A sheet keeps what was on when it was begun. Only what needs somebody to answer alerts is not
    asked any more once the practice has switched it off or names nobody.
    """
    answered_for = NEED_ALERTS & set(switched_on) if has_alerts else frozenset()
    return frozenset(m for m in pinned if m not in NEED_ALERTS or m in answered_for)
