"""Screens' states as a day in the field would make them, from the real checklists."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from mobile.view_state import (
    Choice,
    CoverOfficer,
    CoverState,
    FindingRow,
    Fix,
    Gps,
    InspectionState,
    MissingRow,
    OfficerRow,
    OutboxRow,
    OutboxState,
    QuestionRow,
    SectionRow,
    SettingsState,
    Signature,
    Stop,
    TodayRow,
    TodayState,
)

DATA = Path(__file__).parents[1] / "events" / "data" / "checklists.json"
NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
FIX = Fix(lon=110.456789, lat=21.244321, accuracy_m=8, fixed_at=NOON)
STROKES = ((0.1, 0.4, 0.2, 0.8, 0.3, 0.3, 0.38, 0.7), (0.45, 0.6, 0.6, 0.35, 0.75, 0.7, 0.9, 0.4))
SIGNED = tuple(
    Signature(role=role, name=name, strokes=STROKES, when="09:12")
    for role, name in (("lead", "陈志明"), ("assist", "吴晓岚"))
)


@cache
def checklist(code: str) -> dict[str, Any]:
    lists = json.loads(DATA.read_text(encoding="utf-8"))["checklists"]
    return next(one for one in lists if one["id"] == code)


def say(zh: str, en: str, language: str) -> str:
    return zh if language == "zh" else en


def question(
    code: str,
    number: str,
    language: str = "zh",
    *,
    slot: str = "",
    answers: Mapping[str, object] | None = None,
    **more: object,
) -> QuestionRow:
    """A question of a real checklist, answered if `answers` has its number."""
    data = next(q for q in checklist(code)["questions"] if q["id"] == number)
    value = (answers or {}).get(number)
    roles = (("lead", "主办", "Lead"), ("assist", "协办", "Assistant"))
    given = {
        "slot": slot or number,
        "number": number,
        "text": data[language],
        "type": data["type"],
        "status": "given" if value is not None else "unanswered",
        "value": value,
        "help": data.get(f"help_{language}", ""),
        "options": tuple(
            Choice(value=o["value"], text=o[language], exclusive=o.get("exclusive", False))
            for o in data.get("options", ())
        ),
        "required": data["required"],
        "sealed": "pii" in data,
        "allow_na": data.get("allow_na", True),
        "allow_absent": data.get("allow_absent", False),
        "unit": data.get("unit", "").split("/")[0 if language == "zh" else -1],
        "minimum": Decimal(data["min"]) if "min" in data else None,
        "maximum": Decimal(data["max"]) if "max" in data else None,
        "step": Decimal(1) if data.get("unit", "").split("/")[0] in {"人", "次", "日"} else None,
        "signers": tuple(Choice(value=v, text=say(zh, en, language)) for v, zh, en in roles),
        "suggested": NOON if data["type"] == "datetime" else date(2026, 11, 23),
    }
    return QuestionRow(**{**given, **more})


def section(
    code: str,
    key: str,
    title: str,
    numbers: str,
    answers: Mapping[str, object],
    language: str,
    *,
    person: bool = False,
    changed: Mapping[str, Mapping[str, object]] | None = None,
) -> SectionRow:
    """Numbers as "1 2 3"; `changed` sets fields of single questions."""
    prefix = code.split("-")[1]
    rows = []
    for number in numbers.split():
        full = f"{prefix}-{int(number):02}"
        slot = f"{full}@{key}" if person else full
        more = (changed or {}).get(full, {})
        rows.append(question(code, full, language, slot=slot, answers=answers, **more))
    return SectionRow(key=key, title=title, questions=tuple(rows), person=person, removable=person)


def counted(state: InspectionState, language: str) -> InspectionState:
    rows = [(section, row) for section in state.sections for row in section.questions]
    missing = tuple(
        MissingRow(slot=row.slot, text=row.text, number=row.number, section=section.title)
        for section, row in rows
        if row.required and (row.status == "unanswered" or row.problem)
    )
    n = len(missing)
    return replace(
        state,
        missing=missing,
        answered=sum(row.status != "unanswered" for _, row in rows),
        asked=len(rows),
        caution=say(
            f"还缺 {n} 项，现在完成则不计为有效检查",
            f"{n} answers missing: completed now, it will not count as effective",
            language,
        )
        if n
        else "",
    )


def patrol(language: str = "zh", **answers: object) -> InspectionState:
    given: dict[str, object] = {
        "SP-01": ("routine", "key_slot"),
        "SP-03": ("civil_affairs", "police", "township"),
        "SP-04": SIGNED,
        "SP-05": FIX,
        "SP-06": "full",
        "SP-08": "yes",
        **answers,
    }
    met = {
        "SP-12": "no",
        "SP-09": ("sleeping_rough", "wandering"),
        "SP-10": "elder",
        "SP-11": ("mobility",),
        "SP-15": "yes",
        **answers,
    }
    code = "CL-SP-1"
    sections = (
        section(
            code,
            "start",
            say("出发与签到", "Setting out", language),
            "1 3 4 5 6 8",
            given,
            language,
        ),
        section(
            code,
            "p1",
            say("第1人", "Person 1", language),
            "12 9 10 11 13 14 15 16 17 20 21 22 24 25",
            met,
            language,
            person=True,
        ),
        section(code, "end", say("收尾", "Closing", language), "26 27 28 29 30", answers, language),
    )
    return counted(
        InspectionState(
            inspection="i-1",
            kind="street_patrol",
            kind_text=say("街面巡查", "Street patrol", language),
            object_name=say("人民大道中 · 汽车客运站段", "Renmin Avenue, coach station", language),
            checklist=say("街面巡查表 第1版", "Street patrol, version 1", language),
            place=say("麻斜街道", "Maxie subdistrict", language),
            crew=("陈志明", "吴晓岚") if language == "zh" else ("Chen Zhiming", "Wu Xiaolan"),
            gps=Gps(reception="good", fix=FIX, age_s=3),
            sections=sections,
            findings=(
                FindingRow(
                    slot="SP-08",
                    severity="info",
                    title=say("发现需救助人员", "Person in need of relief met", language),
                ),
            ),
            add_person=say("再加一人", "One more person met", language),
            add_person_after="p1",
            saved=say("已存本机 09:31", "Stored here 09:31", language),
        ),
        language,
    )


def funeral(language: str = "zh", *, stopped: bool = False) -> InspectionState:
    code = "CL-FU-1"
    given: dict[str, object] = {
        "FU-01": "double_random",
        "FU-02": "cemetery_commercial",
        "FU-03": "not" if stopped else "approved",
        "FU-04": "yes",
        "FU-05": "yes",
        "FU-35": "within",
        "FU-36": "present",
        "FU-06": "yes",
        "FU-07": FIX,
        "FU-08": "yes",
        "FU-09": "no",
        "FU-38": "ash_single",
        "FU-10": Decimal("1.4"),
        "FU-12": "no",
        "FU-15": "no",
        "FU-19": "yes",
    }
    changed = {
        "FU-11": {
            "problem": say("不能大于 10 m", "At most 10 m", language),
            "status": "given",
            "value": Decimal(14),
        },
        "FU-14": {
            "status": "na",
            "na_reason": say("现场无此项", "Nothing of the kind here", language),
        },
    }
    sections = (
        section(
            code,
            "gate",
            say("检查前", "Before the inspection", language),
            "1 2 3 4 5 35 36 6 7",
            given,
            language,
        ),
        section(
            code,
            "check",
            say("现场检查", "On site", language),
            "8 9 37 38 10 11 12 14 15 16 17 19 20",
            given,
            language,
            changed=changed,
        ),
        section(
            code,
            "end",
            say("处理与签名", "Outcome and signatures", language),
            "29 30 31 32 33 34",
            given,
            language,
        ),
    )
    return counted(
        InspectionState(
            inspection="i-2",
            kind="funeral_order",
            kind_text=say("殡葬秩序检查", "Funeral-order inspection", language),
            object_name=say("龙头岭经营性公墓", "Longtouling commercial cemetery", language),
            checklist=say("殡葬秩序检查表 第1版", "Funeral-order inspection, version 1", language),
            place=say("龙头镇", "Longtou town", language),
            crew=("陈志明", "吴晓岚") if language == "zh" else ("Chen Zhiming", "Wu Xiaolan"),
            gps=Gps(reception="poor", fix=FIX, age_s=95),
            sections=sections,
            findings=(
                FindingRow(
                    slot="FU-10",
                    severity="major",
                    title=say("墓穴占地超过限额", "Grave larger than allowed", language),
                    follow_up=say(
                        "责令限期整改，到期复查", "Order to rectify, then re-inspection", language
                    ),
                ),
                FindingRow(
                    slot="FU-15",
                    severity="minor",
                    title=say("未公示服务清单和价格", "List and prices not displayed", language),
                    follow_up=say(
                        "责令限期整改，到期复查", "Order to rectify, then re-inspection", language
                    ),
                ),
            ),
            stop=Stop(
                reason=say(
                    "检查审批未办：依法不得开始检查。",
                    "The inspection is not approved: it may not begin.",
                    language,
                )
            )
            if stopped
            else None,
            saved=say("已存本机 10:05", "Stored here 10:05", language),
        ),
        language,
    )


def recheck(language: str = "zh") -> InspectionState:
    code = "CL-LI-1"
    given: dict[str, object] = {
        "LI-01": "annual",
        "LI-02": "yes",
        "LI-03": "no",
        "LI-04": "yes",
        "LI-05": "yes",
        "LI-06": "in",
        "LI-07": "yes",
        "LI-08": "yes",
        "LI-36": date(2026, 9, 3),
        "LI-09": "no",
        "LI-10": "no",
        "LI-35": "yes",
        "LI-34": Decimal(3),
        "LI-11": Decimal(1200),
        "LI-12": Decimal(0),
        "LI-16": "below",
    }
    changed = {
        "LI-16": {
            "computed": say(
                "人均 400.00 元/月，当地标准 600 元/月(演示数值)",
                "400.00 yuan a head; the local standard is 600 (demo figure)",
                language,
            )
        },
    }
    sections = (
        section(
            code, "gate", say("入户前", "At the door", language), "1 2 3 4 5 6", given, language
        ),
        section(
            code,
            "family",
            say("家庭情况", "The family", language),
            "7 8 36 9 10 35 34 11 12 13 14 15 16 17 21 22 23",
            given,
            language,
            changed=changed,
        ),
        section(
            code,
            "end",
            say("建议与签名", "Proposal and signatures", language),
            "24 25 28 29 30 32 33",
            given,
            language,
        ),
    )
    return counted(
        InspectionState(
            inspection="i-3",
            kind="low_income_recheck",
            kind_text=say("低保复核", "Low-income recheck", language),
            object_name=say("坡头镇 · 低保家庭 0317", "Potou town, household 0317", language),
            checklist=say("低保复核表 第1版", "Low-income recheck, version 1", language),
            place=say("高岭村", "Gaoling village", language),
            crew=("陈志明", "吴晓岚") if language == "zh" else ("Chen Zhiming", "Wu Xiaolan"),
            gps=Gps(reception="searching"),
            sections=sections,
            saved=say("已存本机 15:20", "Stored here 15:20", language),
        ),
        language,
    )


def kind(code: str, language: str) -> str:
    words = {
        "street_patrol": ("街面巡查", "Street patrol"),
        "funeral_order": ("殡葬秩序检查", "Funeral-order inspection"),
        "low_income_recheck": ("低保复核", "Low-income recheck"),
    }
    return say(*words[code], language)


WORK = (
    (
        "i-2",
        "funeral_order",
        "started",
        "龙头岭经营性公墓",
        "Longtouling commercial cemetery",
        "龙头镇",
        "Longtou town",
        "10:05 起",
        "since 10:05",
        "",
    ),
    (
        "i-4",
        "low_income_recheck",
        "overdue",
        "低保家庭 0291",
        "Household 0291",
        "坡头镇 · 高岭村",
        "Potou town, Gaoling",
        "逾期 6 天",
        "6 days overdue",
        "",
    ),
    (
        "i-5",
        "funeral_order",
        "overdue",
        "福安丧葬用品店",
        "Fu'an funeral goods",
        "南调街道",
        "Nandiao subdistrict",
        "复查逾期 2 天",
        "re-inspection 2 days overdue",
        "本年度检查次数已达上限，需选例外情形|The yearly cap is reached: an exception is needed",
    ),
    (
        "i-1",
        "street_patrol",
        "due",
        "人民大道中 · 汽车客运站段",
        "Renmin Avenue, coach station",
        "麻斜街道",
        "Maxie subdistrict",
        "今日 20:00 前",
        "by 20:00 today",
        "",
    ),
    (
        "i-3",
        "low_income_recheck",
        "assigned",
        "低保家庭 0317",
        "Household 0317",
        "坡头镇 · 高岭村",
        "Potou town, Gaoling",
        "11月27日前",
        "by 27 November",
        "",
    ),
    (
        "i-6",
        "street_patrol",
        "assigned",
        "海湾大桥南桥洞",
        "Under the bay bridge, south",
        "麻斜街道",
        "Maxie subdistrict",
        "11月28日前",
        "by 28 November",
        "",
    ),
)


def today(language: str = "zh", *, empty: bool = False) -> TodayState:
    zh = language == "zh"
    rows = tuple(
        TodayRow(
            work=work,
            kind=code,
            kind_text=kind(code, language),
            due=due,
            title=name if zh else english,
            place=place if zh else there,
            due_text=due_zh if zh else due_en,
            problem=problem.partition("|")[0 if zh else 2],
        )
        for work, code, due, name, english, place, there, due_zh, due_en, problem in WORK
    )
    return TodayState(
        date_text="2026-11-23",
        officers=("陈志明", "吴晓岚") if zh else ("Chen Zhiming", "Wu Xiaolan"),
        trust=say("PIN 码还有 21 天有效", "PIN holds for 21 more days", language),
        rows=() if empty else rows,
        kinds=tuple(
            Choice(value=code, text=kind(code, language))
            for code in ("street_patrol", "funeral_order", "low_income_recheck")
        ),
        total=0 if empty else len(rows),
    )


def outbox(language: str = "zh") -> OutboxState:
    return OutboxState(
        rows=(
            OutboxRow(
                inspection="i-7",
                kind="low_income_recheck",
                passage="refused",
                title=say("低保家庭 0188", "Household 0188", language),
                recorded="14:40",
                sent="14:52",
                advice=say(
                    "服务器不认本机密钥。请勿清除数据，把平板交给系统管理员。",
                    "The server does not know this tablet's key. Erase nothing; "
                    "hand the tablet to the administrator.",
                    language,
                ),
            ),
            OutboxRow(
                inspection="i-1",
                kind="street_patrol",
                passage="recorded",
                title=say("人民大道中 · 汽车客运站段", "Renmin Avenue, coach station", language),
                recorded="15:02",
                photos=2,
            ),
            OutboxRow(
                inspection="i-2",
                kind="funeral_order",
                passage="sent",
                title=say("龙头岭经营性公墓", "Longtouling commercial cemetery", language),
                recorded="11:20",
                sent="11:31",
                photos=5,
                photos_received=3,
            ),
            OutboxRow(
                inspection="i-0",
                kind="low_income_recheck",
                passage="received",
                title=say("低保家庭 0302", "Household 0302", language),
                recorded="09:10",
                sent="09:12",
                received="09:12",
                receipt="No. 18 204 · 7f3a 9c21",
                photos=1,
                photos_received=1,
            ),
        ),
        waiting=3,
        last_sync=say("今日 11:31", "11:31 today", language),
        failure=say("没有网络", "no network", language),
        next_try="15:10",
    )


def settings(language: str = "zh") -> SettingsState:
    return SettingsState(
        language=language,
        officers=(
            OfficerRow(
                officer="o-1",
                name=say("陈志明", "Chen Zhiming", language),
                certificate="19080312007",
                valid=say("有效至 2028-05", "until 2028-05", language),
            ),
            OfficerRow(
                officer="o-2",
                name=say("吴晓岚", "Wu Xiaolan", language),
                certificate="19080312015",
                problem=say("12 天后到期", "ends in 12 days", language),
            ),
        ),
        lock_after="10",
        lock_choices=tuple(
            Choice(value=str(one), text=say(f"{one} 分钟", f"{one} min", language))
            for one in (2, 5, 10, 30)
        ),
        device=say("平板 07", "Tablet 07", language),
        device_key="7f3a 9c21 55e0 b8d4",
        bureau=say("坡头区民政局", "Potou District Civil Affairs Bureau", language),
        server="https://xunji.potou.example",
        clock=say("与服务器相差 1 秒", "1 s from the server's", language),
        storage=say("剩余 21.4 GB", "21.4 GB free", language),
        data_folder="/data/user/0/org.xunji.tablet/files",
        version="0.1.0",
    )


def cover(language: str = "zh", step: str = "choose", *, wrong: bool = False) -> CoverState:
    """Who holds the tablet: choosing, a PIN half typed, the first time."""
    chen = say("陈志明", "Chen Zhiming", language)
    titles = {
        "choose": say("谁在使用平板？", "Who holds the tablet?", language),
        "pin": chen,
        "new": say(f"{chen}，请设置 PIN 码", f"Choose a PIN, {chen}", language),
        "account": say("这台平板还没有执法人员登录", "No officer has signed in yet", language),
    }
    texts = {
        "choose": say(
            "请点自己的姓名，再输入 PIN 码。", "Choose your name, then the PIN.", language
        ),
        "pin": say("请输入 PIN 码。", "Type your PIN.", language),
        "new": say("六位数字，只有您自己知道。", "Six digits that only you know.", language),
        "account": say(
            "请在有网络时用账号登录一次，以后只需 PIN 码。",
            "Sign in once with your account while there is network; then a PIN is enough.",
            language,
        ),
    }
    refused = say("PIN 码不对，还可试 3 次", "Wrong PIN: 3 more tries", language)
    unreached = say("联系不上服务器", "The office cannot be reached", language)
    todo = say(
        "请到有网络的地方再试。已记录的内容不会丢失。", "Go where there is network.", language
    )
    return CoverState(
        step=step,  # type: ignore[arg-type]
        title=titles[step],
        text=texts[step],
        about=say("坡头区民政局 · 平板 07", "Potou District Bureau · Tablet 07", language),
        officers=(
            CoverOfficer(
                officer="o-1", name=chen, certificate="19080312007",
                note=say("在岗", "On duty", language),
            ),
            CoverOfficer(
                officer="o-2",
                name=say("吴晓岚", "Wu Xiaolan", language),
                certificate="19080312015",
                note=say("PIN 码还有 21 天有效", "PIN holds for 21 more days", language),
            ),
            CoverOfficer(
                officer="o-3",
                name=say("欧阳丽华", "Ouyang Lihua", language),
                certificate="19080312020",
                problem=say("PIN 码错 5 次，已锁定", "Locked after 5 wrong PINs", language),
            ),
        ),
        digits=3 if step == "pin" else 0,
        account="chen" if step == "account" else "",
        problem=(unreached if step == "account" else refused) if wrong else "",
        todo=todo if wrong else "",
        back="" if step == "choose" else say("返回", "Back", language),
    )  # fmt: skip
