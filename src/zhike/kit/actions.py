"""Writing: one function per business verb, each one transaction; only here are owned records saved (CRAFT §4)."""

import functools
import re
from collections.abc import Callable
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import Model, ProtectedError
from django.utils.translation import gettext as _

from zhike.kit.errors import NotVisible, OutsideAction, Refused, Stale
from zhike.kit.viewer import Viewer


@dataclass
class Running:
    """The action under way: who acts, what it is called, and what the audit should add to each row."""

    by: Viewer
    name: str
    batch_id: int | None = None
    through: str = ""
    notes: dict[str, Any] = field(default_factory=dict)


_running: ContextVar[Running | None] = ContextVar("running_action", default=None)


def action(function: Callable) -> Callable:
    """Make a function an action: `by` is required, it is one transaction, broken constraints become Refused."""

    @functools.wraps(function)
    def run(*args, by: Viewer, **kwargs):
        with acting(by, function.__name__):
            return function(*args, by=by, **kwargs)

    return run


@contextmanager
def acting(by: Viewer, name: str, *, batch_id: int | None = None, through: str = ""):
    """The inside of an action as a block, for imports and factories. Nested actions keep the outer batch.

    `through` says what the system acts for, such as "automation:Call after winning"; nested actions keep it too.
    """
    outer = _running.get()
    kept = (outer.batch_id, outer.through) if outer else (None, "")
    token = _running.set(Running(by, name, batch_id or kept[0], through or kept[1]))
    try:
        with transaction.atomic():
            yield _running.get()
    except ProtectedError as error:  # an IntegrityError too, so it comes first
        names = {str(row._meta.verbose_name) for row in error.protected_objects}
        raise Refused(_("Still in use by: %(kinds)s") % {"kinds": _(", ").join(sorted(names))}) from error
    except IntegrityError as error:
        raise refused_by_constraint(error) or error from error
    except ValidationError as error:
        raise Refused(error.message_dict if hasattr(error, "error_dict") else error.messages) from error
    finally:
        _running.reset(token)


def running() -> Running:
    """The action under way; raises OutsideAction where there is none."""
    if (now := _running.get()) is None:
        raise OutsideAction("this belongs inside an action")
    return now


def need_action(model: type[Model]) -> None:
    """Raise unless an action is under way: owned records are never saved from elsewhere.

    A model that says `in_actions_only = False` is a log which jobs write in small transactions of their own.
    """
    if getattr(model, "in_actions_only", True) and _running.get() is None:
        raise OutsideAction(f"{model._meta.label} is written by actions only")


def lock(record: Model, *, version: int | None = None) -> Any:
    """The record read again under a lock, until the transaction ends.

    On SQLite the transaction itself is the lock (it begins IMMEDIATE). Raises NotVisible if the row is gone, and
    Stale if `version` is given and somebody saved since.
    """
    rows = type(record)._base_manager.filter(pk=record.pk)
    if connection.features.has_select_for_update:
        # The weaker lock keeps other writers of the row out, not rows that only point at it, such as an audit entry.
        rows = rows.select_for_update(
            of=("self",) if connection.features.has_select_for_update_of else (),
            no_key=connection.features.has_select_for_no_key_update,
        )
    if (fresh := rows.first()) is None:
        raise NotVisible
    if version is not None and fresh.version != version:
        raise Stale(fresh)
    return fresh


def refused_by_constraint(error: IntegrityError) -> Refused | None:
    """The message declared on the broken constraint, at its field; None when nobody declared one."""
    cause = error.__cause__
    name = getattr(getattr(cause, "diag", None), "constraint_name", None) or _sqlite_constraint(str(error))
    for model in apps.get_models():
        for constraint in model._meta.constraints:
            if (
                name == constraint.name
                or (constraint_columns := _columns(model, constraint))
                and name == constraint_columns
            ):
                fields = list(getattr(constraint, "fields", ()) or ())
                return Refused({fields[-1] if fields else "": [str(constraint.get_violation_error_message())]})
        for column in model._meta.local_fields:
            if column.unique and name in {
                f"{model._meta.db_table}.{column.column}",
                f"{model._meta.db_table}_{column.column}_key",
            }:
                return Refused({column.name: [_("This value is taken.")]})
    return None


def _sqlite_constraint(message: str) -> str:
    found = re.search(r"constraint failed: (?:index ')?([^']+)", message)
    return found.group(1).strip() if found else ""


def _columns(model, constraint) -> str:
    names = getattr(constraint, "fields", ()) or ()
    return ", ".join(f"{model._meta.db_table}.{model._meta.get_field(n).column}" for n in names)
