"""`./zhike bench [NAME…]`: the project's own benchmarks; prints ratios, not only times (CONTRACT)."""

from zhike.cli import prepare

NAMES = ["core", "selling", "activity"]


def add_arguments(parser) -> None:
    """Which benchmark, how large, on which database."""
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"{', '.join(NAMES)} (default: all)")
    parser.add_argument(
        "--scale",
        type=float,
        default=1.0,
        help="share of 1,000,000 customers, 100,000 contracts (default: %(default)s)",
    )
    parser.add_argument("--small", type=float, default=0.02, help="the size it is compared with; 0 leaves that out")
    parser.add_argument("--database", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument(
        "--pages", default="", metavar="NAME,…", help="only these pages (parts of activity), and no import or export"
    )
    parser.add_argument("--seconds", type=int, default=60, help="how long twenty people post at once (selling)")
    parser.add_argument("--requests", type=int, default=100, help="measured requests of a page (default: %(default)s)")


def run(options) -> int:
    """Make the data sets that are not there yet, measure, print; 1 when a target was missed, 2 for a wrong call."""
    unknown = [name for name in options.names if name not in NAMES]
    if unknown:
        print(f"zhike: no such benchmark: {', '.join(unknown)}; there is {', '.join(NAMES)}")
        return 2
    prepare.everything()
    from zhike.bench import activity, core, selling

    runs = {"core": core.run, "selling": selling.run, "activity": activity.run}
    return max(runs[name](options) for name in options.names or NAMES)
