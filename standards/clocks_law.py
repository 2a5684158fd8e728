"""The limits of the 行政许可法 (2019) with the articles that set them, and its two fictions: deemed acceptance, deemed renewal."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType
from typing import Final, NamedTuple

from standards import workdays
from standards.clocks_hours import ServiceHours, counted_from
from standards.clocks_spans import Span, due
from standards.workdays import SHANGHAI, Due, local_day


class Rule(NamedTuple):
    """A limit of the law: its span, the article, its words; `before` when the span lies before a day (`latest_before`)."""

    span: Span
    article: str
    text: str
    before: bool = False


def _days(amount: int) -> Span:
    return Span(amount, "WORKING_DAY")


# Art. 82 makes working days of the authority's limits. The applicant's own are read in his favour where it leaves a doubt: five
# working days to ask for a hearing, thirty natural days before expiry.
LAW: Final[Mapping[str, Rule]] = MappingProxyType(
    {
        "CORRECTION_NOTICE": Rule(
            _days(5),
            "行政许可法第三十二条第一款第四项",
            "申请材料不齐全或者不符合法定形式的，应当当场或者在五日内一次告知申请人需要补正的全部内容，"
            "逾期不告知的，自收到申请材料之日起即为受理",
        ),
        "DECISION": Rule(
            _days(20),
            "行政许可法第四十二条第一款",
            "除可以当场作出行政许可决定的外，行政机关应当自受理行政许可申请之日起二十日内作出行政许可决定",
        ),
        "DECISION_EXTENSION": Rule(
            _days(10),
            "行政许可法第四十二条第一款",
            "二十日内不能作出决定的，经本行政机关负责人批准，可以延长十日，并应当将延长期限的理由告知申请人",
        ),
        "JOINT_DECISION": Rule(
            _days(45),
            "行政许可法第四十二条第二款、第二十六条",
            "行政许可采取统一办理或者联合办理、集中办理的，办理的时间不得超过四十五日",
        ),
        "JOINT_EXTENSION": Rule(
            _days(15),
            "行政许可法第四十二条第二款、第二十六条",
            "四十五日内不能办结的，经本级人民政府负责人批准，可以延长十五日，并应当将延长期限的理由告知申请人",
        ),
        "PRE_REVIEW": Rule(
            _days(20),
            "行政许可法第四十三条",
            "依法应当先经下级行政机关审查后报上级行政机关决定的行政许可，"
            "下级行政机关应当自其受理行政许可申请之日起二十日内审查完毕",
        ),
        "DELIVERY": Rule(
            _days(10),
            "行政许可法第四十四条",
            "行政机关作出准予行政许可的决定，应当自作出决定之日起十日内向申请人颁发、送达行政许可证件",
        ),
        "HEARING_REQUEST": Rule(
            _days(5),
            "行政许可法第四十七条第一款",
            "申请人、利害关系人在被告知听证权利之日起五日内提出听证申请",
        ),
        "HEARING": Rule(
            _days(20),
            "行政许可法第四十七条第一款",
            "申请人、利害关系人在被告知听证权利之日起五日内提出听证申请的，行政机关应当在二十日内组织听证",
        ),
        "HEARING_NOTICE": Rule(
            _days(7),
            "行政许可法第四十八条第一款第一项",
            "行政机关应当于举行听证的七日前将举行听证的时间、地点通知申请人、利害关系人，必要时予以公告",
            before=True,
        ),
        "RENEWAL": Rule(
            Span(30, "NATURAL_DAY"),
            "行政许可法第五十条",
            "应当在该行政许可有效期届满三十日前向作出行政许可决定的行政机关提出申请；"
            "行政机关应当在该行政许可有效期届满前作出是否准予延续的决定，逾期未作决定的，视为准予延续",
            before=True,
        ),
        "INSPECTION": Rule(
            _days(5),
            "行政许可法第五十五条第二款",
            "行政机关实施检验、检测、检疫，应当自受理申请之日起五日内指派两名以上工作人员"
            "按照技术标准、技术规范进行检验、检测、检疫",
        ),
    }
)
"""The limits of the law by their key. The law lets other laws and regulations set others for DECISION, PRE_REVIEW and RENEWAL."""


def deemed_accepted_on(
    received: datetime, hours: ServiceHours | None = None, region: str = "", *, deemed_next_day: bool = False
) -> Due:
    """The end of the five working days in which a correction may be asked. After it, without a notice, the application is accepted as
    of the day of receipt: `received`, not this end (行政许可法 art. 32(4)). Nothing pauses this clock."""
    start = counted_from(received, hours, region, deemed_next_day=deemed_next_day)
    end = due(start, LAW["CORRECTION_NOTICE"].span, region=region)
    assert end is not None, "a clock without pauses has an end"
    return end


def latest_before(day: date, span: Span, region: str = "") -> date:
    """The last day for what must be done a span before `day`, which is not counted: WORKING_DAY or NATURAL_DAY. It is not moved off a
    free day: later would be too late. ValueError for other units."""
    if span.unit == "WORKING_DAY":
        return workdays.working_day_before(day, span.amount, region)
    if span.unit == "NATURAL_DAY":
        return day - timedelta(days=span.amount)
    raise ValueError(f"nothing is counted back in this unit: {span.unit}")


class Renewal(NamedTuple):
    """Whether a renewal was applied for in time, the last day for that, and when it is deemed granted if nothing is decided (UTC)."""

    in_time: bool
    latest: date
    deemed_at: datetime | None


def renewal(expires_on: date, applied_at: datetime, span: Span = LAW["RENEWAL"].span, region: str = "") -> Renewal:
    """Renewal of a licence whose last day is `expires_on` (行政许可法 art. 50): `span` is what the law of that licence says, where it
    says another. Without a decision by the end of that day it is deemed renewed; no such fiction for an application that came late."""
    latest = latest_before(expires_on, span, region)
    in_time = local_day(applied_at) <= latest
    end = datetime.combine(expires_on, time(23, 59, 59), SHANGHAI).astimezone(UTC)
    return Renewal(in_time, latest, end if in_time else None)
