"""`./zhike token NAME`: print a new API token of a person."""

import sys

from zhike.cli import start_django


def add_arguments(parser) -> None:
    parser.add_argument("name", help="the person's username")


def run(options) -> int:
    """Print the token once; only a digest of it is kept."""
    start_django()
    from zhike.api.models import ApiToken
    from zhike.cli.people import viewer_named

    try:
        viewer = viewer_named(options.name)
    except LookupError as error:
        print(f"zhike: {error.args[0]}", file=sys.stderr)
        return 2
    print(ApiToken.make(viewer.person_id, name="command line"))
    return 0
