"""What people choose to be told, and how."""

from datetime import time

from zhike.channels.models import Preference
from zhike.channels.wishes import WAYS, of
from zhike.kit.actions import action
from zhike.kit.viewer import Viewer
from zhike.records import messages


@action
def choose(
    *, by: Viewer, ways: dict[str, str], quiet_from: time, quiet_until: time, quiet_days_off: bool
) -> Preference:
    """Keep one's own choices; what nobody knows is left out."""
    known = {about.key for about in messages.everything()}
    return _keep(
        by, {key: way for key, way in ways.items() if key in known and way in WAYS},
        quiet_from=quiet_from, quiet_until=quiet_until, quiet_days_off=quiet_days_off,
    )  # fmt: skip


@action
def turn_off(*, by: Viewer, about: str) -> Preference:
    """No more e-mail about one kind of message; about all of them where it is none of the kinds."""
    keys = [kind.key for kind in messages.everything()]
    off = dict.fromkeys([about] if about in keys else keys, "none")
    return _keep(by, {**of(by.person_id).ways, **off})


def _keep(by: Viewer, ways: dict[str, str], **more) -> Preference:
    wish = of(by.person_id)
    kept = {"quiet_from": wish.quiet_from, "quiet_until": wish.quiet_until, "quiet_days_off": wish.quiet_days_off}
    new = {**kept, "ways": ways, **more}
    return Preference.objects.update_or_create(person_id=by.person_id, defaults=new)[0]
