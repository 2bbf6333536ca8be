"""`./zhike manage check_ledger [--repair]`: whether every kept sum is that of its entries."""

from django.core.management.base import BaseCommand

from zhike.contracts.actions.checking import repair_ledger
from zhike.contracts.actions.ledger import differences


class Command(BaseCommand):
    help = "Compare the kept sums of contracts, receivables and payments with the entries of the ledger."

    def add_arguments(self, parser):
        parser.add_argument("--repair", action="store_true", help="write the sums of the entries back")

    def handle(self, *args, repair: bool = False, **options):
        found = differences()
        for difference in found:
            self.stdout.write(str(difference))
        if found and repair:
            repair_ledger(found)
            self.stdout.write(f"{len(found)} sums repaired")
        elif found:
            self.stderr.write(f"{len(found)} sums differ from the ledger")
            raise SystemExit(1)
        else:
            self.stdout.write("every sum is that of its entries")
