"""The demo company: a believable distributor to practise in. The same every time, apart from the day it is made."""

from random import Random

from zhike.customers.models import Customer
from zhike.kit import dates
from zhike.kit.actions import acting
from zhike.kit.errors import Refused
from zhike.org.viewers import the_system
from zhike.packs.distribution import agenda, reporting
from zhike.packs.distribution.aims import aim
from zhike.packs.distribution.automating import automate
from zhike.packs.distribution.finance import keep_books
from zhike.packs.distribution.history import World, live
from zhike.packs.distribution.loyalty import reward
from zhike.packs.distribution.outgoing import send_out
from zhike.packs.distribution.people import hire
from zhike.packs.distribution.untaxed import sell_untaxed

PASSWORD = "zhike-demo"
CUSTOMERS = 2000


def install_demo(customers: int = CUSTOMERS, password: str = PASSWORD) -> None:
    """Fill an installation that has no customers yet, in one transaction; everybody's password is `password`.

    Raises Refused where there are customers: nobody's data is mixed with a demo.
    """
    if Customer._base_manager.exists():
        raise Refused("There are customers already; the demo company goes into an empty installation.")
    random = Random(20261124)
    with acting(the_system(), "install_demo"):
        people = hire(random, password)
        live(World(random, people, dates.today()), customers)
        keep_books(random, dates.today(), people.all["xuj"])
        sell_untaxed(dates.today(), people.all["xuj"])
        reward(dates.today(), people.all["xuj"])
        aim(random, people, dates.today())
        agenda.fill(random, people, dates.today())
        reporting.fill(random, people, dates.today())
        automate(dates.today())
        send_out(people)
