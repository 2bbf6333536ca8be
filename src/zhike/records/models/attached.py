"""What hangs on a record of any kind: files and tags."""

from django.db import models

from zhike.records.models.audit import person_key


class StoredFile(models.Model):
    """A file attached to a record; read through the record it belongs to."""

    kind = models.CharField(max_length=60)
    object_id = models.BigIntegerField()
    name = models.CharField(max_length=200)
    content = models.FileField(upload_to="files/%Y/%m")
    size = models.PositiveBigIntegerField()
    content_type = models.CharField(max_length=100)
    sha256 = models.CharField(max_length=64)
    person = person_key()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["kind", "object_id", "-id"], name="files_of_record")]

    def __str__(self):
        return self.name


class Tag(models.Model):
    """A word colleagues stick on records of one kind."""

    kind = models.CharField(max_length=60)
    name = models.CharField(max_length=40)
    tone = models.CharField(max_length=8, default="mute")

    class Meta:
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["kind", "name"], name="tag_name_once")]

    def __str__(self):
        return self.name


class Tagging(models.Model):
    tag = models.ForeignKey(Tag, models.CASCADE, related_name="taggings")
    object_id = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "object_id"], name="tagged_once")]
        indexes = [models.Index(fields=["object_id", "tag"], name="tags_of_record")]

    def __str__(self):
        return f"{self.tag_id} on {self.object_id}"
