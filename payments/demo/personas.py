"""Who lives in the demo. Nobody is real: certificate prefix 999902 is no district, and 199000… no network."""

from dataclasses import dataclass, field
from datetime import date

from stdnum.cn import ric

from accounts.codes import EnrolmentStatus, PersonType

FIRST_MONTH = "2022-01"

RUIAN, ZHOUSHAN, QUANZHOU, BEIJING, HUNAN, HENAN = "330381", "330900", "350500", "110000", "430000", "410000"
EMPLOYEE, RETIREE, RESIDENT, CHILD = PersonType.EMPLOYED, PersonType.RETIRED, PersonType.ADULT, PersonType.MINOR
NORMAL, SUSPENDED = EnrolmentStatus.NORMAL, EnrolmentStatus.SUSPENDED


@dataclass(frozen=True, slots=True)
class Since:
    """From a day on: person type and status."""

    day: str
    what: PersonType
    status: EnrolmentStatus = NORMAL


@dataclass(frozen=True, slots=True)
class Member:
    """One demo person. `bases` are monthly contribution bases in yuan by the month they begin with."""

    serial: int
    name: str
    gender: int
    born: date
    region: str
    street: str
    since: tuple[Since, ...]
    bases: dict[str, str] = field(default_factory=dict)
    late: dict[str, str] = field(default_factory=dict)  # month → the month in which it was paid after all
    slips: dict[str, str] = field(default_factory=dict)  # month → the base as first filed; put right a month later
    stays: dict[str, int] = field(default_factory=dict)  # day → fen of a stay in hospital
    flex: bool = False
    spends: int = 0  # bills a year
    what: str = ""  # who this is, for the list of sign-ins

    @property
    def certno(self) -> str:
        stem = f"999902{self.born:%Y%m%d}{self.serial:02d}{self.gender}"
        return stem + ric.calc_check_digit(stem + "0")

    @property
    def phone(self) -> str:
        return f"199000{self.serial:05d}"


PERSONAS = (
    Member(
        1, "陈静", 2, date(1985, 4, 12), RUIAN, "安阳街道",
        (Since("2019-03-01", EMPLOYEE),), {"2022-01": "6800.00", "2024-01": "7200.00", "2026-01": "7600.00"},
        spends=4, what="在职职工，有父母、配偶和女儿（瑞安）",
    ),
    Member(
        2, "陈伟", 1, date(1955, 8, 3), RUIAN, "安阳街道", (Since("2015-09-01", RETIREE),),
        spends=10, what="退休，陈静的父亲（瑞安）",
    ),
    Member(
        3, "王芳", 2, date(1957, 2, 20), RUIAN, "安阳街道", (Since("2018-01-01", RESIDENT),),
        what="城乡居民，没有个人账户，陈静的母亲（瑞安）",
    ),
    Member(
        4, "林强", 1, date(1984, 11, 30), ZHOUSHAN, "昌国街道",
        (Since("2018-06-01", EMPLOYEE),), {"2022-01": "5600.00", "2025-04": "6400.00"},
        spends=6, what="在职职工，2025年4月起基数提高，陈静的配偶（舟山）",
    ),
    Member(
        5, "林小雨", 2, date(2015, 5, 18), RUIAN, "安阳街道", (Since("2016-01-01", CHILD),),
        what="未满16周岁的居民，陈静的女儿（瑞安）",
    ),
    Member(
        6, "周海", 1, date(1978, 1, 9), ZHOUSHAN, "临城街道", (Since("2023-01-01", EMPLOYEE),), {"2023-01": "4462.00"},
        flex=True, spends=5, what="灵活就业，按 4462 元基数，每年预划 1,070.88（舟山）",
    ),
    Member(
        7, "吴婷", 2, date(1990, 7, 7), RUIAN, "锦湖街道",
        (Since("2020-01-01", EMPLOYEE), Since("2026-07-01", EMPLOYEE, SUSPENDED)), {"2022-01": "5200.00"},
        spends=3, what="2026年7月起停保（瑞安）",
    ),
    Member(
        8, "郑平", 1, date(1982, 3, 3), RUIAN, "塘下镇", (Since("2024-10-01", EMPLOYEE),),
        {"2024-10": "6700.00"}, what="上年末历年结余刚过 2000 元门槛（瑞安）",
    ),
    Member(
        9, "何苗", 2, date(1993, 9, 9), RUIAN, "塘下镇", (Since("2024-10-01", EMPLOYEE),),
        {"2024-10": "6650.00"}, what="上年末历年结余差一点到 2000 元（瑞安）",
    ),
    Member(
        10, "黄建国", 1, date(1975, 6, 15), QUANZHOU, "鲤城区",
        (Since("2010-01-01", EMPLOYEE),), {"2022-01": "7900.00"},
        spends=5, what="在职职工，余额超过 2000 元，可以转入共济账户（泉州）",
    ),
    Member(
        11, "黄秀英", 2, date(1951, 12, 1), QUANZHOU, "鲤城区", (Since("2018-01-01", RESIDENT),),
        what="城乡居民，黄建国的母亲（泉州）",
    ),
    Member(
        12, "黄小明", 1, date(2013, 10, 10), QUANZHOU, "鲤城区", (Since("2014-01-01", CHILD),),
        what="未满16周岁的居民，黄建国的儿子（泉州）",
    ),
    Member(
        13, "苏梅", 2, date(1958, 4, 4), QUANZHOU, "丰泽区", (Since("2013-05-01", RETIREE),),
        spends=8, what="退休人员（泉州）",
    ),
    Member(
        14, "方磊", 1, date(1995, 2, 2), QUANZHOU, "丰泽区", (Since("2025-11-01", EMPLOYEE),),
        {"2025-11": "7600.00"}, what="余额刚到 2000 元上下（泉州）",
    ),
    Member(
        15, "赵倩", 2, date(1988, 8, 18), BEIJING, "东城区", (Since("2015-01-01", EMPLOYEE),),
        {"2022-01": "5000.00"}, late={"2026-05": "2026-07"},
        spends=4, what="基数 5000，每月应缴 103.00，记入 100.00；2026年5月的缴费晚到（北京）",
    ),
    Member(
        16, "刘福", 1, date(1954, 5, 5), HUNAN, "岳麓区", (Since("2014-06-01", RETIREE),),
        spends=6, what="退休，每月 75.00（湖南）",
    ),
    Member(
        17, "孙洁", 2, date(1963, 3, 26), ZHOUSHAN, "昌国街道",
        (Since("2005-01-01", EMPLOYEE), Since("2025-04-01", RETIREE)), {"2022-01": "6000.00"},
        spends=6, what="2025年4月退休，预划改按退休定额（舟山）",
    ),
    Member(
        18, "唐军", 1, date(1980, 10, 20), HUNAN, "岳麓区", (Since("2012-03-01", EMPLOYEE),),
        {"2022-01": "5000.00"}, slips={"2026-03": "4000.00"},
        spends=3, what="在职职工，基数 5000，每月 100.00；2026年3月基数报错后更正（湖南）",
    ),
    Member(
        19, "钱峰", 1, date(1987, 12, 6), RUIAN, "锦湖街道",
        (Since("2025-01-01", EMPLOYEE), Since("2026-08-01", EMPLOYEE, SUSPENDED)), {"2025-01": "5000.00"},
        stays={"2026-05-25": 850_000}, what="住院用完了账户，2026年8月起停保，有多划待追回（瑞安）",
    ),
    Member(
        20, "郭敏", 2, date(1986, 9, 21), HENAN, "中原区",
        (Since("2012-07-01", EMPLOYEE),), {"2022-01": "5500.00"},
        spends=3, what="在职职工，先缴居民医保、再凭税票申请返还（河南）",
    ),
    Member(
        21, "郭乐乐", 1, date(2014, 3, 8), HENAN, "中原区", (Since("2015-01-01", CHILD),),
        what="未满16周岁的居民，郭敏的儿子（河南）",
    ),
    Member(
        22, "郭老根", 1, date(1953, 2, 11), HENAN, "中原区", (Since("2016-01-01", RESIDENT),),
        what="城乡居民，满70周岁，居民医保由财政代缴，郭敏的父亲（河南）",
    ),
)  # fmt: skip
