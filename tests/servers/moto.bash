# moto: S3, DynamoDB, SQS, SNS and the storing half of the X-Ray API.
# Its X-Ray takes documents that the service would refuse, so it proves transport, not that a document is valid.

moto_install() { python_packages moto 'moto[server]==5.2.5'; }

moto_start() { start moto "${python:?}" -m moto.server -H 127.0.0.1 -p '{port}'; }

# Not /moto-api/data.json: it fails once X-Ray segments are stored.
moto_ready() { http_ok "$1/moto-api/"; }
