"""Every word of the leaked-file report, Chinese and English side by side; words.py speaks them."""

from typing import Final

from hubao.trace.phrases import Phrase

CAUTIONS: Final[dict[str, Phrase]] = {
    "caution.no_found_at": Phrase(
        "没有给出发现文件的时间（--found-at）：之后为调查而打开资料的人也会被算作看过。",
        "No time was given at which the file was found (--found-at): whoever opened the records "
        "afterwards, to look into it, counts too.",
    ),
    "caution.few_records": Phrase(
        "文件只对应 {records} 份资料：不足十份时，只能指认看过极少资料的账号。",
        "The file holds only {records} records: under about ten, only actors that saw very few "
        "records can be named.",
    ),
    "caution.strangers": Phrase(
        "有 {unmatched} 行与任何一份资料都不符：文件可能混有别处的名单，或列的写法不同。",
        "Rows that match no record: {unmatched}. The file may hold lists from elsewhere, or its "
        "columns are written another way.",
    ),
    "caution.ambiguous": Phrase(
        "有 {ambiguous} 行同时符合几份资料，没有用作证据；同一客户有几张保单时就会这样。",
        "Rows that fit several records: {ambiguous}. They are no evidence. It happens where a "
        "customer has several policies.",
    ),
    "caution.coded_otherwise": Phrase(
        "这些列在两张表里写法不同，没有用来比较：{names}。",
        "Columns left out because the two tables write them differently: {names}.",
    ),
    "caution.not_one_moment": Phrase(
        "没有哪一刻能解释九成以上的值：这些行可能是分几次复制的，或者历史表不全。",
        "No single moment explains nine tenths of the values: the rows were copied over a time, "
        "or the history is not complete.",
    ),
    "caution.history_shares_nothing": Phrase(
        "文件中没有一个值见于历史表，无法推断复制时间。",
        "The history table knows none of the file's values, so the copy can't be dated.",
    ),
    "caution.named_not_in_origins": Phrase(
        "被指认的来源不在“文件由什么组成”之中：两种方法不一致，请人工核对。",
        "A named source is not part of the shortest explanation of the file: the two methods "
        "disagree, so have a person look.",
    ),
    "caution.rejected": Phrase(
        "有 {rejected} 行无法读取，已另存并写明原因。",
        "Rows that could not be read and were set aside, each with its reason: {rejected}.",
    ),
}

PHRASES: Final[dict[str, Phrase]] = {
    **CAUTIONS,
    "verdict.source_named": Phrase(
        "文件中的资料来自 {names}{unless}。错指任何无辜者的概率至多 {alpha}。",
        "The records in this file came from {names}{unless}. The chance of naming any innocent is "
        "at most {alpha}.",
    ),
    "verdict.unless": Phrase(
        "，除非隐藏的定向选择强于 G* = {g_star}",
        ", unless hidden targeting is stronger than G* = {g_star}",
    ),
    "verdict.shortlist": Phrase(
        "来源很可能在 {names} 之中，但还分不清是哪一个，不指认任何人。",
        "The source is probably among {names}, but which one can't be told yet. Nobody is named.",
    ),
    "verdict.outside_log": Phrase(
        "日志中没有账号能解释这份文件，不指认任何人。",
        "Nobody in this log explains the file. Nobody is named.",
    ),
    "verdict.not_enough_evidence": Phrase(
        "证据不足，不指认任何人。",
        "There is not enough evidence to name anybody.",
    ),
    "next.source_named": Phrase(
        "下一步：先取得第二条独立证据（文件指纹、诱饵记录或设备取证），让当事人看到结论并作答，再考虑其他措施。",
        "Next: find a second, independent line of evidence (file fingerprint, decoy record, device "
        "forensics) and let the person see this and answer, before anything else.",
    ),
    "next.shortlist": Phrase(
        "下一步：用历史表推断复制时间，核对该时间前后的导出；名单上的账号不等于有过错。",
        "Next: date the copy with a history table and look at the exports of that time. Being "
        "listed is no fault.",
    ),
    "next.outside_log": Phrase(
        "下一步：检查没有接入日志的渠道：合作方、旧系统、纸质资料、以前的导出文件。",
        "Next: look where no log is kept: partners, old systems, paper, earlier exports.",
    ),
    "next.not_enough_evidence": Phrase(
        "下一步：找到文件更多的部分，或更早的日志；不要据此询问或处理任何人。",
        "Next: find more of the file, or the log of an earlier time; question nobody on this "
        "basis.",
    ),
    "name.batch": Phrase("导出 {batch}（{actor} 所做）", "export {batch} (made by {actor})"),
    "name.batch.alone": Phrase("导出 {batch}", "export {batch}"),
    "name.group": Phrase(
        "{names} 之一（资料相同，无法区分）", "one of {names} (which hold the same records)"
    ),
    "section.origins": Phrase(
        "文件由什么组成（最短的解释，不是指认）",
        "What the file was made of (the shortest explanation, not an accusation)",
    ),
    "section.marks": Phrase("文件的样子（只是事实）", "How the file was made (facts only)"),
    "section.cautions": Phrase("请注意", "Please note"),
    "column.origin": Phrase("来源", "Origin"),
    "column.inside": Phrase("文件中的资料", "Records in file"),
    "column.records": Phrase("看过的资料", "Records seen"),
    "column.share": Phrase("份额", "Share"),
    "column.seen": Phrase("查看时间", "Seen"),
    "column.copied": Phrase("复制时间（95%）", "Copied (95 %)"),
    "origins.none": Phrase(
        "没有账号或导出比“来自别处”更能解释这份文件。",
        "No actor or export explains the file better than “from elsewhere”.",
    ),
    "origins.elsewhere": Phrase("来自别处：{share}。", "From elsewhere: {share}."),
    "line.rows": Phrase(
        "{rows} 行：{matched} 行对应 {records} 份资料（按编号 {by_id}，按列 {by_columns}，"
        "按相似 {by_likeness}），{ambiguous} 行不明确，{unmatched} 行无对应。",
        "{rows} rows: {matched} stand for {records} records (by id {by_id}, by columns "
        "{by_columns}, by likeness {by_likeness}), {ambiguous} ambiguous, {unmatched} unmatched.",
    ),
    "line.columns": Phrase("比较的列：{names}。", "Columns compared: {names}."),
    "line.sample": Phrase(
        "指认只依据随机抽取的 {sample} 份资料。",
        "Naming rests on {sample} of the records, drawn by chance.",
    ),
    "line.dated": Phrase(
        "复制时间：{best_from} 至 {best_until} 之间多数值一致（{consistent}/{cells}）；"
        "95% 区间 {likely_from} 至 {likely_until}。",
        "Copied: between {best_from} and {best_until} most values agree ({consistent} of {cells}); "
        "95 % interval {likely_from} to {likely_until}.",
    ),
    "line.found": Phrase("日志截至 {found_at}。", "The log is cut at {found_at}."),
    "line.family": Phrase(
        "界限涵盖日志中的 {family} 个账号和导出；风险资料 {records} 份。",
        "The bound covers {family} actors and exports in the log; {records} records at risk.",
    ),
    "line.input": Phrase(
        "{role}：{path}，{rows} 行，搁置 {rejected} 行",
        "{role}: {path}, {rows} rows, {rejected} set aside",
    ),
    "role.leaked": Phrase("泄露文件", "Leaked file"),
    "role.policies": Phrase("保单表", "Policies"),
    "role.history": Phrase("历史表", "History"),
    "role.actors": Phrase("人员表", "Actors"),
    "role.access": Phrase("访问日志", "Access log"),
    "mark.format": Phrase("格式：{names}", "Format: {names}"),
    "mark.columns": Phrase("列（按顺序）：{names}", "Columns, in order: {names}"),
    "mark.unknown": Phrase("保单表没有的列：{names}", "Not in the policies table: {names}"),
    "mark.sorted": Phrase("按此排序：{names}", "Sorted by: {names}"),
    "mark.unsorted": Phrase("没有按任何一列排序", "Not sorted by any column"),
    "mark.nulls": Phrase("空值写法：{names}", "Empty cells are written: {names}"),
    "mark.blank": Phrase("留空", "left blank"),
    "mark.repeated": Phrase("重复的行：{count}", "Repeated rows: {count}"),
    "mark.formulas": Phrase(
        "像公式的单元格：{count}。用表格软件打开前请先处理。",
        "Cells that look like formulas: {count}. Take care before opening it in a spreadsheet.",
    ),
    "limit": Phrase(
        "单凭本报告不得采取任何人事措施：来源是账号或导出，不等于人；还需要第二条独立证据，并让当事人看到、作答、申诉。",
        "This finding alone is no ground for a personnel step: an origin is an account or an "
        "export, not a person. A second, independent line of evidence is needed, and the person "
        "must see it, answer it and be able to appeal.",
    ),
}
