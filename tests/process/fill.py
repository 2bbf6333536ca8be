"""What the backup tests put in: values that travel in different ways, awkward texts, and uploaded files."""

from django.core.files.base import ContentFile
from django.db import transaction

from tests.process import jobs
from zhike.kit import dates
from zhike.org.models import Person
from zhike.records.models import CustomField, InboxItem, Job, StoredFile, Tag

AWKWARD = ["plain", "\u5ba2\u6237\U0001f600", "=cmd|' /C'!A0", "line\nbreak\u2028", '"quote"', "\\back\\", "\u202eRTL"]


def fill() -> None:
    """Fill an installation that has only its administrator."""
    me = Person.objects.get(username="admin")
    notes = (InboxItem(person=me, text=f"{n} {AWKWARD[n % 7]}", read_at=dates.now()) for n in range(5000))
    InboxItem.objects.bulk_create(notes)
    options = {"choices": [{"id": "c1", "x": None}], "n": 1.5}
    CustomField.objects.create(kind="customers.customer", name="f", type="choice", options=options)
    Job.objects.create(title="t", person=me, finished_at=dates.now())
    Job.objects.create(title="gone", person=me).delete()
    for n, text in enumerate(AWKWARD):
        StoredFile.objects.create(
            kind="customers.customer",
            object_id=1,
            name=f"{n}.txt",
            content=ContentFile(text * 999, name=f"{n}.txt"),
            size=1,
            content_type="text/plain",
            sha256="0" * 64,
            person=me,
        )
    jobs.slow.using(run_after=dates.now().replace(year=2999)).enqueue("x")


def write_pairs() -> None:
    """Go on writing until killed: always two rows in one transaction."""
    me = Person.objects.get(username="admin")
    print("writing", flush=True)
    number = 0
    while True:
        number += 1
        with transaction.atomic():
            InboxItem.objects.create(person=me, text=f"pair {number}")
            Tag.objects.create(kind="pair", name=f"{number}")
