"""One scenario of one half: a process and a directory of its own, and what it left behind."""

import os
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from . import ours
from .canaries import CANARIES, passwords
from .documents import read, write_lines
from .normalisation import normalise
from .recording import Daemon, HttpServer, RefusedPort
from .sampling_service import SamplingService

SERVERS = ("moto", "ministack", "postgres", "mariadb", "mongodb")
SCENARIO_SECONDS = 60


def variable(server):
    return f"XRAY_TEST_{server.upper()}_URL"


def outcome(command, name, environment, is_ours, keep=None):
    """What one scenario left behind in one language, or a text that says why there is none. Its documents also go to the file `keep`."""
    daemon, service, http, refused = Daemon(), SamplingService(), HttpServer(), RefusedPort()
    chosen_name = f"parity-{uuid.uuid4().hex[:8]}"
    servers = {server: os.environ[variable(server)] for server in SERVERS}
    try:
        with tempfile.TemporaryDirectory() as directory:
            directory = str(Path(directory).resolve())
            # Nothing else of the user's environment: proxies, AWS profiles and RUST_BACKTRACE would change what is recorded.
            variables = {
                **{key: os.environ[key] for key in ("PATH", "LD_LIBRARY_PATH", "TMPDIR") if key in os.environ},
                "HOME": directory,
                **{variable(server): url for server, url in servers.items()},
                "AWS_XRAY_DAEMON_ADDRESS": f"udp:{daemon.address} tcp:{service.address}",
                "XRAY_PARITY_SAMPLING_URL": f"http://{service.address}",
                "XRAY_PARITY_HTTP_URL": f"http://{http.address}",
                "XRAY_PARITY_REFUSED_URL": f"http://{refused.address}",
                "XRAY_PARITY_NAME": chosen_name,
                **environment,
            }
            began = time.time()
            process = subprocess.run([*command, name], env=variables, cwd=directory, capture_output=True, encoding="utf-8", timeout=SCENARIO_SECONDS)
            ended = time.time()
            if process.returncode:
                return f"ended with {process.returncode}\n{process.stdout}{process.stderr}"
            replacements = [
                (directory, "<directory>"),
                (chosen_name, "<name>"),
                (http.address, "<http>"),
                (refused.address, "<refused>"),
                *((urlsplit(url).netloc.rpartition("@")[2], f"<{server}>") for server, url in servers.items()),
                (environment["XRAY_PARITY_FUNCTION"], "<function>"),
                (f"port={refused.address.partition(':')[2]}", "port=<refused>"),
            ]
            datagrams = daemon.datagrams()
            if keep:
                write_lines(keep, datagrams)
            if is_ours:
                ours.check(datagrams, http.headers, {*CANARIES, *passwords(servers.values())})
            stderr = process.stderr.splitlines() if is_ours else []
            return normalise(read(datagrams), http.requests, process.stdout.splitlines(), replacements, began, ended, stderr)
    except Exception as error:  # one broken scenario must not hide what the others show
        return f"{type(error).__name__}: {error}"
    finally:
        for peer in (daemon, service, http, refused):
            peer.close()
