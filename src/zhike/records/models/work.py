"""What the system keeps of its own work: numbers given, imports, jobs, events to deliver, messages to people."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from zhike.records.models.audit import person_key


class NumberSequence(models.Model):
    """A counter inside the transaction that uses it: no gaps, no doubles."""

    key = models.CharField(max_length=60, primary_key=True)
    last = models.PositiveBigIntegerField(default=0)

    def __str__(self):
        return f"{self.key} {self.last}"


class ImportBatch(models.Model):
    """One import: what was read and what became of it; it can be undone as a whole (IMP-2)."""

    class Status(models.TextChoices):
        READY = "ready", _("mapped")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        UNDONE = "undone", _("undone")

    kind = models.CharField(max_length=60)
    file_name = models.CharField(max_length=200)
    upload = models.FileField(upload_to="imports/%Y/%m", null=True)
    errors_file = models.FileField(upload_to="imports/%Y/%m", null=True)
    mapping = models.JSONField(default=dict)
    # What the dry run found: {"counts": {…}, "errors": [[line, reason], …], "unmapped": […]}; empty before it.
    checked = models.JSONField(default=dict)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.READY)
    read = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    skipped = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    person = person_key()
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)
    job = models.ForeignKey("records.Job", models.SET_NULL, null=True, related_name="+")

    def __str__(self):
        return self.file_name


class Job(models.Model):
    """Work that takes longer than a second, as its person sees it: progress, result, a file to fetch."""

    class Status(models.TextChoices):
        WAITING = "waiting", pgettext_lazy("job", "waiting")
        RUNNING = "running", pgettext_lazy("job", "running")
        DONE = "done", pgettext_lazy("job", "done")
        FAILED = "failed", pgettext_lazy("job", "failed")

    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WAITING)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)
    file = models.FileField(upload_to="exports/%Y/%m", null=True)
    file_name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=200, blank=True)
    person = person_key()
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["person", "-id"], name="jobs_of_person")]

    def __str__(self):
        return self.title

    @property
    def is_under_way(self) -> bool:
        """Whether it waits for a worker or is at work."""
        return self.status in (self.Status.WAITING, self.Status.RUNNING)


class OutboxEvent(models.Model):
    """Something happened, written in the transaction that did it; subscribers run in the worker after commit."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    payload = models.JSONField(default=dict)
    person = person_key(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["id"], name="outbox_open", condition=Q(delivered_at__isnull=True))]

    def __str__(self):
        return f"{self.name} {self.object_id}"


class InboxItem(models.Model):
    """A message to one person, shown in the product and pushed live."""

    person = person_key()
    text = models.CharField(max_length=300)
    url = models.CharField(max_length=200, blank=True)
    tone = models.CharField(max_length=8, default="info")
    about = models.CharField(max_length=20, blank=True, default="", db_default="")
    created_at = models.DateTimeField(auto_now_add=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["person", "-id"], name="inbox_of_person"),
            models.Index(fields=["person"], name="inbox_unread", condition=Q(read_at__isnull=True)),
        ]

    def __str__(self):
        return self.text
