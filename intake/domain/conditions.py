"""Does a condition hold? Evaluated here; `static/intake/conditions.js` mirrors it in the page."""

from collections.abc import Iterator, Mapping

from intake.domain.definitions import Condition, Connection, Facts, Passed, Question, Value, Who


def holds(condition: Condition, answers: Mapping[str, Value], facts: Facts) -> bool:
    """Whether `condition` holds. An unanswered question meets no condition."""
    if condition.every:
        return all(holds(c, answers, facts) for c in condition.every)
    if condition.some:
        return any(holds(c, answers, facts) for c in condition.some)
    if condition.fact:
        fact: object = getattr(facts, condition.fact)
        if condition.at_least is not None:
            return isinstance(fact, int) and fact >= condition.at_least
        return not _words(fact).isdisjoint(condition.any_of)
    value = answers.get(condition.question)
    if value is None:
        return False
    if isinstance(value, Passed):
        # Passing has no content, but a condition may ask for it by name.
        return value.value in condition.any_of
    if condition.answered:
        return value not in ("", ())
    if condition.at_least is not None:
        return isinstance(value, int) and value >= condition.at_least
    return not _words(value).isdisjoint(condition.any_of)


def applies(question: Question, answers: Mapping[str, Value], facts: Facts) -> bool:
    """Whether this person is asked this question, given what they have answered so far."""
    return _is_for(question, facts) and (
        question.when is None or holds(question.when, answers, facts)
    )


def is_possible(question: Question, facts: Facts) -> bool:
    """Whether some answer could make the question apply: else it never reaches the page."""
    return _is_for(question, facts) and (question.when is None or _possible(question.when, facts))


def is_required(question: Question, answers: Mapping[str, Value], facts: Facts) -> bool:
    """Whether it must be answered, provided that it applies."""
    if isinstance(question.required, Condition):
        return holds(question.required, answers, facts)
    return question.required


def asked_about(condition: Condition) -> Iterator[str]:
    """The keys of the questions a condition looks at."""
    if condition.question:
        yield condition.question
    for part in (*condition.every, *condition.some):
        yield from asked_about(part)


def _is_for(question: Question, facts: Facts) -> bool:
    """Whether it is asked of this person at all, whatever they answer."""
    if question.who is Who.REQUESTER and not facts.is_requester:
        return False
    return not question.modules or not facts.modules.isdisjoint(question.modules)


def _possible(condition: Condition, facts: Facts) -> bool:
    if condition.every:
        return all(_possible(c, facts) for c in condition.every)
    if condition.some:
        return any(_possible(c, facts) for c in condition.some)
    return bool(condition.question) or holds(condition, {}, facts)


def _words(value: object) -> frozenset[str]:
    """The option keys in an answer or a fact."""
    if isinstance(value, bool):
        return frozenset({"yes" if value else "no"})
    if isinstance(value, str):
        return frozenset({value})
    if isinstance(value, (tuple, frozenset)):
        return frozenset(v.label if isinstance(v, Connection) else str(v) for v in value)
    return frozenset({str(value)})
