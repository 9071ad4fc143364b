"""What is asked: pinned, except for what needs somebody to answer alerts."""

from intake.domain.modules import BY_KEY, DEFAULT_MODULES, MODULES, NEED_ALERTS, effective


def test_what_is_on_at_first_needs_nobody_to_answer_alerts() -> None:
    assert {"history", "health", "phq2", "gad2", "hark"} == DEFAULT_MODULES
    assert {"asq", "phq9"} == NEED_ALERTS
    assert len(BY_KEY) == len(MODULES) == 10


def test_a_sheet_keeps_what_was_on_when_it_was_begun() -> None:
    assert effective(["phq2", "health"], ["gad7"], has_alerts=True) == {"phq2", "health"}


def test_questions_on_suicide_end_when_nobody_answers_alerts_any_more() -> None:
    assert effective(["asq", "hark"], ["asq"], has_alerts=True) == {"asq", "hark"}
    assert effective(["asq", "hark"], ["asq"], has_alerts=False) == {"hark"}
    assert effective(["asq", "hark"], [], has_alerts=True) == {"hark"}
