"""As whom a command acts."""


def viewer_named(username: str | None):
    """The viewer of a person, or of the first administrator; raises LookupError with a plain message."""
    from zhike.kit.viewer import viewer_of
    from zhike.org.models import Person

    people = Person.objects.filter(is_active=True)
    if username:
        person = people.filter(username__iexact=username).first()
        if person is None:
            raise LookupError(f"no colleague has the username {username}")
    else:
        person = people.filter(roles__is_administrator=True).order_by("pk").first()
        if person is None:
            raise LookupError("there is no administrator yet: run `zhike up` once, or name a person with --as")
    return viewer_of(person.pk)
