"""Who may see an answer. The one rule that every reader passes (see `intake.queries.answers`)."""

from enum import StrEnum

from intake.domain.definitions import Facts, Question, Tier


class Relation(StrEnum):
    """What a reader is to the person who answered."""

    AUTHOR = "author"
    PRACTITIONER = "practitioner"  # the one whose request it is
    ATTENDING = "attending"  # another person who attends the same request
    STRANGER = "stranger"


def may_see(question: Question, relation: Relation, *, is_shared: bool, is_booked: bool) -> bool:
    """Whether an answer to `question` may be shown.

    `is_shared` is the author's own choice for this answer, `is_booked` whether a booked
    appointment has both of them on its roster.
    """
    match relation:
        case Relation.PRACTITIONER:
            return True
        case Relation.AUTHOR:
            return question.tier is not Tier.SEALED
        case Relation.ATTENDING:
            return is_booked and is_for_others(question, is_shared=is_shared)
        case Relation.STRANGER:
            return False


def is_for_others(question: Question, *, is_shared: bool) -> bool:
    """Whether those attending will see the answer once the appointment is booked."""
    if question.tier is Tier.SHARED:
        return True
    return question.tier is Tier.PRACTITIONER and question.can_share and is_shared


def is_joint(question: Question, *, is_shared: bool) -> bool:
    """Whether the answer belongs to what people of a request wrote for each other.

    Once they have parted nobody reads that any more. A name is not among it: pages need one.
    """
    return not question.column and is_for_others(question, is_shared=is_shared)


def tier_for(question: Question, facts: Facts) -> Tier:
    """What the page says about who sees it: whoever comes alone shares their profile with nobody.

    In a group, where each asks alone, the name for the group is shared and the profile is not.
    """
    if question.tier is Tier.SHARED and question.column and facts.people == 1:
        return Tier.PRACTITIONER
    return question.tier
