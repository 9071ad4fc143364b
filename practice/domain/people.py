"""How many people one session can be for."""

#: More than these cannot find a time together, nor be named on one page.
PEOPLE_MAX = 8


def most_people(of_service: int | None, of_practice: int) -> int:
    """The bound of a service: its own, or the practice's where it has none; never past eight."""
    return min(of_service or of_practice, PEOPLE_MAX)
