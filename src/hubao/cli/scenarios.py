"""The leaks that can be simulated, a sentence each."""

from collections.abc import Mapping
from typing import Final

from hubao.cli.language import Language
from hubao.world.scenarios import Scenario

SENTENCES: Final[Mapping[Scenario, Mapping[Language, str]]] = {
    scenario: {Language.EN: english, Language.ZH: chinese}
    for scenario, english, chinese in (
        (
            Scenario.BULK_COPY,
            "An employee copies records on one to five evenings.",
            "一名在职员工在一至五个晚上批量复制资料。",
        ),
        (
            Scenario.SLOW_DRIP,
            "An employee copies some twenty records a day for two months or more.",
            "一名在职员工每天复制约二十条，持续两个月以上。",
        ),
        (
            Scenario.DESK_ONLY,
            "An employee sells what came over the desk; no access is out of place.",
            "一名在职员工出售经手业务中看到的资料，没有任何多余的查看。",
        ),
        (
            Scenario.LEAVER,
            "Somebody who has given notice copies records, and the calls start after the last day.",
            "一名已提出离职的人员复制资料，离职之后才开始有诈骗来电。",
        ),
        (
            Scenario.PARTNER_EXPORT,
            "A batch that was exported to a partner gets out.",
            "导出给合作伙伴的一批资料流出。",
        ),
        (
            Scenario.SCRAPE,
            "A partner's or a system's account is abused to read a fifth of the book, id by id.",
            "合作伙伴或系统的账号被盗用，按编号顺序读取了五分之一的保单。",
        ),
        (
            Scenario.RING,
            "Two leavers and two employees sell, with 40, 30, 20 and 10 % of the contacts.",
            "两名离职人员和两名在职员工出售资料，各占联系的 40、30、20、10 %。",
        ),
        (
            Scenario.RING_EQUAL,
            "Two leavers and two employees sell, with equal shares of the contacts.",
            "两名离职人员和两名在职员工出售资料，各占联系的四分之一。",
        ),
        (
            Scenario.TWO_LEAKS,
            "An employee and a leaver who have nothing to do with each other both sell.",
            "一名在职员工和一名离职人员互不相干，各自出售资料。",
        ),
        (
            Scenario.OUTSIDE,
            "The records come from a place that the log doesn't show.",
            "资料来自日志中没有记录的地方。",
        ),
        (
            Scenario.TEAM_50,
            "An employee copies a list of which three to seven colleagues have seen half at work.",
            "一名在职员工复制的名单中，有一半也是三至七名同事在工作中看过的。",
        ),
        (
            Scenario.TEAM_90,
            "The same, and the colleagues have seen nine records in ten.",
            "同上，同事们看过其中的九成。",
        ),
        (
            Scenario.NONE,
            "Nothing got out; every contact is a cold call.",
            "没有资料泄露，所有联系都是盲打电话。",
        ),
    )
}
