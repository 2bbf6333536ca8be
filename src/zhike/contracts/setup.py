"""What contracts start with: picklists. What the user changed stays."""

from pathlib import Path

from zhike.records.shipped import install_picklists

DATA = Path(__file__).parent / "data"


def install_contracts() -> None:
    """Fill the picklists of this room that have no entries yet; safe on every start."""
    install_picklists(DATA / "picklists.csv")
