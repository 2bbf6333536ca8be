"""Daily and weekly reports of the demo company: most on time, some late, some missing, read and commented (ACT-4)."""

from collections import defaultdict
from datetime import date, timedelta
from random import Random

from zhike.activities import worklog
from zhike.activities.models import ReportComment, ReportRead, WorkReport
from zhike.activities.models.reports import DAY, WEEK, report_rules, span, title_of
from zhike.kit import dates
from zhike.kit.workdays import is_workday
from zhike.org.models import Person
from zhike.org.viewers import the_system
from zhike.packs.distribution.people import People
from zhike.records import kinds, search
from zhike.records.bulk import insert_rows

SAID = ["辛苦了，报价这周发出去。", "决策人要尽快见到。", "竞品的价格再核实一下。", "方案评审叫上技术一起。"]
PLANS = ["1. 跟进报价反馈\n2. 拜访老客户", "1. 准备方案评审\n2. 催技术确认单", "1. 约下周拜访\n2. 整理客户资料卡"]
TROUBLE = ["", "", "", "客户要求账期 90 天，需要支持。", "样机排期紧，希望协调。"]


def fill(random: Random, people: People, today: date) -> None:
    """Write the reports of the last two weeks. Inside an action."""
    first = span(WEEK, today - timedelta(days=7))[0]
    days = [day for n in range((today - first).days) if is_workday(day := first + timedelta(days=n))]
    done: dict[tuple[int, date], list[str]] = defaultdict(list)
    for entry in worklog.log_of(the_system(), [p.pk for p in people.present_sellers], first, today):
        done[entry.person_id, entry.day].append(f"{entry.about} {entry.text}".strip())
    for person in people.present_sellers:
        for day in days:
            if (lines := done[person.pk, day]) and random.random() < 0.85:
                _write(random, person, DAY, day, lines)
        week = [line for day in days if span(WEEK, day)[0] == first for line in done[person.pk, day]]
        if week:
            _write(random, person, WEEK, first, week)
    search.reindex(kinds.get("activities.workreport"))


def _write(random: Random, person: Person, rhythm: str, day: date, lines: list[str]) -> None:
    first, last = span(rhythm, day)
    rules = report_rules()
    late = random.random() < 0.12
    at = rules.deadline(rhythm, last) + timedelta(minutes=random.randrange(10, 300) * (1 if late else -1))
    report = WorkReport(
        author=person, rhythm=rhythm, first_on=first, last_on=last, name=title_of(rhythm, first, last),
        done="\n".join(f"{n}. {line}" for n, line in enumerate(lines[:12], 1)), plan=random.choice(PLANS),
        trouble=random.choice(TROUBLE), status=WorkReport.Status.SUBMITTED, submitted_at=at, is_late=late,
    )  # fmt: skip
    report.save()
    if person.supervisor_id and random.random() < 0.7:
        looked = min(at + timedelta(hours=15), dates.now())  # the next morning
        insert_rows(
            ReportRead, [ReportRead(report=report, person_id=person.supervisor_id, read_at=looked)], keep_times=True
        )
        if random.random() < 0.3:
            said = ReportComment(
                report=report, author_id=person.supervisor_id, text=random.choice(SAID), created_at=looked
            )
            insert_rows(ReportComment, [said], keep_times=True)
