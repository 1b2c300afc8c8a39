import pytest

pytest.register_assert_rewrite("connectors.contract_suite")
