"""Tests of what the parity run relies on: `python -m unittest tests.parity.driver.tests` from the root of the repository."""

from . import canaries, comparing, documents, inventions, ours, table

TOPICS = (documents, ours, canaries, comparing, table, inventions)


def load_tests(loader, tests, pattern):
    tests.addTests(map(loader.loadTestsFromModule, TOPICS))
    return tests
