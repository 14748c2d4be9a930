"""人人会执法: given officers and their days, who counts and who took part (each known by hand)."""

from collections.abc import Iterable
from datetime import date

from events.inspections import CrewMember, InspectionStarted
from events.register import (
    CertificateIssued,
    CertificateRevoked,
    LeaveTaken,
    OfficerLeft,
    OfficerListed,
    OfficerPosted,
)
from projections.catalogue import VIEWS
from projections.figures import Measured
from projections.fold import catch_up
from projections.participation import officer_participation, pairs, reached_domains
from projections.question import Filters, Question
from projections.spans import Span
from projections.views import MemoryViews
from tests.district import FUNERAL, RELIEF, SOCIAL, T1, T2
from tests.histories import History, a_completion, a_visit, an_id, crew, local
from tests.whole_district import the_whole_district

JUNE = Span(date(2026, 6, 1), date(2026, 6, 30))  # thirty days: half of them is fifteen
LAST = JUNE.end


def day(number: int) -> date:
    return date(2026, 6, number)


class Bureau:
    """Officers and inspections, in the making."""

    def __init__(self) -> None:
        self.history = History()
        self._inspections = 0

    def officer(
        self, name: str, role: str = "officer", *, certified_to: date | None = date(2028, 1, 1),
        posted: OfficerPosted | None = None, section: str | None = None,
    ) -> None:  # fmt: skip
        listed = OfficerListed(an_id(name), name, role, date(2020, 1, 1), section)  # type: ignore[arg-type]
        self.history.record(listed)
        self.history.record(posted or OfficerPosted(an_id(name), date(2020, 1, 1)))
        if certified_to:
            self.certificate(name, date(2020, 1, 1), certified_to)

    def certificate(self, name: str, first: date, last: date) -> None:
        key = an_id(f"certificate {name} {first}")
        self.history.record(CertificateIssued(key, an_id(name), f"No {name}", first, last))

    def inspection(
        self, *members: str, on: date = JUNE.start, domain: str = SOCIAL, township: str = T1,
        others: Iterable[CrewMember] = (), received: int | None = None,
    ) -> None:  # fmt: skip
        self._inspections += 1
        visit = a_visit(
            f"{self._inspections}", "A", on.isoformat(), domain=domain, township=township
        )
        at, log = local(on.isoformat()), f"tablet {self._inspections}"
        done = a_completion(visit, crew=(*crew(*members), *others))
        self.history.record(
            InspectionStarted(visit=visit, checklist="CL-GE-1", version=1), at, log, received
        )
        self.history.record(done, at, log, received)

    def asked(
        self, period: Span = JUNE, today: date = LAST, filters: Filters | None = None
    ) -> Question:
        views = MemoryViews(VIEWS)
        catch_up(self.history.store(), views)
        return Question(views, period, today, filters)

    def measured(
        self, period: Span = JUNE, today: date = LAST, filters: Filters | None = None
    ) -> Measured:
        return officer_participation(self.asked(period, today, filters))


NAMES = {an_id(name): name for name in ("Chen", "Li", "Wang", "Zhao", "Sun", "Wu", "Qian")}


def names(keys: Iterable[str]) -> str:
    return " ".join(sorted("+".join(NAMES[one] for one in key.split("|")) for key in keys))


def counted(found: Measured) -> str:
    return names(part.key for part in found.figure.parts)


def test_of_the_whole_district_chen_and_sun_went_out_and_zhao_did_not() -> None:
    views = MemoryViews(VIEWS)
    catch_up(the_whole_district().store(), views)
    quarter = Span(date(2026, 1, 1), date(2026, 3, 31))

    found = officer_participation(Question(views, quarter, date(2026, 12, 31)))

    assert names(found.figure.covered) == "Chen Sun"
    assert names(found.figure.missing) == names(found.lists["not_yet"]) == "Zhao"
    assert names(found.lists["leave"]) == "Wang"
    assert names(found.lists["uncertified"]) == "Li"  # revoked from 15 January
    assert names(found.figures["strict"].covered) == "Chen"  # Sun was out once


def test_half_of_the_days_is_enough_and_a_day_less_is_not() -> None:
    bureau = Bureau()
    bureau.officer("Chen", posted=OfficerPosted(an_id("Chen"), day(16)))  # fifteen days
    bureau.officer("Li", posted=OfficerPosted(an_id("Li"), day(17)))  # fourteen

    assert counted(bureau.measured()) == "Chen"


def test_leave_in_the_middle_takes_its_days_away() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.officer("Li")
    bureau.history.record(LeaveTaken(an_id("Chen"), day(5), day(19)))  # fifteen are left
    bureau.history.record(LeaveTaken(an_id("Li"), day(5), day(12)))
    bureau.history.record(LeaveTaken(an_id("Li"), day(10), day(20)))  # both together: fourteen

    found = bureau.measured()

    assert counted(found) == "Chen"
    assert names(found.lists["leave"]) == "Li"


def test_a_certificate_revoked_early_in_the_period_is_not_valid_for_half_of_it() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.officer("Li")
    bureau.officer("Wang", certified_to=None)
    for name, revoked in (("Chen", day(16)), ("Li", day(15))):
        key = an_id(f"certificate {name} {date(2020, 1, 1)}")
        bureau.history.record(CertificateRevoked(key, an_id(name), revoked))

    found = bureau.measured()

    assert counted(found) == "Chen"
    assert names(found.lists["uncertified"]) == "Li Wang"


def test_post_and_certificate_must_hold_on_the_same_days() -> None:
    bureau = Bureau()
    posting = OfficerPosted(an_id("Chen"), day(1), day(15))
    bureau.officer("Chen", posted=posting, certified_to=None)
    bureau.certificate("Chen", day(16), day(30))

    found = bureau.measured()

    assert found.figure.words == "no objects"
    assert names(found.lists["uncertified"]) == "Chen"


def test_two_certificates_at_once_do_not_make_two_days_of_one() -> None:
    bureau = Bureau()
    bureau.officer("Chen", certified_to=None)
    bureau.certificate("Chen", day(1), day(10))
    bureau.certificate("Chen", day(3), day(12))

    assert counted(bureau.measured()) == ""


def test_who_left_counts_no_longer_than_that_and_who_manages_never() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.officer("Wu", "manager")
    bureau.officer("Sun", "auxiliary")
    bureau.history.record(OfficerLeft(an_id("Chen"), day(14)))

    assert counted(bureau.measured()) == ""
    assert counted(bureau.measured(Span(day(1), day(28)))) == "Chen"


def test_who_became_an_officer_counts_from_then_on() -> None:
    bureau = Bureau()
    bureau.officer("Sun", "auxiliary")
    bureau.officer("Wu", "auxiliary")
    for name, since in (("Sun", day(16)), ("Wu", day(17))):
        bureau.history.record(OfficerListed(an_id(name), name, "officer", since))

    assert counted(bureau.measured()) == "Sun"


def test_who_was_an_officer_for_one_day_only_did_so_on_that_day() -> None:
    bureau = Bureau()
    bureau.officer("Sun", "auxiliary")
    bureau.history.record(OfficerListed(an_id("Sun"), "Sun", "officer", day(16)))
    bureau.history.record(OfficerListed(an_id("Sun"), "Sun", "auxiliary", day(17)))

    assert counted(bureau.measured(Span(day(15), day(16)))) == "Sun"
    assert counted(bureau.measured(Span(day(16), day(17)))) == "Sun"
    assert counted(bureau.measured(Span(day(17), day(18)))) == ""


def test_days_at_two_posts_in_one_township_add_up() -> None:
    bureau = Bureau()
    bureau.officer("Chen", posted=OfficerPosted(an_id("Chen"), day(1), day(8), (T1,)))
    bureau.history.record(OfficerPosted(an_id("Chen"), day(9), day(15), (T1,)))

    assert counted(bureau.measured(filters=Filters(township=T1))) == "Chen"


def test_half_is_asked_of_the_days_that_have_passed() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.history.record(OfficerLeft(an_id("Chen"), day(10)))

    assert counted(bureau.measured(today=day(20))) == "Chen"
    assert counted(bureau.measured(today=day(21))) == ""
    assert bureau.measured(today=date(2026, 5, 31)).figure.rate is None


def test_all_of_a_joint_crew_took_part_but_not_who_went_along() -> None:
    bureau = Bureau()
    for name in ("Chen", "Li", "Wang", "Zhao"):
        bureau.officer(name)
    bureau.officer("Sun", "auxiliary")
    along = (
        CrewMember(an_id("Wang"), "partner", certificate_shown=True),
        CrewMember(an_id("Zhao"), "auxiliary"),
        CrewMember(an_id("Sun"), "assisting"),
    )
    bureau.inspection("Chen", "Li", others=along)

    found = bureau.measured()

    assert names(found.figure.covered) == "Chen Li"
    assert names(found.lists["not_yet"]) == "Wang Zhao"


def test_an_inspection_outside_the_period_or_that_does_not_count_is_no_part() -> None:
    bureau = Bureau()
    for name in ("Chen", "Li", "Wang"):
        bureau.officer(name)
    bureau.inspection("Chen", "Li", on=date(2026, 5, 31))
    bureau.inspection("Wang")  # alone: it does not count

    assert bureau.measured().figure.covered == ()


def test_a_late_record_changes_who_took_part() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.officer("Li")
    bureau.inspection("Chen", "Li", on=LAST, received=local("2026-08-01"))

    assert names(bureau.measured(today=date(2026, 9, 1)).figure.covered) == "Chen Li"


def test_strictly_four_inspections_in_two_domains_are_asked() -> None:
    bureau = Bureau()
    for name in ("Chen", "Li", "Wang", "Zhao"):
        bureau.officer(name)
    for domain in (SOCIAL, SOCIAL, SOCIAL, FUNERAL):
        bureau.inspection("Chen", "Li", domain=domain)
    for _ in range(4):
        bureau.inspection("Wang", "Qian", domain=SOCIAL)  # four, of one domain
    for domain in (SOCIAL, FUNERAL, RELIEF):
        bureau.inspection("Zhao", "Qian", domain=domain)  # three, of three

    found = bureau.measured()

    assert names(found.figures["strict"].covered) == "Chen Li"
    assert names(found.figure.covered) == "Chen Li Wang Zhao"


def test_strictly_too_only_who_led_or_assisted_counts() -> None:
    bureau = Bureau()
    for name in ("Chen", "Li", "Wang"):
        bureau.officer(name)
    partner = (CrewMember(an_id("Wang"), "partner"),)
    for domain in (FUNERAL, SOCIAL, SOCIAL):
        bureau.inspection("Wang", "Li", domain=domain)
    bureau.inspection("Chen", "Li", domain=FUNERAL, others=partner)  # his fourth, as a partner

    found = bureau.measured()

    assert names(found.figures["strict"].covered) == "Li"


def test_a_chosen_township_asks_for_a_posting_there_and_the_later_posting_holds() -> None:
    bureau = Bureau()
    bureau.officer("Chen", posted=OfficerPosted(an_id("Chen"), date(2020, 1, 1), None, (T1,)))
    bureau.officer("Li", posted=OfficerPosted(an_id("Li"), date(2020, 1, 1), None, (T2,)))
    bureau.officer("Wang")  # everywhere
    bureau.history.record(OfficerPosted(an_id("Li"), day(11), None, (T1,)))
    bureau.inspection("Chen", "Wang", township=T2)

    found = bureau.measured(filters=Filters(township=T1))

    assert counted(found) == "Chen Li Wang"
    assert found.figure.covered == ()
    assert counted(bureau.measured(filters=Filters(township=T2))) == "Wang"
    assert counted(bureau.measured(filters=Filters(officer=an_id("Chen")))) == "Chen"


def test_officers_are_told_by_section_in_the_order_of_their_ids() -> None:
    bureau = Bureau()
    for name, section in (("Chen", "A"), ("Li", "B"), ("Wang", "A")):
        bureau.officer(name, section=section)
    for _ in range(3):
        bureau.inspection("Wang", "Li")

    found = bureau.measured()

    told = {name: (one.numerator, one.denominator) for name, one in found.by["section"].items()}
    assert told == {"A": (1, 2), "B": (1, 1)}
    keys = [part.key for part in found.figure.parts]
    assert keys == sorted(keys)


def test_a_certificate_that_ends_within_sixty_days_is_told_with_its_days() -> None:
    bureau = Bureau()
    bureau.officer("Chen", certified_to=date(2026, 8, 29))  # sixty days after the last of June
    bureau.officer("Li", certified_to=date(2026, 8, 30))
    bureau.officer("Wang", certified_to=LAST)
    bureau.officer("Zhao", certified_to=date(2026, 7, 10))
    bureau.certificate("Zhao", date(2026, 7, 11), date(2028, 7, 10))  # renewed without a break
    bureau.officer("Qian", certified_to=date(2026, 6, 29))  # ended already
    bureau.officer("Wu", "manager", certified_to=LAST)

    found = bureau.measured()

    assert names(found.lists["ending"]) == "Chen Wang"
    assert found.numbers == {
        f"certificate_days.{an_id('Chen')}": 60,
        f"certificate_days.{an_id('Wang')}": 0,
    }


def test_a_certificate_without_end_never_ends_soon() -> None:
    bureau = Bureau()
    bureau.officer("Chen", certified_to=date.max)
    bureau.certificate("Chen", date(2026, 1, 1), date.max)

    assert bureau.measured().lists["ending"] == ()


def test_who_has_not_inspected_is_paired_where_both_are_posted() -> None:
    bureau = Bureau()

    def posted(name: str, *townships: str, domains: tuple[str, ...] = ()) -> None:
        posting = OfficerPosted(an_id(name), date(2020, 1, 1), None, townships, domains)
        bureau.officer(name, posted=posting)

    posted("Chen", T1, T2, domains=(SOCIAL, FUNERAL))
    posted("Li", T1, domains=(SOCIAL, FUNERAL))
    posted("Wang", T1, domains=(FUNERAL,))
    posted("Zhao", T2, domains=(RELIEF,))  # shares a township with Chen, but no domain
    posted("Sun", T1)
    bureau.history.record(LeaveTaken(an_id("Sun"), day(20), day(30)))  # away today
    bureau.inspection("Chen", "Li")

    found = pairs(bureau.asked())

    assert {(NAMES[one.officer], NAMES[one.partner]) for one in found} == {
        ("Wang", "Chen"),
        ("Wang", "Li"),
    }
    assert {one.townships for one in found} == {(T1,)}
    assert {one.domains for one in found} == {(FUNERAL,)}


def test_partners_are_those_who_may_go_out_on_the_day_itself() -> None:
    bureau = Bureau()
    bureau.officer("Chen", posted=OfficerPosted(an_id("Chen"), LAST))  # from today
    bureau.officer("Li", posted=OfficerPosted(an_id("Li"), day(1), LAST))  # to today
    bureau.officer("Wang", posted=OfficerPosted(an_id("Wang"), day(1), day(29)))
    bureau.officer("Zhao", certified_to=day(29))
    bureau.officer("Sun")
    bureau.history.record(LeaveTaken(an_id("Sun"), LAST, LAST))
    bureau.officer("Wu", "manager")

    assert {(NAMES[one.officer], NAMES[one.partner]) for one in pairs(bureau.asked())} == {
        ("Chen", "Li"),
        ("Li", "Chen"),
    }


def test_who_is_posted_anywhere_shares_every_township_and_who_is_not_only_common_ones() -> None:
    bureau = Bureau()
    bureau.officer("Chen")
    bureau.officer("Li", posted=OfficerPosted(an_id("Li"), day(1), None, (T2, T1)))
    bureau.officer("Wang", posted=OfficerPosted(an_id("Wang"), day(1), None, ("440804009",)))

    assert {
        (NAMES[one.officer], NAMES[one.partner]): one.townships for one in pairs(bureau.asked())
    } == {
        ("Chen", "Li"): (T1, T2),
        ("Chen", "Wang"): ("440804009",),
        ("Li", "Chen"): (T1, T2),
        ("Wang", "Chen"): ("440804009",),
    }


def test_a_certificate_inside_another_ends_with_the_longer_one() -> None:
    bureau = Bureau()
    bureau.officer("Chen", certified_to=date(2026, 8, 1))
    bureau.certificate("Chen", day(1), date(2026, 7, 1))
    bureau.officer("Li", certified_to=date(2026, 7, 10))
    bureau.certificate("Li", date(2026, 7, 12), date(2026, 8, 1))  # a day's break before

    found = bureau.measured()

    assert found.numbers == {
        f"certificate_days.{an_id('Chen')}": 32,
        f"certificate_days.{an_id('Li')}": 10,
    }


def test_at_most_three_partners_are_named_those_first_who_know_the_way() -> None:
    bureau = Bureau()
    for name in ("Chen", "Li", "Wang", "Zhao", "Sun"):
        bureau.officer(name)
    knows = sorted((an_id("Chen"), an_id("Li")))
    bureau.inspection("Chen", "Li")

    found = [one.partner for one in pairs(bureau.asked()) if one.officer == an_id("Wang")]

    assert len(found) == 3
    assert found[:2] == knows
    assert found[2] in {an_id("Zhao"), an_id("Sun")}


def test_domains_that_somebody_reached_are_those_where_one_led_or_assisted() -> None:
    bureau = Bureau()
    bureau.inspection("Li", "Chen", domain=SOCIAL)
    bureau.inspection("Chen", "Li", domain=FUNERAL)
    bureau.inspection("Chen", "Li", domain=FUNERAL)
    along = CrewMember(an_id("Sun"), "partner")
    bureau.inspection("Chen", "Wang", domain=RELIEF, others=[along])
    bureau.inspection("Zhao", domain=RELIEF)  # alone: it does not count
    bureau.inspection("Qian", "Wu", domain=RELIEF, on=date(2026, 7, 1))  # after the period

    found = reached_domains(bureau.asked())

    assert {NAMES[key]: domains for key, domains in found.items()} == {
        "Chen": tuple(sorted((FUNERAL, RELIEF, SOCIAL))),
        "Li": tuple(sorted((FUNERAL, SOCIAL))),
        "Wang": (RELIEF,),
    }


def test_who_went_along_once_and_led_once_in_a_domain_has_reached_it() -> None:
    bureau = Bureau()
    bureau.inspection("Chen", "Li", others=[CrewMember(an_id("Sun"), "partner")])
    bureau.inspection("Sun", "Li", on=day(2))

    assert reached_domains(bureau.asked())[an_id("Sun")] == (SOCIAL,)
