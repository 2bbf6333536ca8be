"""Builds the icon sprite at set-up: the icons of `icons.txt`, out of the npm package @tabler/icons (MIT).

`python -m zhike.kit.sprite` writes build/assets/zk/icons.svg; pages use it as `icons.svg#name`.
"""

import re
import sys
from pathlib import Path

from zhike.environment import ROOT

NAMES = Path(__file__).with_name("icons.txt")
SOURCE = ROOT / "node_modules" / "@tabler" / "icons" / "icons" / "outline"
TARGET = ROOT / "build" / "assets" / "zk" / "icons.svg"


def names() -> list[str]:
    """The icons the product may use."""
    return [line for line in NAMES.read_text().splitlines() if line and not line.startswith("#")]


def symbol(name: str, drawing: str) -> str:
    """One drawing as a symbol: what is inside its <svg>, without the empty square around it."""
    inside = re.search(r"<svg[^>]*>(.*)</svg>", drawing, flags=re.DOTALL)[1]
    inside = re.sub(r'<path stroke="none" d="M0 0h24v24H0z" fill="none"\s*/>', "", inside)
    return f'<symbol id="{name}" viewBox="0 0 24 24">{" ".join(inside.split())}</symbol>'


def build() -> str:
    """The whole sprite; raises LookupError for names the package does not have."""
    if missing := [name for name in names() if not (SOURCE / f"{name}.svg").is_file()]:
        raise LookupError(f"@tabler/icons has no icon {', '.join(missing)} (see {NAMES.name})")
    symbols = (symbol(name, (SOURCE / f"{name}.svg").read_text()) for name in names())
    return f'<svg xmlns="http://www.w3.org/2000/svg">{"".join(symbols)}</svg>\n'


def main() -> None:
    """Write the sprite."""
    try:
        drawn = build()
    except LookupError as error:
        sys.exit(f"zhike: {error}")
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(drawn)


if __name__ == "__main__":
    main()
