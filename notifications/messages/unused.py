"""Why a mail that came in was not used, and what there is to do, in the practitioner's words."""

from django.utils.translation import gettext_lazy as _

from notifications.domain.replies import Fate

#: Every fate that leaves a mail without effect.
UNUSED = {
    Fate.REPEATED: _("the same answer had come in before"),
    Fate.TOO_LARGE: _("it was too large to read"),
    Fate.NO_CALENDAR: _("it held no answer of a calendar: a letter, or an automatic reply"),
    Fate.UNREADABLE: _("it could not be read"),
    Fate.NOT_A_REPLY: _("what it held for the calendar was no answer to an invite"),
    Fate.UNKNOWN: _("it answered an invite that is not ours"),
    Fate.SOMEBODY_ELSE: _("it came from somebody whom we did not invite"),
    Fate.NO_ANSWER: _("it said neither yes, no nor maybe"),
    Fate.OUTDATED: _("it was about a time that had changed since"),
    Fate.OVER: _("it was about a session that had begun, or does not take place for them"),
}

_NOTHING = _("There is nothing to do.")
_ON_THEIR_PAGE = _(
    "If you expect an answer from somebody, ask them to give it on their page: that always counts."
)

#: What the practitioner can do about it. Nobody knows who sent it, so no page is theirs.
TO_DO = {
    Fate.REPEATED: _NOTHING,
    Fate.TOO_LARGE: _ON_THEIR_PAGE,
    Fate.NO_CALENDAR: _(
        "Letters are not read here. Whoever answers a message writes to the practice's own address."
    ),
    Fate.UNREADABLE: _ON_THEIR_PAGE,
    Fate.NOT_A_REPLY: _NOTHING,
    Fate.UNKNOWN: _NOTHING,
    Fate.SOMEBODY_ELSE: _ON_THEIR_PAGE,
    Fate.NO_ANSWER: _ON_THEIR_PAGE,
    Fate.OUTDATED: _(
        "They can still answer about the time as it is now. There is nothing to do for you."
    ),
    Fate.OVER: _NOTHING,
}
