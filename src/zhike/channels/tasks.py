"""Jobs of this room."""

from django_tasks import task

from zhike.channels import sending


@task()
def send_delivery(delivery_id: int) -> None:
    """Send one delivery; done again it finds nothing to do."""
    sending.send(delivery_id)


@task()
def sweep() -> None:
    """Each minute: pick up what a killed worker left, and what nobody has taken."""
    sending.sweep()
