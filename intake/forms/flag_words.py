"""Why something was flagged, in the practitioner's words. Nobody else ever reads these."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from intake.domain.flags import Level, Source

LEVELS: Mapping[Level, Promise] = {
    Level.ACUTE: _("Acute"),
    Level.REVIEW: _("To talk about alone"),
    Level.NOTE: _("Worth a word"),
}

SOURCES: Mapping[Source, Promise] = {
    Source.ASQ_NOW: _("ASQ: yes to thoughts of killing themselves right now."),
    Source.ASQ: _("ASQ: positive. A yes, or a question that was declined."),
    Source.PHQ9_ITEM9: _("PHQ-9: the ninth question, on thoughts of being better off dead."),
    Source.HARK: _("HARK: a yes to being hurt, afraid, forced or humiliated in the past year."),
    Source.SPEAK: _("Not sure to be able to speak honestly with everyone present."),
    Source.CHOICE: _("Not sure to be taking part because they want to."),
    Source.SET_ASIDE: _("Could not answer the safety questions freely: to ask privately."),
    Source.SAY_ALOUD: _("Would rather say something of the safety questions out loud."),
    Source.PHQ2: _("PHQ-2: 3 or more. Worth discussing with a doctor or licensed clinician."),
    Source.GAD2: _("GAD-2: 3 or more. Worth discussing with a doctor or licensed clinician."),
    Source.PCPTSD5: _("PC-PTSD-5: 3 or more. Worth discussing with a licensed clinician."),
}

#: The audit trail, by the journal's kind.
HISTORY: Mapping[str, Promise] = {
    "flag_raised": _("Answers came in that need your attention"),
    "review_opened": _("Held until you have talked to somebody alone"),
    "alert_repeated": _("Nobody had acknowledged it: told again"),
    "alert_acknowledged": _("Acknowledged"),
    "review_contacted": _("Private contact recorded"),
    "review_decided": _("Decision recorded"),
    "review_closed": _("No longer held"),
}
