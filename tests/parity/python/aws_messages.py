"""Calls to SQS and SNS on moto, and to Lambda on ministack: boto3 here, the AWS SDK for Rust there."""

import os

from aws import attempt, client
from scenario import recorder, refused_url, scenario, unique_name


@scenario
def sqs_messages():
    sqs = client("sqs")
    with recorder.in_segment("shop"):
        queue = sqs.create_queue(QueueName=unique_name())["QueueUrl"]
        attempt(sqs.get_queue_url, QueueName=unique_name())
        attempt(sqs.send_message, QueueUrl=queue, MessageBody="secret", DelaySeconds=0)
        entries = [{"Id": name, "MessageBody": "secret"} for name in ("a", "b")]
        attempt(sqs.send_message_batch, QueueUrl=queue, Entries=entries)
        received = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, VisibilityTimeout=60, WaitTimeSeconds=0)["Messages"]
        print(len(received), "messages")
        attempt(sqs.delete_message, QueueUrl=queue, ReceiptHandle=received[0]["ReceiptHandle"])
        attempt(sqs.list_queues, QueueNamePrefix=unique_name())
        attempt(sqs.delete_queue, QueueUrl=queue)


@scenario
def sqs_missing_queue():
    sqs = client("sqs")
    with recorder.in_segment("shop"):
        attempt(sqs.get_queue_url, QueueName=unique_name())


@scenario
def sqs_connection_refused():
    sqs = client("sqs", refused_url())
    with recorder.in_segment("shop"):
        attempt(sqs.send_message, QueueUrl=refused_url() + "/queue", MessageBody="secret")


@scenario
def sns_messages():
    sns = client("sns")
    with recorder.in_segment("shop"):
        topic = sns.create_topic(Name=unique_name())["TopicArn"]
        attempt(sns.publish, TopicArn=topic, Message="secret", Subject="secret")
        attempt(sns.publish_batch, TopicArn=topic, PublishBatchRequestEntries=[{"Id": name, "Message": "secret"} for name in ("a", "b")])
        attempt(sns.delete_topic, TopicArn=topic)


@scenario
def sns_missing_topic():
    sns = client("sns")
    with recorder.in_segment("shop"):
        attempt(sns.publish, TopicArn=f"arn:aws:sns:us-east-1:123456789012:{unique_name()}", Message="secret")


@scenario
def sns_connection_refused():
    sns = client("sns", refused_url())
    with recorder.in_segment("shop"):
        attempt(sns.publish, TopicArn="arn:aws:sns:us-east-1:123456789012:orders", Message="secret")


@scenario
def lambda_invocations():
    functions = client("lambda", os.environ["XRAY_TEST_MINISTACK_URL"])
    function = os.environ["XRAY_PARITY_FUNCTION"]
    with recorder.in_segment("shop"):
        attempt(functions.invoke, FunctionName=function, InvocationType="RequestResponse", Payload=b'{"for":"secret"}')
        attempt(functions.invoke, FunctionName=function, InvocationType="RequestResponse", Payload=b'{"fail":true}')


@scenario
def lambda_missing_function():
    functions = client("lambda", os.environ["XRAY_TEST_MINISTACK_URL"])
    with recorder.in_segment("shop"):
        attempt(functions.invoke, FunctionName=unique_name(), Payload=b"{}")


@scenario
def lambda_connection_refused():
    functions = client("lambda", refused_url())
    with recorder.in_segment("shop"):
        attempt(functions.invoke, FunctionName="price", Payload=b"{}")


@scenario
def dynamodb_connection_refused():
    dynamodb = client("dynamodb", refused_url())
    with recorder.in_segment("shop"):
        attempt(dynamodb.get_item, TableName="orders", Key={"id": {"S": "secret"}})
