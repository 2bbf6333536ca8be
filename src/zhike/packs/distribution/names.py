"""Names, numbers and addresses of a made-up company world: deterministic, believable, nobody's."""

import json
from dataclasses import dataclass
from pathlib import Path
from random import Random

from stdnum.cn import uscc

PARTS = json.loads((Path(__file__).parent / "data" / "name_parts.json").read_text("utf-8"))
SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕苏卢蒋蔡贾丁魏薛叶阎余潘杜戴夏钟汪田任姜范方石姚谭廖邹熊金陆郝孔白崔康毛邱秦江史顾侯邵孟龙万段钱汤尹黎易常武乔贺赖龚文"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华玉萍红辉玲建国志文斌海波宁健俊帆雪琳慧婷欣怡宇轩浩然子涵梓萱思远雨桐一鸣婉清晓东嘉怡天佑佳琪博文泽宇诗涵若曦承宇雅静书豪"
TITLES = [
    "总经理",
    "副总经理",
    "采购总监",
    "采购经理",
    "设备科长",
    "技术总监",
    "项目经理",
    "财务经理",
    "生产部长",
    "质量部长",
    "信息主管",
    "商务",
]
STREETS = ["工业园路", "创新大道", "科技路", "人民路", "建设路", "迎宾大道", "滨河路", "长江路", "兴业路", "新华路"]


@dataclass(frozen=True)
class Company:
    """What is made up about a company."""

    name: str
    short_name: str
    province: str
    city: str
    industry: str
    uscc: str
    phone: str
    address: str


def person_name(random: Random) -> str:
    """A family name and one or two more characters."""
    return random.choice(SURNAMES) + "".join(random.choice(GIVEN) for _ in range(random.choice((1, 2, 2, 2))))


def mobile(random: Random) -> str:
    """A mobile number of a segment used for examples."""
    return f"1380000{random.randrange(10_000):04d}"


def companies(random: Random, count: int) -> list[Company]:
    """So many companies, no name twice."""
    found: dict[str, Company] = {}
    cities = PARTS["cities"]
    weights = [c["weight"] for c in cities]
    industries = list(PARTS["trades"])
    while len(found) < count:
        city = random.choices(cities, weights)[0]
        industry, brand = random.choice(industries), random.choice(PARTS["brands"])
        trade = random.choice(PARTS["trades"][industry])
        name = f"{city['city']}{brand}{trade}{random.choice(PARTS['suffixes'])}"
        if name in found:
            continue
        code = f"91{city['division']}MADEM{random.randrange(10_000):04d}"
        found[name] = Company(
            name=name,
            short_name=f"{brand}{trade}",
            province=city["province"],
            city=city["city"],
            industry=industry,
            uscc=code + uscc.calc_check_digit(code),
            phone=f"{city['area_code']}-5550{random.randrange(10_000):04d}",
            address=f"{city['province']}{city['city']}{random.choice(STREETS)}{random.randrange(1, 900)}号",
        )
    return list(found.values())
