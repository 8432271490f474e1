"""Every word of the trace report, Chinese and English side by side; words.py speaks them."""

from typing import Final, NamedTuple


class Phrase(NamedTuple):
    """One sentence or label in both languages, with the same `{fields}` in each."""

    zh: str
    en: str


VERDICTS: Final[dict[str, Phrase]] = {
    "verdict.word.source_named": Phrase("已指认来源", "Source named"),
    "verdict.word.shortlist": Phrase("候选名单", "Shortlist"),
    "verdict.word.outside_log": Phrase("来源不在日志中", "Not in this log"),
    "verdict.word.not_enough_evidence": Phrase("证据不足", "Not enough evidence"),
    "verdict.named.one": Phrase(
        "资料来源是 {names}",
        "{names} is the source of the records",
    ),
    "verdict.named.group": Phrase(
        "资料来源是 {names} 之一（它们看过的资料相同，无法区分）",
        "The source of the records is one of {names}, which saw the same records",
    ),
    "verdict.named.several": Phrase(
        "资料有 {count} 个来源：{sources}",
        "The records came from {count} sources: {sources}",
    ),
    "verdict.several.group": Phrase(
        "{names} 之一（看过的资料相同）", "one of {names} (which saw the same records)"
    ),
    "verdict.unless": Phrase(
        "，除非隐藏的定向选择强于 G* = {g_star}",
        ", unless hidden targeting is stronger than G* = {g_star}",
    ),
    "verdict.bound": Phrase(
        "。错指任何无辜者的概率至多 {alpha}。",
        ". The chance of naming any innocent is at most {alpha}.",
    ),
    "verdict.shortlist": Phrase(
        "来源在 {names} 之中，但现有受害者还分不清是哪一个。",
        "The source of the records is among {names}; the victims so far can't tell which.",
    ),
    "verdict.shortlist.bound": Phrase(
        "若日志中无人泄露，出现这份名单的概率至多 {alpha}。",
        " Had nobody in the log leaked, such a list would come up with chance at most {alpha}.",
    ),
    "verdict.shortlist.lead": Phrase(
        "最可疑的是 {names}，但证据尚未达到可以指认的界限。",
        "The leading suspects are {names}, but the evidence is still below the bound for naming.",
    ),
    "verdict.outside_log": Phrase(
        "这份日志解释不了这些联系：任何一个账号最多只能解释其中的 {largest}（95% 的把握）。"
        "资料若曾泄露，来源在日志之外；也可能只是随机拨打。不指认任何人。",
        "This log does not explain the reported contacts: no one actor can account for more than "
        "{largest} of them (95% confidence). If records were leaked, it was from outside this log; "
        "or these are cold calls. Nobody is named.",
    ),
    "verdict.outside.wide": Phrase(
        "看过本范围过半资料、因而无法排除的账号：{names}。",
        " Not ruled out, since they see most of what they work on: {names}.",
    ),
    "verdict.not_enough": Phrase(
        "证据不足，不指认任何人。",
        "There is not enough evidence to name anybody.",
    ),
    "verdict.no_suspects": Phrase(
        "日志中没有账号在联系发生前看过任何受害者的资料，不指认任何人。",
        "No actor in the log had seen any victim's record before the contact. Nobody is named.",
    ),
    "verdict.needs": Phrase(
        "大约还需要 {count} 位受害者（有 95% 的把握）。",
        " Victims still needed: about {count} (with 95% power).",
    ),
    "verdict.needs.targeted": Phrase(
        "若存在强度为 2 的隐藏定向选择，则约需 {count} 位。",
        " If hidden targeting were as strong as G = 2: about {count}.",
    ),
    "verdict.needs.none": Phrase(
        "还需要多少受害者无从估计；可能要靠另一条独立证据。",
        " How many more victims would do can't be said; it may take another, independent line of "
        "evidence.",
    ),
    "after.copied": Phrase(
        "{names} 的资料可能在 {first} 至 {last} 之间被复制（覆盖率 90%）。",
        "{names}: the records were copied between {first} and {last} (90% coverage).",
    ),
    "after.copied.one_day": Phrase(
        "{names} 的资料可能在 {first} 当天被复制（覆盖率 90%）。",
        "{names}: the records were copied on {first} (90% coverage).",
    ),
    "after.left": Phrase(
        "预计由 {names} 的资料还会引来约 {count} 次被报告的联系（90% 区间 {low} 至 {high}）。",
        "{names}: about {count} more contacts will be reported (90% interval {low} to {high}).",
    ),
    "after.leaving": Phrase(
        "{names} 离开之后，其账号仍有 {count} 次查看：不算作本人所为，请查明是谁在用。",
        "{names}: {count} accesses on the account after it had left. They are not taken for its "
        "own; find out who used it.",
    ),
    "after.ask": Phrase(
        "下一步可询问（回答最能区分领先的账号）：{names}。",
        "Whom to ask next (their answers best tell the leading suspects apart): {names}.",
    ),
    "after.ask.answers": Phrase(
        "预计 {count} 个回答可以区分（95% 把握）。"
        "询问缘由须记入 asked_because，回答不计入对任何人的指认。",
        " About {count} answers should tell them apart (95%). Record why they were asked in "
        "asked_because: such answers never count towards naming anybody.",
    ),
    "after.ask.record": Phrase(
        "询问缘由须记入 asked_because，回答不计入对任何人的指认。",
        " Record why they were asked in asked_because: such answers never count towards naming "
        "anybody.",
    ),
    "verdict.and_others": Phrase("等（另有 {count} 个）", "and {count} more"),
    "next.source_named": Phrase(
        "下一步：先取得第二条独立证据（文件指纹、诱饵记录或设备取证），让当事人看到结论并作答，再考虑其他措施。",
        "Next: find a second, independent line of evidence (file fingerprint, decoy record, device "
        "forensics) and let the person see this and answer, before anything else.",
    ),
    "next.shortlist": Phrase(
        "下一步：收集更多受害者报告；名单上的账号不等于有过错，其中多数很可能只是同事。",
        "Next: collect more victims' reports. Being listed is no fault: most of those listed are "
        "probably only colleagues.",
    ),
    "next.outside_log": Phrase(
        "下一步：检查没有接入日志的渠道：合作方、旧系统、纸质资料、以前的导出文件。",
        "Next: look where no log is kept: partners, old systems, paper, earlier exports.",
    ),
    "next.not_enough_evidence": Phrase(
        "下一步：继续收集受害者报告并记下每次询问的缘由；不要据此询问或处理任何人。",
        "Next: keep collecting victims' reports, with the reason each was asked; question nobody "
        "on this basis.",
    ),
    "g_star.meaning": Phrase(
        "隐藏的定向选择：骗子按日志里看不到的特征挑客户，而这些特征恰好与谁看过资料有关。"
        "G* 是推翻指认所需的最小强度，为 1 时无需任何定向。",
        "Hidden targeting: scammers pick customers by traits the log can't show, which happen to "
        "go with who saw the record. G* is how strong that must be to overturn the finding; at 1, "
        "none is needed.",
    ),
}

CAUTIONS: Final[dict[str, Phrase]] = {
    "caution.few_victims": Phrase(
        "受害者只有 {used} 位（少于 10 位）：此时只能指认看过极少资料的账号。",
        "Victims in the evidence: {used}, under 10. Only actors that saw very few records can be "
        "named.",
    ),
    "caution.hidden_targeting": Phrase(
        "G* 小于 2：不强的隐藏定向选择就能推翻结论，只当作线索。",
        "G* is below 2: modest hidden targeting would overturn this. Treat it as a lead only.",
    ),
    "caution.unknown_victims": Phrase(
        "有 {unknown} 位受害者不在任何表中，未计入证据。",
        "Victims found in no table and left out of the evidence: {unknown}.",
    ),
    "caution.no_policies_table": Phrase(
        "没有保单表：分层只依据资料被查看的次数，地区或产品造成的差异未能排除。",
        "No policies table: records were compared by access counts alone, so differences between "
        "regions or products are not ruled out.",
    ),
    "caution.no_issue_dates": Phrase(
        "保单表没有承保日期（issued 列）：报告较多时，遍查过全部保单的账号"
        "可能仅因为查在新保单之前而显得突出。",
        "The policies table has no dates of issue (column issued): with this many reports, an "
        "account that went through the whole book may stand out merely because it did so before "
        "the newest policies came.",
    ),
    "caution.wide_access": Phrase(
        "领先的账号看过四成以上的资料：实际上无法由受害者追查。请缩小权限或加入诱饵记录。",
        "The leading suspects saw over 40% of the records, which can't be traced from victims in "
        "practice. Narrow their access or add decoy records.",
    ),
    "caution.contact_time_missing": Phrase(
        "有些联系没有时间：对它们按整个日志计算，联系之后的查看也算在内。",
        "Some contacts have no time: for those the whole log was counted, look-ups after the "
        "contact included.",
    ),
    "caution.report_time_missing": Phrase(
        "有些报告没有时间：先后次序按文件中的次序。",
        "Some reports have no time: the order of the file was used for them.",
    ),
    "caution.chosen_victims": Phrase(
        "有 {chosen} 位受害者是因某个账号经手才被询问的：已从证据中排除。",
        "Victims asked because of an actor in the log, and so left out of the evidence: {chosen}.",
    ),
    "caution.doubted_victims": Phrase(
        "有 {doubted} 条联系的可信度为 0：未计入证据。",
        "Contacts left out because their confidence is 0: {doubted}.",
    ),
    "caution.quoted_unknown": Phrase(
        "有些来电者提到的字段，日志里没有任何一次查看列出过：这些字段未计入。",
        "Some callers quoted a field that no access in the log lists: that field was not weighed.",
    ),
    "caution.quoted_ignored": Phrase(
        "有些来电者提到了字段，但日志（或索引）没有记下每次查看显示的字段：未计入。",
        "Some callers quoted fields, but the log (or the index) does not keep which fields an "
        "access showed: they were not weighed.",
    ),
    "caution.rejected_rows": Phrase(
        "有 {rejected} 行无法读取，已另存并写明原因；若它们集中在某处，结论可能受影响。",
        "Rows that could not be read and were set aside, each with its reason: {rejected}. If they "
        "come from one place, the finding may be off.",
    ),
    "caution.log_starts_late": Phrase(
        "有些联系发生在日志开始之前：更早的查看不可见，它们的来源可能不在日志中。",
        "Some contacts came before the log begins: earlier look-ups can't be seen, so their source "
        "may be missing.",
    ),
}

LIMITS: Final[dict[str, Phrase]] = {
    "limit.personnel": Phrase(
        "单凭本报告不得采取任何人事措施：还需要第二条独立证据，并让当事人看到、作答、申诉。",
        "This finding alone is no ground for a personnel step: a second, independent line of "
        "evidence is needed, and the person must see it, answer it and be able to appeal.",
    ),
    "limit.account": Phrase(
        "资料来源是账号，不等于人：共用密码、木马、旁人看屏幕或打印件都可能使资料从该账号流出。",
        "A source is an account, not a person: records may leave through shared passwords, "
        "malware, a screen others see, or a printout.",
    ),
    "limit.same_records": Phrase(
        "看过相同资料的账号无法区分；报告只指认到这一组，不指认其中某一个。",
        "Actors that saw the same records can't be told apart; the report names the group, never "
        "one of them.",
    ),
    "limit.unlogged": Phrase(
        "没有日志的渠道若在同一层内恰好带走了相似的资料，会看起来像日志里的账号。"
        "G* 说明这种巧合要多强才会推翻结论。",
        "A source without a log can look like one in the log if it took similar records within the "
        "same strata. G* says how strong that coincidence must be to overturn the finding.",
    ),
    "limit.everyone": Phrase(
        "看过四成以上资料的账号，实际上无法由受害者追查：应缩小权限或加入诱饵记录。",
        "An actor that sees over 40% of the records can't be traced from victims in practice: "
        "narrow the access or add decoy records.",
    ),
    "limit.survey": Phrase(
        "若因某个账号经手才去询问客户，会使该账号显得可疑：每次询问都要记下缘由。",
        "Asking customers because a given actor handled them makes that actor look guilty: write "
        "down why each customer was asked.",
    ),
    "limit.households": Phrase(
        "证据假定每位受害者是独立的一次联系：同一家庭和重复来电必须合并。",
        "The evidence takes each victim as a separate event: households and repeated calls must be "
        "merged.",
    ),
    "limit.few": Phrase(
        "受害者少于约 10 位时，只能指认看过极少资料的账号。",
        "Under about 10 victims, only actors that saw very few records can be named.",
    ),
    "limit.loss": Phrase(
        "这里的受害者是报告被骗子联系的客户，不一定损失了钱。",
        "A victim here is a customer who reported a contact, not always one who lost money.",
    ),
}

LABELS: Final[dict[str, Phrase]] = {
    "title": Phrase("泄露溯源报告", "Leak trace report"),
    "brand": Phrase("护保", "hubao"),
    "figure.victims": Phrase("计入证据的受害者", "Victims in the evidence"),
    "figure.family": Phrase("日志中的账号", "Actors in the log"),
    "figure.records": Phrase("资料总数", "Records at risk"),
    "figure.background": Phrase("与日志无关的联系", "Contacts from outside the log"),
    "figure.needed": Phrase("还需要的受害者", "Further victims needed"),
    "figure.alpha": Phrase("错指任何无辜者的概率上限", "Bound on naming any innocent"),
    "needed.none": Phrase("无从估计", "can't be said"),
    "needed.zero": Phrase("0（已指认）", "0 (named)"),
    "section.figures": Phrase("要点", "Key figures"),
    "section.suspects": Phrase("嫌疑账号", "Suspects"),
    "section.strata": Phrase("在哪些层内比较", "What records were compared within"),
    "section.limits": Phrase("本报告不能证明什么", "What this does not prove"),
    "section.inputs": Phrase("所用文件", "Inputs"),
    "section.cautions": Phrase("请注意", "Please note"),
    "strata.by": Phrase("分层依据：{names}。", "Strata: {names}."),
    "strata.none": Phrase("没有分层。", "No strata were used."),
    "strata.why": Phrase(
        "只在同一层内比较，使某地区或某产品普遍被骚扰时，不会因此怪到经手的人。",
        "Records are compared only within a stratum, so that a wave of calls over a region or "
        "product is never held against those who work on it.",
    ),
    "strata.marks": Phrase(
        "access_degree 是按被查看的次数分成的十份；* 表示资料太少、已合并的值。",
        "access_degree: tenths by how often a record was looked up; * stands for values too rare "
        "to compare alone, merged.",
    ),
    "strata.label": Phrase("层", "Stratum"),
    "strata.records": Phrase("资料", "Records"),
    "strata.victims": Phrase("受害者", "Victims"),
    "column.rank": Phrase("序", "#"),
    "column.actor": Phrase("账号", "Actor"),
    "column.reading": Phrase("怎么看", "Reading"),
    "column.posterior": Phrase("是来源的可能", "Chance of being a source"),
    "column.share": Phrase("占联系的份额", "Share of contacts"),
    "column.evidence": Phrase("证据 log10 E", "Evidence log10 E"),
    "column.given": Phrase("已知来源后", "Given the named"),
    "column.strong": Phrase("强证据", "Strong evidence"),
    "column.proof": Phrase("证法", "Proof"),
    "column.seen": Phrase("看过的受害者", "Victims seen"),
    "column.expected": Phrase("工作量应有", "Expected from work"),
    "column.exposure": Phrase("看过的资料占全部", "Saw of all records"),
    "column.g_star": Phrase("G*", "G*"),
    "column.copied": Phrase("复制时间", "Copied between"),
    "column.left": Phrase("预计还有的联系", "Contacts still to come"),
    "short.posterior": Phrase("可能", "chance"),
    "short.share": Phrase("份额", "share"),
    "short.evidence": Phrase("log10 E", "log10 E"),
    "short.seen": Phrase("看过/应有", "seen/exp."),
    "proof.certified": Phrase("已证明", "certified"),
    "proof.searched": Phrase("靠搜索", "searched"),
    "proof.none": Phrase("–", "–"),
    "suspects.more": Phrase(
        "另有 {count} 个账号排在其后，见 JSON 报告。",
        "{count} more rank lower: see the JSON report.",
    ),
    "table.rest": Phrase("其余 {count} 行", "The other {count} rows"),
    "suspects.none": Phrase(
        "这里会列出在联系发生前看过受害者资料的账号；目前一个也没有。"
        "请检查受害者表的保单编号是否与日志一致。",
        "Actors that had seen a victim's record before the contact are listed here; there are "
        "none. Check that the victims table uses the same policy ids as the log.",
    ),
    "suspects.bound": Phrase(
        "证据（log10 E）达到 {bound} 才可指认。",
        "Evidence (log10 E) must reach {bound} before anybody is named.",
    ),
    "reading.named": Phrase("指认为来源", "named as the source"),
    "reading.named_group": Phrase("与 {names} 一起作为一组指认", "named as a group with {names}"),
    "reading.explained": Phrase(
        "因 {names} 看过的资料而显得可疑", "explained by the records of {names}"
    ),
    "reading.shortlist": Phrase("在候选名单上", "on the shortlist"),
    "reading.replaceable": Phrase(
        "超过界限，但不算它也解释得通", "passes the bound, but can be explained without it"
    ),
    "reading.wide": Phrase("看得太多，无法由受害者判断", "sees too much to be judged from victims"),
    "reading.work": Phrase("不多于其工作量", "no more than its work explains"),
    "reading.below": Phrase("低于界限", "below the bound"),
    "reading.same": Phrase("（与 {names} 看过的相同）", "(same records as {names})"),
    "line.victims": Phrase(
        "受害者：{used} 位计入证据；表中 {rows} 行，合并重复 {merged} 行，查不到 {unknown} 位；"
        "按{order}排序。",
        "Victims: {used} in the evidence; {rows} rows, {merged} repeats merged, {unknown} unknown; "
        "in order of {order}.",
    ),
    "line.input.more": Phrase("{path} 等（另有 {count} 个文件）", "{path} and {count} more files"),
    "line.input": Phrase(
        "{role}：{path}，{rows} 行，另存 {rejected} 行",
        "{role}: {path}, {rows} rows, {rejected} set aside",
    ),
    "line.background": Phrase(
        "估计 {background} 的联系与日志中的账号无关。",
        "An estimated {background} of the contacts come from no actor in the log.",
    ),
    "order.reported_at": Phrase("报告时间", "report time"),
    "order.file": Phrase("文件次序", "the file"),
    "unknown.list": Phrase("查不到的保单编号", "Policies found in no table"),
    "unknown.more": Phrase("等共 {count} 个", "… {count} in all"),
    "input.file": Phrase("文件", "File"),
    "input.role": Phrase("用途", "Read as"),
    "input.rows": Phrase("行数", "Rows"),
    "input.rejected": Phrase("另存的行", "Set aside"),
    "input.sha256": Phrase("SHA-256", "SHA-256"),
    "input.memory": Phrase("内存中的表", "table in memory"),
    "role.access": Phrase("查看日志", "access log"),
    "role.victims": Phrase("受害者", "victims"),
    "role.policies": Phrase("保单", "policies"),
    "role.identities": Phrase("账号归属", "whose accounts"),
    "role.actors": Phrase("账号", "actors"),
    "role.index": Phrase("索引", "index"),
    "footer": Phrase("由护保 {version} 生成。", "Made by hubao {version}."),
}

CHARTS: Final[dict[str, Phrase]] = {
    "curve.named.one": Phrase(
        "来源在第 {victim} 位受害者后超过界限", "The source passes the bound at victim {victim}"
    ),
    "curve.named.several": Phrase(
        "{count} 个来源在第 {victim} 位受害者后都超过了界限",
        "All {count} sources have passed the bound by victim {victim}",
    ),
    "curve.passed": Phrase(
        "{count} 个账号超过了界限，但还分不清来源",
        "Actors past the bound: {count}; which is the source can't be told yet",
    ),
    "curve.below": Phrase(
        "没有账号超过界限：领先者到 {best}，界限是 {bound}",
        "Nobody passes the bound: the leader is at {best}, the bound is {bound}",
    ),
    "curve.plain": Phrase("证据随受害者增加", "Evidence as victims arrive"),
    "pictures.empty": Phrase(
        "有账号看过受害者的资料后，这里会画出证据曲线、看过与应有的比较，以及逐位受害者的对照。",
        "Once an actor had seen a victim's record, this shows the evidence as victims arrive, seen "
        "against expected, and who saw whom.",
    ),
    "curve.x": Phrase("受害者，按报告先后", "Victims, in order of arrival"),
    "curve.y": Phrase("证据 log10 E", "Evidence log10 E"),
    "curve.bound": Phrase("指认界限 {bound}", "bound {bound}"),
    "curve.note": Phrase(
        "每条线是一个账号的证据，灰线为其余账号。"
        "若日志中无人泄露，任何一条线碰到界限的概率至多 {alpha}。",
        "Each line is one actor's evidence; the rest are grey. Had nobody in the log leaked, the "
        "chance that any line ever reaches the bound is at most {alpha}.",
    ),
    "forest.over": Phrase(
        "领先的账号看过 {seen} 位受害者，工作量只能解释约 {expected} 位",
        "The leader had seen {seen} of the victims; its work explains about {expected}",
    ),
    "forest.named": Phrase(
        "来源看过 {seen} 位受害者，工作量只能解释约 {expected} 位",
        "The source had seen {seen} of the victims; its work explains about {expected}",
    ),
    "forest.normal": Phrase(
        "看过的受害者不多于工作量所能解释的", "Victims seen are no more than work explains"
    ),
    "forest.x": Phrase("联系前看过的受害者人数", "Victims seen before the contact"),
    "forest.key.seen": Phrase("实际看过", "seen"),
    "forest.key.expected": Phrase("工作量应有", "expected from its work alone"),
    "forest.key.band": Phrase("其 95% 范围", "its 95% range"),
    "forest.range": Phrase("95% 范围", "95% range"),
    "strip.title": Phrase(
        "所列 {rows} 个账号里，领先者看过 {total} 位受害者中的 {seen} 位",
        "The leader of these {rows} had seen {seen} of {total} victims",
    ),
    "strip.title.one": Phrase(
        "唯一的账号看过 {total} 位受害者中的 {seen} 位",
        "The only suspect had seen {seen} of {total} victims",
    ),
    "strip.key.one": Phrase(
        "一格为一位受害者，着色为联系前看过", "one cell a victim; filled = seen"
    ),
    "strip.key.many": Phrase(
        "一格为 {count} 位受害者，柱高为其中看过的比例",
        "one cell for {count} victims; height = share of them seen",
    ),
    "data.show": Phrase("数据表", "Data as a table"),
    "data.victim": Phrase("受害者", "Victim"),
    "data.policy": Phrase("保单编号", "Policy"),
    "data.seen_by": Phrase("看过的账号（序）", "Seen by (#)"),
    "data.cut": Phrase(
        "只列前 {count} 位，全部见 JSON 报告。", "First {count} only; the JSON report has all."
    ),
}

PHRASES: Final[dict[str, Phrase]] = VERDICTS | CAUTIONS | LIMITS | LABELS | CHARTS
