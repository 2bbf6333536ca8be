"""Who is signed in: the person of a session, kept with the configuration; the row itself says only what may not be."""

from copy import copy

from allauth.account.auth_backends import AuthenticationBackend
from django.db import connection

from zhike.org.models import Person
from zhike.org.viewers import viewer_of_person
from zhike.records import config
from zhike.records.models import NumberSequence

# Asked on every request, so that its SQL is not put together each time.
ROW = (
    f"SELECT password, (SELECT last FROM {NumberSequence._meta.db_table} WHERE key = %s)"
    f" FROM {Person._meta.db_table} WHERE id = %s AND is_active"
)


class PersonBackend(AuthenticationBackend):
    """Signs in by username or e-mail (allauth), and gives the person of a session."""

    def get_user(self, user_id):
        """The person, with the version of the configuration that is in force; None for those who may not sign in.

        Whatever changes a person makes a new version, the password alone does not: it is read each time.
        """
        with connection.cursor() as cursor:
            cursor.execute(ROW, [config.KEY, user_id])
            row = cursor.fetchone()
        if row is None:
            return None
        password, version = row
        try:
            with config.reading(version or 0):
                person = copy(viewer_of_person(int(user_id)).person)
        except LookupError:
            return None
        person.password, person.config_version = password, version or 0
        person.custom = dict(person.custom)
        person.remember()
        return person
