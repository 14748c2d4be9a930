"""What is asked once is not worked out again: questions, and names that were read before."""

from collections.abc import Callable

from backend.name_index import NameIndex
from projections.catalogue import VIEWS
from projections.question import Question
from projections.views import Found, MemoryViews, Query, Saved, view_of
from tests.ruled import days


class Counted:
    """Answers how often it was asked by now."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self, question: Question, more: str = "") -> tuple[int, str]:
        del question
        self.times += 1
        return self.times, more


def a_question() -> Question:
    year = days("2026-01-01", "2026-12-31")
    return Question(MemoryViews(VIEWS), year, year.end)


def test_a_question_answers_the_same_without_working_it_out_again() -> None:
    question, counted = a_question(), Counted()

    assert question.once(counted) == question.once(counted) == (1, "")
    assert a_question().once(counted) == (2, ""), "another question is answered for itself"


def test_what_is_asked_otherwise_is_worked_out_for_itself() -> None:
    question, counted, other = a_question(), Counted(), Counted()

    assert question.once(counted, "a") == (1, "a")
    assert question.once(counted, more="a") == (2, "a")
    assert question.once(counted, "b") == (3, "b")
    assert question.once(other, "a") == (1, "a")
    assert question.once(counted, "a") == (1, "a")


class Watched(MemoryViews):
    """Views that tell of each read of rows."""

    def __init__(self) -> None:
        super().__init__(VIEWS)
        self.on_read: Callable[[], None] = lambda: None

    def select(self, query: Query) -> list[Found]:
        """See `MemoryViews.select`."""
        self.on_read()
        return super().select(query)


def named(key: str, name: str) -> Saved:
    columns = view_of(VIEWS, "items").columns
    values = {"name": name}
    nothing = {column: "" if kind == "text" else 0 for column, kind in columns.items()}
    return Saved(key, 1, b"", tuple((nothing | values).values()))


def test_names_that_were_read_before_are_found_without_reading() -> None:
    views, index, reads = Watched(), NameIndex("items"), list[str]()
    views.save({"items": [named("A", "南调公墓")]}, 0, 1)
    index.follow(views)
    views.on_read = lambda: reads.append("read")

    assert index.find(views, "ndgm") == ["A"]
    assert reads == []


def test_views_that_stand_behind_do_not_make_names_forgotten() -> None:
    views, index, reads = Watched(), NameIndex("items"), list[str]()
    behind = views.copy()
    views.save({"items": [named("A", "南调公墓")]}, 0, 1)
    index.follow(views)
    views.on_read = lambda: reads.append("read")

    index.follow(behind)

    assert index.find(views, "ndgm") == ["A"]
    assert reads == []
