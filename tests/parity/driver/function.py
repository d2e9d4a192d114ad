"""A Lambda function for the scenarios that invoke one, on ministack."""

import base64
import io
import json
import urllib.request
import uuid
import zipfile

HANDLER = """
def handler(event, context):
    if event.get('fail'):
        raise ValueError('secret')
    return event
"""


class Function:
    """Is there for as long as this lives. It answers with what it was sent, and fails if that says so."""

    def __init__(self, server):
        self.name = f"parity-{uuid.uuid4().hex[:8]}"
        self.functions = f"{server.rstrip('/')}/2015-03-31/functions"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as file:
            file.writestr("index.py", HANDLER)
        self.send("POST", self.functions, {
            "FunctionName": self.name,
            "Runtime": "python3.12",
            "Handler": "index.handler",
            "Role": "arn:aws:iam::000000000000:role/parity",
            "Code": {"ZipFile": base64.b64encode(archive.getvalue()).decode()},
        })

    def close(self):
        self.send("DELETE", f"{self.functions}/{self.name}")

    @staticmethod
    def send(method, url, body=None):
        data = json.dumps(body).encode() if body else None
        urllib.request.urlopen(urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)).close()
