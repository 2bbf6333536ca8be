"""People, departments, the reporting line, roles, sharing of single records, approvals (ORG-1…6)."""

from zhike.org.models.approvals import Approval, ApprovalFlow, ApprovalPlace, ApprovalStep
from zhike.org.models.hours import WorkingHours
from zhike.org.models.people import AccessRequest, Department, Person, PersonQuerySet, RecordShare, Role

__all__ = [
    "AccessRequest",
    "Approval",
    "ApprovalFlow",
    "ApprovalPlace",
    "ApprovalStep",
    "Department",
    "Person",
    "PersonQuerySet",
    "RecordShare",
    "Role",
    "WorkingHours",
]
