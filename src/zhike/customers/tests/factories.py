"""Customers and contacts for tests; `owner` must be given."""

import factory

from zhike.customers.models import Contact, Customer
from zhike.org.tests.factories import RecordFactory


class CustomerFactory(RecordFactory):
    class Meta:
        model = Customer

    code = factory.Sequence(lambda n: f"T-{n:06d}")
    name = factory.Sequence(lambda n: f"测试客户{n}有限公司")


class ContactFactory(RecordFactory):
    """A person at a customer, owned like it."""

    class Meta:
        model = Contact

    customer = factory.SubFactory(CustomerFactory)
    owner = factory.SelfAttribute("customer.owner")
    name = factory.Sequence(lambda n: f"联系人{n}")
