"""How many people a request is about, as far as rules depend on it."""

_EACH_ALONE = frozenset({"individual", "group"})


def is_for_one(relationship_type: str, *, others_coming: int) -> bool:
    """Whether one person alone attends, so that decisions take effect at once.

    `others_coming` counts everyone but the requester who attends, always or sometimes.
    """
    return relationship_type in _EACH_ALONE or others_coming == 0
