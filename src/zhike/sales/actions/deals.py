"""A deal through its stages: move on, win, lose, reopen; each change of stage is kept (SAL-2, SAL-4).

The rules are in `prepare_opportunity`, so that a form, an import, the API and the actions below obey the same ones.
"""

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.access import require
from zhike.kit.actions import action, lock, running
from zhike.kit.errors import OutsideAction, Refused
from zhike.kit.money import round_fen
from zhike.kit.viewer import Viewer
from zhike.records import kinds, search
from zhike.records.actions import save_record
from zhike.records.events import emit
from zhike.sales import rules
from zhike.sales.actions.lines import replace_lines, sync_main_product
from zhike.sales.models import Opportunity, Stage, StageChange, customers_dealt_with
from zhike.sales.models.pipelines import first_stage, pipeline, stage_of_kind, stages

CHANGE = "sales.opportunity.change"


@action
def move_opportunity(
    opportunity: Opportunity, *, by: Viewer, stage: Stage, reason: str = "", note: str = "",
    closed_on: date | None = None, version: int | None = None,
) -> Opportunity:  # fmt: skip
    """Move a deal to another stage of its pipeline (SAL-2); to where it is already changes nothing.

    Going back, reopening and losing need a reason; `closed_on` is the day it was decided, today if not given. Raises
    Refused with the unmet gates; nothing is changed then.
    """
    if stage.kind == Stage.Kind.LOST:
        return lose_opportunity(
            opportunity, by=by, reason=reason, note=note, stage=stage, closed_on=closed_on, version=version
        )
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity, version=version)
    if stage.kind == Stage.Kind.WON and opportunity.stage_id != stage.pk:
        # From one won stage to the next the day it was won stays.
        opportunity.closed_on = closed_on or (opportunity.closed_on if opportunity.status == stage.kind else None)
    return _move(opportunity, stage, reason or note, by)


@action
def win_opportunity(
    opportunity: Opportunity, *, by: Viewer, closed_on: date | None = None, note: str = "", version: int | None = None
) -> Opportunity:
    """The deal is ours, today or on the day given. Raises Refused with the unmet gates."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity, version=version)
    if opportunity.status == Opportunity.Status.WON:
        return opportunity
    opportunity.closed_on = closed_on
    return _move(opportunity, stage_of_kind(opportunity.pipeline_id, Stage.Kind.WON), note, by)


@action
def lose_opportunity(
    opportunity: Opportunity, *, by: Viewer, reason: str, note: str = "", stage: Stage | None = None,
    closed_on: date | None = None, version: int | None = None,
) -> Opportunity:  # fmt: skip
    """The deal is lost. `reason` is an entry of the picklist of reasons, by code or label, or words of one's own.

    Raises Refused without a reason.
    """
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity, version=version)
    stage = stage or stage_of_kind(opportunity.pipeline_id, Stage.Kind.LOST)
    if opportunity.status == Opportunity.Status.LOST and opportunity.stage_id == stage.pk:
        return opportunity
    code = _reason_code(reason)
    opportunity.loss_reason = code
    opportunity.closed_on = closed_on
    return _move(opportunity, stage, note if code else reason, by)


@action
def reopen_opportunity(
    opportunity: Opportunity, *, by: Viewer, reason: str, stage: Stage | None = None, version: int | None = None
) -> Opportunity:
    """Take a decided deal up again, where it came from or in `stage`. Raises Refused without a reason."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity, version=version)
    if opportunity.status == Opportunity.Status.OPEN:
        raise Refused({"stage": _("This deal is open.")})
    return _move(opportunity, stage or _came_from(opportunity), reason, by)


@action
def note_signed(opportunity: Opportunity, *, by: Viewer, signed_on: date) -> Opportunity:
    """A contract was signed: the deal is won, whatever its gates still ask for and whoever signed (SAL-6)."""
    opportunity = lock(opportunity)
    if opportunity.status == Opportunity.Status.WON:
        return opportunity
    opportunity.is_signed = True
    opportunity.closed_on = max(signed_on, opportunity.opened_on or signed_on)
    return _move(opportunity, stage_of_kind(opportunity.pipeline_id, Stage.Kind.WON), "", by)


@action
def tick_check(opportunity: Opportunity, *, by: Viewer, stage: Stage, item: str, done: bool) -> Opportunity:
    """Tick an item of a stage's checklist, or take the tick away; who and when is kept with it."""
    require(by, CHANGE, opportunity)
    opportunity = lock(opportunity)
    if stage.pipeline_id != opportunity.pipeline_id or item not in {i["id"] for i in stage.checklist}:
        raise Refused({"item": _("This is not on the checklist.")})
    ticked, key = dict(opportunity.ticked), rules.tick_key(stage, item)
    if done == (key in ticked):
        return opportunity
    if done:
        ticked[key] = [by.person_id, dates.today().isoformat()]
    else:
        del ticked[key]
    opportunity.ticked = ticked
    return save_record(_kind(), opportunity, by=by, created=False)


def _kind():
    return kinds.get("sales.opportunity")


def _move(opportunity: Opportunity, stage: Stage, reason: str, by: Viewer) -> Opportunity:
    if opportunity.stage_id == stage.pk:
        return opportunity
    old = opportunity.stage_id
    opportunity.stage_id = stage.pk
    opportunity.move_reason = " ".join(reason.replace("\x00", "").split())[:300]
    opportunity = save_record(_kind(), opportunity, by=by, created=False)
    emit("sales.opportunity.moved", opportunity, by=by, old=old, new=stage.pk, status=opportunity.status)
    return opportunity


def _reason_code(reason: str) -> str:
    labels = _kind().field("loss_reason").labels()
    return next((code for code, label in labels.items() if reason.strip() in (code, label)), "")


def _came_from(opportunity: Opportunity) -> Stage:
    changes = StageChange.objects.whole_table("the history of a deal the action was let in for")
    last = changes.filter(opportunity=opportunity, old__kind=Stage.Kind.OPEN).order_by("-id").first()
    known = stages().get(last.old_id) if last else None
    same = known is not None and known.pipeline_id == opportunity.pipeline_id
    return known if same else first_stage(opportunity.pipeline_id)


# What a save of any kind — page, import, API — has to observe


def prepare_opportunity(opportunity: Opportunity, changed: dict[str, Any], by: Viewer) -> None:
    """Check and complete a deal before saving: its stage and what follows from it, customer, contact, name, days.

    An import brings facts: its deals stand where the file says, without gates and reasons.
    """
    old = None if opportunity._state.adding else stages()[opportunity._kept["stage_id"]]
    _place(opportunity, changed)
    new = stages()[opportunity.stage_id]
    if old is not None and old.pk != new.pk and not _is_fact(opportunity):
        _check_move(opportunity, old, new)
    _check_customer(opportunity, changed, by)
    if old is None or old.pk != new.pk:
        new = new if _is_import() else _hold(new)
        _enter(opportunity, new, changed, is_new=old is None)
    elif new.is_open and "closed_on" in changed:
        _expect(opportunity)
    if new.is_open:
        opportunity.loss_reason = ""
    if "lines" in changed:
        _count_on(opportunity)
    if not opportunity.name:
        opportunity.name = _made_up_name(opportunity)
    changed.update(opportunity.changes())


def _is_fact(opportunity: Opportunity) -> bool:
    return opportunity.__dict__.get("is_signed", False) or _is_import()


def _is_import() -> bool:
    try:
        return running().name == "import"
    except OutsideAction:  # the dry run of an import has no action
        return True


def _place(opportunity: Opportunity, changed: dict[str, Any]) -> None:
    """Fill in pipeline and stage from one another; a new pipeline without a stage of it begins at its first."""
    stage = stages().get(opportunity.stage_id) if opportunity.stage_id else None
    if stage and not opportunity.pipeline_id:
        opportunity.pipeline_id = stage.pipeline_id
    opportunity.pipeline_id = pipeline(opportunity.pipeline_id).pk
    if stage is None or (stage.pipeline_id != opportunity.pipeline_id and "stage" not in changed):
        opportunity.stage_id = first_stage(opportunity.pipeline_id).pk
    elif stage.pipeline_id != opportunity.pipeline_id:
        raise Refused({"stage": _("This stage belongs to another pipeline.")})


def _hold(stage: Stage) -> Stage:
    """The stage as it is now, kept from being changed or taken out while a deal comes into it."""
    if (stage := lock(stage)).is_archived:
        raise Refused({"stage": _("This stage is not used any more.")})
    return stage


def _check_move(opportunity: Opportunity, old: Stage, new: Stage) -> None:
    reason, same = opportunity.__dict__.get("move_reason", ""), old.pipeline_id == new.pipeline_id
    if new.kind == Stage.Kind.LOST:
        if not (opportunity.loss_reason or reason):
            raise Refused({"reason": _("Say why the deal was lost.")})
        return
    if not old.is_open and new.is_open and not reason:
        raise Refused({"reason": _("Reopening a deal needs a reason.")})
    if not same:
        return
    if why := rules.barred(old, new):
        raise Refused({"stage": why})
    if rules.is_back(old, new) and not reason:
        raise Refused({"reason": _("Moving back needs a reason.")})
    missing = [str(_kind().field(name).label) for name in rules.missing_fields(opportunity, old, new)]
    missing += rules.missing_checks(opportunity, old, new)
    if missing:
        raise Refused({"stage": _("Still missing: %(things)s") % {"things": _(", ").join(missing)}})


def _check_customer(opportunity: Opportunity, changed: dict[str, Any], by: Viewer) -> None:
    contact = opportunity.contact if opportunity.contact_id and {"contact", "customer"} & changed.keys() else None
    if contact and not opportunity.customer_id:
        opportunity.customer_id = contact.customer_id
    elif contact and contact.customer_id != opportunity.customer_id:
        if "contact" in changed:
            raise Refused({"contact": _("This person belongs to another customer.")})
        opportunity.contact_id = None
    if not opportunity.customer_id or by.people is None or "customer" not in opportunity.changes():
        return
    customer = opportunity.customer
    dealt = customers_dealt_with(by, Customer)
    rows = Customer.objects.whole_table("one customer, to see whether the writer deals with it")
    if not customer.scope.allows_change(by, customer) and not rows.filter(dealt, pk=customer.pk).exists():
        raise Refused({"customer": _("You may read this customer, but not add to it.")})


def _enter(opportunity: Opportunity, stage: Stage, changed: dict[str, Any], *, is_new: bool) -> None:
    """What follows from coming into a stage: status, probability, days."""
    opportunity.status = stage.kind
    if not stage.is_open or not changed.get("probability", [None, None])[1]:
        opportunity.probability = stage.probability
    today, since = dates.today(), dates.now()
    if stage.is_open:
        _expect(opportunity)
        opportunity.opened_on = opportunity.opened_on or today
        if is_new:
            since = _start_of(opportunity.opened_on, since)
    else:
        opportunity.closed_on = opportunity.closed_on or today
        since = _start_of(opportunity.closed_on, since)
        if is_new and opportunity.opened_on is None and not _is_import():
            opportunity.opened_on = opportunity.closed_on
    if not is_new:
        opportunity.left_after = max((since - opportunity.stage_since).days, 0)
        since = max(since, opportunity.stage_since)
    opportunity.stage_since = since


def _expect(opportunity: Opportunity) -> None:
    """An open deal has no closing day: a file that gives one means the day it is expected."""
    if opportunity.closed_on and _is_import():
        opportunity.expected_on = opportunity.expected_on or opportunity.closed_on
    opportunity.closed_on = None


def _start_of(day: date, now: datetime) -> datetime:
    return min(dates.bounds(day)[0], now) if day < dates.today() else now


def _count_on(opportunity: Opportunity) -> None:
    """What the promised lines say of the deal itself: its main product, and its amount where nobody gave one."""
    lines = opportunity.__dict__["lines_to_be"]
    opportunity.product_id = lines[0]["product"] if lines else None
    priced = [round_fen(line["price"] * line["quantity"]) for line in lines if line["price"] is not None]
    if opportunity.amount is None and priced and len(priced) == len(lines):
        opportunity.amount = sum(priced)


def _made_up_name(opportunity: Opportunity) -> str:
    """A name from customer and product, as files often have none."""
    try:
        known = running().notes
    except OutsideAction:
        known = {}
    parts = []
    for key, pk in (("customer", opportunity.customer_id), ("product", opportunity.product_id)):
        if pk:
            if (key, pk) not in known:
                known[key, pk] = str(getattr(opportunity, key))
            parts.append(known[key, pk])
    return " · ".join(parts)[:200] or opportunity.code or _("Opportunity of %(day)s") % {"day": dates.today()}


def opportunity_saved(opportunity: Opportunity, changed: dict[str, Any], by: Viewer, created: bool) -> None:
    """After saving: the change of stage is kept, and the first product line follows the main product."""
    opportunities_saved([(opportunity, changed)] if created else [], [] if created else [(opportunity, changed)], by)


def opportunities_saved(created: list, updated: list, by: Viewer) -> None:
    """The same for the many rows of an import."""
    moved = [(o, None) for o, _changed in created]
    moved += [(o, changed["stage"][0]) for o, changed in updated if "stage" in changed]
    StageChange.objects.bulk_create(
        StageChange(
            opportunity=o, old_id=old, new_id=o.stage_id, person_id=by.person_id, happened_at=o.stage_since,
            reason=o.__dict__.pop("move_reason", ""), days=o.__dict__.pop("left_after", None),
        )
        for o, old in moved
    )  # fmt: skip
    with_lines = [o for o, changed in [*created, *updated] if "lines" in changed]
    for opportunity in with_lines:
        replace_lines(opportunity)
    sync_main_product([o for o, changed in [*created, *updated] if "product" in changed and o not in with_lines])


def move_with_customer(customer: Customer, old_owner_id: int, by: Viewer) -> None:
    """When a customer gets another owner, the deals of the old owner with it go along, each with its history line."""
    deals = Opportunity.objects.whole_table("deals of a customer the action was let in for")
    deals = list(deals.filter(customer=customer, owner_id=old_owner_id))
    for deal in deals:
        deal.owner_id = customer.owner_id
        deal.save()
    search.index(_kind(), deals)
