"""What is told about procurements. Pure data."""

from typing import Final

from services.message.model_texts import DUE, LIGHT, PROGRESS, SOON, Template

TEMPLATES: Final = (
    Template(
        "market.returned",
        "采购需求退回",
        DUE,
        "",
        LIGHT,
        ("title", "number"),
        "采购需求需要修改",
        "“{title}”（编号{number}）的采购需求被退回，原因写在页面上。\n请修改后再提交。",
        "“{title}”的采购需求被退回，请登录修改。编号{number}。",
    ),
    Template(
        "market.published",
        "采购公告发布",
        PROGRESS,
        "",
        LIGHT,
        ("title", "number", "due"),
        "采购公告已发布",
        "“{title}”（编号{number}）的采购公告已发布，{due}前接受报名。",
        "“{title}”的采购公告已发布，{due}前接受报名。编号{number}。",
    ),
    Template(
        "market.result",
        "选取结果",
        PROGRESS,
        "",
        SOON,
        ("title", "number", "due"),
        "选取结果已公示",
        "“{title}”（编号{number}）的选取结果已公示，到{due}为止。\n有异议的，请在公示期内提出。",
        "“{title}”的选取结果已公示到{due}。编号{number}。",
    ),
    Template(
        "market.won",
        "中选",
        DUE,
        "",
        SOON,
        ("title", "number", "due"),
        "贵机构已被选中",
        "贵机构被选中办理“{title}”（编号{number}），结果公示到{due}。\n公示后请按时签订合同。",
        "贵机构被选中办理“{title}”，公示到{due}，请登录查看。编号{number}。",
    ),
    Template(
        "market.delivered",
        "中介成果提交",
        DUE,
        "",
        SOON,
        ("title", "number"),
        "中介机构交来了成果",
        "“{title}”（编号{number}）的成果已经交来，请打开页面确认或退回。",
        "“{title}”的成果已交来，请登录确认。编号{number}。",
    ),
    Template(
        "market.ended",
        "采购终止",
        PROGRESS,
        "",
        LIGHT,
        ("title", "number"),
        "采购已终止",
        "“{title}”（编号{number}）的采购提前终止，原因写在页面上。",
        "“{title}”的采购已终止。编号{number}。",
    ),
)
