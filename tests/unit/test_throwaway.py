"""What tests start beside each other keeps out of each other's way."""

import secrets
from unittest.mock import patch

from tests.throwaway import free_port


class TestFreePort:
    def test_is_given_once(self) -> None:
        """Of eight ports for one server two were the same in one session of seven hundred."""
        with patch.object(secrets, "randbelow", side_effect=[7, 7, 8]):
            ports = [free_port(), free_port()]

        assert ports[0] != ports[1]
