"""What is there on 1 January 2026: areas, items, forms, officers, objects, tablets."""

import json
from collections.abc import Iterable, Iterator
from datetime import date
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct
from pyproj import Geod

from backend.demo import rechecks
from backend.demo.chance import Dice
from events import checklists
from events.coordinates import Degrees
from events.credit_codes import demo_code
from events.facts import SealedPart
from events.patrol_matching import length_m
from events.register import (
    AreaListed,
    CertificateIssued,
    ChecklistPublished,
    ItemListed,
    ObjectExempted,
    ObjectListed,
    OfficerListed,
    OfficerPosted,
)
from events.writer import Said

NEW_YEAR: Final = date(2026, 1, 1)
OFFICERS: Final = 18
TABLETS: Final = 8

# Type, how many at scale 1, domain, credit-code prefix, name. The first three are the public
# report's; the rest is invented (statistics.json, demo_scale).
_STOCK: Final[tuple[tuple[str, int, str, str | None, str], ...]] = (
    ("social_association", 44, "social_organization", "51", "坡头区{trade}协会(演示{n})"),
    (
        "private_non_enterprise_unit",
        99,
        "private_service_institution",
        "52",
        "坡头区{school}(演示{n})",
    ),
    ("community_org_record", 109, "social_organization", None, "{village}{trade}队(演示{n})"),
    ("low_income_household", 1600, "social_assistance", None, ""),
    ("street_segment", 120, "social_assistance", None, "{street}{n}段"),
    ("hotspot", 30, "social_assistance", None, "{village}{spot}"),
    ("relief_station", 1, "social_assistance", "12", "坡头区救助站(演示)"),
    ("township_office", 7, "social_assistance", None, "{township}公共服务办公室"),
    ("funeral_parlour", 1, "funeral", "12", "坡头区殡仪服务站(演示)"),
    ("cemetery_commercial", 2, "funeral", "91", "{village}陵园(演示)"),
    ("cemetery_public_welfare", 45, "funeral", None, "{village}公益性公墓"),
    ("columbarium", 8, "funeral", None, "{village}骨灰堂"),
    ("funeral_goods_shop", 35, "funeral", "92", "{street}寿衣花圈店{n}"),
    ("funeral_agent", 4, "funeral", "92", "{street}殡葬代理{n}"),
    ("burial_patrol_segment", 21, "funeral", None, "{village}山岭巡查段"),
    ("elderly_care_institution", 9, "elderly_care", "52", "{village}颐养院(演示{n})"),
    ("charity", 6, "charity", "53", "坡头区{trade}慈善会(演示{n})"),
    ("volunteer_org", 20, "volunteer_service", "51", "{village}志愿服务队(演示{n})"),
    ("place_name_sign", 600, "division_geonames", None, "{street}路牌{n}"),
    ("boundary_marker", 12, "division_geonames", None, "界桩{n}号"),
)
_SPOTS: Final = (
    "大桥桥底", "农贸市场", "医院周边", "银行自助区", "公园凉亭", "渡口", "车站", "废弃厂房",
)  # fmt: skip
_FUNERAL_TABLET = "funeral"
_STRIDE: Final = 31  # villages: so that a few objects of a type lie all over the district
_EARTH: Final = Geod(ellps="GRS80")


class Place(Struct, frozen=True):
    """A village with its township; a point near it, CGCS2000 degrees."""

    township: str
    township_zh: str
    village: str
    village_zh: str
    lon: float
    lat: float


class Tablet(Struct, frozen=True):
    """A tablet, the townships and domains it works in (empty: all), and its two officers."""

    name: str
    townships: tuple[str, ...]
    domains: tuple[str, ...]
    officers: tuple[str, ...]


class Listed(Struct, frozen=True):
    """An object of the register, with what the year needs of it."""

    fact: ObjectListed
    card: dict[str, str] | None = None


class District(Struct, frozen=True):
    """The whole district as it is listed on the first day."""

    areas: tuple[AreaListed, ...]
    items: tuple[ItemListed, ...]
    forms: tuple[ChecklistPublished, ...]
    officers: tuple[OfficerListed, ...]
    certificates: tuple[CertificateIssued, ...]
    postings: tuple[OfficerPosted, ...]
    objects: tuple[Listed, ...]
    exempt: tuple[ObjectExempted, ...]
    tablets: tuple[Tablet, ...]

    def said(self) -> Iterator[Said]:
        """Return all of it as facts for the office's log, names of homes sealed."""
        for facts in (self.areas, self.items, self.forms, self.officers):
            yield from (Said(fact) for fact in facts)
        for facts in (self.certificates, self.postings):
            yield from (Said(fact) for fact in facts)
        for listed in self.objects:
            texts = (msgspec.json.encode(listed.card),) if listed.card else ()
            yield Said(listed.fact, texts)
        yield from (Said(fact) for fact in self.exempt)


def district(seed: int, scale: float) -> District:
    """Return the demo district. `scale` 1 has 2,773 objects; smaller for quick trials."""
    dice = Dice.for_purpose(seed, "district")
    geography = _data("geography.json")
    places = tuple(_places(geography))
    officers = tuple(_officers(dice))
    people = [officer.officer for officer in officers if officer.role == "officer"]
    tablets = tuple(_tablets(geography, people))
    objects = tuple(_objects(dice, places, scale))
    return District(
        areas=tuple(_areas(geography)),
        items=tuple(_items()),
        forms=tuple(_forms()),
        officers=officers,
        certificates=tuple(_certificates(dice, people)),
        postings=tuple(_postings(tablets)),
        objects=objects,
        exempt=tuple(_exempt(objects)),
        tablets=tablets,
    )


def _data(name: str) -> dict[str, Any]:
    return json.loads(files("events").joinpath("data", name).read_bytes())


def _places(geography: dict[str, Any]) -> Iterator[Place]:
    for township in geography["townships"]:
        for village in township["villages"]:
            yield Place(
                township["code"],
                township["name_zh"],
                village["code"],
                village["name"].removesuffix("委会").removesuffix("居").removesuffix("村"),
                township["lon"],
                township["lat"],
            )


def _areas(geography: dict[str, Any]) -> Iterator[AreaListed]:
    of_all = geography["district"]
    whole = of_all["adcode"]
    yield AreaListed(whole, of_all["name_zh"], of_all["name_en"], "district", NEW_YEAR)
    for one in geography["townships"]:
        tile = (one["schematic_tile"]["row"], one["schematic_tile"]["col"])
        yield AreaListed(
            one["code"], one["name_zh"], one["name_en"], "township", NEW_YEAR, whole,
            one["lon"], one["lat"], tile,
        )  # fmt: skip
        for village in one["villages"]:
            name = village["name"]
            yield AreaListed(village["code"], name, name, "village", NEW_YEAR, one["code"])


def _items() -> Iterator[ItemListed]:
    for one in _data("items.json")["items"]:
        yield ItemListed(
            item=one["code"],
            name_zh=one["name_zh"],
            name_en=one["name_en"],
            domain=one["domain_code"],
            kind=one["kind"],
            plannable=one["plannable"],
            valid_from=NEW_YEAR,
            object_types=tuple(one["object_types"]),
            frequency=one["frequency"],
            legal_basis=tuple(one["legal_basis"]),
            enterprise_related=one["enterprise_related"],
            demo=True,
        )


def _forms() -> Iterator[ChecklistPublished]:
    for one in _data("checklists.json")["checklists"]:
        content = json.dumps(one, ensure_ascii=False, separators=(",", ":")).encode()
        form = checklists.load(content)
        yield ChecklistPublished(
            form.id, form.kind, form.version, NEW_YEAR, sha256(content).hexdigest(), Raw(content)
        )


def _officers(dice: Dice) -> Iterator[OfficerListed]:
    sections = ("社会组织股", "社会救助股", "社会事务股", "养老服务股", "区划地名股")
    for number in range(OFFICERS + 8):
        role = (
            "officer" if number < OFFICERS else "auxiliary" if number < OFFICERS + 6 else "manager"
        )
        yield OfficerListed(
            dice.new_id(), dice.person_name(), role, NEW_YEAR, sections[number % 5], demo=True
        )


def _certificates(dice: Dice, people: list[str]) -> Iterator[CertificateIssued]:
    for number, officer in enumerate(people):
        # The 6th and the 13th end within the year: one is renewed, one is forgotten.
        ends = {5: date(2026, 6, 30), 12: date(2026, 9, 15)}.get(number, date(2028, 12, 31))
        yield CertificateIssued(
            dice.new_id(), officer, f"演示{number + 1:04}", date(2024, 1, 1), ends
        )


def _tablets(geography: dict[str, Any], people: list[str]) -> Iterator[Tablet]:
    towns = [one["code"] for one in geography["townships"]]
    names = [one["name_zh"] for one in geography["townships"]]
    for number, (code, name) in enumerate(zip(towns, names, strict=True)):
        crew = (people[2 * number], people[2 * number + 1])
        yield Tablet(f"{name}平板", (code,), (), crew)
    yield Tablet("殡葬执法平板", (), (_FUNERAL_TABLET,), tuple(people[14:18]))


def _postings(tablets: Iterable[Tablet]) -> Iterator[OfficerPosted]:
    for tablet in tablets:
        for officer in tablet.officers:
            yield OfficerPosted(officer, NEW_YEAR, None, tablet.townships, tablet.domains)


def _objects(dice: Dice, places: tuple[Place, ...], scale: float) -> Iterator[Listed]:
    for object_type, count, domain, prefix, name in _STOCK:
        for number in range(max(1, round(count * scale))):
            place = places[number * _STRIDE % len(places)]
            yield _object(dice, place, object_type, domain, prefix, name, number)


def _object(
    dice: Dice,
    place: Place,
    object_type: str,
    domain: str,
    prefix: str | None,
    name: str,
    number: int,
) -> Listed:
    words = {
        "trade": dice.trade(), "school": dice.school(), "street": dice.street(),
        "spot": dice.choice(_SPOTS), "village": place.village_zh, "township": place.township_zh,
    }  # fmt: skip
    home = object_type == "low_income_household"
    person = dice.new_id() if home else None
    lon, lat = (round(at + dice.uniform(-0.02, 0.02), 6) for at in (place.lon, place.lat))
    identity, attributes = dice.new_id(), _attributes(dice, object_type)
    if home:
        attributes |= rechecks.known(identity, attributes["income_class"])
    if object_type == "street_segment":
        attributes |= _street((lon, lat), attributes.pop("wished_m"), number)
    fact = ObjectListed(
        object=identity,
        object_type=object_type,
        domain=domain,
        township=place.township,
        valid_from=NEW_YEAR,
        name=None if home else name.format(**words, n=number + 1),
        village=place.village,
        uscc=demo_code(prefix, number) if prefix else None,
        person=person,
        attributes=attributes,
        lon=None if home else lon,
        lat=None if home else lat,
        demo=True,
        sealed=(SealedPart("card", person),) if person else (),
    )
    return Listed(fact, _card(dice, place) if home else None)


def _attributes(dice: Dice, object_type: str) -> dict[str, Any]:
    match object_type:
        case "low_income_household":
            able = dice.happens(0.25)
            return {
                "hukou_type": dice.choices(("rural", "urban"), (4, 1))[0],
                "member_count": dice.choices((1, 2, 3, 4, 5), (5, 4, 3, 2, 1))[0],
                "labour_capacity": able,
                "income_class": "unfixed" if able and dice.happens(0.6) else "stable",
            }
        case "street_segment":
            return {
                "level": dice.choices(("arterial", "other"), (1, 3))[0],
                "wished_m": dice.randint(200, 1800),
            }
        case "hotspot":
            return {"level": "hotspot", "key_slots": ["06:00-08:00", "20:00-23:00"]}
        case _:
            return {}


def _street(start: Degrees, metres: float, number: int) -> dict[str, Any]:
    """Return the line of a street with some bends, and its length as measured."""
    dice = Dice(f"xunji demo street {number} {start}")
    corners = dice.randint(2, 6)
    bearing = dice.uniform(0, 360)
    line = [start]
    for _ in range(corners):
        lon, lat, _back = _EARTH.fwd(*line[-1], bearing, metres / corners)
        line.append((round(float(lon), 6), round(float(lat), 6)))
        bearing += dice.uniform(-30, 30)
    return {"line": [list(corner) for corner in line], "length_m": round(length_m(line))}


def _card(dice: Dice, place: Place) -> dict[str, str]:
    return {
        "name": dice.person_name(),
        "address": f"{place.township_zh}{place.village_zh}{dice.randint(1, 180)}号",
        "resident_id": dice.resident_id(),
        "label": "演示数据",
    }


def _exempt(objects: Iterable[Listed]) -> Iterator[ObjectExempted]:
    young = [one.fact for one in objects if one.fact.object_type == "private_non_enterprise_unit"][
        :3
    ]
    for fact in young:
        yield ObjectExempted(
            fact.object, "registered-under-six-months", NEW_YEAR, date(2026, 6, 30)
        )
