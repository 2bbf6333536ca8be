"""Who is signed in: the person of a session, read with the configuration version in one query."""

from allauth.account.auth_backends import AuthenticationBackend

from zhike.org.models import Person
from zhike.org.viewers import config_version_with


class PersonBackend(AuthenticationBackend):
    """Signs in by username or e-mail (allauth), and reads the person of a session."""

    def get_user(self, user_id):
        return config_version_with(Person.objects.filter(pk=user_id, is_active=True)).first()
