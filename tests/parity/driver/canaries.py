"""What scenarios plant where a careless SDK would record it: passwords, query strings, values and bodies."""

import re
from urllib.parse import urlsplit

# No id, time, port or name of a scenario can have one of these by chance; they are looked for in lower case.
CANARIES = (
    "s3cret",  # the password of a database
    "secret",  # other passwords, texts in statements, bodies of messages and of objects
    "customer:",  # a user's name before its password
    "4111-1111",  # a query string, and a fragment
    "141111111",  # numbers that statements and commands hold
    "mode=rwc",  # options in the URL of a database
    "directconnection",
)
# What looks planted: a password in a URL, a query string, a text in a statement.
PLANTED = (r"://[^\s/\"'@:]+:([^\s/\"'@]+)@", r"\w\?(\w+=[^\s\"'#]+)", r"(?:VALUES|SELECT) [^\"]*'([^'\"]+)'")
OURS = "src"
SUFFIXES = {"python": "*.py", OURS: "*.rs"}


def passwords(urls):
    """Those of the servers: a scenario that connects has them in its environment."""
    return [password.lower() for password in (urlsplit(url).password for url in urls) if password]


def complaints(scenarios):
    """What is wrong with the list above or with the scenarios in the two folders of this directory: what ours do not plant, and what nobody looks for."""
    found = []
    for half, suffix in SUFFIXES.items():
        files = {path: path.read_text(encoding="utf-8") for path in sorted((scenarios / half).glob(suffix))}
        everything = "\n".join(files.values()).lower()
        if half == OURS:
            found += [f"no scenario in {half}/ plants {canary!r}" for canary in CANARIES if canary not in everything]
        for path, text in files.items():
            for planted in (match for pattern in PLANTED for match in re.findall(pattern, text)):
                if not any(canary in planted.lower() for canary in CANARIES):
                    found.append(f"{half}/{path.name}: nobody looks for {planted!r} in what is sent")
    return found
