"""What every test may use."""

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets whose licences keep them out of the repository."""
    folder = Path(os.environ.get("ZHIKE_SHARED_DATA") or ROOT.parent / "shared" / "data").resolve()
    if not folder.is_dir():
        pytest.skip("the public data sets (ZHIKE_SHARED_DATA) are not on this machine")
    return folder
