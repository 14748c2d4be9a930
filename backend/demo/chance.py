"""Seeded dice, and names of people and places that do not exist."""

from random import Random
from typing import Final

from events import resident_ids
from events.ids import id_text

_SURNAMES: Final = "陈林黄李梁吴杨庞谢许郑何张王麦莫欧冯卢邓"
_GIVEN: Final = "海明建华丽芳志强玉兰伟春秀英永福小燕国平桂花文杰美玲日生水娣康妹观土亚"
_TRADES: Final = (
    "书法", "羽毛球", "海钓", "龙舟", "粤剧", "广场舞", "志愿服务", "助学", "老年人体育", "花卉",
    "象棋", "摄影", "农产品流通", "水产养殖", "建材", "家政", "民间文艺", "乡贤", "环保", "太极拳",
)  # fmt: skip
_SCHOOLS: Final = (
    "晨光幼儿园", "蓝天幼儿园", "育苗幼儿园", "启智托管中心", "阳光康复中心", "海风职业培训学校",
    "乐龄居家养老服务中心", "同心社会工作服务中心", "金种子幼儿园", "小海豚幼儿园",
)  # fmt: skip
_STREETS: Final = ("海景路", "麻斜路", "南调路", "灯塔路", "渡口路", "红旗路", "坡南路", "龙王路")


class Dice(Random):
    """A seeded source of chance; one for each purpose, so that none disturbs another."""

    @classmethod
    def for_purpose(cls, seed: int, purpose: str) -> "Dice":
        """Return the dice of `purpose` under `seed`; text seeds are hashed alike everywhere."""
        return cls(f"xunji demo {seed} {purpose}")

    def new_id(self) -> str:
        """Return a random identity."""
        return id_text(self.randbytes(16))

    def happens(self, chance: float) -> bool:
        """Tell whether something of this probability happens."""
        return self.random() < chance

    def person_name(self) -> str:
        """Return an invented name of two or three characters."""
        given = "".join(self.sample(_GIVEN, self.choice((1, 2, 2))))
        return self.choice(_SURNAMES) + given

    def trade(self) -> str:
        """Return what an association is about."""
        return self.choice(_TRADES)

    def school(self) -> str:
        """Return a private unit's kind."""
        return self.choice(_SCHOOLS)

    def street(self) -> str:
        """Return the name of a street."""
        return self.choice(_STREETS)

    def resident_id(self) -> str:
        """Return a number of the unassigned division 999999 with a right check digit."""
        born = f"{self.randint(1938, 2006)}{self.randint(1, 12):02}{self.randint(1, 28):02}"
        return resident_ids.with_check(f"999999{born}{self.randint(0, 999):03}")
