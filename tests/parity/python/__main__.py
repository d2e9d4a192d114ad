"""One scenario, recorded by the AWS X-Ray SDK for Python: `python tests/parity/python NAME`, or `--list` for all of them.

What a scenario prints is compared too, line by line, with what the Rust scenario of the same name prints.
"""

import json
import sys

import annotations
import aws
import aws_messages
import client_http
import client_http_async
import client_httplib
import client_mongodb
import client_mysql
import client_postgres
import client_sqlalchemy
import client_sqlite
import concurrency
import context
import entities
import exceptions
import headers
import lambda_function
import names
import sampling
import server_http
import streaming
from scenario import registered, run

TOPICS = (
    entities,
    annotations,
    names,
    exceptions,
    context,
    concurrency,
    streaming,
    sampling,
    headers,
    lambda_function,
    client_http,
    server_http,
    client_http_async,
    client_httplib,
    client_sqlite,
    client_postgres,
    client_mysql,
    client_mongodb,
    client_sqlalchemy,
    aws,
    aws_messages,
)

if __name__ == "__main__":
    if sys.argv[1:] == ["--list"]:
        print(json.dumps({name: scenario.environment for name, scenario in registered.items()}))
    else:
        run(sys.argv[1])
