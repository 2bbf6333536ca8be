"""The deals of the benchmark: open ones on the board of the shipped pipeline, won and lost ones behind them."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from random import Random
from typing import Any

from zhike.sales.models import Stage
from zhike.sales.setup import install_pipelines

GOODS = ["设备采购", "产线改造", "年度框架", "备件供应", "二期扩容", "检测服务", "系统升级", "维保续签"]


def stages() -> list[Stage]:
    """The stages of the shipped standard pipeline."""
    install_pipelines()
    return list(Stage.objects.filter(pipeline__is_default=True).order_by("order"))


def opportunities(
    count: int, customers: int, stages: list[Stage], owner_of: Callable[[int], int], now: datetime
) -> Iterator[dict[str, Any]]:
    """Deals with customers all over the table, by the customers' owners; a third open."""
    by_kind = {kind: [s for s in stages if s.kind == kind] for kind in ("open", "won", "lost")}
    random = Random(3)  # noqa: S311
    for pk in range(1, count + 1):
        customer = random.randrange(customers) + 1
        status = random.choices(("open", "won", "lost"), (33, 40, 27))[0]
        stage = random.choice(by_kind[status])
        opened = now - timedelta(seconds=random.randrange(86_400, 730 * 86_400))
        moved = opened + timedelta(seconds=random.randrange(1, round((now - opened).total_seconds())))
        yield {
            "id": pk, "code": f"SJ-{pk:07d}", "name": random.choice(GOODS), "customer_id": customer,
            "owner_id": owner_of(customer), "pipeline_id": stage.pipeline_id, "stage_id": stage.pk, "status": status,
            "stage_since": moved, "amount": random.randrange(1_000, 2_000_000) * 100, "probability": stage.probability,
            "opened_on": opened.date(), "closed_on": None if status == "open" else moved.date(),
            "expected_on": (now + timedelta(days=random.randrange(1, 120))).date(), "created_at": opened,
            "updated_at": moved,
        }  # fmt: skip
