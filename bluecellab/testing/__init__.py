"""For the tests of users: a suite that any source of circuits must pass."""
