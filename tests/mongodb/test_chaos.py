"""Nothing that was acknowledged is lost, whoever is killed. `tests.mongodb.chaos` says more."""

from tests.mongodb.chaos import run


def test_killed_writers_and_a_killed_database_lose_double_and_misplace_nothing() -> None:
    outcome = run(rounds=4)

    assert outcome.wrong == []
    assert outcome.acknowledged > 0
    assert outcome.held >= outcome.acknowledged
