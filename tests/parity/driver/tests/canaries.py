"""The list of what scenarios plant, beside the scenarios."""

import tempfile
import unittest
from pathlib import Path

from ..canaries import CANARIES, complaints, passwords

SCENARIOS = Path(__file__).resolve().parents[2]


class Canaries(unittest.TestCase):
    def test_the_scenarios_plant_what_is_looked_for_and_nothing_else(self):
        self.assertEqual(complaints(SCENARIOS), [])

    def test_what_nobody_plants_and_what_nobody_looks_for_is_reported(self):
        planted = "\n".join(CANARIES)
        cases = {
            'get("http://app:hunter2@db/shop")': ["python/a.py: nobody looks for 'hunter2' in what is sent"],
            'get("http://db/shop?token=abc")': ["python/a.py: nobody looks for 'token=abc' in what is sent"],
            "run(\"INSERT INTO orders VALUES (17, 'book')\")": ["python/a.py: nobody looks for 'book' in what is sent"],
            'get("http://app:secret@db/shop?card=4111-1111")': [],
        }
        for text, expected in cases.items():
            with self.subTest(text), tempfile.TemporaryDirectory() as directory:
                for half, name, content in (("python", "a.py", f"{planted}\n{text}\n"), ("src", "a.rs", planted)):
                    (Path(directory) / half).mkdir()
                    (Path(directory) / half / name).write_text(content, encoding="utf-8")
                self.assertEqual(complaints(Path(directory)), expected)
        with tempfile.TemporaryDirectory() as directory:
            for half in ("python", "src"):
                (Path(directory) / half).mkdir()
            self.assertEqual(len(complaints(Path(directory))), len(CANARIES))

    def test_no_id_and_no_time_can_hold_one(self):
        for canary in CANARIES:
            with self.subTest(canary):
                self.assertTrue(len(canary) >= 9 or not set(canary) <= set("0123456789abcdef"))

    def test_passwords_of_the_servers_are_canaries_too(self):
        self.assertEqual(passwords(["postgresql://app:S3cret@db/shop", "http://127.0.0.1:1", "mongodb://app@db"]), ["s3cret"])
