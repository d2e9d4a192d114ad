"""Calls to AWS services: boto3 here, the AWS SDK for Rust there. The first ones against moto, the others against the driver's HTTP server."""

import os

import boto3
from aws_xray_sdk.core import patch
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from scenario import recorder, refused_url, scenario, unique_name, url

REGION = "us-east-1"


def client(service, endpoint=None):
    patch(["boto3"])
    return unpatched_client(service, endpoint)


def unpatched_client(service, endpoint):
    return boto3.client(
        service,
        endpoint_url=endpoint or os.environ["XRAY_TEST_MOTO_URL"],
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="secret",
        config=Config(retries={"total_max_attempts": 1}, s3={"addressing_style": "path"}),
    )


def attempt(call, **parameters):
    try:
        call(**parameters)
        print("ok")
    except (ClientError, BotoCoreError):
        print("failed")


def create_table(dynamodb, table):
    attempt(
        dynamodb.create_table,
        TableName=table,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


@scenario
def s3_put_and_get():
    s3 = client("s3")
    bucket = unique_name()
    with recorder.in_segment("shop"):
        attempt(s3.create_bucket, Bucket=bucket)
        attempt(s3.put_object, Bucket=bucket, Key="orders/17.json", Body=b'{"for":"secret"}')
        attempt(s3.get_object, Bucket=bucket, Key="orders/17.json")
        attempt(s3.list_objects_v2, Bucket=bucket, Prefix="orders/")
        attempt(s3.delete_object, Bucket=bucket, Key="orders/17.json")
        attempt(s3.delete_bucket, Bucket=bucket)


@scenario
def s3_missing_bucket():
    s3 = client("s3")
    with recorder.in_segment("shop"):
        attempt(s3.list_objects_v2, Bucket=unique_name())


@scenario
def s3_missing_key():
    s3 = client("s3")
    bucket = unique_name()
    with recorder.in_segment("shop"):
        attempt(s3.create_bucket, Bucket=bucket)
        attempt(s3.get_object, Bucket=bucket, Key="missing")


@scenario
def s3_copy_and_head():
    s3 = client("s3")
    bucket = unique_name()
    with recorder.in_segment("shop"):
        attempt(s3.create_bucket, Bucket=bucket)
        attempt(s3.put_object, Bucket=bucket, Key="a", Body=b'{"for":"secret"}')
        attempt(s3.copy_object, Bucket=bucket, Key="b", CopySource=f"{bucket}/a")
        attempt(s3.head_object, Bucket=bucket, Key="b")


@scenario
def dynamodb_put_get_and_query():
    dynamodb = client("dynamodb")
    table = unique_name()
    with recorder.in_segment("shop"):
        create_table(dynamodb, table)
        attempt(dynamodb.put_item, TableName=table, Item={"id": {"S": "secret"}})
        attempt(dynamodb.get_item, TableName=table, Key={"id": {"S": "secret"}}, ConsistentRead=True)
        attempt(
            dynamodb.query,
            TableName=table,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues={":id": {"S": "secret"}},
            Limit=10,
        )
        attempt(dynamodb.batch_get_item, RequestItems={table: {"Keys": [{"id": {"S": "secret"}}]}})
        attempt(dynamodb.delete_table, TableName=table)


@scenario
def dynamodb_missing_table():
    dynamodb = client("dynamodb")
    with recorder.in_segment("shop"):
        attempt(dynamodb.get_item, TableName=unique_name(), Key={"id": {"S": "secret"}})


@scenario
def dynamodb_failed_condition():
    dynamodb = client("dynamodb")
    table = unique_name()
    with recorder.in_segment("shop"):
        create_table(dynamodb, table)
        for _ in range(2):
            attempt(dynamodb.put_item, TableName=table, Item={"id": {"S": "secret"}}, ConditionExpression="attribute_not_exists(id)")


@scenario
def aws_header_out():
    s3 = client("s3", url(""))
    with recorder.in_segment("shop"):
        attempt(s3.delete_object, Bucket="status", Key="204")


@scenario
def aws_header_out_unsampled():
    s3 = client("s3", url(""))
    with recorder.in_segment("shop", sampling=False):
        attempt(s3.delete_object, Bucket="status", Key="204")


@scenario
def aws_statuses():
    s3 = client("s3", url(""))
    with recorder.in_segment("shop"):
        for status in ("403", "429", "500", "503"):
            attempt(s3.delete_object, Bucket="status", Key=status)


@scenario
def aws_connection_refused():
    s3 = client("s3", refused_url())
    with recorder.in_segment("shop"):
        attempt(s3.delete_object, Bucket="status", Key="204")


@scenario
def aws_without_a_segment():
    s3 = client("s3", url(""))
    attempt(s3.delete_object, Bucket="status", Key="204")


@scenario
def aws_not_patched():
    s3 = unpatched_client("s3", url(""))
    with recorder.in_segment("shop"):
        attempt(s3.delete_object, Bucket="status", Key="204")
