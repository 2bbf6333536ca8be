"""`./zhike manage …`: Django's own commands."""

import sys

from zhike.cli import prepare

PASSES_ON = True


def run(options) -> int:
    """Hand everything to Django."""
    from django.core.management import ManagementUtility

    prepare.translations()
    ManagementUtility([f"{sys.argv[0]} manage", *options.rest]).execute()
    return 0
