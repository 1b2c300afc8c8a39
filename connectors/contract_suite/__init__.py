"""The contract as tests: inherit `ConnectorContract`, say how to reach the app, and run pytest.

    class TestAcme(ConnectorContract):
        object = "contacts"
        texts = ("first_name", "city")

        def connect(self): return AcmeConnector(Options("acme", base_url=self.server.url, ...))
        def user_create(self, values): return self.server.post("/contacts", values)["id"]
        def user_edit(self, ids, values): ...

Every other hook is optional (`connectors.contract_suite.hooks`). A case that an app cannot have is skipped,
and the reason says why. For readable failures, say in a `conftest.py`::

    pytest.register_assert_rewrite("connectors.contract_suite")
"""

from connectors.contract_suite.breaking import Breaking
from connectors.contract_suite.calling import Calling
from connectors.contract_suite.consenting import Consenting
from connectors.contract_suite.describing import Describing
from connectors.contract_suite.existing import Existing
from connectors.contract_suite.failing import Failing
from connectors.contract_suite.finding import Finding
from connectors.contract_suite.reading import Reading
from connectors.contract_suite.refusing import Refusing
from connectors.contract_suite.values import Values
from connectors.contract_suite.writing import Writing


class ConnectorContract(
    Describing,
    Reading,
    Finding,
    Writing,
    Existing,
    Refusing,
    Values,
    Consenting,
    Calling,
    Failing,
    Breaking,
):
    """All named cases. Hooks and helpers are those of `connectors.contract_suite.hooks.Hooks`."""


__all__ = ["ConnectorContract"]
